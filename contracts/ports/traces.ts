import type { TraceId, WorkflowId } from '../ids.ts';
import type { Trace, TraceList, TracePage, TraceQuery } from '../trace.ts';

/** Every call of the model, kept and searchable. */
export interface TraceStore {
  /** Durable when it resolves. Replaces the trace of the same id. @throws DISK_FULL, STORE_CLOSED */
  put(trace: Trace): Promise<void>;
  get(traceId: TraceId): Promise<Trace | undefined>;
  search(query: TraceQuery): Promise<TraceList>;
  /** Whole traces of a search, at most `maxBytes` of JSON a page, but always one where there is one. */
  page(query: TraceQuery, maxBytes: number): Promise<TracePage>;
  /** What the budgets count, US dollars. */
  spentByWorkflow(workflowId: WorkflowId): Promise<number>;
  spentBetween(fromMs: number, beforeMs: number): Promise<number>;
  /** Deletes at most `limit` traces that were asked before `olderThanMs`, the oldest first; gives how many. */
  retire(olderThanMs: number, limit: number): Promise<number>;
}

export interface KeptAnswer {
  readonly answer: string;
  readonly reasoning: string;
  readonly finishReason: string;
  readonly model: string;
  /** Milliseconds since the epoch. */
  readonly at: number;
}

/** Answers under a digest of everything that decided them. */
export interface AnswerStore {
  get(key: string): Promise<KeptAnswer | undefined>;
  put(key: string, answer: KeptAnswer): Promise<void>;
  retire(olderThanMs: number, limit: number): Promise<number>;
}
