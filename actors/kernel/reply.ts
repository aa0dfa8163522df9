import { TradewrightError } from '../../contracts/errors.ts';

/** Where an asker waits; the first answer counts, later ones are ignored. */
export interface ReplyTo<in R> {
  ok(value: R): void;
  fail(error: unknown): void;
}

export class Reply implements ReplyTo<unknown> {
  readonly #resolve: (value: unknown) => void;
  readonly #reject: (error: Error) => void;
  readonly #onSettled: (() => void)[] = [];
  #settled = false;

  constructor(resolve: (value: unknown) => void, reject: (error: Error) => void) {
    this.#resolve = resolve;
    this.#reject = reject;
  }

  get settled(): boolean {
    return this.#settled;
  }

  onSettled(callback: () => void): void {
    this.#onSettled.push(callback);
  }

  ok(value: unknown): void {
    if (this.#settle()) this.#resolve(value);
  }

  fail(error: unknown): void {
    if (!this.#settle()) return;
    this.#reject(
      error instanceof Error ? error : new TradewrightError('INTERNAL', String(error), { cause: error }),
    );
  }

  #settle(): boolean {
    if (this.#settled) return false;
    this.#settled = true;
    for (const callback of this.#onSettled) callback();
    this.#onSettled.length = 0;
    return true;
  }
}
