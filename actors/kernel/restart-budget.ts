/** Restart with growing pauses; more than `maxRestarts` crashes `withinMs` and the actor is given up. */
export interface RestartPolicy {
  readonly maxRestarts: number;
  readonly withinMs: number;
  readonly backoffMs: { readonly initial: number; readonly factor: number; readonly max: number };
}

export const defaultRestart: RestartPolicy = {
  maxRestarts: 5,
  withinMs: 60_000,
  backoffMs: { initial: 100, factor: 2, max: 10_000 },
};

/** For actors whose owner decides what follows a crash. */
export const neverRestart: RestartPolicy = { ...defaultRestart, maxRestarts: 0 };

/** Counts the crashes of one actor. */
export class RestartBudget {
  readonly #policy: RestartPolicy;
  #crashes: number[] = [];

  constructor(policy: RestartPolicy) {
    this.#policy = policy;
  }

  /** The pause before the next incarnation, milliseconds; undefined when the actor is to be given up. */
  crashed(now: number): number | undefined {
    const { maxRestarts, withinMs, backoffMs } = this.#policy;
    this.#crashes = this.#crashes.filter((at) => now - at < withinMs);
    this.#crashes.push(now);
    if (this.#crashes.length > maxRestarts) return undefined;
    return Math.min(backoffMs.initial * backoffMs.factor ** (this.#crashes.length - 1), backoffMs.max);
  }
}
