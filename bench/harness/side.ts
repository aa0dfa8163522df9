import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

/** A program under measurement: it takes one JSON command a line and answers each with one line. */
export class Side {
  readonly pid: number;
  readonly #child: ChildProcess;
  readonly #answers: ((answer: Answer) => void)[] = [];
  readonly #exited: Promise<void>;
  #errors = '';

  private constructor(child: ChildProcess) {
    this.#child = child;
    this.pid = child.pid ?? 0;
    child.stderr
      ?.setEncoding('utf8')
      .on('data', (text: string) => (this.#errors = (this.#errors + text).slice(-4_000)));
    this.#exited = new Promise((resolve) => child.once('exit', () => resolve()));
    void this.#exited.then(() => {
      for (const answer of this.#answers.splice(0)) answer({ error: `the program ended: ${this.#errors}` });
    });
    if (child.stdout)
      createInterface({ input: child.stdout }).on('line', (line) => {
        // Peers print lines of their own.
        if (line.startsWith('{"bench":'))
          this.#answers.shift()?.((JSON.parse(line) as { bench: Answer }).bench);
      });
  }

  /** Resolves once the program says that it is ready. */
  static async start(program: readonly string[], options: { readonly cwd?: string } = {}): Promise<Side> {
    const child = spawn(process.execPath, program, { stdio: ['pipe', 'pipe', 'pipe'], ...options });
    const side = new Side(child);
    await side.#answer();
    return side;
  }

  /** @throws what the program says went wrong */
  async ask<T>(command: object): Promise<T> {
    const answer = this.#answer();
    this.#child.stdin?.write(`${JSON.stringify(command)}\n`);
    return (await answer) as T;
  }

  /** Lets it end by itself. */
  async close(): Promise<void> {
    this.#child.stdin?.end();
    await this.#exited;
  }

  async kill(): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.#exited;
  }

  #answer(): Promise<Answer> {
    return new Promise((resolve, reject) =>
      this.#answers.push((answer) =>
        answer['error'] === undefined ? resolve(answer) : reject(new Error(JSON.stringify(answer['error']))),
      ),
    );
  }
}

type Answer = Readonly<Record<string, unknown>>;
