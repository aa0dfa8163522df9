import { type Failure, toFailure, TradewrightError } from '../../contracts/errors.ts';
import type {
  LeaseRequest,
  RunOptions,
  SandboxLease,
  SandboxPoolStats,
  SandboxResult,
  SandboxRuntime,
  SandboxService,
} from '../../contracts/ports/sandbox.ts';

export interface PoolHealth {
  readonly isOpen: boolean;
  readonly restarts: number;
  /** Why the last pool was lost or could not start; null when none was. */
  readonly lastFailure: Failure | null;
}

const nothing: SandboxPoolStats = {
  warm: 0,
  creating: 0,
  leased: 0,
  waiting: 0,
  served: 0,
  failedCreations: 0,
};

/**
 * What programs come through: the pool that is open now, reached by one call. While there is none (the pool actor is between two of
 * them), a request is refused with a retryable error.
 */
export class PoolDoor implements SandboxService {
  #pool: SandboxService | null = null;
  #opened = 0;
  #lastFailure: Failure | null = null;
  #firstOpened: () => void = () => undefined;
  #firstFailed: (error: unknown) => void = () => undefined;
  /** Settles with the first pool's start; rejects with the reason it could not start. */
  readonly ready = new Promise<void>((resolve, reject) => {
    this.#firstOpened = resolve;
    this.#firstFailed = reject;
  });

  constructor() {
    this.ready.catch(() => undefined);
  }

  open(pool: SandboxService): void {
    this.#pool = pool;
    this.#opened++;
    this.#firstOpened();
  }

  shut(): void {
    this.#pool = null;
    this.#firstFailed(this.#closed());
  }

  failed(error: unknown): void {
    this.#lastFailure = toFailure(error);
    this.#firstFailed(error);
  }

  health(): PoolHealth {
    return {
      isOpen: this.#pool !== null,
      restarts: Math.max(0, this.#opened - 1),
      lastFailure: this.#lastFailure,
    };
  }

  async lease(request: LeaseRequest): Promise<SandboxLease> {
    return this.#open().lease(request);
  }

  async execute(request: LeaseRequest & RunOptions): Promise<SandboxResult> {
    return this.#open().execute(request);
  }

  stats(): SandboxPoolStats {
    return this.#pool?.stats() ?? nothing;
  }

  async runtime(): Promise<SandboxRuntime> {
    return this.#open().runtime();
  }

  #open(): SandboxService {
    if (this.#pool === null) throw this.#closed();
    return this.#pool;
  }

  #closed(): TradewrightError {
    const why = this.#lastFailure === null ? '' : `: ${this.#lastFailure.message}`;
    return new TradewrightError('SANDBOX_POOL_CLOSED', `the sandbox pool is not open${why}`);
  }
}
