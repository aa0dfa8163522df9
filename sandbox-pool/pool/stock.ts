import { TradewrightError, toFailure } from '../../contracts/errors.ts';
import type { Clock } from '../../contracts/ports/clock.ts';
import type { Log } from '../../contracts/ports/log.ts';
import type { SandboxLimits } from '../../contracts/ports/sandbox.ts';
import type { ContainerLimits } from '../docker/hardening.ts';
import { containerLimits } from './limits.ts';
import type { WarmContainer } from './warm-container.ts';

export interface StockParts {
  readonly clock: Clock;
  readonly log: Log;
  readonly limits: SandboxLimits;
  readonly creators: number;
  readonly maxAgeMs: number;
  /** In [0, 1). */
  readonly jitter: () => number;
  readonly bear: (limits: ContainerLimits) => Promise<WarmContainer>;
  readonly dispose: (warm: WarmContainer) => Promise<void>;
  /** How many containers the stock may hold or make right now. */
  readonly room: () => number;
  readonly wanted: () => number;
  /** Something may be served now. */
  readonly changed: () => void;
  /** Nothing is warm, and nothing can be made as things are. */
  readonly lost: (error: TradewrightError) => void;
}

const wellWithinMs = 2_000;
const firstBackOffMs = 100;
const longestBackOffMs = 10_000;
/** So many failures in a row before anything was warm, and `filled` gives up. */
const mostFailuresAtStart = 3;

/** The warm containers that wait, the youngest used first; refilled by a bounded number of creators. */
export class Stock {
  lastFailure: unknown = null;
  readonly #parts: StockParts;
  readonly #warm = new Map<WarmContainer, () => void>();
  /** Being asked whether they are well. */
  readonly #asked = new Set<WarmContainer>();
  readonly #births = new Set<Promise<void>>();
  #failures = 0;
  #failedCreations = 0;
  #resting: (() => void) | null = null;
  #closed = false;
  #watchers: ((error: unknown) => void)[] = [];

  constructor(parts: StockParts) {
    this.#parts = parts;
  }

  get count(): number {
    return this.#warm.size;
  }

  get creating(): number {
    return this.#births.size;
  }

  stats(): { warm: number; creating: number; failedCreations: number } {
    return { warm: this.count, creating: this.creating, failedCreations: this.#failedCreations };
  }

  /** Settles when as many are warm as are wanted; rejects with the reason when the first ones keep failing. */
  filled(): Promise<void> {
    return new Promise((resolve, reject) => {
      const look = (error: unknown): void => {
        if (this.count >= Math.min(this.#parts.wanted(), this.#parts.room())) resolve();
        else if (error !== null && (this.#closed || isFinal(error) || this.#failures >= mostFailuresAtStart))
          reject(asError(error));
        else return;
        this.#watchers = this.#watchers.filter((watcher) => watcher !== look);
      };
      this.#watchers.push(look);
      this.fill();
      look(null);
    });
  }

  take(): WarmContainer | undefined {
    const youngest = [...this.#warm.keys()].filter((warm) => !this.#asked.has(warm)).at(-1);
    if (youngest !== undefined) this.#forget(youngest);
    return youngest;
  }

  /** Gives up the oldest one to make room. */
  evict(): void {
    const [oldest] = this.#warm.keys();
    if (oldest !== undefined) void this.#retire(oldest);
  }

  /** Starts as many creations as are wanted, have room and find a creator. */
  fill(): void {
    const { creators, room, wanted } = this.#parts;
    while (
      !this.#closed &&
      this.#resting === null &&
      this.creating < creators &&
      this.count + this.creating < Math.min(wanted(), room())
    ) {
      const birth = this.#bear().finally(() => {
        this.#births.delete(birth);
        this.#parts.changed();
        for (const watch of [...this.#watchers]) watch(this.#failures > 0 ? this.lastFailure : null);
      });
      this.#births.add(birth);
    }
  }

  /** Replaces those that do not answer; none is given away while it is asked. */
  async checkHealth(): Promise<void> {
    for (const warm of [...this.#warm.keys()]) {
      if (!this.#warm.has(warm) || this.#asked.has(warm)) continue;
      this.#asked.add(warm);
      const isWell = await warm.session.isWell(wellWithinMs);
      this.#asked.delete(warm);
      if (isWell || !this.#warm.has(warm)) continue;
      this.#parts.log.warn(
        { container: warm.container.id },
        'a warm sandbox container does not answer and is replaced',
      );
      void this.#retire(warm);
    }
    this.#parts.changed();
  }

  /** Makes one with other limits, past the stock. */
  bearFor(limits: ContainerLimits): Promise<WarmContainer> {
    return this.#parts.bear(limits);
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#resting?.();
    for (const watch of [...this.#watchers]) watch(closedEarly());
    await Promise.all([...this.#warm.keys()].map((warm) => this.#retire(warm)));
    await Promise.all(this.#births);
  }

  async #bear(): Promise<void> {
    const { bear, limits, log } = this.#parts;
    try {
      const warm = await bear(containerLimits(limits));
      this.#failures = 0;
      this.lastFailure = null;
      if (this.#closed) await this.#parts.dispose(warm);
      else this.#keep(warm);
    } catch (error) {
      this.#failures++;
      this.#failedCreations++;
      this.lastFailure = error;
      if (this.#closed) return;
      log.warn(
        { failure: toFailure(error), inARow: this.#failures },
        'a sandbox container could not be made',
      );
      if (isFinal(error) && error.code !== 'ENGINE_MISSING' && this.count === 0) this.#parts.lost(error);
      this.#rest();
    }
  }

  #keep(warm: WarmContainer): void {
    const { clock, maxAgeMs, jitter } = this.#parts;
    // Spread, so that containers born together are not replaced together.
    const cancelAge = clock.schedule(maxAgeMs * (0.75 + 0.25 * jitter()), () => {
      void this.#retire(warm);
      this.#parts.changed();
    });
    this.#warm.set(warm, cancelAge);
    void warm.container.exited.then(() => {
      if (!this.#warm.has(warm)) return;
      this.#parts.log.warn({ container: warm.container.id }, 'a warm sandbox container died and is replaced');
      void this.#retire(warm);
      this.#parts.changed();
    });
  }

  #retire(warm: WarmContainer): Promise<void> {
    this.#forget(warm);
    return this.#parts.dispose(warm);
  }

  #forget(warm: WarmContainer): void {
    this.#warm.get(warm)?.();
    this.#warm.delete(warm);
  }

  #rest(): void {
    const { clock, jitter, changed } = this.#parts;
    this.#resting?.();
    const backOffMs =
      Math.min(longestBackOffMs, firstBackOffMs * 2 ** (this.#failures - 1)) * (0.5 + 0.5 * jitter());
    const cancel = clock.schedule(backOffMs, () => {
      this.#resting = null;
      changed();
    });
    this.#resting = () => {
      cancel();
      this.#resting = null;
    };
  }
}

/** Trying again cannot help: no image, no profile. */
function isFinal(error: unknown): error is TradewrightError {
  return error instanceof TradewrightError && error.kind === 'terminal';
}

function closedEarly(): TradewrightError {
  return new TradewrightError('SANDBOX_POOL_CLOSED', 'the sandbox pool was closed before it had filled');
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}
