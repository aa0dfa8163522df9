import { toFailure, TradewrightError } from '../../contracts/errors.ts';
import type { WorkflowId } from '../../contracts/ids.ts';
import { lanePriority } from '../../contracts/lanes.ts';
import type { Clock } from '../../contracts/ports/clock.ts';
import type { LiveChannel } from '../../contracts/subjects.ts';
import type { EffectRef } from '../../workflows/engine/command.ts';
import type { AnyWorkflow } from '../../workflows/engine/definition.ts';
import { type DueEffect, dueEffects, effectInput } from '../../workflows/engine/due.ts';
import type { WorkflowData } from '../../workflows/engine/state.ts';
import type { EffectOutcome, PerformEffect } from '../effects/effect-actor.ts';
import { StopWatch } from './stop-watch.ts';

/** How long an aborted effect may take to end before the next attempt of its step begins all the same. */
const ABORT_GRACE_MS = 10_000;

export interface RunningEffectsOptions {
  readonly workflowId: WorkflowId;
  readonly clock: Clock;
  /** Hands the effect to the actor that performs effects of its name. */
  readonly perform: (job: PerformEffect) => void;
  readonly live: (workflowId: WorkflowId, channel: LiveChannel, text: string) => void;
  readonly ended: (effect: EffectRef, outcome: EffectOutcome) => void;
  readonly timedOut: (effect: EffectRef, timeoutMs: number) => void;
}

interface Running {
  readonly abort: AbortController;
  readonly watch: StopWatch;
  readonly settled: Promise<void>;
}

/** The effects of one workflow that are under way in this process: kept equal to those its state says are due. */
export class RunningEffects {
  readonly #options: RunningEffectsOptions;
  readonly #running = new Map<string, Running>();
  /** Aborted ones by step, until they have ended. */
  readonly #ending = new Map<string, Promise<void>>();

  constructor(options: RunningEffectsOptions) {
    this.#options = options;
  }

  /** Starts what is due and not running; aborts what is running and no longer due. */
  reconcile(definition: AnyWorkflow, data: WorkflowData): void {
    const due = dueEffects(definition, data);
    const wanted = new Set(due.map(keyOf));
    for (const [key, running] of this.#running) {
      if (!wanted.has(key)) this.#abort(key, running, 'the workflow went on without it');
    }
    for (const effect of due) if (!this.#running.has(keyOf(effect))) this.#start(definition, data, effect);
  }

  /** The effect is over: nothing of it runs any more. */
  forget(effect: EffectRef): void {
    const running = this.#running.get(keyOf(effect));
    running?.watch.stop();
    this.#running.delete(keyOf(effect));
  }

  abortAll(reason: string): void {
    for (const [key, running] of this.#running) this.#abort(key, running, reason);
  }

  #abort(key: string, { abort, watch, settled }: Running, reason: string): void {
    this.#running.delete(key);
    watch.stop();
    const step = key.slice(0, key.indexOf('/'));
    this.#ending.set(step, settled);
    void settled.then(() => {
      if (this.#ending.get(step) === settled) this.#ending.delete(step);
    });
    abort.abort(new TradewrightError('CANCELLED', reason));
  }

  #start(definition: AnyWorkflow, data: WorkflowData, effect: DueEffect): void {
    const { workflowId, clock, perform, live, ended, timedOut } = this.#options;
    const { kind, step, attempt, timeoutMs } = effect;
    const ref: EffectRef = { kind, step, attempt };
    const abort = new AbortController();
    const watch = new StopWatch(clock, timeoutMs, () => timedOut(ref, timeoutMs));
    let settle: () => void = () => undefined;
    const settled = new Promise<void>((resolve) => (settle = resolve));
    this.#running.set(keyOf(effect), { abort, watch, settled });
    let request: unknown;
    try {
      request = effectInput(definition, data, ref);
    } catch (thrown) {
      settle();
      return ended(ref, { kind: 'failed', error: toFailure(thrown) });
    }
    const job: PerformEffect = {
      type: 'perform',
      effect: effect.effect,
      request,
      call: {
        ...ref,
        workflowId,
        idempotencyKey: effect.idempotencyKey,
        priority: lanePriority[data.lane],
        traceparent: data.traceparent ?? undefined,
        signal: abort.signal,
        live: (channel, text) => live(workflowId, channel, text),
        waiting: (wait) => watch.pausedDuring(wait),
      },
      began: () => watch.start(),
      ended: (outcome) => {
        watch.stop();
        settle();
        ended(ref, outcome);
      },
    };
    void this.#endingOf(step).then(() => perform(job));
  }

  async #endingOf(step: string): Promise<void> {
    const ending = this.#ending.get(step);
    if (!ending) return;
    let stopWaiting: () => void = () => undefined;
    const grace = new Promise<void>((resolve) => {
      stopWaiting = this.#options.clock.schedule(ABORT_GRACE_MS, resolve);
    });
    await Promise.race([ending, grace]);
    stopWaiting();
  }
}

const keyOf = ({ step, kind, attempt }: EffectRef): string => `${step}/${kind}/${attempt}`;
