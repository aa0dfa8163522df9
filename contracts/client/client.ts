import type { z } from 'zod';
import {
  CommandAccepted,
  type PostStudy,
  type StudyKind,
  ForkAccepted,
  type PostCommandDraft,
  type PostDecisionDraft,
  type PostForkDraft,
  type PostWorkflowDraft,
  type ReplayQuery,
  SystemStatus,
  WorkflowAccepted,
  WorkflowList,
  type WorkflowListQuery,
  type WsMessage,
} from '../api.ts';
import { CodeReview } from '../code-review.ts';
import { type PostReview, type PostRun, ProgramRun } from '../sandbox-api.ts';
import { BackupMade, JournalRetired, JournalVerified, type PostRetire } from '../journal-api.ts';
import { TradewrightError } from '../errors.ts';
import { Evolution } from '../evolution.ts';
import type { StrategyId, TraceId, WorkflowId } from '../ids.ts';
import { type Clock, systemClock } from '../ports/clock.ts';
import { ReplayReport } from '../replay.ts';
import { Trace, TraceList, type TraceQuery } from '../trace.ts';
import { WorkflowView } from '../workflow-view.ts';
import { follow, type FollowOptions } from './follow.ts';
import { caller } from './http.ts';
import { lines } from './lines.ts';
import { queueClient, type QueueClient } from './queue-client.ts';
import type { WebSocketConstructor } from './web-socket.ts';

export interface ClientOptions {
  /** `http://127.0.0.1:8080` */
  readonly baseUrl: string;
  /** Node 20 has none of its own: pass that of the package `ws`. */
  readonly WebSocket: WebSocketConstructor;
  readonly fetch?: typeof fetch;
  readonly token?: string | undefined;
  readonly clock?: Clock;
  /** Default 30 s. */
  readonly requestTimeoutMs?: number;
}

/** Going through a large journal takes minutes. */
const UPKEEP_TIMEOUT_MS = 15 * 60_000;

interface CallOptions {
  readonly signal?: AbortSignal;
}

/**
 * The API, typed. Every call throws `TradewrightError` under the code the gateway gave; GATEWAY_UNAVAILABLE when it cannot
 * be reached, CANCELLED when the signal aborts.
 */
export interface Client {
  readonly queue: QueueClient;
  /** With an `idempotencyKey` any of the posts may be repeated until it succeeds. */
  postWorkflow(post: PostWorkflowDraft, options?: CallOptions): Promise<WorkflowAccepted>;
  getWorkflow(workflowId: WorkflowId, options?: CallOptions): Promise<WorkflowView>;
  list(query?: Partial<WorkflowListQuery>, options?: CallOptions): Promise<WorkflowList>;
  /** What differs under the code and prompts of today; performs nothing. */
  replay(workflowId: WorkflowId, query?: ReplayQuery, options?: CallOptions): Promise<ReplayReport>;
  cancel(workflowId: WorkflowId, said?: PostCommandDraft, options?: CallOptions): Promise<CommandAccepted>;
  pause(workflowId: WorkflowId, said?: PostCommandDraft, options?: CallOptions): Promise<CommandAccepted>;
  resume(workflowId: WorkflowId, said?: PostCommandDraft, options?: CallOptions): Promise<CommandAccepted>;
  retry(workflowId: WorkflowId, said?: PostCommandDraft, options?: CallOptions): Promise<CommandAccepted>;
  /** Starts another workflow that takes over what this one recorded before `step`. */
  fork(workflowId: WorkflowId, fork: PostForkDraft, options?: CallOptions): Promise<ForkAccepted>;
  decide(
    workflowId: WorkflowId,
    decision: PostDecisionDraft,
    options?: CallOptions,
  ): Promise<CommandAccepted>;
  /** Starts a workflow that has the model explain, analyse or refactor a strategy. */
  study(
    kind: StudyKind,
    strategyId: StrategyId,
    post?: PostStudy,
    options?: CallOptions,
  ): Promise<WorkflowAccepted>;
  evolution(strategyId: StrategyId, options?: CallOptions): Promise<Evolution>;
  traces(query?: Partial<TraceQuery>, options?: CallOptions): Promise<TraceList>;
  trace(traceId: TraceId, options?: CallOptions): Promise<Trace>;
  /** Whole traces as lines of JSON, as they come; the whole export may take longer than one request. */
  exportTraces(query?: Partial<TraceQuery>, options?: CallOptions): AsyncIterable<string>;
  status(options?: CallOptions): Promise<SystemStatus>;
  verifyJournal(options?: CallOptions): Promise<JournalVerified>;
  /** Into the backup folder on the worker's machine. */
  backUpJournal(options?: CallOptions): Promise<BackupMade>;
  retire(post: PostRetire, options?: CallOptions): Promise<JournalRetired>;
  review(post: PostReview, options?: CallOptions): Promise<CodeReview>;
  runProgram(post: PostRun, options?: CallOptions): Promise<ProgramRun>;
  /**
   * The workflow's events in order, each once, and its live text; it reconnects by itself and resumes after the last event
   * seen. Each (re)connection yields `subscribed`. Ends when the signal aborts or the caller leaves the loop.
   */
  follow(workflowId: WorkflowId, options?: FollowOptions): AsyncIterable<WsMessage>;
}

