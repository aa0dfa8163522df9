import { type Failure, toFailure, TradewrightError } from '../../contracts/errors.ts';
import type { EffectRef } from '../../workflows/engine/command.ts';
import type { AnyWorkflow } from '../../workflows/engine/definition.ts';
import { type DueEffect, dueEffects, effectInput } from '../../workflows/engine/due.ts';
import { inRound, type WorkflowData } from '../../workflows/engine/state.ts';
import type { PerformEffect } from '../effects/effect-actor.ts';
import { type EffectOwner, RunningEffect } from './running-effect.ts';

/** How long an aborted effect may take to end before the next attempt of its step begins all the same. */
const ABORT_GRACE_MS = 10_000;

export interface RunningEffectsOptions extends EffectOwner {
  /** Hands the effect to the actor that performs effects of its name. */
  readonly perform: (job: PerformEffect) => void;
  /** The last of those that were told to stop has ended. */
  readonly quiet: () => void;
}

/** The effects of one workflow that are under way in this process: kept equal to those its state says are due. */
export class RunningEffects {
  readonly #options: RunningEffectsOptions;
  readonly #running = new Map<string, RunningEffect>();
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

  #abort(key: string, { abort, watches, over }: RunningEffect, reason: string): void {
    this.#running.delete(key);
    watches.stop();
    const step = key.slice(0, key.indexOf('/'));
    this.#ending.set(step, over);
    void over.then(() => {
      if (this.#ending.get(step) === over) this.#ending.delete(step);
      if (this.idle) this.#options.quiet();
    });
    abort.abort(new TradewrightError('CANCELLED', reason));
  }

  /** Tells it to stop and goes on listening: it may have been too late. */
  #stop(effect: EffectRef, running: RunningEffect | undefined): void {
    const { clock, overdue } = this.#options;
    const { kind, step, attempt } = effect;
    const cancelled = new TradewrightError('CANCELLED', 'the workflow ends early');
    const giveUp = (): void => overdue({ kind, step, attempt }, toFailure(cancelled));
    if (!running) return giveUp();
    if (running.abort.aborted) return;
    running.watches.stop();
    const stopWaiting = clock.schedule(ABORT_GRACE_MS, giveUp);
    void running.over.then(stopWaiting);
    running.abort.abort(cancelled);
  }

  #start(definition: AnyWorkflow, data: WorkflowData, due: DueEffect): void {
    const { kind, step, attempt, round } = due;
    const ref: EffectRef = { kind, step, attempt, ...inRound(round) };
    const { request, failure } = requestOf(definition, data, ref);
    const effect = new RunningEffect(this.#options, ref, due, data, request);
    this.#running.set(keyOf(due), effect);
    if (failure) return effect.ended({ kind: 'failed', error: failure });
    const ending = this.#ending.get(step);
    if (ending) void this.#grace(ending).then(() => this.#options.perform(effect));
    else this.#options.perform(effect);
  }

  async #grace(ending: Promise<void>): Promise<void> {
    let stopWaiting: () => void = () => undefined;
    const grace = new Promise<void>((resolve) => {
      stopWaiting = this.#options.clock.schedule(ABORT_GRACE_MS, resolve);
    });
    await Promise.race([ending, grace]);
    stopWaiting();
  }
}

function requestOf(
  definition: AnyWorkflow,
  data: WorkflowData,
  ref: EffectRef,
): { readonly request?: unknown; readonly failure?: Failure } {
  try {
    return { request: effectInput(definition, data, ref) };
  } catch (thrown) {
    return { failure: toFailure(thrown) };
  }
}

const keyOf = ({ step, kind, attempt, round = 1 }: EffectRef): string =>
  `${step}/${kind}/${round}/${attempt}`;
