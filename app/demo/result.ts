import type { z } from 'zod';
import type { SystemStatus } from '../../contracts/api.ts';
import { CodeReview } from '../../contracts/code-review.ts';
import { BacktestStepResult } from '../../contracts/effects/backtest.ts';
import { DecideResult, PublishResult } from '../../contracts/effects/publish.ts';
import type { Metrics } from '../../contracts/metrics.ts';
import type { SignalOut } from '../../contracts/signal.ts';
import type { WorkflowView } from '../../contracts/workflow-view.ts';

export interface Crash {
  readonly pid: number;
  readonly signal: string;
  readonly duringStep: string;
  readonly restartedPid: number;
}

/** What `--json` prints. */
export interface DemoResult {
  readonly state: WorkflowView['state'];
  readonly outcome: string | null;
  readonly reason: string | null;
  readonly workflowId: string;
  readonly steps: readonly { name: string; state: string; ms: number | null; executions: number }[];
  readonly compensations: readonly { step: string; order: number; state: string }[];
  readonly author: string;
  readonly runtime: SystemStatus['runtime'];
  readonly bars: { readonly source: string; readonly count: number } | null;
  readonly codeRisk: number | null;
  readonly decisionRisk: number | null;
  readonly metrics: Metrics | null;
  readonly signals: readonly SignalOut[];
  /** Counted by the separate receiving process. */
  readonly received: number;
  readonly journal: { readonly events: number };
  readonly crash?: Crash;
  /** For `--signal`: what came back to the sender. */
  readonly answer?: unknown;
}

export function resultOf(options: {
  readonly view: WorkflowView;
  readonly status: SystemStatus;
  readonly received: number;
  readonly crash?: Crash | undefined;
  readonly answer?: unknown;
}): DemoResult {
  const { view, status, received, crash, answer } = options;
  const of = <T extends z.ZodType>(name: string, schema: T): z.output<T> | null =>
    schema.safeParse(view.steps.find((step) => step.name === name)?.result).data ?? null;
  const backtest = of('backtest', BacktestStepResult);
  return {
    state: view.state,
    outcome: view.outcome ?? null,
    reason: view.reason ?? view.error?.message ?? null,
    workflowId: view.workflowId,
    steps: view.steps.map(({ name, state, ms, executions }) => ({ name, state, ms, executions })),
    compensations: view.compensations.map(({ step, order, state }) => ({ step, order, state })),
    author: status.author,
    runtime: status.runtime,
    bars: backtest && { source: backtest.bars.source, count: backtest.bars.count },
    codeRisk: of('validate', CodeReview)?.codeRisk ?? null,
    decisionRisk: of('decide', DecideResult)?.decisionRisk.score ?? null,
    metrics: backtest?.metrics ?? null,
    signals: of('publish', PublishResult)?.signals ?? [],
    received,
    journal: { events: view.seq },
    ...(crash === undefined ? {} : { crash }),
    ...(answer === undefined ? {} : { answer }),
  };
}
