import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { TradewrightError } from '../../contracts/errors.ts';

const END_LIMIT_MS = 5_000;

/** A program of `examples/` in a process of its own that prints one JSON object a line. */
export class LineProcess {
  readonly #child: ChildProcess;
  readonly #lines: unknown[] = [];
  readonly #waiting = new Set<() => void>();
  readonly #closed: Promise<void>;
  #ended = false;

  constructor(example: string, args: readonly string[], onLine: (line: unknown) => void = () => undefined) {
    const file = fileURLToPath(new URL(`../../examples/${example}`, import.meta.url));
    this.#child = spawn(process.execPath, [file, ...args], {
      stdio: ['pipe', 'pipe', 'inherit'],
      detached: true,
    });
    const { stdout } = this.#child;
    if (!stdout) throw new TradewrightError('INTERNAL', `${example} has no output`);
    const reader = createInterface({ input: stdout });
    reader.on('line', (text) => {
      const line: unknown = JSON.parse(text);
      this.#lines.push(line);
      onLine(line);
      for (const wake of this.#waiting) wake();
    });
    this.#closed = once(reader, 'close').then(() => {
      this.#ended = true;
      for (const wake of this.#waiting) wake();
    });
  }

  /** The first line, past or future, that `match` accepts. Throws when the process ends without it. */
  async line<T>(match: (line: unknown) => T | undefined): Promise<T> {
    for (;;) {
      for (const line of this.#lines) {
        const found = match(line);
        if (found !== undefined) return found;
      }
      if (this.#ended)
        throw new TradewrightError('INTERNAL', 'an example program ended early; its message stands above');
      await new Promise<void>((resolve) => {
        const wake = (): void => {
          this.#waiting.delete(wake);
          resolve();
        };
        this.#waiting.add(wake);
      });
    }
  }

  /** Closes its input, which asks it to end, and waits until all it had to say is read. */
  async end(): Promise<void> {
    this.#child.stdin?.end();
    const limit = setTimeout(() => this.#child.kill('SIGKILL'), END_LIMIT_MS);
    await this.#closed;
    clearTimeout(limit);
  }
}
