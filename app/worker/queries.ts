import type { Sagas } from '../../actors/saga/saga-supervisor.ts';
import { type SystemStatus, WorkflowListQuery, WorkflowQuery } from '../../contracts/api.ts';
import type { Journal } from '../../contracts/ports/journal.ts';
import type { Queries } from '../../contracts/ports/messaging.ts';
import { subjects } from '../../contracts/subjects.ts';

/** Answers what the gateway asks over NATS; the result takes it back. */
export function answerQueries(options: {
  readonly queries: Queries;
  readonly sagas: Sagas;
  readonly journal: Journal;
  readonly status: () => Promise<SystemStatus>;
}): () => void {
  const { queries, sagas, journal } = options;
  const stops = [
    queries.answer(subjects.query('workflow-get'), (question) =>
      sagas.get(WorkflowQuery.parse(question).workflowId),
    ),
    queries.answer(subjects.query('workflow-list'), (question) =>
      journal.list(WorkflowListQuery.parse(question)),
    ),
    queries.answer(subjects.query('status'), () => options.status()),
  ];
  return () => {
    for (const stop of stops) stop();
  };
}
