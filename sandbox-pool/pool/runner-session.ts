import { z } from 'zod';
import { TradewrightError } from '../../contracts/errors.ts';
import type { BarColumns } from '../../contracts/bars.ts';
import type { Clock } from '../../contracts/ports/clock.ts';
import type { ContainerExit, SandboxContainer } from '../docker/container.ts';
import { Demultiplexer } from '../docker/multiplex.ts';
import { Exchange } from './exchange.ts';
import type { Ending } from './ending.ts';
import { frame, FrameReader, nonceBytes, type Frame, ProtocolBroken } from './frames.ts';
import type { OutputCapture } from './output-capture.ts';

export interface ExchangeOptions {
  readonly timeoutMs: number;
  readonly capture: OutputCapture;
  readonly signal: AbortSignal | undefined;
}

const Ready = z.object({
  python: z.string().max(40),
  numpy: z.string().max(40),
  pandas: z.string().max(40),
  runner: z.string().max(64),
  /** Whether it refused itself new programs and processes before it said so. */
  ownFilter: z.boolean(),
});
export type Ready = z.infer<typeof Ready>;

const bootOutputBytes = 4_096;

/** Talks with the runner of one container: first READY, then one program and its runs, one exchange at a time. */
export class RunnerSession {
  readonly container: SandboxContainer;
  readonly #clock: Clock;
  readonly #nonce: () => Buffer;
  readonly #reader = new FrameReader((received) => this.#onFrame(received));
  #onReady: ((payload: Buffer) => void) | null = null;
  #onWell: ((payload: Buffer) => void) | null = null;
  #active: Exchange | null = null;
  #loaded = false;
  #warmupBars = 0;
  #bootOutput = '';
  #broken: string | null = null;
  #exit: ContainerExit | null = null;

