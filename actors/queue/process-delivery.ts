import { type Failure, toFailure, TradewrightError } from '../../contracts/errors.ts';
import type { Lane } from '../../contracts/lanes.ts';
import type { Clock } from '../../contracts/ports/clock.ts';
import type { Log } from '../../contracts/ports/log.ts';
import type { DeadLetters, Delivery, Parsers, TaskReplies } from '../../contracts/ports/messaging.ts';
import type { Task, TaskReply } from '../../contracts/task.ts';
import { runAttempt } from './attempt.ts';
import type { RetryPolicy } from './retry-policy.ts';
import { abandoned, deadTask, deadTypeOf, type Verdict, verdictOn } from './settlement.ts';
import type { TaskRegistry } from './task-registry.ts';

export interface DeliveryTools {
  readonly clock: Clock;
  readonly log: Log;
  /** In [0, 1). */
  readonly random: () => number;
  readonly parse: Pick<Parsers, 'task'>;
  readonly dead: DeadLetters;
  readonly replies: TaskReplies;
  readonly registry: TaskRegistry;
  readonly retry: RetryPolicy;
  readonly graceMs: number;
}

/**
 * How a delivery ended. `unacknowledged`: the work is done but NATS may not know; `unsettled`: NATS could not be told anything.
 * Both come again.
 */
export type DeliveryEnd = 'completed' | 'retried' | 'handed-back' | 'dead' | 'unacknowledged' | 'unsettled';

/** How long a message whose dead letter could not be stored stays away. */
const STORE_AGAIN_MS = 1_000;

/**
 * Takes one delivery to its end: parse, run, then acknowledge, hand back or bury. Never throws.
 * @param workDone an earlier delivery was run to its end here and only the acknowledgement got lost
 */
export async function processDelivery(
  lane: Lane,
  delivery: Delivery,
  tools: DeliveryTools,
  stop: AbortSignal,
  workDone: boolean,
): Promise<DeliveryEnd> {
  if (workDone) return acknowledge(delivery, tools);
  const parsed = tools.parse.task(delivery);
  const task = parsed.kind === 'task' ? parsed.task : undefined;
  const verdict: Verdict =
    parsed.kind === 'malformed'
      ? { kind: 'dead', failure: parsed.failure }
      : await run(parsed.task, delivery, tools, stop);
  try {
    return await settle(verdict, lane, delivery, task, tools);
  } catch (error) {
    tools.log.warn(
      { ...about(delivery, task), error: toFailure(error) },
      'a dead task could not be stored yet',
    );
    delivery.retry(STORE_AGAIN_MS);
    return 'unsettled';
  }
}

async function acknowledge(delivery: Delivery, tools: DeliveryTools): Promise<DeliveryEnd> {
  try {
    await delivery.ack();
    return 'completed';
  } catch (error) {
    tools.log.warn({ ...about(delivery, undefined), error: toFailure(error) }, 'an acknowledgement got lost');
    return 'unacknowledged';
  }
}

async function run(
  task: Task,
  delivery: Delivery,
  tools: DeliveryTools,
  stop: AbortSignal,
): Promise<Verdict> {
  const { clock, log, random, registry, retry, graceMs } = tools;
  const definition = registry.definition(task.type);
  if (definition === undefined) {
    const unknown = new TradewrightError('TASK_TYPE_UNKNOWN', `no worker knows tasks of type ${task.type}`);
    return { kind: 'dead', failure: toFailure(unknown) };
  }
  const attempt = delivery.deliveryCount;
  const given = abandoned(task, attempt);
  if (given !== undefined) return { kind: 'dead', failure: given };
  const progress = (note: string): void => log.debug({ ...about(delivery, task), note }, 'task progress');
  const outcome = await runAttempt((signal) => definition.run(task, { signal, attempt, progress }), {
    clock,
    timeoutMs: task.timeoutMs,
    graceMs,
    stop,
  });
  return verdictOn(outcome, task, attempt, random, retry);
}

async function settle(
  verdict: Verdict,
  lane: Lane,
  delivery: Delivery,
  task: Task | undefined,
  tools: DeliveryTools,
): Promise<DeliveryEnd> {
  const fields = about(delivery, task);
  switch (verdict.kind) {
    case 'done':
      await reply(task, tools, { outcome: 'completed', result: verdict.result });
      return acknowledge(delivery, tools);
    case 'hand-back':
      delivery.retry(0);
      return 'handed-back';
    case 'retry': {
      const { delayMs, failure } = verdict;
      tools.log.warn({ ...fields, delayMs, failure }, 'a task failed and is tried again');
      delivery.retry(delayMs);
      return 'retried';
    }
    case 'dead':
      tools.log.error({ ...fields, failure: verdict.failure }, 'a task goes to the dead letters');
      // Stored before it leaves the queue: a crash in between buries it twice at worst, which DEAD recognises.
      await tools.dead.publish(
        deadTask(delivery, task, verdict.failure, tools.clock.now()),
        lane,
        deadTypeOf(task),
      );
      await tellDeath(task, verdict.failure, tools);
      await delivery.discard();
      return 'dead';
  }
}

async function tellDeath(task: Task | undefined, failure: Failure, tools: DeliveryTools): Promise<void> {
  if (task === undefined) return;
  await reply(task, tools, { outcome: 'dead', error: failure });
  try {
    await tools.registry.definition(task.type)?.died?.(task, failure);
  } catch (error) {
    tools.log.warn({ taskId: task.id, error: toFailure(error) }, 'the death of a task could not be told');
  }
}

type ReplyBody = Pick<TaskReply, 'outcome' | 'result'> & { readonly error?: Failure };

/** Best effort: who asked may be gone, and the task's own end does not hang on it. */
async function reply(task: Task | undefined, tools: DeliveryTools, body: ReplyBody): Promise<void> {
  if (task?.replyTo === undefined) return;
  const { outcome, result, error } = body;
  try {
    await tools.replies.send(task.replyTo, {
      schema: 'tradewright.task-reply/1',
      taskId: task.id,
      type: task.type,
      outcome,
      ...(outcome === 'completed' && { result: result ?? null }),
      ...(error && {
        error: { ...error, details: error.details === undefined ? undefined : { ...error.details } },
      }),
      time: tools.clock.now(),
    });
  } catch (thrown) {
    tools.log.warn({ taskId: task.id, error: toFailure(thrown) }, 'a task reply could not be sent');
  }
}

const about = (delivery: Delivery, task: Task | undefined): Record<string, unknown> => ({
  subject: delivery.subject,
  streamSeq: delivery.streamSeq,
  attempt: delivery.deliveryCount,
  ...(task && { taskId: task.id }),
});
