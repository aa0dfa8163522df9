import { z } from 'zod';
import { type Failure, toFailure, TradewrightError } from '../../contracts/errors.ts';
import type { Clock } from '../../contracts/ports/clock.ts';

export type AttemptOutcome =
  | { readonly kind: 'completed'; readonly result: unknown }
  | { readonly kind: 'failed'; readonly failure: Failure }
  /** The worker stops: nobody's fault, someone else does it. */
  | { readonly kind: 'interrupted' };

export interface AttemptLimits {
  readonly clock: Clock;
  readonly timeoutMs: number;
  /** How long an aborted handler may take to come to its end before it is left behind. */
  readonly graceMs: number;
  /** Aborts when the worker stops. */
  readonly stop: AbortSignal;
}

/** Runs `work` once; aborts it when its time is up or the worker stops. What it gives after that counts for nothing. */
export function runAttempt(
  work: (signal: AbortSignal) => Promise<unknown>,
  { clock, timeoutMs, graceMs, stop }: AttemptLimits,
): Promise<AttemptOutcome> {
  return new Promise((resolve) => {
    const aborter = new AbortController();
    let verdict: AttemptOutcome | undefined;
    let cancelGrace = (): void => undefined;
    const end = (outcome: AttemptOutcome): void => {
      cancelTimeout();
      cancelGrace();
      stop.removeEventListener('abort', interrupt);
      resolve(verdict ?? outcome);
    };
    const abort = (outcome: AttemptOutcome, reason: TradewrightError): void => {
      if (verdict !== undefined) return;
      verdict = outcome;
      cancelGrace = clock.schedule(graceMs, () => end(outcome));
      aborter.abort(reason);
    };
    const interrupt = (): void =>
      abort({ kind: 'interrupted' }, new TradewrightError('NOT_READY', 'the worker stops'));
    const cancelTimeout = clock.schedule(timeoutMs, () => {
      const late = new TradewrightError('TASK_TIMEOUT', `the task ran longer than ${timeoutMs} ms`);
      abort({ kind: 'failed', failure: toFailure(late) }, late);
    });
    stop.addEventListener('abort', interrupt, { once: true });
    const run = async (): Promise<unknown> => work(aborter.signal);
    run().then(
      (result) => end({ kind: 'completed', result }),
      (error: unknown) => end({ kind: 'failed', failure: failureOf(error) }),
    );
    if (stop.aborted) interrupt();
  });
}

/** A payload that does not match its schema is the sender's fault and stays wrong. */
function failureOf(error: unknown): Failure {
  if (!(error instanceof z.ZodError)) return toFailure(error);
  return toFailure(new TradewrightError('INPUT_INVALID', z.prettifyError(error)));
}
