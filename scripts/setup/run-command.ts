import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

const mostTailLines = 25;
const graceMs = 10_000;
const mostOutputBytes = 16 * 1024 * 1024;

export interface CommandOptions {
  readonly timeoutMs: number;
  readonly signal?: AbortSignal;
  readonly cwd?: string;
  readonly env?: NodeJS.ProcessEnv;
  readonly input?: string;
  readonly onLine?: (line: string) => void;
}

/** Runs a program to its end and gives its stdout. @throws with the last lines of its output when it fails or takes too long. */
export async function runCommand(
  program: string,
  args: readonly string[],
  options: CommandOptions,
): Promise<string> {
  const deadline = AbortSignal.timeout(options.timeoutMs);
  const signal = options.signal ? AbortSignal.any([options.signal, deadline]) : deadline;
  signal.throwIfAborted();
  // A group of its own, so that a stop reaches what the program has started too.
  const child = spawn(program, args, {
    cwd: options.cwd,
    env: options.env ?? withoutSecrets(process.env),
    stdio: ['pipe', 'pipe', 'pipe'],
    detached: true,
  });
  const killGroup = (name: NodeJS.Signals): void => {
    try {
      if (child.pid !== undefined) process.kill(-child.pid, name);
    } catch {
      // It is gone already.
    }
  };
  let lastResort: NodeJS.Timeout | undefined;
  const onAbort = (): void => {
    killGroup('SIGTERM');
    lastResort = setTimeout(() => killGroup('SIGKILL'), graceMs);
  };
  signal.addEventListener('abort', onAbort, { once: true });
  const tail: string[] = [];
  let stdout = '';
  child.stdin.on('error', () => undefined);
  child.stdin.end(options.input ?? '');
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    if (stdout.length < mostOutputBytes) stdout += chunk;
  });
  for (const stream of [child.stdout, child.stderr]) {
    createInterface({ input: stream }).on('line', (line) => {
      if (line.trim() === '') return;
      tail.push(line);
      if (tail.length > mostTailLines) tail.shift();
      options.onLine?.(line);
    });
  }
  const what = `${program} ${args.slice(0, 3).join(' ')}`;
  const end = await new Promise<{ code: number | null; signal: NodeJS.Signals | null }>((resolve, reject) => {
    child.on('error', (error) =>
      reject(new Error(`${what} cannot be run: ${error.message}`, { cause: error })),
    );
    child.on('close', (code, endSignal) => resolve({ code, signal: endSignal }));
  }).finally(() => {
    clearTimeout(lastResort);
    signal.removeEventListener('abort', onAbort);
  });
  options.signal?.throwIfAborted();
  if (deadline.aborted)
    throw new Error(`${what} took longer than ${options.timeoutMs / 1000} s\n${tail.join('\n')}`);
  if (end.code !== 0) throw new Error(`${what} ended with ${end.code ?? end.signal}\n${tail.join('\n')}`);
  return stdout;
}

/** What set-up starts (apt and its maintainers' scripts among it) has no use for keys and tokens. */
function withoutSecrets(environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const ours = (name: string): boolean => name.startsWith('TRADEWRIGHT_') || name === 'NATS_URL';
  return Object.fromEntries(Object.entries(environment).filter(([name]) => !ours(name)));
}
