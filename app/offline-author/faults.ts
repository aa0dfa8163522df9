/** What a demonstration can ask to go wrong, so that one sees it found and mended. */
export const faults = ['syntax', 'import', 'runtime', 'look-ahead', 'dangerous', 'slow'] as const;
export type Fault = (typeof faults)[number];

export interface FaultPlan {
  /** The idea without its hints: they must not lead to another strategy. */
  readonly idea: string;
  /** One an attempt, in order; after the last one the code is right. */
  readonly faults: readonly Fault[];
  /** The last one stays, however often the code is to be mended. */
  readonly forGood: boolean;
}

const hint = /\bfault:([a-z-]+(?:,[a-z-]+)*)(!?)/gi;

/** Reads `fault:syntax`, `fault:syntax,runtime` (one after the other) and `fault:syntax!` (for good). */
export function readFaults(idea: string): FaultPlan {
  const found: Fault[] = [];
  let forGood = false;
  for (const [, names = '', mark] of idea.matchAll(hint)) {
    for (const name of names.toLowerCase().split(',')) {
      const known = faults.find((each) => each === name);
      if (known !== undefined) found.push(known);
    }
    forGood ||= mark === '!';
  }
  return { idea: idea.replaceAll(hint, ' ').trim(), faults: found, forGood: forGood && found.length > 0 };
}

const marker = /^# deliberate fault (\d{1,3}) of \d{1,3}, asked for:/m;

/** Which fault comes next in code that is to be mended; undefined when none is left. */
export function nextFault(plan: FaultPlan, code: string | undefined): number | undefined {
  const before = code === undefined ? 0 : Number(marker.exec(code)?.[1] ?? plan.faults.length);
  const wanted = plan.forGood ? Math.min(before, plan.faults.length - 1) : before;
  return wanted < plan.faults.length ? wanted : undefined;
}

const ENTRY = 'def generate_signals(bars: pd.DataFrame) -> pd.Series:\n';
const LAST = '    positions = target.clip';

/** The code with its fault, which it names in a comment: nothing here is wrong by accident. */
export function withFault(code: string, plan: FaultPlan, at: number): string {
  const fault = plan.faults[at];
  if (fault === undefined) return code;
  const note = `# deliberate fault ${at + 1} of ${plan.faults.length}, asked for: ${fault}\n`;
  const inside = (line: string): string => code.replace(ENTRY, `${note}${ENTRY}    ${line}\n`);
  switch (fault) {
    case 'syntax':
      return code.replace(ENTRY, `${note}${ENTRY.replace(':\n', '\n')}`);
    case 'import':
      return code.replace(
        'import pandas as pd\n',
        `${note}import a_library_that_is_not_there\nimport pandas as pd\n`,
      );
    case 'runtime':
      return inside('ratio = len(bars) / (len(bars) - len(bars))');
    case 'look-ahead':
      return code
        .replace(ENTRY, `${note}${ENTRY}`)
        .replace(LAST, `    target = target.where(bars["close"].shift(-1) > bars["close"], 0.0)\n${LAST}`);
    case 'dangerous':
      return inside('os.system("id")').replace('import pandas as pd\n', 'import os\nimport pandas as pd\n');
    case 'slow':
      return inside(
        'steps = sum(1 for a in range(len(bars)) for b in range(len(bars)) for c in range(len(bars)))',
      );
  }
}
