import type { BarColumns, BarSeries } from '../../contracts/bars.ts';
import type { CodeReview } from '../../contracts/code-review.ts';
import { TradewrightError } from '../../contracts/errors.ts';
import type { SandboxService } from '../../contracts/ports/sandbox.ts';
import type { Symbol } from '../../contracts/symbol.ts';
import type { CodeJudge } from '../agent/code-judge.ts';
import { tryProgram } from './trial.ts';

export interface SandboxJudgeOptions {
  readonly pool: SandboxService;
  readonly review: (code: string) => CodeReview;
  readonly bars: (symbol: Symbol) => Promise<BarSeries>;
  /** The latest bars of a symbol that a trial runs on. */
  readonly sliceBars: number;
  readonly runTimeoutMs: number;
  readonly leaseWaitMs: number;
  readonly random: () => number;
}

/** Validator and warm containers as the agent's judge: each program gets a container of its own, which is then killed. */
export function sandboxJudge(options: SandboxJudgeOptions): CodeJudge {
  const { pool, review, bars, sliceBars, runTimeoutMs, leaseWaitMs, random } = options;
  return {
    review,
    async trial(code, symbol, call) {
      const { codeRisk, blocked } = review(code);
      if (blocked) {
        throw new TradewrightError('SANDBOX_BLOCKED', `the validator blocks this code: risk ${codeRisk}`);
      }
      const slice = lastBars((await bars(symbol)).bars, sliceBars);
      const { signal, priority, workflowId } = call;
      const lease = await call.waiting(
        pool.lease({ code, priority, signal, waitMs: leaseWaitMs, owner: workflowId }),
      );
      try {
        const onOutput = (text: string): void => call.onOutput?.(text);
        return await tryProgram(lease, slice, { timeoutMs: runTimeoutMs, signal, random, onOutput });
      } finally {
        await lease.release();
      }
    },
  };
}

function lastBars({ time, open, high, low, close, volume }: BarColumns, count: number): BarColumns {
  const from = Math.max(0, time.length - count);
  return {
    time: time.subarray(from),
    open: open.subarray(from),
    high: high.subarray(from),
    low: low.subarray(from),
    close: close.subarray(from),
    volume: volume.subarray(from),
  };
}
