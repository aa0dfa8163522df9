import { type Failure, toFailure, TradewrightError } from '../../contracts/errors.ts';
import { type ActorSpec, type Ref, tell } from '../kernel/index.ts';
import type { EffectCall, EffectHandlers } from './effect-call.ts';

export type EffectOutcome =
  | { readonly kind: 'succeeded'; readonly result: unknown }
  | { readonly kind: 'failed'; readonly error: Failure };

/** A request to perform one effect. Exactly one `ended` comes back, whatever happens. */
export interface PerformEffect {
  readonly type: 'perform';
  readonly effect: string;
  readonly request: unknown;
  readonly call: EffectCall;
  /** It has left the queue: its time-out begins. */
  readonly began: () => void;
  readonly ended: (outcome: EffectOutcome) => void;
}

export type EffectMessage = PerformEffect | { readonly type: 'settled'; readonly job: PerformEffect };

interface Jobs {
  /** The most urgent first. */
  readonly queued: readonly PerformEffect[];
  readonly running: ReadonlySet<PerformEffect>;
}

/**
 * An actor that performs effects, at most `concurrency` at a time, the most urgent first. It never awaits one: a handler that hangs
 * holds one place, and nothing else.
 */
export function effectActor(options: {
  readonly name: string;
  readonly handlers: EffectHandlers;
  readonly concurrency: number;
  readonly onStop?: () => Promise<void>;
}): ActorSpec<EffectMessage, Jobs> {
  const { name, handlers, concurrency } = options;
  return {
    name,
    initial: () => ({ queued: [], running: new Set() }),
    receive: ({ queued, running }, message, { self }) =>
      message.type === 'perform'
        ? begin({ queued: inserted(queued, message), running }, self)
        : begin({ queued, running: without(running, message.job) }, self),
    async onStop({ queued, running }) {
      for (const { ended } of [...running, ...queued]) ended({ kind: 'failed', error: interrupted(name) });
      await options.onStop?.();
    },
  };

  function begin({ queued, running }: Jobs, self: Ref<EffectMessage>): Jobs {
    const free = Math.max(0, concurrency - running.size);
    const next = queued.slice(0, free);
    for (const job of next) void perform(job).then(() => tell(self, { type: 'settled', job }));
    return { queued: queued.slice(free), running: new Set([...running, ...next]) };
  }

  async function perform({ effect, request, call, began, ended }: PerformEffect): Promise<void> {
    try {
      if (call.signal.aborted)
        throw new TradewrightError('CANCELLED', `${effect} was cancelled before it began`);
      const handler = handlers[effect];
      if (!handler) throw new TradewrightError('INTERNAL', `${name} has no handler for the effect ${effect}`);
      began();
      ended({ kind: 'succeeded', result: await handler(request, call) });
    } catch (thrown) {
      ended({ kind: 'failed', error: toFailure(thrown) });
    }
  }
}

function inserted(queued: readonly PerformEffect[], job: PerformEffect): readonly PerformEffect[] {
  const at = queued.findIndex((other) => other.call.priority < job.call.priority);
  return at < 0 ? [...queued, job] : [...queued.slice(0, at), job, ...queued.slice(at)];
}

function without(running: ReadonlySet<PerformEffect>, job: PerformEffect): ReadonlySet<PerformEffect> {
  const rest = new Set(running);
  rest.delete(job);
  return rest;
}

const interrupted = (name: string): Failure =>
  toFailure(new TradewrightError('EFFECT_INTERRUPTED', `${name} stopped while the effect was under way`));
