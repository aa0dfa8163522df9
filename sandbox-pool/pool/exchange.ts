import { z } from 'zod';
import type { ContainerExit } from '../docker/container.ts';
import type { Ending, Fault } from './ending.ts';
import { nonceBytes, type Frame } from './frames.ts';
import { hostileJson } from './hostile-json.ts';
import type { OutputCapture, OutputStream } from './output-capture.ts';

const Loaded = z.object({ warmupBars: z.int().min(0).max(1_000_000) });
const Done = z.object({ exitCode: z.int().min(0).max(255) });
const FaultFrame = z.object({
  kind: z.enum(['syntax', 'import', 'runtime', 'memory', 'pids', 'contract']),
  message: z.string().max(8_000),
  traceback: z.string().max(32_000).optional(),
  line: z.int().positive().max(10_000_000).optional(),
});

interface Nonces {
  readonly load: Buffer | null;
  readonly run: Buffer | null;
  readonly plain: boolean;
}

/** One request to the runner, from sending it to its single ending. Whatever arrives may be forged: out of order ends it. */
export class Exchange {
  readonly ending: Promise<Ending>;
  warmupBars: number;
  readonly #nonces: Nonces;
  readonly #capture: OutputCapture;
  #settle: ((ending: Ending) => void) | null = null;
  #accepted = false;
  #loaded: boolean;
  #fault: Fault | null = null;
  /** What a plain program left in RESULT; undefined until it came, and it comes once. */
  #value: unknown;

  constructor(nonces: Nonces, capture: OutputCapture, warmupBars: number) {
    this.#nonces = nonces;
    this.#capture = capture;
    this.#loaded = nonces.load === null;
    this.warmupBars = warmupBars;
    this.ending = new Promise((resolve) => {
      this.#settle = resolve;
    });
  }

  end(ending: Ending): void {
    this.#settle?.(ending);
    this.#settle = null;
  }

  deadline(): void {
    this.end({ kind: 'deadline', accepted: this.#accepted });
  }

  exit(exit: ContainerExit): void {
    this.end({ kind: 'exit', exit, fault: this.#fault });
  }

  output(stream: OutputStream, bytes: Buffer): void {
    if (!this.#capture.add(stream, bytes)) this.end({ kind: 'flood' });
  }

  onFrame({ type, payload }: Frame): void {
    if (this.#settle === null) return;
    if (type === 'O') return this.output('stdout', payload);
    if (type === 'S') return this.output('stderr', payload);
    const answersTo = payload.subarray(0, nonceBytes);
    const body = payload.subarray(nonceBytes);
    const expected = this.#loaded ? this.#nonces.run : this.#nonces.load;
    if (expected === null || !answersTo.equals(expected)) return this.#refuse(type);
    if (type === 'A') {
      this.#accepted = true;
      return;
    }
    if (!this.#accepted) return this.#refuse(type);
    switch (type) {
      case 'K':
        return this.#onLoaded(body);
      case 'P':
        return this.#onPositions(body);
      case 'V':
        return this.#onValue(body);
      case 'D':
        return this.#onDoneFrame(body);
      case 'E':
        return this.#onFault(body);
      default:
        return this.#refuse(type);
    }
  }

  #onLoaded(body: Buffer): void {
    const loaded = parsed(Loaded, body);
    if (loaded === null || this.#loaded || this.#nonces.plain) return this.#refuse('K');
    this.#loaded = true;
    this.warmupBars = loaded.warmupBars;
  }

  #onPositions(body: Buffer): void {
    if (!this.#loaded || this.#nonces.plain || body.length % 8 !== 0) return this.#refuse('P');
    const positions = new Float64Array(body.length / 8);
    for (let at = 0; at < positions.length; at++) positions[at] = body.readDoubleLE(at * 8);
    this.end({ kind: 'positions', positions, warmupBars: this.warmupBars });
  }

  #onValue(body: Buffer): void {
    if (!this.#nonces.plain || this.#value !== undefined) return this.#refuse('V');
    const read = hostileJson(body);
    if (read.kind === 'not-json') return this.#refuse('V');
    if (read.kind === 'value') this.#value = read.value;
    else this.end({ kind: 'fault', fault: { kind: 'contract', message: `RESULT ${read.why}` } });
  }

  #onDoneFrame(body: Buffer): void {
    const done = parsed(Done, body);
    if (done === null || !this.#nonces.plain) return this.#refuse('D');
    // The exit code is the program's to choose, so its runner's word is as good as the engine's, and 100 ms sooner.
    const value = this.#value ?? null;
    this.end({ kind: 'done', exitCode: done.exitCode, fault: this.#fault, value });
  }

  #onFault(body: Buffer): void {
    const fault = parsed(FaultFrame, body);
    if (fault === null || this.#fault !== null) return this.#refuse('E');
    this.#fault = fault;
    if (!this.#nonces.plain) this.end({ kind: 'fault', fault });
  }

  #refuse(type: string): void {
    this.end({ kind: 'protocol', message: `an unexpected or malformed frame ${type}` });
  }
}

function parsed<T>(schema: z.ZodType<T>, body: Buffer): T | null {
  try {
    const result = schema.safeParse(JSON.parse(body.toString('utf8')));
    return result.success ? result.data : null;
  } catch {
    return null;
  }
}
