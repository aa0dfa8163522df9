import type { Failure } from '../../contracts/errors.ts';
import { taskIdFrom } from '../../contracts/ids.ts';
import type { Lane } from '../../contracts/lanes.ts';
import type { Clock } from '../../contracts/ports/clock.ts';
import type { Log } from '../../contracts/ports/log.ts';
import type { Delivery, Parsers, SignalOutbox, Stored } from '../../contracts/ports/messaging.ts';
import { SignalIn } from '../../contracts/signal.ts';
import { toSubjectToken } from '../../contracts/symbol.ts';
import { ownTaskLimits, type Task, taskTypes } from '../../contracts/task.ts';

export interface SignalIntakeTools {
  readonly clock: Clock;
  readonly log: Log;
  readonly parse: Pick<Parsers, 'signal'>;
  readonly outbox: Pick<SignalOutbox, 'reject'>;
  readonly add: (task: Task) => Promise<Stored>;
}

/** Signals age while ideas do not. */
const SIGNAL_LANE: Lane = 'high';

/**
 * One incoming signal to its end: a good one becomes a start task, a bad one is refused aloud. Acknowledged only once the
 * task is durable or the refusal sent. @throws what kept it from that; the signal then comes again.
 */
export async function takeSignal(delivery: Delivery, tools: SignalIntakeTools): Promise<void> {
  const parsed = tools.parse.signal(delivery);
  if (parsed.kind === 'refused') {
    const { failure, id, symbolToken, replyTo } = parsed;
    tools.log.info({ subject: delivery.subject, id, failure }, 'an incoming signal is refused');
    await tools.outbox.reject(symbolToken, rejection(id, failure, tools.clock.now()), replyTo);
  } else {
    await tools.add(startTask(parsed.signal, delivery.storedAt));
  }
  await delivery.ack();
}

/** The same signal, sent or delivered twice, is the same task and so the same workflow. */
function startTask(signal: SignalIn, storedAt: number): Task {
  // A symbol may hold colons: as a token it cannot run into the id.
  const dedupKey = `signal:${toSubjectToken(signal.symbol)}:${signal.id}`;
  return {
    schema: 'tradewright.task/1',
    id: taskIdFrom(dedupKey),
    type: taskTypes.startSignal,
    lane: SIGNAL_LANE,
    payload: signal,
    createdAt: storedAt,
    dedupKey,
    ...ownTaskLimits,
    correlationId: signal.id,
    ...(signal.traceparent !== undefined && { traceparent: signal.traceparent }),
  };
}

/** For `registerStart('start-signal', …)`: whose signal could not be taken for good is told so. */
export async function refuseDeadSignal(
  task: Task,
  failure: Failure,
  tools: Pick<SignalIntakeTools, 'clock' | 'outbox'>,
): Promise<void> {
  const signal = SignalIn.safeParse(task.payload).data;
  if (signal === undefined) return;
  const rejected = rejection(signal.id, failure, tools.clock.now());
  await tools.outbox.reject(toSubjectToken(signal.symbol), rejected, signal.replyTo);
}

const rejection = (id: string | null, failure: Failure, now: number) =>
  ({
    schema: 'tradewright.signal-rejected/1',
    id,
    code: failure.code,
    reason: failure.message.slice(0, 2_000),
    time: new Date(now).toISOString(),
  }) as const;
