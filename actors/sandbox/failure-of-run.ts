import { type ErrorCode, TradewrightError } from '../../contracts/errors.ts';
import type { SandboxErrorKind, StrategyRun } from '../../contracts/ports/sandbox.ts';

const codeOf: Readonly<Record<SandboxErrorKind, ErrorCode>> = {
  syntax: 'SANDBOX_PROGRAM_FAILED',
  runtime: 'SANDBOX_PROGRAM_FAILED',
  import: 'SANDBOX_PROGRAM_FAILED',
  timeout: 'SANDBOX_PROGRAM_FAILED',
  memory: 'SANDBOX_PROGRAM_FAILED',
  output: 'SANDBOX_PROGRAM_FAILED',
  pids: 'SANDBOX_PROGRAM_FAILED',
  blocked: 'SANDBOX_PROGRAM_FAILED',
  contract: 'STRATEGY_OUTPUT_INVALID',
  cancelled: 'CANCELLED',
  internal: 'SANDBOX_INTERNAL',
};

const TRACEBACK_KEPT = 4_000;

/** A failed run as an error that says whose fault it was, and where in the program. */
export function failureOfRun(run: StrategyRun): TradewrightError {
  const errorKind = run.errorKind ?? 'internal';
  const where = run.error?.line === undefined ? '' : ` at line ${run.error.line}`;
  const message = `the strategy failed in the sandbox (${errorKind}${where}): ${run.error?.message ?? 'no message'}`;
  const { exitCode, signal } = run;
  const details = { errorKind, exitCode, signal, traceback: run.error?.traceback?.slice(-TRACEBACK_KEPT) };
  return new TradewrightError(codeOf[errorKind], message, { details });
}
