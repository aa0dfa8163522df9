import type { Clock } from '../../contracts/ports/clock.ts';
import { TradewrightError } from '../../contracts/errors.ts';
import { Reply, type ReplyTo } from './reply.ts';
import type { Terminated } from './spec.ts';

declare const accepts: unique symbol;

/** The address of an actor that takes messages `M`. */
export interface Ref<in M> {
  readonly path: string;
  readonly [accepts]: (message: M) => void;
}

/** A message on its way; `reply` is set when somebody waits for the answer. */
export interface Envelope<M = unknown> {
  readonly message: M;
  readonly reply?: Reply | undefined;
}

/** What stands behind every {@link Ref}. */
export abstract class Target<M> implements Ref<M> {
  declare readonly [accepts]: (message: M) => void;
  abstract readonly path: string;
  abstract readonly clock: Clock;
  /** False when the message became a dead letter. */
  abstract deliver(envelope: Envelope<M>): boolean;
  abstract terminate(): Promise<void>;
  abstract drain(withinMs: number): Promise<void>;
  /** Calls back once when the actor has ended, at once if it has already. */
  abstract watch(callback: (terminated: Terminated) => void): () => void;
}

export function targetOf<M>(ref: Ref<M>): Target<M> {
  if (ref instanceof Target) return ref as Target<M>;
  throw new TradewrightError('INTERNAL', 'this reference was not made by the actor kernel');
}

/** Sends without waiting. False when the message became a dead letter: the actor has stopped or its mailbox is full. */
export function tell<M>(ref: Ref<M>, message: NoInfer<M>): boolean {
  return targetOf(ref).deliver({ message });
}

/**
 * Sends a message that carries `replyTo` and waits for what is answered on it. When the handler crashes, the asker gets its error.
 * @throws ASK_TIMEOUT, ACTOR_STOPPED, MAILBOX_FULL; otherwise what the handler threw or gave to `replyTo.fail`
 */
export function ask<M, R>(
  ref: Ref<M>,
  toMessage: (replyTo: ReplyTo<R>) => NoInfer<M>,
  options: { readonly timeoutMs: number },
): Promise<R> {
  const target = targetOf(ref);
  return new Promise<R>((resolve, reject) => {
    const reply = new Reply((value) => resolve(value as R), reject);
    reply.onSettled(
      target.clock.schedule(options.timeoutMs, () =>
        reply.fail(
          new TradewrightError('ASK_TIMEOUT', `${ref.path} did not answer within ${options.timeoutMs} ms`),
        ),
      ),
    );
    target.deliver({ message: toMessage(reply), reply });
  });
}

/**
 * Takes nothing new, works through what waits already, then stops as {@link stop} does; what is left after `withinMs` becomes dead
 * letters.
 */
export function drain(ref: Ref<never>, withinMs: number): Promise<void> {
  return targetOf(ref).drain(withinMs);
}

/** Stops the actor after the message it works on, its children first; resolves once its `onStop` is through. */
export function stop(ref: Ref<never>): Promise<void> {
  return targetOf(ref).terminate();
}