  constructor(container: SandboxContainer, clock: Clock, random: (bytes: number) => Uint8Array) {
    this.container = container;
    this.#clock = clock;
    this.#nonce = () => Buffer.from(random(nonceBytes));
    const demultiplexer = new Demultiplexer(
      (bytes) => this.#reader.push(bytes),
      (bytes) => this.#onStderr(bytes),
    );
    void container.exited.then((exit) => {
      this.#exit = exit;
      this.#active?.exit(exit);
    });
    container.stdio.on('data', (chunk: Buffer) => {
      if (this.#broken !== null) return;
      try {
        demultiplexer.push(chunk);
      } catch (error) {
        this.#breakOff(error instanceof ProtocolBroken ? error.message : 'unreadable frames');
      }
    });
  }

  get busy(): boolean {
    return this.#active !== null;
  }

  /** Waits until the interpreter has booted. No code of a user is inside yet. @throws SANDBOX_INTERNAL */
  async ready(withinMs: number): Promise<Ready> {
    let cancel = (): void => undefined;
    try {
      const payload = await new Promise<Buffer>((resolve, reject) => {
        const fail = (why: string): void =>
          reject(new TradewrightError('SANDBOX_INTERNAL', `the runner did not boot: ${why}${this.#said()}`));
        this.#onReady = resolve;
        cancel = this.#clock.schedule(withinMs, () => fail(`not ready within ${withinMs} ms`));
        void this.container.exited.then(({ exitCode }) => fail(`exit code ${exitCode ?? 'unknown'}`));
      });
      return Ready.parse(JSON.parse(payload.toString('utf8')));
    } finally {
      cancel();
      this.#onReady = null;
    }
  }

  /** Whether the runner answers; asked before any program is in it. */
  async isWell(withinMs: number): Promise<boolean> {
    const nonce = this.#nonce();
    let cancel = (): void => undefined;
    try {
      return await new Promise<boolean>((resolve) => {
        this.#onWell = (payload) => resolve(payload.equals(nonce));
        cancel = this.#clock.schedule(withinMs, () => resolve(false));
        void this.container.exited.then(() => resolve(false));
        this.container.stdio.write(frame('H', nonce));
      });
    } finally {
      cancel();
      this.#onWell = null;
    }
  }

  /** Calls the strategy on these bars; the first call brings the program along. */
  async runStrategy(code: string, bars: BarColumns, options: ExchangeOptions): Promise<Ending> {
    const runNonce = this.#nonce();
    const run = frame('R', runNonce, ...encodedBars(bars));
    const load = this.#loaded ? null : this.#nonce();
    this.#loaded = true;
    this.#reader.longestPositions = nonceBytes + 8 * bars.time.length;
    const exchange = new Exchange({ load, run: runNonce, plain: false }, options.capture, this.#warmupBars);
    const ending = await this.#perform(
      exchange,
      load === null ? [run] : [loadFrame(load, { mode: 'strategy', code }), run],
      options,
    );
    this.#warmupBars = exchange.warmupBars;
    return ending;
  }

  /** Runs a plain program to its end. */
  async runPlain(code: string, input: unknown, options: ExchangeOptions): Promise<Ending> {
    const load = this.#nonce();
    this.#loaded = true;
    const exchange = new Exchange({ load, run: null, plain: true }, options.capture, 0);
    return this.#perform(exchange, [loadFrame(load, { mode: 'plain', code, input })], options);
  }

  async #perform(exchange: Exchange, requests: readonly Buffer[], options: ExchangeOptions): Promise<Ending> {
    if (this.#broken !== null) return { kind: 'protocol', message: this.#broken };
    const cancel = this.#clock.schedule(options.timeoutMs, () => exchange.deadline());
    const abort = (): void => exchange.end({ kind: 'cancelled', message: 'the run was cancelled' });
    if (options.signal?.aborted) abort();
    options.signal?.addEventListener('abort', abort, { once: true });
    if (this.#exit !== null) exchange.exit(this.#exit);
    this.#active = exchange;
    for (const request of requests) this.container.stdio.write(request);
    try {
      return await exchange.ending;
    } finally {
      cancel();
      options.signal?.removeEventListener('abort', abort);
      this.#active = null;
    }
  }

  /** Ends the exchange under way, if there is one, as cancelled. */
  cancel(message: string): void {
    this.#active?.end({ kind: 'cancelled', message });
  }

  #onFrame(received: Frame): void {
    if (received.type === 'Y') {
      if (this.#onReady === null) return this.#breakOff('a second READY');
      return this.#onReady(received.payload);
    }
    if (received.type === 'H' && this.#onWell !== null) return this.#onWell(received.payload);
    if (this.#active !== null) return this.#active.onFrame(received);
    // What a thread of the program prints between two runs is nobody's.
    if (received.type !== 'O' && received.type !== 'S')
      this.#breakOff(`a frame ${received.type} that nobody asked for`);
  }

  #onStderr(bytes: Buffer): void {
    if (this.#active !== null) this.#active.output('stderr', bytes);
    else if (this.#bootOutput.length < bootOutputBytes) this.#bootOutput += bytes.toString('utf8');
  }

  #breakOff(message: string): void {
    this.#broken = message;
    this.#active?.end({ kind: 'protocol', message });
  }

  #said(): string {
    const said = this.#bootOutput.trim();
    return said === '' ? '' : `; it said: ${said.slice(-1_000)}`;
  }
}

function loadFrame(nonce: Buffer, request: { mode: string; code: string; input?: unknown }): Buffer {
  return frame('L', nonce, Buffer.from(JSON.stringify(request), 'utf8'));
}

function encodedBars(bars: BarColumns): Buffer[] {
  const count = Buffer.alloc(4);
  count.writeUInt32LE(bars.time.length);
  const columns = [bars.time, bars.open, bars.high, bars.low, bars.close, bars.volume];
  return [
    count,
    ...columns.map((column) => Buffer.from(column.buffer, column.byteOffset, column.byteLength)),
  ];
}
