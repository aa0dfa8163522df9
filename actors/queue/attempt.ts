import { z } from 'zod';
import { type Failure, toFailure, TradewrightError } from '../../contracts/errors.ts';
import type { Clock } from '../../contracts/ports/clock.ts';

export type AttemptOutcome =
  | { readonly kind: 'completed'; readonly result: unknown }
  | { readonly kind: 'failed'; readonly failure: Failure; readonly stack?: string }
  /** The worker stops: nobody's fault, someone else does it. */
  | { readonly kind: 'interrupted' }
  /** Somebody does not want it any more. */
  | { readonly kind: 'cancelled'; readonly failure: Failure };

export interface AttemptLimits {
  readonly clock: Clock;
  readonly timeoutMs: number;
  /** How long an aborted handler may take to come to its end before it is left behind. */
  readonly graceMs: number;
}

/** One run of `work`; aborted when its time is up, the worker stops or the task is cancelled. What it gives after that counts for nothing. */
export class Attempt {
  readonly outcome: Promise<AttemptOutcome>;
  readonly #limits: AttemptLimits;
  readonly #cancelTimeout: () => void;
  #resolve: (outcome: AttemptOutcome) => void = () => undefined;
  #aborter: AbortController | undefined;
  #verdict: AttemptOutcome | undefined;
  #reason: TradewrightError | undefined;
  #cancelGrace: () => void = () => undefined;

  constructor(work: (attempt: Attempt) => Promise<unknown>, limits: AttemptLimits) {
    this.#limits = limits;
    this.outcome = new Promise((resolve) => (this.#resolve = resolve));
    const { clock, timeoutMs } = limits;
    this.#cancelTimeout = clock.schedule(timeoutMs, () => {
      const late = new TradewrightError('TASK_TIMEOUT', `the task ran longer than ${timeoutMs} ms`);
      this.#abort({ kind: 'failed', failure: toFailure(late) }, late);
    });
    void this.#run(work);
  }

  /** Made when somebody asks for it: most handlers are done before that. */
  get signal(): AbortSignal {
    this.#aborter ??= new AbortController();
    if (this.#reason !== undefined) this.#aborter.abort(this.#reason);
    return this.#aborter.signal;
  }

  interrupt(): void {
    this.#abort({ kind: 'interrupted' }, new TradewrightError('NOT_READY', 'the worker stops'));
  }

  cancel(reason: TradewrightError): void {
    this.#abort({ kind: 'cancelled', failure: toFailure(reason) }, reason);
  }

  #abort(outcome: AttemptOutcome, reason: TradewrightError): void {
    if (this.#verdict !== undefined) return;
    this.#verdict = outcome;
    this.#reason = reason;
    this.#cancelGrace = this.#limits.clock.schedule(this.#limits.graceMs, () => this.#end(outcome));
    this.#aborter?.abort(reason);
  }

  async #run(work: (attempt: Attempt) => Promise<unknown>): Promise<void> {
    try {
      this.#end({ kind: 'completed', result: await work(this) });
    } catch (error) {
      const stack = error instanceof Error ? error.stack : undefined;
      this.#end({ kind: 'failed', failure: failureOf(error), ...(stack === undefined ? {} : { stack }) });
    }
  }

  #end(outcome: AttemptOutcome): void {
    this.#cancelTimeout();
    this.#cancelGrace();
    this.#resolve(this.#verdict ?? outcome);
  }
}

/** A payload that does not match its schema is the sender's fault and stays wrong. */
function failureOf(error: unknown): Failure {
  if (!(error instanceof z.ZodError)) return toFailure(error);
  return toFailure(new TradewrightError('INPUT_INVALID', z.prettifyError(error)));
}
