import type { Writable } from 'node:stream';
import { setImmediate as loopTurn } from 'node:timers/promises';
import { z } from 'zod';
import { TradewrightError } from '../../contracts/errors.ts';
import type { BarColumns } from '../../contracts/bars.ts';
import type { Clock } from '../../contracts/ports/clock.ts';
import type { ContainerExit, SandboxContainer } from '../docker/container.ts';
import { Demultiplexer } from '../docker/multiplex.ts';
import type { ProcessPipes } from '../docker/process-pipes.ts';
import { Exchange } from './exchange.ts';
import type { Ending } from './ending.ts';
import { frame, FrameReader, nonceBytes, type Frame, ProtocolBroken } from './frames.ts';
import type { OutputCapture } from './output-capture.ts';

export interface ExchangeOptions {
  readonly timeoutMs: number;
  readonly capture: OutputCapture;
  readonly signal: AbortSignal | undefined;
}

const Descriptor = z.int().min(0).max(1_023);
const Ready = z.object({
  python: z.string().max(40),
  numpy: z.string().max(40),
  /** null: only numpy was asked for. */
  pandas: z.string().max(40).nullable(),
  runner: z.string().max(64),
  /** Whether it refused itself new programs and processes before it said so. */
  ownFilter: z.boolean(),
  /** Descriptors of pipes that a pool on the same host may open: requests, answers, what is printed past the runner. */
  pipes: z.tuple([Descriptor, Descriptor, Descriptor]),
});
export type Ready = z.infer<typeof Ready>;

/** Drawn while nobody waits: enough for the question whether it is well, and for a program's first run. */
const noncesAhead = 8;
const bootOutputBytes = 4_096;

/** Talks with the runner of one container: first READY, then one program and its runs, one exchange at a time. */
export class RunnerSession {
  readonly container: SandboxContainer;
  readonly #clock: Clock;
  readonly #nonce: () => Buffer;
  readonly #reader = new FrameReader((received) => this.#onFrame(received));
  #input: Writable;
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
    this.#input = container.stdio;
    this.#clock = clock;
    const drawn = Buffer.from(random(noncesAhead * nonceBytes));
    let used = 0;
    this.#nonce = () => {
      const at = nonceBytes * used++;
      return at < drawn.length ? drawn.subarray(at, at + nonceBytes) : Buffer.from(random(nonceBytes));
    };
    const demultiplexer = new Demultiplexer(
      (bytes) => this.#reader.push(bytes),
      (bytes) => this.#onStderr(bytes),
    );
    void container.exited.then((exit) => {
      this.#exit = exit;
      this.#active?.exit(exit);
    });
    container.stdio.on('data', (chunk: Buffer) => this.#guarded(() => demultiplexer.push(chunk)));
  }

  /** Talks through these from now on; the runner follows with the first frame that comes this way. */
  moveTo({ input, output, errors }: ProcessPipes): void {
    this.#input = input;
    output.on('data', (chunk: Buffer) => this.#guarded(() => this.#reader.push(chunk)));
    errors.on('data', (chunk: Buffer) => this.#onStderr(chunk));
  }

  #guarded(read: () => void): void {
    if (this.#broken !== null) return;
    try {
      read();
    } catch (error) {
      this.#breakOff(error instanceof ProtocolBroken ? error.message : 'unreadable frames');
    }
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
        this.#input.write(frame('H', nonce));
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
    this.#active = exchange;
    // First of all, so that the runner is at work while the rest is prepared; no answer is read before this turn of the loop is over.
    if (this.#exit === null && options.signal?.aborted !== true)
      for (const request of requests) this.#input.write(request);
    const cancel = this.#clock.schedule(options.timeoutMs, () => exchange.deadline());
    const abort = (): void => exchange.end({ kind: 'cancelled', message: 'the run was cancelled' });
    if (options.signal?.aborted) abort();
    options.signal?.addEventListener('abort', abort, { once: true });
    if (this.#exit !== null) exchange.exit(this.#exit);
    try {
      const ending = await exchange.ending;
      // What was written to 2 before the answer has come too, on another pipe.
      if (ending.kind === 'done' || ending.kind === 'positions' || ending.kind === 'fault') {
        await loopTurn();
        await loopTurn();
      }
      return ending;
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
