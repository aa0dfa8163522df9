import { type Failure, toFailure, TradewrightError } from '../../contracts/errors.ts';
import type { WorkflowId } from '../../contracts/ids.ts';
import { lanePriority } from '../../contracts/lanes.ts';
import type { Clock } from '../../contracts/ports/clock.ts';
import type { LiveChannel } from '../../contracts/subjects.ts';
import type { EffectRef } from '../../workflows/engine/command.ts';
import type { AnyWorkflow } from '../../workflows/engine/definition.ts';
import { type DueEffect, dueEffects, effectInput } from '../../workflows/engine/due.ts';
import { inRound, type WorkflowData } from '../../workflows/engine/state.ts';
import type { EffectOutcome, PerformEffect } from '../effects/effect-actor.ts';
import { LateAbort } from './late-abort.ts';
import { Watches } from './watches.ts';

/** How long an aborted effect may take to end before the next attempt of its step begins all the same. */
const ABORT_GRACE_MS = 10_000;

export interface RunningEffectsOptions {
  readonly workflowId: WorkflowId;
  readonly clock: Clock;
  /** Hands the effect to the actor that performs effects of its name. */
  readonly perform: (job: PerformEffect) => void;
  readonly live: (workflowId: WorkflowId, channel: LiveChannel, text: string) => void;
  readonly ended: (effect: EffectRef, outcome: EffectOutcome) => void;
  /** It took too long, or went silent, or does not end although it was told to: it no longer counts on. */
  readonly overdue: (effect: EffectRef, error: Failure) => void;
  /** The last of those that were told to stop has ended. */
  readonly quiet: () => void;
}

interface Running {
  readonly abort: LateAbort;
  readonly watches: Watches;
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
    for (const effect of due) {
      const running = this.#running.get(keyOf(effect));
      if (effect.aborting) this.#stop(effect, running);
      else if (!running) this.#start(definition, data, effect);
    }
  }

  /** The effect is over: nothing of it runs any more. */
  forget(effect: EffectRef): void {
    const running = this.#running.get(keyOf(effect));
    running?.watches.stop();
    this.#running.delete(keyOf(effect));
  }

  /** Nothing of this workflow runs, or is about to end, in this process. */
  get idle(): boolean {
    return this.#running.size === 0 && this.#ending.size === 0;
  }

  abortAll(reason: string): void {
    for (const [key, running] of this.#running) this.#abort(key, running, reason);
  }

  #abort(key: string, { abort, watches, settled }: Running, reason: string): void {
    this.#running.delete(key);
    watches.stop();
    const step = key.slice(0, key.indexOf('/'));
    this.#ending.set(step, settled);
    void settled.then(() => {
      if (this.#ending.get(step) === settled) this.#ending.delete(step);
      if (this.idle) this.#options.quiet();
    });
    abort.abort(new TradewrightError('CANCELLED', reason));
  }

  /** Tells it to stop and goes on listening: it may have been too late. */
  #stop(effect: EffectRef, running: Running | undefined): void {
    const { clock, overdue } = this.#options;
    const { kind, step, attempt } = effect;
    const cancelled = new TradewrightError('CANCELLED', 'the workflow ends early');
    const giveUp = (): void => overdue({ kind, step, attempt }, toFailure(cancelled));
    if (!running) return giveUp();
    if (running.abort.aborted) return;
    running.watches.stop();
    const stopWaiting = clock.schedule(ABORT_GRACE_MS, giveUp);
    void running.settled.then(stopWaiting);
    running.abort.abort(cancelled);
  }

  #start(definition: AnyWorkflow, data: WorkflowData, effect: DueEffect): void {
    const { workflowId, clock, perform, live, ended, overdue } = this.#options;
    const { kind, step, attempt, round, timeoutMs, heartbeatMs } = effect;
    const ref: EffectRef = { kind, step, attempt, ...inRound(round) };
    const abort = new LateAbort();
    const watches = new Watches(clock, step, { timeoutMs, heartbeatMs }, (error) => overdue(ref, error));
    let settle: () => void = () => undefined;
    const settled = new Promise<void>((resolve) => (settle = resolve));
    this.#running.set(keyOf(effect), { abort, watches, settled });
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
        get signal() {
          return abort.signal;
        },
        live: (channel, text) => live(workflowId, channel, text),
        waiting: (wait) => watches.pausedDuring(wait),
        heartbeat: () => watches.beat(),
      },
      cancelled: () => abort.aborted,
      began: () => watches.start(),
      ended: (outcome) => {
        watches.stop();
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

const keyOf = ({ step, kind, attempt, round = 1 }: EffectRef): string =>
  `${step}/${kind}/${round}/${attempt}`;
