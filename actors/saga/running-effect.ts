import type { Failure } from '../../contracts/errors.ts';
import { lanePriority } from '../../contracts/lanes.ts';
import type { WorkflowId } from '../../contracts/ids.ts';
import type { Clock } from '../../contracts/ports/clock.ts';
import type { LiveChannel } from '../../contracts/subjects.ts';
import type { EffectRef } from '../../workflows/engine/command.ts';
import type { DueEffect } from '../../workflows/engine/due.ts';
import type { WorkflowData } from '../../workflows/engine/state.ts';
import type { EffectOutcome, PerformEffect } from '../effects/effect-actor.ts';
import type { EffectCall } from '../effects/effect-call.ts';
import { LateAbort } from './late-abort.ts';
import { Watches } from './watches.ts';

/** Where a running effect reports to. */
export interface EffectOwner {
  readonly workflowId: WorkflowId;
  readonly clock: Clock;
  readonly live: (workflowId: WorkflowId, channel: LiveChannel, text: string) => void;
  readonly ended: (effect: EffectRef, outcome: EffectOutcome) => void;
  /** It took too long, or went silent, or does not end although it was told to: it no longer counts on. */
  readonly overdue: (effect: EffectRef, error: Failure) => void;
}

/**
 * One execution of an effect: the job that its performer gets, and the call that its handler sees. There is one for every step that
 * runs, so what few handlers ask for (the signal, the functions) is made when they do.
 */
export class RunningEffect implements PerformEffect, EffectCall {
  readonly type = 'perform';
  readonly ref: EffectRef;
  readonly effect: string;
  readonly request: unknown;
  readonly idempotencyKey: string;
  readonly priority: number;
  readonly traceparent: string | undefined;
  readonly abort = new LateAbort();
  readonly watches: Watches;
  readonly #owner: EffectOwner;
  #over = false;
  #whenOver: (() => void)[] | undefined;

  constructor(owner: EffectOwner, ref: EffectRef, due: DueEffect, data: WorkflowData, request: unknown) {
    this.#owner = owner;
    this.ref = ref;
    this.effect = due.effect;
    this.request = request;
    this.idempotencyKey = due.idempotencyKey;
    this.priority = lanePriority[data.lane];
    this.traceparent = data.traceparent ?? undefined;
    this.watches = new Watches(owner.clock, due, (error) => owner.overdue(ref, error));
  }

  get call(): EffectCall {
    return this;
  }

  get workflowId(): WorkflowId {
    return this.#owner.workflowId;
  }

  get kind(): EffectRef['kind'] {
    return this.ref.kind;
  }

  get step(): string {
    return this.ref.step;
  }

  get attempt(): number {
    return this.ref.attempt;
  }

  get round(): number | undefined {
    return this.ref.round;
  }

  get cancelled(): boolean {
    return this.abort.aborted;
  }

  get signal(): AbortSignal {
    return this.abort.signal;
  }

  get live(): EffectCall['live'] {
    return (channel, text) => this.#owner.live(this.#owner.workflowId, channel, text);
  }

  get waiting(): EffectCall['waiting'] {
    return (wait) => this.watches.pausedDuring(wait);
  }

  get heartbeat(): EffectCall['heartbeat'] {
    return () => this.watches.beat();
  }

  began(): void {
    this.watches.start();
  }

  ended(outcome: EffectOutcome): void {
    this.watches.stop();
    this.#over = true;
    for (const tell of this.#whenOver ?? []) tell();
    this.#owner.ended(this.ref, outcome);
  }

  /** Nothing of it runs any more. */
  get over(): Promise<void> {
    if (this.#over) return Promise.resolve();
    return new Promise((resolve) => (this.#whenOver ??= []).push(resolve));
  }
}
