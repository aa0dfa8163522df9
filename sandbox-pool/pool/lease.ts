import { TradewrightError } from '../../contracts/errors.ts';
import type { BarColumns } from '../../contracts/bars.ts';
import type { Clock } from '../../contracts/ports/clock.ts';
import {
  refusedResult,
  type RunOptions,
  type SandboxLease,
  type SandboxLimits,
  type SandboxResult,
  type StrategyRun,
} from '../../contracts/ports/sandbox.ts';
import type { ContainerUsage } from '../docker/host-facts.ts';
import type { Ending } from './ending.ts';
import { limitsFrom, outputFloodFactor } from './limits.ts';
import { OutputCapture } from './output-capture.ts';
import { plainResult, strategyRun, type Measured } from './results.ts';
import type { ExchangeOptions } from './runner-session.ts';
import type { WarmContainer } from './warm-container.ts';

const mostBars = 4_000_000;
const stopped = 'the lease has ended: a failed run or a release ends it';

/** One container and the one program it will ever see. */
export class Lease implements SandboxLease {
  readonly id: string;
  readonly #code: string;
  readonly #warm: WarmContainer;
  readonly #limits: SandboxLimits;
  readonly #clock: Clock;
  readonly #onEnd: (warm: WarmContainer) => Promise<void>;
  readonly #deadline: number;
  #usage: ContainerUsage;
  #end: Promise<void> | null = null;

  constructor(parts: {
    id: string;
    code: string;
    warm: WarmContainer;
    limits: SandboxLimits;
    clock: Clock;
    /** On the clock; undefined: none. */
    deadline?: number | undefined;
    /** Takes the container away; settles when it is gone. */
    onEnd: (warm: WarmContainer) => Promise<void>;
  }) {
    this.id = parts.id;
    this.#code = parts.code;
    this.#warm = parts.warm;
    this.#limits = parts.limits;
    this.#clock = parts.clock;
    this.#onEnd = parts.onEnd;
    this.#deadline = parts.deadline ?? Infinity;
    this.#usage = parts.warm.bootUsage;
  }

  get containerId(): string {
    return this.#warm.container.id;
  }

  async run(bars: BarColumns, options: RunOptions = {}): Promise<StrategyRun> {
    checkBars(bars);
    const refused = this.#refusal();
    if (refused !== null) return { ...refused, positions: null, warmupBars: null };
    const { ending, measured } = await this.#measure(options, (exchange) =>
      this.#warm.session.runStrategy(this.#code, bars, exchange),
    );
    const run = strategyRun(ending, bars.time.length, measured);
    if (!run.success) void this.release();
    return run;
  }

  /** Runs the code as a plain program; the lease ends with it. */
  async runPlain(options: RunOptions = {}): Promise<SandboxResult> {
    const refused = this.#refusal();
    if (refused !== null) return refused;
    const { ending, measured } = await this.#measure(options, (exchange) =>
      this.#warm.session.runPlain(this.#code, options.input, exchange),
    );
    void this.release();
    return plainResult(ending, measured);
  }

  release(): Promise<void> {
    this.#warm.session.cancel('the lease was released');
    this.#end ??= this.#onEnd(this.#warm);
    return this.#end;
  }

  /** Ends the lease because the pool closes. */
  close(): Promise<void> {
    this.#warm.session.cancel('the sandbox pool was closed');
    return this.release();
  }

  #refusal(): SandboxResult | null {
    if (this.#end !== null) return refusedResult('internal', stopped);
    return this.#warm.session.busy
      ? refusedResult('internal', 'a run of this lease is still under way')
      : null;
  }

  async #measure(
    options: RunOptions,
    perform: (exchange: ExchangeOptions) => Promise<Ending>,
  ): Promise<{ ending: Ending; measured: Measured }> {
    const { timeoutMs, outputBytes, memoryBytes } = limitsFrom(
      this.#limits,
      options.timeoutMs === undefined ? {} : { timeoutMs: options.timeoutMs },
    );
    const capture = new OutputCapture(outputBytes, outputBytes * outputFloodFactor, options.onOutput);
    const { container } = this.#warm;
    const began = this.#clock.now();
    const withinMs = Math.min(timeoutMs, Math.max(0, this.#deadline - began));
    const ending = await perform({ timeoutMs: withinMs, capture, signal: options.signal });
    const before = this.#usage;
    const answered = ending.kind === 'positions' || ending.kind === 'done';
    const after = answered ? await container.usage() : container.usageIfCheap();
    // Every other ending leaves a process behind that may still run: the verdict waits until it is dead.
    if (!answered && ending.kind !== 'exit') await container.kill();
    const durationMs = this.#clock.now() - began;
    this.#usage = after;
    const oom = ending.kind === 'exit' && ending.exit.oomKilled;
    return {
      ending,
      measured: {
        output: capture.result(),
        durationMs,
        timeoutMs: withinMs,
        memoryBytes,
        resources: {
          cpuMs: difference(after.cpuMs, before.cpuMs),
          // Whoever ran out of memory had all of it.
          peakMemoryBytes: after.peakMemoryBytes ?? (oom ? memoryBytes : null),
        },
        pidRefusals: difference(after.pidRefusals, before.pidRefusals),
      },
    };
  }
}

function difference(after: number | null, before: number | null): number | null {
  return after === null || before === null ? null : after - before;
}

/** @throws BARS_INVALID, INPUT_TOO_LARGE */
function checkBars(bars: BarColumns): void {
  const count = bars.time.length;
  const columns = [bars.open, bars.high, bars.low, bars.close, bars.volume];
  if (count === 0) throw new TradewrightError('BARS_INVALID', 'there are no bars to run on');
  if (count > mostBars)
    throw new TradewrightError('INPUT_TOO_LARGE', `${count} bars where ${mostBars} are the most`);
  if (columns.some((column) => column.length !== count)) {
    throw new TradewrightError('BARS_INVALID', 'the columns of the bars differ in length');
  }
}
