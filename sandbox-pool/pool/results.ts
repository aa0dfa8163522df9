import { unreachable } from '../../contracts/errors.ts';
import type { SandboxErrorKind, SandboxResult, StrategyRun } from '../../contracts/ports/sandbox.ts';
import type { Ending, Fault } from './ending.ts';

/** Measured by the host around one run. */
export interface Measured {
  readonly output: Pick<SandboxResult, 'stdout' | 'stderr' | 'stdoutTruncated' | 'stderrTruncated'>;
  readonly durationMs: number;
  readonly resources: SandboxResult['resources'];
  /** null: this host cannot count them. */
  readonly pidRefusals: number | null;
  readonly timeoutMs: number;
  readonly memoryBytes: number;
}

type Judgement = Pick<SandboxResult, 'success' | 'exitCode' | 'signal' | 'verdict' | 'errorKind' | 'error'>;

const ok: Judgement = {
  success: true,
  exitCode: null,
  signal: null,
  verdict: 'ok',
  errorKind: null,
  error: null,
};

const positionRounding = 1e-9;

export function strategyRun(ending: Ending, bars: number, measured: Measured): StrategyRun {
  const common = (judgement: Judgement): SandboxResult => result(judgement, measured);
  if (ending.kind !== 'positions')
    return { ...common(judge(ending, measured)), positions: null, warmupBars: null };
  const broken = brokenContract(ending.positions, bars, ending.warmupBars);
  if (broken !== null) {
    return { ...common(failed('contract', { message: broken })), positions: null, warmupBars: null };
  }
  return { ...common(ok), positions: ending.positions, warmupBars: ending.warmupBars };
}

export function plainResult(ending: Ending, measured: Measured): SandboxResult {
  const judged = result(judge(ending, measured), measured);
  return ending.kind === 'done' ? { ...judged, value: ending.value } : judged;
}

/** The same rules as in the runner, checked again where the program cannot reach. */
function brokenContract(positions: Float64Array, bars: number, warmupBars: number): string | null {
  if (positions.length !== bars) return `${positions.length} positions for ${bars} bars`;
  for (let at = 0; at < positions.length; at++) {
    const position = positions[at] ?? NaN;
    if (Number.isNaN(position) ? at >= warmupBars : Math.abs(position) > 1 + positionRounding) {
      return `position ${position} at bar ${at} breaks the contract: a number in [-1, 1], NaN only in the warm-up`;
    }
  }
  return null;
}

function judge(ending: Ending, measured: Measured): Judgement {
  switch (ending.kind) {
    case 'positions':
      return ok;
    case 'done':
      if (ending.exitCode === 0 && ending.fault === null) return { ...ok, exitCode: 0 };
      return { ...ofFault(ending.fault ?? leftWith(ending.exitCode), measured), exitCode: ending.exitCode };
    case 'fault':
      return ofFault(ending.fault, measured);
    case 'protocol':
      return killed('runtime', `the program interfered with its runner: ${ending.message}`);
    case 'flood':
      return killed('output', 'the program wrote far more than is kept');
    case 'deadline':
      return ending.accepted
        ? killed('timeout', `the program ran longer than ${measured.timeoutMs} ms`)
        : killed('internal', 'the runner did not take the program');
    case 'cancelled':
      return killed('cancelled', ending.message);
    case 'exit':
      return ofExit(ending, measured);
    default:
      return unreachable(ending);
  }
}

function ofExit({ exit, fault }: Extract<Ending, { kind: 'exit' }>, measured: Measured): Judgement {
  const { exitCode, oomKilled } = exit;
  const signal =
    exitCode !== null && exitCode > 128 ? (signalNames[exitCode - 128] ?? `signal ${exitCode - 128}`) : null;
  const ended = { exitCode, signal };
  if (oomKilled) {
    const message = `the program used more than its ${Math.round(measured.memoryBytes / 1024 / 1024)} MiB of memory`;
    return { ...killed('memory', message), ...ended };
  }
  if (exitCode === null) return { ...killed('internal', 'the container was lost'), ...ended };
  // A program cannot send SIGKILL to the first process of its namespace: this came from outside.
  if (signal === 'SIGKILL')
    return { ...killed('internal', 'the container was killed from outside'), ...ended };
  if (signal === 'SIGSYS')
    return { ...killed('blocked', 'a system call that no strategy has a use for'), ...ended };
  if (signal === 'SIGXCPU')
    return { ...killed('timeout', 'the program used up its processor time'), ...ended };
  if (signal !== null)
    return { ...failed('runtime', { message: `the interpreter died of ${signal}` }), ...ended };
  if (fault !== null) return { ...ofFault(fault, measured), ...ended };
  return { ...ofFault(leftWith(exitCode), measured), ...ended };
}

function ofFault(fault: Fault, { pidRefusals }: Measured): Judgement {
  // The kernel counts refused tasks: a program that only says so has an ordinary error.
  const kind = fault.kind === 'pids' && pidRefusals === 0 ? 'runtime' : fault.kind;
  const { message, traceback, line } = fault;
  return failed(kind, {
    message,
    ...(traceback === undefined ? {} : { traceback }),
    ...(line === undefined ? {} : { line }),
  });
}

function leftWith(exitCode: number): Fault {
  return { kind: 'runtime', message: `the program ended the interpreter with exit code ${exitCode}` };
}

function failed(errorKind: SandboxErrorKind, error: NonNullable<SandboxResult['error']>): Judgement {
  return { success: false, exitCode: null, signal: null, verdict: 'failed', errorKind, error };
}

function killed(errorKind: SandboxErrorKind, message: string): Judgement {
  return {
    success: false,
    exitCode: null,
    signal: 'SIGKILL',
    verdict: 'killed',
    errorKind,
    error: { message },
  };
}

function result(judgement: Judgement, { output, durationMs, resources }: Measured): SandboxResult {
  return { ...judgement, ...output, value: null, durationMs, resources };
}

const signalNames: Readonly<Record<number, string>> = {
  4: 'SIGILL',
  6: 'SIGABRT',
  7: 'SIGBUS',
  8: 'SIGFPE',
  9: 'SIGKILL',
  11: 'SIGSEGV',
  14: 'SIGALRM',
  15: 'SIGTERM',
  24: 'SIGXCPU',
  31: 'SIGSYS',
};
