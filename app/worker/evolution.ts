import { BacktestStepResult } from '../../contracts/effects/backtest.ts';
import { TradewrightError } from '../../contracts/errors.ts';
import type { Evolution, Performance, StrategyVersion } from '../../contracts/evolution.ts';
import type { StrategyId, WorkflowId } from '../../contracts/ids.ts';
import type { StoredStrategy, StrategyStore } from '../../contracts/ports/stores.ts';
import type { WorkflowView } from '../../contracts/workflow-view.ts';

/**
 * A strategy's versions with what their back-tests say, as the journal has it.
 * @throws STRATEGY_NOT_FOUND
 */
export async function evolutionOf(
  strategyId: StrategyId,
  strategies: Pick<StrategyStore, 'versions'>,
  workflow: (workflowId: WorkflowId) => Promise<WorkflowView | null>,
): Promise<Evolution> {
  const stored = await strategies.versions(strategyId);
  const [first] = stored;
  if (!first) throw new TradewrightError('STRATEGY_NOT_FOUND', `there is no strategy ${strategyId}`);
  const performances = new Map<number, Performance | null>();
  for (const { version, workflowId } of stored) {
    performances.set(version, performanceIn(await workflow(workflowId)));
  }
  const versions = stored.map((strategy) => versionOf(strategy, stored, performances));
  return { strategyId, symbol: first.symbol, idea: first.idea, versions: withinOneAnswer(versions) };
}

/** Code of all versions together, bytes: an answer must fit into one NATS message. */
const CODE_LIMIT_BYTES = 600_000;

function withinOneAnswer(versions: readonly StrategyVersion[]): StrategyVersion[] {
  let bytes = 0;
  return versions
    .toReversed()
    .map((version) => {
      bytes += Buffer.byteLength(JSON.stringify(version.code));
      return bytes > CODE_LIMIT_BYTES ? { ...version, code: null } : version;
    })
    .reverse();
}

function versionOf(
  { version, parentVersion, status, author, codeSha256, code, workflowId, createdAt }: StoredStrategy,
  all: readonly StoredStrategy[],
  performances: ReadonlyMap<number, Performance | null>,
): StrategyVersion {
  const parent = all.find((strategy) => strategy.version === parentVersion);
  const performance = performances.get(version) ?? null;
  const before = parent ? (performances.get(parent.version) ?? null) : null;
  return {
    version,
    parentVersion: parentVersion ?? null,
    status,
    author,
    codeSha256,
    code,
    lines: changedLines(parent?.code ?? '', code),
    workflowId,
    createdAt,
    performance,
    change: changeBetween(before, performance),
  };
}

function performanceIn(view: WorkflowView | null): Performance | null {
  const result = view?.steps.find(({ name }) => name === 'backtest')?.result;
  const backtest = BacktestStepResult.safeParse(result).data;
  if (!backtest) return null;
  const { totalReturn, annualReturn, sharpe, maxDrawdown, trades } = backtest.metrics.strategy;
  return { totalReturn, annualReturn, sharpe, maxDrawdown, trades, bars: backtest.bars.sha256 };
}

function changeBetween(before: Performance | null, after: Performance | null): StrategyVersion['change'] {
  if (!before || !after || before.bars !== after.bars) return null;
  const difference = (a: number | null, b: number | null): number | null =>
    a === null || b === null ? null : b - a;
  return {
    totalReturn: after.totalReturn - before.totalReturn,
    annualReturn: difference(before.annualReturn, after.annualReturn),
    sharpe: difference(before.sharpe, after.sharpe),
    maxDrawdown: after.maxDrawdown - before.maxDrawdown,
    trades: after.trades - before.trades,
  };
}

/** By how often each line occurs: a line that only moved is no change. */
function changedLines(before: string, after: string): StrategyVersion['lines'] {
  const counts = new Map<string, number>();
  for (const line of linesOf(after)) counts.set(line, (counts.get(line) ?? 0) + 1);
  for (const line of linesOf(before)) counts.set(line, (counts.get(line) ?? 0) - 1);
  const differences = [...counts.values()];
  return {
    added: differences.reduce((sum, count) => sum + Math.max(count, 0), 0),
    removed: differences.reduce((sum, count) => sum + Math.max(-count, 0), 0),
  };
}

const linesOf = (code: string): readonly string[] =>
  code
    .split('\n')
    .map((line) => line.trimEnd())
    .filter((line) => line !== '');
