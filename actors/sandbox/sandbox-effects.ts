import type { BarSeries } from '../../contracts/bars.ts';
import type { CodeReview } from '../../contracts/code-review.ts';
import {
  AssessRequest,
  type AssessResult,
  BacktestRequest,
  type BacktestStepResult,
  type Observation,
  ReviewRequest,
} from '../../contracts/effects/backtest.ts';
import { TradewrightError } from '../../contracts/errors.ts';
import type { BacktestSettings } from '../../contracts/metrics.ts';
import type { Clock } from '../../contracts/ports/clock.ts';
import type { SandboxLease, StrategyRun } from '../../contracts/ports/sandbox.ts';
import type { ArtifactStore } from '../../contracts/ports/stores.ts';
import type { Symbol } from '../../contracts/symbol.ts';
import { backtest } from '../../market/backtest/index.ts';
import { firstBars } from '../../market/first-bars.ts';
import { compareTruncated, truncationPoints } from '../../market/look-ahead/index.ts';
import { metricsOf } from '../../market/metrics/index.ts';
import { observedBars } from '../../market/observed-bars.ts';
import { signalCandidates } from '../../market/signals/index.ts';
import type { EffectCall, EffectHandlers } from '../effects/effect-call.ts';
import { failureOfRun } from './failure-of-run.ts';
import type { ProgramLeases } from './program-leases.ts';

export interface SandboxEffectsOptions {
  readonly clock: Clock;
  readonly leases: ProgramLeases;
  readonly review: (code: string) => CodeReview;
  /** Only an operator may switch the first of the six layers off; no request can. */
  readonly validation: 'on' | 'off';
  readonly bars: (symbol: Symbol) => Promise<BarSeries>;
  readonly artifacts: ArtifactStore;
  readonly settings: Partial<BacktestSettings>;
  /** Truncated runs in the program's own container, and again in one that never saw the whole series. */
  readonly cuts: { readonly sameLease: number; readonly freshLease: number };
  /** In [0, 1), not to be foreseen. */
  readonly random: () => number;
  readonly runTimeoutMs: number;
  readonly leaseWaitMs: number;
}

const OUTPUT_KEPT = 8_000;
const positionsType = 'application/x-float64-le';

/** The effects that look at or run untrusted code. */
export function sandboxEffects(options: SandboxEffectsOptions): EffectHandlers {
  const { clock, leases, artifacts } = options;

  return {
    'sandbox.review': async (request) => options.review(ReviewRequest.parse(request).code),

    'sandbox.backtest': async (request, call): Promise<BacktestStepResult> => {
      const { code, symbol, signalBars, observation } = BacktestRequest.parse(request);
      const { info, bars } = await barsOf(symbol, observation);
      const { lease } = await leaseFor(code, call);
      const run = await releasedOnFailure(lease, () => runOn(lease, bars, call));
      leases.keep(call.workflowId, code, lease);
      const { positions, warmupBars } = run;
      const result = backtest(bars, positions, { ...options.settings, warmupBars });
      return {
        bars: info,
        metrics: metricsOf(bars, result, { timeframe: info.timeframe }),
        candidates: signalCandidates(bars, positions, {
          lastBars: signalBars,
          timeframe: info.timeframe,
          warmupBars,
        }),
        warmupBars,
        positions: await artifacts.put(bytesOf(positions), positionsType),
        equity: await artifacts.put(bytesOf(result.strategy.equity), positionsType),
        sandbox: {
          durationMs: run.durationMs,
          ...run.resources,
          stdout: run.stdout.slice(0, OUTPUT_KEPT),
          stderr: run.stderr.slice(0, OUTPUT_KEPT),
        },
      };
    },

    'sandbox.assess': async (request, call): Promise<AssessResult> => {
      const { code, symbol, positions: sha256, warmupBars, observation } = AssessRequest.parse(request);
      const { bars } = await barsOf(symbol, observation);
      const positions = await storedPositions(sha256);
      const began = clock.now();
      const minBars = warmupBars + 1;
      // Whoever wrote the program may know the workflow's seed, but not where it will be cut.
      const cutSeed = Math.floor(options.random() * 2 ** 32);
      const points = (cuts: number) =>
        truncationPoints(positions.length, { cuts, seed: cutSeed, minBars, positions });
      const { lease, reused } = await leaseFor(code, call);
      const runs = await truncatedRuns(lease, bars, points(options.cuts.sameLease), call);
      // A program can keep what an earlier run showed it, and so hide a peek: the same test where it saw nothing yet.
      const fresh = await leaseFor(code, call);
      const control = await truncatedRuns(fresh.lease, bars, points(options.cuts.freshLease), call);
      const lookAhead = compareTruncated(positions, [...runs, ...control], { time: bars.time });
      return {
        lookAhead,
        runs: runs.length + control.length,
        ms: clock.now() - began,
        reusedLease: reused,
        cutSeed,
      };
    },
  };

  async function barsOf(symbol: Symbol, observation: Observation | undefined): Promise<BarSeries> {
    const series = await options.bars(symbol);
    return observation ? observedBars(series, observation) : series;
  }

  function leaseFor(code: string, call: EffectCall): ReturnType<ProgramLeases['take']> {
    const review = options.review(code);
    if (review.blocked && options.validation === 'on') {
      throw new TradewrightError(
        'SANDBOX_BLOCKED',
        `the validator blocks this code: risk ${review.codeRisk}`,
      );
    }
    const { priority, signal, workflowId } = call;
    return call.waiting(leases.take(workflowId, { code, priority, signal, waitMs: options.leaseWaitMs }));
  }

  async function runOn(
    lease: SandboxLease,
    bars: BarSeries['bars'],
    call: EffectCall,
  ): Promise<StrategyRun & { positions: Float64Array; warmupBars: number }> {
    const run = await lease.run(bars, {
      signal: call.signal,
      timeoutMs: options.runTimeoutMs,
      onOutput: (_, text) => call.live('output', text),
    });
    const { positions, warmupBars } = run;
    if (!run.success || !positions) throw failureOfRun(run);
    return { ...run, positions, warmupBars: warmupBars ?? 0 };
  }

  async function truncatedRuns(
    lease: SandboxLease,
    bars: BarSeries['bars'],
    cuts: readonly number[],
    call: EffectCall,
  ): Promise<{ cut: number; positions: Float64Array | null }[]> {
    try {
      const runs: { cut: number; positions: Float64Array | null }[] = [];
      for (const cut of cuts) {
        const run = await lease.run(firstBars(bars, cut), {
          signal: call.signal,
          timeoutMs: options.runTimeoutMs,
        });
        if (run.errorKind === 'internal' || run.errorKind === 'cancelled') throw failureOfRun(run);
        runs.push({ cut, positions: run.success ? run.positions : null });
        if (!run.success) break;
      }
      return runs;
    } finally {
      await lease.release();
    }
  }

  async function storedPositions(sha256: string): Promise<Float64Array> {
    const artifact = await artifacts.get(sha256);
    if (!artifact)
      throw new TradewrightError(
        'ARTIFACT_MISSING',
        `the positions of the full run (${sha256}) are not stored`,
      );
    return new Float64Array(Uint8Array.from(artifact.bytes).buffer);
  }
}

async function releasedOnFailure<T>(lease: SandboxLease, run: () => Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (error) {
    await lease.release();
    throw error;
  }
}

const bytesOf = ({ buffer, byteOffset, byteLength }: Float64Array): Uint8Array =>
  new Uint8Array(buffer, byteOffset, byteLength);
