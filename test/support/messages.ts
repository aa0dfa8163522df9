import {
  EventId,
  eventIdFrom,
  signalIdFrom,
  strategyIdFrom,
  taskIdFrom,
  workflowIdFrom,
} from '../../contracts/ids.ts';
import { SignalOut } from '../../contracts/signal.ts';
import { Symbol } from '../../contracts/symbol.ts';
import { Task } from '../../contracts/task.ts';
import {
  type SealedCommit,
  sealed,
  type WorkflowEvent,
  type WorkflowEventBatch,
} from '../../contracts/workflow-event.ts';

/** A task with everything set; each key is a task of its own. */
export const aTask = (dedupKey: string, rest: Partial<Task> = {}): Task =>
  Task.parse({
    schema: 'tradewright.task/1',
    id: taskIdFrom(dedupKey),
    type: 'echo',
    lane: 'normal',
    payload: { dedupKey },
    createdAt: 1_700_000_000_000,
    dedupKey,
    maxRetries: 3,
    timeoutMs: 60_000,
    ...rest,
  });

export function aSignal(barTime: string, rest: Partial<SignalOut> = {}): SignalOut {
  const workflowId = workflowIdFrom('signals');
  const strategyId = strategyIdFrom(workflowId);
  const identity = {
    strategyId,
    version: 1,
    symbol: 'SPX',
    timeframe: '1d',
    barTime,
    action: 'buy',
    mode: 'paper',
  };
  return SignalOut.parse({
    schema: 'tradewright.signal-out/1',
    signalId: signalIdFrom(identity),
    symbol: Symbol.parse('SPX'),
    timeframe: '1d',
    barTime,
    action: 'buy',
    side: 'long',
    targetPosition: 1,
    previousPosition: 0,
    priceReference: 3_200.5,
    confidence: 0.6,
    validFrom: barTime,
    validUntil: barTime,
    strategyId,
    strategyVersion: 1,
    workflowId,
    reasoning: `/v1/workflows/${workflowId}`,
    author: 'a test',
    mode: 'historical',
    ...rest,
  });
}

/** One commit of a workflow: `count` events from sequence `fromSeq`. */
export function aBatch(key: string, commit: number, fromSeq: number, count = 1): WorkflowEventBatch {
  const workflowId = workflowIdFrom(key);
  const events = Array.from({ length: count }, (_, at): WorkflowEvent => {
    const seq = fromSeq + at;
    return {
      schema: 'tradewright.workflow-event/1',
      id: EventId.parse(eventIdFrom(workflowId, seq)),
      workflowId,
      seq,
      time: 1_700_000_000_000 + seq,
      actor: 'saga',
      cause: 'test',
      stateBefore: 'RUNNING',
      stateAfter: 'RUNNING',
      fact: { type: 'StepSkipped', step: 'reason', reason: `event ${seq}` },
    };
  });
  return { schema: 'tradewright.workflow-events/1', workflowId, commit, events };
}

/** The same, as it travels. */
export const aCommit = (...batch: Parameters<typeof aBatch>): SealedCommit => sealedBatch(aBatch(...batch));

export const sealedBatch = ({ workflowId, commit, events }: WorkflowEventBatch): SealedCommit =>
  sealed(
    { workflowId, commit },
    events.map((event) => JSON.stringify(event)),
  );
