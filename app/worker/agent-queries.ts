import { StrategyRef } from '../../contracts/api.ts';
import type { WorkflowId } from '../../contracts/ids.ts';
import type { Queries } from '../../contracts/ports/messaging.ts';
import type { StrategyStore } from '../../contracts/ports/stores.ts';
import type { TraceStore } from '../../contracts/ports/traces.ts';
import { subjects } from '../../contracts/subjects.ts';
import { TraceQuery, TraceRef } from '../../contracts/trace.ts';
import type { WorkflowView } from '../../contracts/workflow-view.ts';
import { evolutionOf } from './evolution.ts';

/** Below NATS's limit of one message, the frame around the answer included. */
const PAGE_BYTES = 950_000;

/** Answers what the gateway asks about the agent's work; the result takes it back. */
export function answerAgentQueries(options: {
  readonly queries: Queries;
  readonly traces: TraceStore;
  readonly strategies: StrategyStore;
  readonly workflow: (workflowId: WorkflowId) => Promise<WorkflowView | null>;
}): () => void {
  const { queries, traces, strategies, workflow } = options;
  const stops = [
    queries.answer(subjects.query('trace-list'), (question) => traces.search(TraceQuery.parse(question))),
    queries.answer(
      subjects.query('trace-get'),
      async (question) => (await traces.get(TraceRef.parse(question).traceId)) ?? null,
    ),
    queries.answer(subjects.query('trace-page'), (question) =>
      traces.page(TraceQuery.parse(question), PAGE_BYTES),
    ),
    queries.answer(subjects.query('strategy-evolution'), (question) =>
      evolutionOf(StrategyRef.parse(question).strategyId, strategies, workflow),
    ),
  ];
  return () => {
    for (const stop of stops) stop();
  };
}
