import type { z } from 'zod';
import { type ReplayQuery, SystemStatus, WorkflowList, type WorkflowListQuery } from '../../contracts/api.ts';
import { BackupMade, JournalRetired, JournalVerified, type PostRetire } from '../../contracts/journal-api.ts';
import { CodeReview } from '../../contracts/code-review.ts';
import { TradewrightError } from '../../contracts/errors.ts';
import { Evolution } from '../../contracts/evolution.ts';
import type { StrategyId, TraceId, WorkflowId } from '../../contracts/ids.ts';
import type { Queries } from '../../contracts/ports/messaging.ts';
import { type PostReview, ProgramRun, type RunQuestion } from '../../contracts/sandbox-api.ts';
import { ReplayReport } from '../../contracts/replay.ts';
import { subjects } from '../../contracts/subjects.ts';
import { Trace, TraceList, TracePage, type TraceQuery } from '../../contracts/trace.ts';
import { WorkflowView } from '../../contracts/workflow-view.ts';

/** The longest run, and the wait for a container. */
const RUN_TIMEOUT_MS = 90_000;
/** A journal of millions of events takes minutes to go through. */
const UPKEEP_TIMEOUT_MS = 15 * 60_000;

/** The questions the gateway asks, with their answers parsed. All throw NATS_UNAVAILABLE when nobody answers. */
export interface Questions {
  workflow(workflowId: WorkflowId): Promise<WorkflowView | null>;
  workflows(query: WorkflowListQuery): Promise<WorkflowList>;
  replay(workflowId: WorkflowId, query: ReplayQuery): Promise<ReplayReport>;
  traces(query: TraceQuery): Promise<TraceList>;
  trace(traceId: TraceId): Promise<Trace | null>;
  /** Whole traces, as many as fit. */
  tracePage(query: TraceQuery): Promise<TracePage>;
  evolution(strategyId: StrategyId): Promise<Evolution>;
  status(timeoutMs: number): Promise<SystemStatus>;
  verifyJournal(): Promise<JournalVerified>;
  backUpJournal(): Promise<BackupMade>;
  retire(post: PostRetire): Promise<JournalRetired>;
  review(post: PostReview): Promise<CodeReview>;
  run(question: RunQuestion): Promise<ProgramRun>;
}

export function questions(queries: Queries, timeoutMs: number): Questions {
  const ask = async <S extends z.ZodType>(
    subject: string,
    question: unknown,
    schema: S,
    withinMs: number,
  ): Promise<z.infer<S>> => {
    const answer = schema.safeParse(await queries.ask(subject, question, withinMs));
    if (answer.success) return answer.data;
    throw new TradewrightError('INTERNAL', `the answer on ${subject} does not match its schema`, {
      cause: answer.error,
    });
  };
  return {
    workflow: (workflowId) =>
      ask(subjects.query('workflow-get'), { workflowId }, WorkflowView.nullable(), timeoutMs),
    workflows: (query) => ask(subjects.query('workflow-list'), query, WorkflowList, timeoutMs),
    replay: (workflowId, query) =>
      ask(subjects.query('workflow-replay'), { workflowId, ...query }, ReplayReport, timeoutMs),
    traces: (query) => ask(subjects.query('trace-list'), query, TraceList, timeoutMs),
    trace: (traceId) => ask(subjects.query('trace-get'), { traceId }, Trace.nullable(), timeoutMs),
    tracePage: (query) => ask(subjects.query('trace-page'), query, TracePage, timeoutMs),
    evolution: (strategyId) =>
      ask(subjects.query('strategy-evolution'), { strategyId }, Evolution, timeoutMs),
    status: (withinMs) => ask(subjects.query('status'), {}, SystemStatus, withinMs),
    verifyJournal: () => ask(subjects.query('journal-verify'), {}, JournalVerified, UPKEEP_TIMEOUT_MS),
    backUpJournal: () => ask(subjects.query('journal-backup'), {}, BackupMade, UPKEEP_TIMEOUT_MS),
    review: (post) => ask(subjects.query('sandbox-review'), post, CodeReview, timeoutMs),
    run: (question) => ask(subjects.query('sandbox-run'), question, ProgramRun, RUN_TIMEOUT_MS),
    retire: (post) => ask(subjects.query('journal-retire'), post, JournalRetired, UPKEEP_TIMEOUT_MS),
  };
}
