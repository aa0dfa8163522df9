import type { WorkflowId } from '../../contracts/ids.ts';
import type { LiveChannel } from '../../contracts/subjects.ts';
import type { EffectRef } from '../../workflows/engine/command.ts';

/** One execution of an effect, as its handler sees it. What it gives is made when it is asked for: a copy by `{...call}` lacks it. */
export interface EffectCall extends EffectRef {
  readonly workflowId: WorkflowId;
  /** Equal for every attempt of this step: a handler that finds its work done under this key does not do it again. */
  readonly idempotencyKey: string;
  /** A higher one goes first wherever there is a queue: the lane's priority, 25–100. */
  readonly priority: number;
  readonly traceparent: string | undefined;
  /** Aborts at the time-out, on cancellation and at shutdown. */
  readonly signal: AbortSignal;
  /** Shown to whoever watches now; not stored. */
  readonly live: (channel: LiveChannel, text: string) => void;
  /** Waits for something that is not this step's fault (a rate limit, a free container): the time-out's clock stands still. */
  readonly waiting: <T>(wait: Promise<T>) => Promise<T>;
  /** A sign of life: a step with a `heartbeatMs` fails with STEP_STALLED (retryable) after that long without one. */
  readonly heartbeat: () => void;
}

/** Performs an effect. `request` comes from a definition and is parsed by the handler. Throws TradewrightErrors. */
export type EffectHandler = (request: unknown, call: EffectCall) => Promise<unknown>;

/** Handlers by the effect's name, such as `agent.reason`. */
export type EffectHandlers = Readonly<Record<string, EffectHandler>>;
