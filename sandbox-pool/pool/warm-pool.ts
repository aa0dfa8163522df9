import { TradewrightError, toFailure } from '../../contracts/errors.ts';
import { type Clock, delay } from '../../contracts/ports/clock.ts';
import type { Log } from '../../contracts/ports/log.ts';
import {
  refusedResult,
  type LeaseRequest,
  type RunOptions,
  type SandboxLease,
  type SandboxLimits,
  type SandboxPool,
  type SandboxPoolStats,
  type SandboxResult,
  type SandboxRuntime,
} from '../../contracts/ports/sandbox.ts';
import type { Engine } from '../docker/engine.ts';
import type { ContainerLimits } from '../docker/hardening.ts';
import { sweepOrphans, sweepPool } from '../docker/sweep.ts';
import { Disposal } from './disposal.ts';
import { Lease } from './lease.ts';
import { containerLimits, limitsFrom, longestCodeBytes, sameContainerLimits } from './limits.ts';
import { Stock } from './stock.ts';
import { type Waiting, WaitingQueue } from './waiting-queue.ts';
import type { WarmContainer } from './warm-container.ts';

export interface WarmPoolParts {
  readonly poolId: string;
  readonly engine: Engine;
  readonly clock: Clock;
  readonly log: Log;
  readonly limits: SandboxLimits;
  readonly min: number;
  readonly max: number;
  readonly creators: number;
  readonly longestQueue: number;
  readonly waitMs: number;
  readonly maxAgeMs: number;
  readonly healthEveryMs: number;
  /** Checks engine, image and profile; what it throws is what `start` throws. */
  readonly prepare: () => Promise<{
    readonly runtime: () => Promise<SandboxRuntime>;
    readonly bear: (limits: ContainerLimits) => Promise<WarmContainer>;
    readonly buried: (warm: WarmContainer) => void;
  }>;
  readonly jitter: () => number;
}

interface Wish {
  readonly limits: SandboxLimits;
  /** Asks for limits that no warm container has: one is made for it. */
  readonly special: boolean;
}

/** How long a refill waits for the program that was just let in, when nobody else waits and none is warm. */
const REFILL_AFTER_MS = 100;
/** The same when another one is still warm: most programs have ended and their containers are removed by then. */
const REFILL_AT_LEISURE_MS = 300;
const DRAIN_LOOK_MS = 10;

type Phase = 'new' | 'starting' | 'open' | 'closed';

