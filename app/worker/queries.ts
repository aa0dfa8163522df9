import type { Sagas } from '../../actors/saga/saga-supervisor.ts';
import { ReplayQuery, type SystemStatus, WorkflowListQuery, WorkflowQuery } from '../../contracts/api.ts';
import { TradewrightError } from '../../contracts/errors.ts';
import type { WorkflowId } from '../../contracts/ids.ts';
import type { Journal, JournalUpkeep, SummaryFilter } from '../../contracts/ports/journal.ts';
import type { Queries } from '../../contracts/ports/messaging.ts';
import type { ReplayReport } from '../../contracts/replay.ts';
import { subjects } from '../../contracts/subjects.ts';
import type { WorkflowView } from '../../contracts/workflow-view.ts';
import type { WorkflowRegistry } from '../../workflows/engine/definition.ts';
import { replay } from '../../workflows/engine/replay.ts';
import { dataOf, viewOfEvents } from '../../workflows/engine/view.ts';

/** Answers what the gateway asks over NATS; the result takes it back. */
export function answerQueries(options: {
  readonly queries: Queries;
  readonly workflow: (workflowId: WorkflowId) => Promise<WorkflowView | null>;
  readonly journal: Journal;
  readonly upkeep: Pick<JournalUpkeep, 'readArchived'>;
  readonly registry: WorkflowRegistry;
  /** Of today's code and prompts, by effect. */
  readonly revisions: Readonly<Record<string, string>>;
  readonly status: () => Promise<SystemStatus>;
}): () => void {
  const { queries, journal, upkeep, registry, revisions } = options;
  const stops = [
    queries.answer(subjects.query('workflow-get'), (question) =>
      options.workflow(WorkflowQuery.parse(question).workflowId),
    ),
    queries.answer(subjects.query('workflow-list'), (question) =>
      journal.list(filterOf(WorkflowListQuery.parse(question))),
    ),
    queries.answer(subjects.query('workflow-replay'), async (question) => {
      const { workflowId, version } = WorkflowQuery.extend(ReplayQuery.shape).parse(question);
      return replayOf(workflowId, version);
    }),
    queries.answer(subjects.query('status'), () => options.status()),
  ];
  return () => {
    for (const stop of stops) stop();
  };

  async function replayOf(workflowId: WorkflowId, version: number | undefined): Promise<ReplayReport> {
    const stored = await journal.read(workflowId);
    const events = stored.length > 0 ? stored : ((await upkeep.readArchived(workflowId))?.events ?? []);
    if (events.length === 0) throw new TradewrightError('NOT_FOUND', `there is no workflow ${workflowId}`);
    const { name, version: begun } = dataOf(registry, events).definition;
    const now = version === undefined ? registry.latest(name) : registry.get(name, version);
    return replay({ was: registry.get(name, begun), events, now, revisions });
  }
}

/** A workflow as people see it, from the archive too. */
export const workflowReader =
  (options: {
    readonly sagas: Pick<Sagas, 'get'>;
    readonly upkeep: Pick<JournalUpkeep, 'readArchived'>;
    readonly registry: WorkflowRegistry;
  }) =>
  async (workflowId: WorkflowId): Promise<WorkflowView | null> => {
    const { sagas, upkeep, registry } = options;
    const found = await sagas.get(workflowId);
    if (found) return found;
    const archived = await upkeep.readArchived(workflowId);
    return archived === undefined ? null : viewOfEvents(registry, archived.events);
  };

/** The journal's filter of a query: times in milliseconds, the symbol as the label that it is. */
export function filterOf(query: WorkflowListQuery): SummaryFilter {
  const { symbol, label = [], startedFrom, startedBefore, ...rest } = query;
  const terms = [label].flat().map((term) => {
    const colon = term.indexOf(':');
    return [term.slice(0, colon), term.slice(colon + 1)] as const;
  });
  const labels = Object.fromEntries([
    ...terms,
    ...(symbol === undefined ? [] : [['symbol', symbol] as const]),
  ]);
  return {
    ...rest,
    ...(Object.keys(labels).length === 0 ? {} : { labels }),
    ...(startedFrom === undefined ? {} : { startedFrom: Date.parse(startedFrom) }),
    ...(startedBefore === undefined ? {} : { startedBefore: Date.parse(startedBefore) }),
  };
}
