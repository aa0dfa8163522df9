import type { BarColumns } from '../../contracts/bars.ts';
import { TradewrightError } from '../../contracts/errors.ts';
import type { SandboxLease, StrategyRun } from '../../contracts/ports/sandbox.ts';
import type { Trial } from '../../contracts/trace.ts';
import { firstBars } from '../../market/first-bars.ts';
import { compareTruncated, truncationPoints } from '../../market/look-ahead/index.ts';
import { failureOfRun } from './failure-of-run.ts';

export interface TrialOptions {
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
  /** In [0, 1). */
  readonly random: () => number;
  readonly onOutput: (text: string) => void;
}

const OUTPUT_KEPT = 8_000;
const TRACEBACK_KEPT = 4_000;
/** Shortened runs: enough to see a peek in most programs; the whole test follows on all bars. */
const CUTS = 20;

/**
 * Runs a program on a slice of bars, and again on shortened ones: whether it runs at all, keeps its contract, and decides the same
 * when it sees less.
 * @throws SANDBOX_INTERNAL, CANCELLED: the program is not to blame
 */
export async function tryProgram(
  lease: SandboxLease,
  bars: BarColumns,
  options: TrialOptions,
): Promise<Trial> {
  const { timeoutMs, signal, random, onOutput } = options;
  const run = await lease.run(bars, { timeoutMs, signal, onOutput: (_, text) => onOutput(text) });
  const { positions, warmupBars } = run;
  if (!run.success || !positions) return failedTrial(run, bars.time.length);
  const cuts = truncationPoints(positions.length, {
    cuts: CUTS,
    seed: Math.floor(random() * 2 ** 32),
    minBars: (warmupBars ?? 0) + 1,
    positions,
  });
  const runs: { cut: number; positions: Float64Array | null }[] = [];
  for (const cut of cuts) {
    const shorter = await lease.run(firstBars(bars, cut), { timeoutMs, signal });
    if (shorter.errorKind === 'internal' || shorter.errorKind === 'cancelled') throw failureOfRun(shorter);
    runs.push({ cut, positions: shorter.success ? shorter.positions : null });
    if (!shorter.success) return failedTrial(shorter, cut);
  }
  // A warm-up as long as the slice leaves nothing to compare: the test on all bars will.
  const lookAhead = compareTruncated(positions, runs, { time: bars.time, leastCuts: 0 });
  const { stdout, stderr, durationMs } = run;
  const tried = {
    line: null,
    traceback: '',
    stdout: stdout.slice(0, OUTPUT_KEPT),
    stderr: stderr.slice(0, OUTPUT_KEPT),
    bars: positions.length,
    durationMs,
  };
  return lookAhead.passed
    ? { ok: true, errorKind: null, message: '', ...tried }
    : { ok: false, errorKind: 'look-ahead', message: lookAhead.why, ...tried };
}

function failedTrial(run: StrategyRun, bars: number): Trial {
  if (run.errorKind === 'internal' || run.errorKind === 'cancelled') throw failureOfRun(run);
  const { errorKind, error, stdout, stderr, durationMs } = run;
  if (errorKind === null) throw new TradewrightError('SANDBOX_INTERNAL', 'a failed run did not say why');
  return {
    ok: false,
    errorKind,
    message: error?.message ?? 'no message',
    line: error?.line ?? null,
    traceback: (error?.traceback ?? '').slice(-TRACEBACK_KEPT),
    stdout: stdout.slice(0, OUTPUT_KEPT),
    stderr: stderr.slice(0, OUTPUT_KEPT),
    bars,
    durationMs,
  };
}