/** Warm containers for programs: each program gets one, and no container gets a second program. */
export class WarmPool implements SandboxPool {
  readonly #parts: WarmPoolParts;
  readonly #queue: WaitingQueue<Wish, WarmContainer>;
  readonly #disposal: Disposal;
  readonly #leases = new Set<Lease>();
  readonly #making = new Map<Wish, Promise<void>>();
  #stock: Stock | null = null;
  #runtime: (() => Promise<SandboxRuntime>) | null = null;
  #phase: Phase = 'new';
  /** Containers given away or being made for one request. */
  #taken = 0;
  #served = 0;
  #cancelFill: (() => void) | null = null;
  #cancelHealth: (() => void) | null = null;
  #sequence = 0;
  #lose: (error: TradewrightError) => void = () => undefined;
  readonly lost = new Promise<TradewrightError>((resolve) => (this.#lose = resolve));

  constructor(parts: WarmPoolParts) {
    this.#parts = parts;
    this.#queue = new WaitingQueue(parts.clock, parts.longestQueue);
    this.#disposal = new Disposal(parts.clock, parts.log);
  }

  async start(): Promise<void> {
    if (this.#phase !== 'new')
      throw new TradewrightError('SANDBOX_POOL_CLOSED', 'a sandbox pool starts only once');
    const { min } = this.#parts;
    this.#phase = 'starting';
    const { runtime, bear, buried } = await this.#prepared();
    await this.#sweep();
    if (this.#phaseNow() === 'closed') throw closed('was closed before it had started');
    this.#runtime = runtime;
    this.#disposal.onGone = buried;
    this.#stock = new Stock({
      ...this.#parts,
      bear,
      dispose: (warm) => this.#disposal.take(warm),
      room: () => this.#parts.max - this.#taken,
      wanted: () =>
        Math.max(
          min,
          this.#queue.count((wish) => !wish.special),
        ),
      changed: () => this.#serve(),
      lost: (error) => this.#lose(error),
    });
    this.#phase = 'open';
    this.#watchHealth();
    try {
      await this.#stock.filled();
      // What a killed process had asked for just before may have come into being after the first look.
      await this.#sweep();
    } catch (error) {
      await this.close();
      throw error;
    }
  }

  async lease(request: LeaseRequest): Promise<SandboxLease> {
    const wrong = wrongWith(request.code);
    if (wrong !== null) throw new TradewrightError(wrong.code, wrong.message);
    return this.#acquire(request);
  }

  async execute(request: LeaseRequest & RunOptions): Promise<SandboxResult> {
    const wrong = wrongWith(request.code);
    if (wrong !== null) return refusedResult('syntax', wrong.message);
    const lease = await this.#acquire(request);
    try {
      return await lease.runPlain(request);
    } catch (error) {
      await lease.release();
      throw error;
    }
  }

  stats(): SandboxPoolStats {
    const stock = this.#stock?.stats() ?? { warm: 0, creating: 0, failedCreations: 0 };
    return { ...stock, leased: this.#taken, waiting: this.#queue.length, served: this.#served };
  }

  async runtime(): Promise<SandboxRuntime> {
    if (this.#runtime === null) throw closed('has not been started');
    return this.#runtime();
  }

  async close({ drainMs = 0 }: { readonly drainMs?: number } = {}): Promise<void> {
    if (this.#phase === 'closed') return;
    const opened = this.#phase === 'open';
    this.#phase = 'closed';
    const { engine, poolId, log } = this.#parts;
    this.#queue.refuseAll(closed('is shutting down'));
    this.#cancelFill?.();
    this.#cancelHealth?.();
    await this.#drained(drainMs);
    await Promise.all([
      ...[...this.#leases].map((lease) => lease.close()),
      this.#stock?.close(),
      ...this.#making.values(),
    ]);
    await this.#disposal.settled();
    try {
      const left = opened ? await sweepPool(engine, poolId) : 0;
      if (left > 0) log.warn({ left }, 'the sandbox pool removed containers it had lost sight of');
    } finally {
      engine.close();
    }
  }

  /** Until every lease has ended by itself, or the time is over. */
  async #drained(withinMs: number): Promise<void> {
    const until = this.#parts.clock.now() + withinMs;
    while (this.#leases.size > 0 && this.#parts.clock.now() < until)
      await delay(this.#parts.clock, DRAIN_LOOK_MS);
  }

  /** Now and then each warm container is asked whether it is well: one that is frozen has not died. */
  #watchHealth(): void {
    const { clock, healthEveryMs } = this.#parts;
    this.#cancelHealth = clock.schedule(healthEveryMs, () => {
      void (this.#stock?.checkHealth() ?? Promise.resolve()).finally(() => {
        if (this.#phase === 'open') this.#watchHealth();
      });
    });
  }

  async #prepared(): ReturnType<WarmPoolParts['prepare']> {
    try {
      return await this.#parts.prepare();
    } catch (error) {
      this.#phase = 'closed';
      this.#parts.engine.close();
      throw error;
    }
  }

  async #acquire(request: LeaseRequest): Promise<Lease> {
    if (this.#phase !== 'open' || this.#stock === null)
      throw closed(this.#phase === 'closed' ? 'is shutting down' : 'has not been started');
    const limits = limitsFrom(this.#parts.limits, request.limits);
    const special = !sameContainerLimits(containerLimits(limits), containerLimits(this.#parts.limits));
    const { deadlineMs } = request;
    const deadline = deadlineMs === undefined ? undefined : this.#parts.clock.now() + deadlineMs;
    const warm = await (this.#takeAtOnce(special, request.signal) ??
      this.#wait(request, { limits, special }));
    return this.#leased(request, limits, warm, deadline);
  }

  /** A warm one when nobody else waits for it. */
  #takeAtOnce(special: boolean, signal: AbortSignal | undefined): WarmContainer | undefined {
    if (special || this.#queue.length > 0 || signal?.aborted === true || this.#stock === null)
      return undefined;
    const warm = this.#stock.take();
    if (warm === undefined) return undefined;
    this.#taken++;
    this.#fillLater(this.#stock);
    return warm;
  }

  async #wait(request: LeaseRequest, wish: Wish): Promise<WarmContainer> {
    const granted = this.#queue.wait(wish, {
      priority: request.priority ?? 0,
      waitMs: Math.min(request.waitMs ?? this.#parts.waitMs, request.deadlineMs ?? Infinity),
      signal: request.signal,
      late: () => this.#late(),
    });
    this.#serve();
    return granted;
  }

  async #leased(
    request: LeaseRequest,
    limits: SandboxLimits,
    warm: WarmContainer,
    deadline: number | undefined,
  ): Promise<Lease> {
    this.#served++;
    const lease: Lease = new Lease({
      id: `${this.#parts.poolId}-${++this.#sequence}`,
      code: request.code,
      warm,
      limits,
      clock: this.#parts.clock,
      deadline,
      onEnd: async (ended) => {
        await this.#disposal.take(ended);
        this.#leases.delete(lease);
        this.#taken--;
        this.#stock?.fill();
        this.#serve();
      },
    });
    this.#leases.add(lease);
    this.#parts.log.debug(
      { lease: lease.id, container: lease.containerId, owner: request.owner },
      'sandbox leased',
    );
    // Closed or cancelled between the grant and here: nobody would release it.
    if (this.#phaseNow() === 'closed' || request.signal?.aborted) {
      await lease.close();
      throw request.signal?.aborted
        ? new TradewrightError('CANCELLED', 'the request was cancelled')
        : closed('is shutting down');
    }
    return lease;
  }

  async #sweep(): Promise<void> {
    const swept = await sweepOrphans(this.#parts.engine);
    if (swept.length === 0) return;
    this.#parts.log.warn({ containers: swept }, 'removed sandbox containers of a process that has ended');
  }

  #phaseNow(): Phase {
    return this.#phase;
  }

  /** Gives warm containers to those who wait, the first first; then makes new ones. */
  #serve(): void {
    const stock = this.#stock;
    if (stock === null || this.#phase !== 'open') return;
    let granted = false;
    for (;;) {
      const next = this.#queue.first((wish) => (wish.special ? this.#canMake(wish, stock) : stock.count > 0));
      if (next === undefined) break;
      if (next.wish.special) this.#makeFor(next, stock);
      else {
        const warm = stock.take();
        if (warm === undefined) break;
        this.#taken++;
        next.grant(warm);
        granted = true;
      }
    }
    // Making the next one costs this process and the engine milliseconds: the program that was just let in goes first.
    if (granted && this.#queue.length === 0) this.#fillLater(stock);
    else stock.fill();
  }

  #fillLater(stock: Stock): void {
    const isLast = stock.count === 0;
    if (isLast) this.#cancelFill?.();
    else if (this.#cancelFill !== null) return;
    this.#cancelFill = this.#parts.clock.schedule(isLast ? REFILL_AFTER_MS : REFILL_AT_LEISURE_MS, () => {
      this.#cancelFill = null;
      stock.fill();
    });
  }

  #canMake(wish: Wish, stock: Stock): boolean {
    if (this.#making.has(wish)) return false;
    return stock.count > 0 || this.#taken + stock.creating < this.#parts.max;
  }

  #makeFor({ wish, grant, refuse }: Waiting<WarmContainer, Wish>, stock: Stock): void {
    if (this.#taken + stock.count + stock.creating >= this.#parts.max) stock.evict();
    this.#taken++;
    const making = stock.bearFor(containerLimits(wish.limits)).then(
      async (warm) => {
        if (grant(warm)) return;
        this.#taken--;
        await this.#disposal.take(warm);
      },
      (error: unknown) => {
        this.#taken--;
        refuse(error instanceof Error ? error : new Error(String(error)));
      },
    );
    this.#making.set(wish, making);
    void making.finally(() => {
      this.#making.delete(wish);
      this.#serve();
    });
  }

  #late(): TradewrightError {
    const failure = this.#stock?.lastFailure ?? null;
    return failure === null
      ? new TradewrightError('SANDBOX_POOL_FULL', 'no container became free in time')
      : new TradewrightError(
          'SANDBOX_INTERNAL',
          `no container could be made: ${toFailure(failure).message}`,
          { cause: failure },
        );
  }
}

function closed(what: string): TradewrightError {
  return new TradewrightError('SANDBOX_POOL_CLOSED', `the sandbox pool ${what}`);
}

function wrongWith(code: string): { code: 'INPUT_INVALID' | 'INPUT_TOO_LARGE'; message: string } | null {
  if (code.trim() === '') return { code: 'INPUT_INVALID', message: 'the program is empty' };
  const bytes = Buffer.byteLength(code);
  if (bytes <= longestCodeBytes) return null;
  return {
    code: 'INPUT_TOO_LARGE',
    message: `the program has ${bytes} bytes where ${longestCodeBytes} are the most`,
  };
}
