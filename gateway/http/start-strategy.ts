import type { PostWorkflow, StrategyInput } from '../../contracts/api.ts';
import { TradewrightError } from '../../contracts/errors.ts';
import { taskIdFrom, type WorkflowId, workflowIdFrom } from '../../contracts/ids.ts';
import { ownTaskLimits, type Task, taskTypes } from '../../contracts/task.ts';
import type { WorkflowView } from '../../contracts/workflow-view.ts';

const SYMBOLS_NAMED = 50;

/** @throws SYMBOL_UNKNOWN naming those there is market data for */
export function assertKnownSymbol(symbol: string, known: readonly string[]): void {
  if (known.includes(symbol)) return;
  const named = known.slice(0, SYMBOLS_NAMED);
  const more = known.length > named.length ? ` and ${known.length - named.length} more` : '';
  throw new TradewrightError(
    'SYMBOL_UNKNOWN',
    `there is no market data for ${symbol}; known: ${named.join(', ') || 'none'}${more}`,
    { details: { symbol, known: named } },
  );
}

export interface StartStrategy {
  readonly workflowId: WorkflowId;
  readonly task: Task;
  /** What the workflow reads as until it runs. */
  readonly pending: WorkflowView;
}

/** The start task of an idea. The workflow id follows from the key, so posting twice gives one workflow. */
export function startStrategy(
  post: PostWorkflow,
  key: string,
  circumstances: { readonly now: number; readonly traceparent: string },
): StartStrategy {
  const { idea, symbol, mode, seed, signalBars, decision, lane, autoFix, maxAttempts, critique } = post;
  const loop = { autoFix, maxAttempts, critique };
  const input: StrategyInput = { idea, symbol, mode, seed, signalBars, decision, ...loop };
  const dedupKey = `strategy:${key}`;
  const workflowId = workflowIdFrom(dedupKey);
  const task: Task = {
    schema: 'tradewright.task/1',
    id: taskIdFrom(dedupKey),
    type: taskTypes.startStrategy,
    lane,
    payload: input,
    createdAt: circumstances.now,
    dedupKey,
    ...ownTaskLimits,
    correlationId: workflowId,
    traceparent: circumstances.traceparent,
  };
  const pending: WorkflowView = {
    workflowId,
    state: 'PENDING',
    needsPerson: false,
    lane,
    labels: { symbol, mode },
    input,
    seq: 0,
    steps: [],
    compensations: [],
  };
  return { workflowId, task, pending };
}
