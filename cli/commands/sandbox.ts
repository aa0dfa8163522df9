import { readFile } from 'node:fs/promises';
import { type Command, InvalidArgumentError } from 'commander';
import { reportPage, runReport } from '../../app/sandbox/run-report.ts';
import { TradewrightError } from '../../contracts/errors.ts';
import type { SandboxResult } from '../../contracts/ports/sandbox.ts';
import { printable } from '../../contracts/printable.ts';
import { PostRun, type ProgramRun } from '../../contracts/sandbox-api.ts';
import { explainReview, reviewCode } from '../../app/sandbox/review.ts';
import { gatewayOf } from '../gateway.ts';
import { exitCodes, progress, say, wantsJson } from '../terminal.ts';

interface RunFlags {
  readonly input?: string;
  readonly timeout?: number;
  readonly memory?: number;
  readonly worker?: boolean;
  readonly repeat: number;
}

function positive(text: string): number {
  const value = Number(text);
  if (Number.isFinite(value) && value > 0) return value;
  throw new InvalidArgumentError('expected a number above 0');
}

/** `tradewright validate` and `tradewright run` */
export function registerSandbox(program: Command): void {
  program
    .command('validate')
    .description('what the validator says of a Python file; nothing is run. Exit code 1 when it is blocked')
    .argument('<file>', 'the program; - reads stdin')
    .action(async (file: string, _: object, command: Command) => {
      const review = reviewCode(await sourceOf(file));
      say(command, review, (print) => print(explainReview(review)));
      if (review.blocked) process.exitCode = exitCodes.failed;
    });

  program
    .command('run')
    .description(
      'review a Python file and run it in a hardened container of its own. Exit code 1 when it is blocked or fails',
    )
    .argument('<file>', 'the program; - reads stdin')
    .option('--input <json>', 'a JSON value that the program finds in its variable INPUT')
    .option('--timeout <seconds>', 'wall clock, default 30', positive)
    .option('--memory <MiB>', 'default 256', positive)
    .option('--worker', 'in a warm container of the worker at --url, instead of a new one on this machine')
    .option(
      '--repeat <times>',
      'so many runs, each in a container of its own, and a report of them',
      positive,
      1,
    )
    .action(async (file: string, flags: RunFlags, command: Command) => {
      const request = requestOf(await sourceOf(file), flags);
      const shown = !wantsJson(command) && flags.repeat === 1;
      const runs: ProgramRun[] = [];
      for (let run = 0; run < Math.ceil(flags.repeat); run++) {
        runs.push(await once(request, flags, command, shown));
        if (flags.repeat > 1) progress(`${run + 1} of ${Math.ceil(flags.repeat)}`);
      }
      const [first] = runs;
      if (first === undefined) return;
      const report = runReport(runs.map(({ result }) => result));
      say(command, flags.repeat > 1 ? { ...first, report } : first, (print) => {
        if (flags.repeat > 1) for (const line of reportPage(report)) print(line);
        else for (const line of endOf(first)) progress(line);
      });
      if (report.succeeded < report.runs) process.exitCode = exitCodes.failed;
    });
}

async function once(
  request: PostRun,
  flags: RunFlags,
  command: Command,
  shown: boolean,
): Promise<ProgramRun> {
  // A person's terminal obeys no program; a file or another program gets what was printed.
  const write = (stream: 'stdout' | 'stderr', text: string): void =>
    void process[stream].write(process[stream].isTTY ? printable(text) : text);
  if (flags.worker === true) {
    const run = await gatewayOf(command).runProgram(request);
    if (shown) {
      write('stdout', run.result.stdout);
      write('stderr', run.result.stderr);
    }
    return run;
  }
  // Other commands do not wait for the engine's client to be read.
  const { execute } = await import('../../app/sandbox/execute.ts');
  return execute(request.code, request.input, request.limits, shown ? { onOutput: write } : {});
}

/** How it ended, for a person; what it printed has been shown as it came. */
function endOf({ review, result }: ProgramRun): readonly string[] {
  const { success, value, error, durationMs, resources, stdoutTruncated, stderrTruncated } = result;
  if (result.verdict === 'refused') return [explainReview(review)];
  return [
    ...(stdoutTruncated || stderrTruncated ? ['(it printed more than is kept)'] : []),
    ...(value === null ? [] : [`RESULT ${JSON.stringify(value)}`]),
    ...(error === null
      ? []
      : [error.traceback ?? '', `${result.errorKind ?? ''}: ${error.message}`].filter((line) => line !== '')),
    `${success ? 'succeeded' : 'failed'} in ${durationMs.toFixed(0)} ms${usageOf(resources)}`,
  ];
}

const usageOf = ({ cpuMs, peakMemoryBytes }: SandboxResult['resources']): string =>
  [
    ...(cpuMs === null ? [] : [`, ${cpuMs.toFixed(0)} ms of processor time`]),
    ...(peakMemoryBytes === null ? [] : [`, ${(peakMemoryBytes / 2 ** 20).toFixed(0)} MiB at most`]),
  ].join('');

/** @throws INPUT_INVALID naming what is wrong */
function requestOf(code: string, { input, timeout, memory }: RunFlags): PostRun {
  const parsed = PostRun.safeParse({
    code,
    ...(input === undefined ? {} : { input: jsonOf(input) }),
    limits: {
      ...(timeout === undefined ? {} : { timeoutMs: Math.round(timeout * 1_000) }),
      ...(memory === undefined ? {} : { memoryBytes: Math.round(memory * 2 ** 20) }),
    },
  });
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`);
  throw new TradewrightError('INPUT_INVALID', problems.join('; '));
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new TradewrightError('JSON_MALFORMED', '--input is not JSON', { cause });
  }
}

/** @throws NOT_FOUND, INPUT_INVALID for what is not UTF-8 */
async function sourceOf(file: string): Promise<string> {
  let bytes: Buffer;
  try {
    bytes = await readFile(file === '-' ? '/dev/stdin' : file);
  } catch (cause) {
    throw new TradewrightError('NOT_FOUND', `${file} cannot be read`, { cause });
  }
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (cause) {
    throw new TradewrightError('INPUT_INVALID', `${file} is not UTF-8`, { cause });
  }
}