/** @throws INPUT_INVALID when the base URL is none */
export function createClient(options: ClientOptions): Client {
  const { WebSocket, token, clock = systemClock, requestTimeoutMs = 30_000 } = options;
  if (!/^https?:\/\//.test(options.baseUrl) || !URL.canParse(options.baseUrl)) {
    throw new TradewrightError('INPUT_INVALID', `not the address of a gateway: ${options.baseUrl}`);
  }
  const baseUrl = options.baseUrl.replace(/\/+$/, '');
  const call = caller({ baseUrl, fetch: options.fetch ?? fetch, token, requestTimeoutMs });
  const slowly = caller({
    baseUrl,
    fetch: options.fetch ?? fetch,
    token,
    requestTimeoutMs: UPKEEP_TIMEOUT_MS,
  });
  const path = (workflowId: WorkflowId, command?: string): string =>
    `/v1/workflows/${workflowId}${command === undefined ? '' : `/${command}`}`;

  const upkeep = <S extends z.ZodType>(
    request: { path: string; body?: unknown; signal?: AbortSignal | undefined },
    schema: S,
  ) => slowly({ method: 'POST', ...request }, schema);

  const tell =
    (command: string) =>
    (workflowId: WorkflowId, body: PostCommandDraft = {}, { signal }: CallOptions = {}) =>
      call({ method: 'POST', path: path(workflowId, command), body, signal }, CommandAccepted);

  return {
    queue: queueClient(call),
    postWorkflow: (body, { signal } = {}) =>
      call({ method: 'POST', path: '/v1/workflows', body, signal }, WorkflowAccepted),
    getWorkflow: (workflowId, { signal } = {}) =>
      call({ method: 'GET', path: path(workflowId), signal }, WorkflowView),
    list: (query = {}, { signal } = {}) =>
      call({ method: 'GET', path: `/v1/workflows${queryString(query)}`, signal }, WorkflowList),
    replay: (workflowId, query = {}, { signal } = {}) =>
      call(
        { method: 'GET', path: `${path(workflowId, 'replay')}${queryString(query)}`, signal },
        ReplayReport,
      ),
    cancel: tell('cancel'),
    pause: tell('pause'),
    resume: tell('resume'),
    retry: tell('retry'),
    fork: (workflowId, body, { signal } = {}) =>
      call({ method: 'POST', path: path(workflowId, 'fork'), body, signal }, ForkAccepted),
    decide: (workflowId, body, { signal } = {}) =>
      call({ method: 'POST', path: path(workflowId, 'decision'), body, signal }, CommandAccepted),
    study: (kind, strategyId, body = {}, { signal } = {}) =>
      call({ method: 'POST', path: `/v1/strategies/${strategyId}/${kind}`, body, signal }, WorkflowAccepted),
    evolution: (strategyId, { signal } = {}) =>
      call({ method: 'GET', path: `/v1/strategies/${strategyId}/evolution`, signal }, Evolution),
    traces: (query = {}, { signal } = {}) =>
      call({ method: 'GET', path: `/v1/traces${queryString(query)}`, signal }, TraceList),
    trace: (traceId, { signal } = {}) =>
      call({ method: 'GET', path: `/v1/traces/${traceId}`, signal }, Trace),
    exportTraces: (query = {}, { signal } = {}) =>
      lines(
        { baseUrl, fetch: options.fetch ?? fetch, token },
        `/v1/traces/export${queryString(query)}`,
        signal,
      ),
    status: ({ signal } = {}) => call({ method: 'GET', path: '/v1/status', signal }, SystemStatus),
    verifyJournal: ({ signal } = {}) => upkeep({ path: '/v1/journal/verify', signal }, JournalVerified),
    backUpJournal: ({ signal } = {}) => upkeep({ path: '/v1/journal/backup', signal }, BackupMade),
    retire: (body, { signal } = {}) => upkeep({ path: '/v1/journal/retire', body, signal }, JournalRetired),
    review: (body, { signal } = {}) =>
      call({ method: 'POST', path: '/v1/sandbox/review', body, signal }, CodeReview),
    runProgram: (body, { signal } = {}) => upkeep({ path: '/v1/sandbox/run', body, signal }, ProgramRun),
    follow: (workflowId, followOptions = {}) =>
      follow({ baseUrl, WebSocket, token, clock, call }, workflowId, followOptions),
  };
}

function queryString(query: Partial<WorkflowListQuery> | ReplayQuery | Partial<TraceQuery>): string {
  const given = Object.entries(query).flatMap(([name, value]) =>
    value === undefined ? [] : [value].flat().map((one): [string, string] => [name, String(one)]),
  );
  return given.length === 0 ? '' : `?${new URLSearchParams(given).toString()}`;
}
