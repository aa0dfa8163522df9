import { sandboxJudge } from '../../actors/sandbox/sandbox-judge.ts';
import type { CodeJudge } from '../../actors/agent/code-judge.ts';
import type { SandboxPool } from '../../contracts/ports/sandbox.ts';
import { openMarketData } from '../../market/data/index.ts';
import { reviewCode } from '../../sandbox-pool/validator/index.ts';

/** The judge as the worker has it: validator, warm containers, bars of the S&P 500. */
export function judgeOn(pool: SandboxPool, more: { readonly runTimeoutMs?: number } = {}): CodeJudge {
  const market = openMarketData({ csvDirectory: undefined });
  return sandboxJudge({
    pool,
    review: reviewCode,
    bars: (symbol) => market.loadBars(symbol),
    sliceBars: 600,
    runTimeoutMs: 10_000,
    leaseWaitMs: 60_000,
    random: () => 0.5,
    ...more,
  });
}

const strategy = (body: string, head = ''): string =>
  `${head}import pandas as pd\n\nWARMUP_BARS = 20\n\n\ndef generate_signals(bars: pd.DataFrame) -> pd.Series:\n${body
    .split('\n')
    .map((line) => `    ${line}`)
    .join('\n')}\n`;

/** Programs by what is wrong with them. */
export const programs = {
  right: strategy(
    'mean = bars["close"].rolling(20).mean()\npositions = (bars["close"] > mean).astype(float)\npositions.iloc[:WARMUP_BARS] = 0.0\nreturn positions',
  ),
  syntax: strategy('return bars["close"] 0.0'),
  import: strategy('return bars["close"] * 0.0', 'import a_library_that_is_not_there\n'),
  runtime: strategy('ratio = 1 / (len(bars) - len(bars))\nreturn bars["close"] * ratio'),
  blocked: strategy('return bars["close"] * 0.0', 'import os\nimport subprocess\n'),
  contract: strategy('return bars["close"]'),
  lookAhead: strategy('return (bars["close"].shift(-1) > bars["close"]).astype(float)'),
  slow: strategy(
    'steps = sum(1 for a in range(len(bars)) for b in range(len(bars)) for c in range(len(bars)))\nreturn bars["close"] * 0.0',
  ),
} as const;

export const fenced = (code: string): string => `\`\`\`python\n${code}\`\`\``;
