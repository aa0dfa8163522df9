import { type Command, InvalidArgumentError } from 'commander';
import type { StudyKind } from '../../contracts/api.ts';
import { AnalyseResult, ExplainResult, RefactorResult } from '../../contracts/effects/study.ts';
import { TradewrightError } from '../../contracts/errors.ts';
import type { Evolution } from '../../contracts/evolution.ts';
import { StrategyId } from '../../contracts/ids.ts';
import { isTerminal, WorkflowState, type WorkflowView } from '../../contracts/workflow-view.ts';
import { gatewayOf } from '../gateway.ts';
import { exitCodes, progress, say, table } from '../terminal.ts';

function strategyId(text: string): StrategyId {
  const parsed = StrategyId.safeParse(text);
  if (parsed.success) return parsed.data;
  throw new InvalidArgumentError(parsed.error.issues[0]?.message ?? 'not the id of a strategy');
}

function whole(text: string): number {
  const value = Number(text);
  if (Number.isInteger(value) && value >= 0) return value;
  throw new InvalidArgumentError('expected a whole number, 0 or more');
}

/** `tradewright strategies …` */
export function registerStrategies(program: Command): void {
  const strategies = program
    .command('strategies')
    .description(
      'strategies that were written: have them explained, analysed, rewritten; see how they changed',
    );

  strategies
    .command('evolution')
    .description('the versions of a strategy and what each changed in performance')
    .argument('<id>', 'the strategy', strategyId)
    .action(async (id: StrategyId, _: object, command: Command) => {
      const evolution = await gatewayOf(command).evolution(id);
      say(command, evolution, (print) => showEvolution(evolution, print));
    });

  study(strategies, 'explain', 'what it does, in words; or the answer to a question about it').option(
    '--question <text>',
    'what you want to know',
  );
  study(strategies, 'analyse', 'what a fresh back-test of it is worth');
  study(strategies, 'refactor', 'its next version, judged and measured like a new one, as a draft')
    .option('--goal <text>', 'what is to become of it')
    .option('--max-attempts <number>', 'how often the model may write', whole)
    .option('--no-auto-fix', 'one attempt; it is validated and run all the same')
    .option('--no-critique', 'without the second pass of a critic');
}

function study(parent: Command, kind: StudyKind, description: string): Command {
  return parent
    .command(kind)
    .description(description)
    .argument('<id>', 'the strategy', strategyId)
    .option('--of-version <number>', 'which version; the newest unless told', whole)
    .option('--seed <number>', 'another seed may give another answer', whole)
    .option('--detach', 'do not wait for the end')
    .action(async (id: StrategyId, options: StudyOptions, command: Command) => {
      const { detach = false, ofVersion: version, autoFix, critique, ...more } = options;
      const loop = kind === 'refactor' ? { autoFix, critique } : {};
      const given = Object.entries({ version, ...more, ...loop }).filter(([, value]) => value !== undefined);
      const gateway = gatewayOf(command);
      const accepted = await gateway.study(kind, id, Object.fromEntries(given));
      progress(`workflow ${accepted.workflowId}`);
      if (detach) return say(command, accepted, (print) => print(accepted.workflowId));
      for await (const message of gateway.follow(accepted.workflowId, { live: false })) {
        if (message.type !== 'event') continue;
        progress(message.event.fact.type);
        if (isTerminal(WorkflowState.parse(message.event.stateAfter))) break;
      }
      const view = await gateway.getWorkflow(accepted.workflowId);
      say(command, view, (print) => showStudy(kind, view, print));
      if (view.state !== 'COMPLETED' || view.outcome === 'rejected') process.exitCode = exitCodes.failed;
    });
}

interface StudyOptions {
  readonly ofVersion?: number;
  readonly seed?: number;
  readonly detach?: boolean;
  readonly question?: string;
  readonly goal?: string;
  readonly maxAttempts?: number;
  readonly autoFix?: boolean;
  readonly critique?: boolean;
}

function showStudy(kind: StudyKind, view: WorkflowView, print: (line: string) => void): void {
  const result = view.steps.find(({ name }) => name === kind)?.result;
  if (view.state !== 'COMPLETED' || result === undefined) {
    print(`${view.state}${view.error ? ` after ${view.error.code}: ${view.error.message}` : ''}`);
    return;
  }
  const list = (title: string, items: readonly string[]): void => {
    if (items.length > 0) print(`\n${title}`);
    for (const item of items) print(`- ${item}`);
  };
  switch (kind) {
    case 'explain': {
      const { summary, rules, risks, author } = ExplainResult.parse(result);
      print(`${author.label}\n\n${summary}`);
      list('Rules', rules);
      return list('Risks', risks);
    }
    case 'analyse': {
      const { assessment, strengths, weaknesses, suggestions, author } = AnalyseResult.parse(result);
      print(`${author.label}\n\n${assessment}`);
      list('Strengths', strengths);
      list('Weaknesses', weaknesses);
      return list('Suggestions', suggestions);
    }
    case 'refactor': {
      const { version, code, attempts, author } = RefactorResult.parse(result);
      print(`${author.label}: version ${version} after ${attempts.length} attempts\n\n${code}`);
      return;
    }
    default:
      throw new TradewrightError('INTERNAL', `no page for ${String(kind)}`);
  }
}

function showEvolution(
  { strategyId: id, symbol, idea, versions }: Evolution,
  print: (line: string) => void,
): void {
  print(`${id}  ${symbol}  ${idea.slice(0, 100)}`);
  const percent = (value: number | null | undefined): string =>
    value === null || value === undefined ? '–' : `${(100 * value).toFixed(2)} %`;
  const signed = (value: number): string => `${value >= 0 ? '+' : ''}${(100 * value).toFixed(2)}`;
  const rows = versions.map(({ version, parentVersion, status, lines, performance, change }) => [
    `  ${version}${parentVersion === null ? '' : ` from ${parentVersion}`}`,
    status,
    `+${lines.added} −${lines.removed} lines`,
    `return ${percent(performance?.totalReturn)}`,
    `Sharpe ${performance?.sharpe?.toFixed(2) ?? '–'}`,
    `drawdown ${percent(performance?.maxDrawdown)}`,
    change === null ? '' : `return ${signed(change.totalReturn)} points, ${change.trades} trades more`,
  ]);
  for (const line of table(rows)) print(line);
}
