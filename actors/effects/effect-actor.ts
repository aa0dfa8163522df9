import { type Failure, toFailure, TradewrightError } from '../../contracts/errors.ts';
import { type ActorSpec, type Ref, tell } from '../kernel/index.ts';
import type { EffectCall, EffectHandlers } from './effect-call.ts';
import { JobQueue } from './job-queue.ts';

export type EffectOutcome =
  | { readonly kind: 'succeeded'; readonly result: unknown }
  | { readonly kind: 'failed'; readonly error: Failure };

/** A request to perform one effect. Exactly one `ended` comes back, whatever happens. */
export interface PerformEffect {
  readonly type: 'perform';
  readonly effect: string;
  readonly request: unknown;
  readonly call: EffectCall;
  /** Whether it was told to stop; its signal says the same, but is only made when somebody listens to it. */
  readonly cancelled: boolean;
  /** It has left the queue: its time-out begins. */
  began(): void;
  ended(outcome: EffectOutcome): void;
}

export type EffectMessage = PerformEffect | { readonly type: 'place-free' };

/** Changed in place, and an effect leaves as it ends: a copy or a message for each would cost as much as the rest. */
interface Jobs {
  /** The most urgent first; in a lane, the oldest. */
  readonly queued: JobQueue;
  readonly running: Set<PerformEffect>;
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
    initial: () => ({ queued: new JobQueue(), running: new Set() }),
    receive(jobs, message, { self }) {
      if (message.type === 'perform') jobs.queued.add(message);
      begin(jobs, self);
      return jobs;
    },
    async onStop({ queued, running }) {
      for (const job of [...running, ...queued.all()])
        job.ended({ kind: 'failed', error: interrupted(name) });
      await options.onStop?.();
    },
  };

  function begin({ queued, running }: Jobs, self: Ref<EffectMessage>): void {
    while (running.size < concurrency) {
      const job = queued.take();
      if (!job) return;
      running.add(job);
      void perform(job).then(() => {
        running.delete(job);
        if (!queued.empty) tell(self, { type: 'place-free' });
      });
    }
  }

  async function perform(job: PerformEffect): Promise<void> {
    const { effect } = job;
    try {
      if (job.cancelled) throw new TradewrightError('CANCELLED', `${effect} was cancelled before it began`);
      const handler = handlers[effect];
      if (!handler) throw new TradewrightError('INTERNAL', `${name} has no handler for the effect ${effect}`);
      job.began();
      job.ended({ kind: 'succeeded', result: await handler(job.request, job.call) });
    } catch (thrown) {
      job.ended({ kind: 'failed', error: toFailure(thrown) });
    }
  }
}

const interrupted = (name: string): Failure =>
  toFailure(new TradewrightError('EFFECT_INTERRUPTED', `${name} stopped while the effect was under way`));
