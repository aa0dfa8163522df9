import { z } from 'zod';
import { Usage } from './author.ts';
import { Durability } from './durability.ts';
import { FixLoop } from './effects/develop.ts';
import { Failure, Mode } from './envelope.ts';
import { StrategyId, WorkflowId } from './ids.ts';
import { Lane } from './lanes.ts';
import { SignalIn } from './signal.ts';
import { Symbol } from './symbol.ts';
import { DecisionVerdict, StepName, WorkflowEvent } from './workflow-event.ts';
import { WorkflowState, WorkflowSummary } from './workflow-view.ts';

export const IDEA_LIMIT_CHARS = 8_000;

/** Input of the `strategy` workflow: an idea to turn into code and signals. */
export const StrategyInput = z.object({
  idea: z
    .string()
    .trim()
    .min(1, 'the idea is empty')
    .max(IDEA_LIMIT_CHARS, `the idea is longer than ${IDEA_LIMIT_CHARS} characters`),
  symbol: Symbol,
  mode: Mode,
  /** Chooses among equally good parameters and truncation points: the same idea and seed give the same code. */
  seed: z.number().int().nonnegative(),
  /** How many of the last bars' target changes become signals. */
  signalBars: z.number().int().min(1).max(250),
  decision: z.object({
    /** How long a person has when the risk asks for one; 0 does not wait. */
    deadlineMs: z
      .number()
      .int()
      .nonnegative()
      .max(7 * 24 * 3_600_000, 'a decision waits for 7 days at most'),
    onDeadline: z.enum(['approve', 'reject']),
  }),
  ...FixLoop.shape,
});
export type StrategyInput = z.infer<typeof StrategyInput>;

/** Input of the `signal` workflow: an incoming trade signal. */
export const SignalInput = z.object({
  signal: SignalIn,
  decision: StrategyInput.shape.decision,
});
export type SignalInput = z.infer<typeof SignalInput>;

/** `POST /v1/workflows` */
export const PostWorkflow = z.strictObject({
  kind: z.literal('strategy').default('strategy'),
  idea: StrategyInput.shape.idea,
  symbol: Symbol.default(Symbol.parse('SPX')),
  mode: Mode.default('historical'),
  seed: z.number().int().nonnegative().default(1),
  signalBars: StrategyInput.shape.signalBars.default(60),
  lane: Lane.default('normal'),
  /** Whether, and how often, the model is asked to mend code that does not pass or run; whether a critic reads it. */
  ...FixLoop.shape,
  decision: StrategyInput.shape.decision.default({ deadlineMs: 24 * 3_600_000, onDeadline: 'reject' }),
  /** The same key gives the same workflow. Also taken from the header `Idempotency-Key`. */
  idempotencyKey: z.string().min(1).max(200).optional(),
});
export type PostWorkflow = z.infer<typeof PostWorkflow>;
export type PostWorkflowDraft = z.input<typeof PostWorkflow>;

/** 202: the task is stored; the workflow reads PENDING until it runs. */
export const WorkflowAccepted = z.object({
  workflowId: WorkflowId,
  state: WorkflowState,
  location: z.string(),
  duplicate: z.boolean(),
});
export type WorkflowAccepted = z.infer<typeof WorkflowAccepted>;

/** `POST /v1/workflows/:workflowId/cancel`, `/pause`, `/resume`, `/retry` */
export const PostCommand = z.strictObject({
  by: z.string().trim().min(1).max(128).default('api'),
  reason: z.string().max(1_000).default(''),
  /** The same command under the same key is one command. Also taken from the header `Idempotency-Key`. */
  idempotencyKey: z.string().min(1).max(200).optional(),
});
export type PostCommand = z.infer<typeof PostCommand>;
export type PostCommandDraft = z.input<typeof PostCommand>;

/** `POST /v1/workflows/:workflowId/decision` */
export const PostDecision = z.strictObject({ verdict: DecisionVerdict, ...PostCommand.shape });
export type PostDecision = z.infer<typeof PostDecision>;
export type PostDecisionDraft = z.input<typeof PostDecision>;

const Version = z.number().int().positive();

/** `POST /v1/workflows/:workflowId/fork` */
export const PostFork = z.strictObject({
  /** Where the fork begins: a step of the workflow. */
  step: StepName,
  /** Of the same definition; the one that the workflow began with, unless told. */
  version: Version.optional(),
  ...PostCommand.shape,
});
export type PostFork = z.infer<typeof PostFork>;
export type PostForkDraft = z.input<typeof PostFork>;

/** 202: the fork is stored as a task; it reads NOT_FOUND until it has begun. */
export const ForkAccepted = z.object({
  /** Of the fork. */
  workflowId: WorkflowId,
  forkedFrom: WorkflowId,
  step: StepName,
  location: z.string(),
  duplicate: z.boolean(),
});
export type ForkAccepted = z.infer<typeof ForkAccepted>;

/** 202: the command is stored; what became of it shows in the workflow's events. */
export const CommandAccepted = z.object({
  workflowId: WorkflowId,
  command: z.enum(['cancel', 'pause', 'resume', 'retry', 'decide', 'fork']),
  duplicate: z.boolean(),
});
export type CommandAccepted = z.infer<typeof CommandAccepted>;

const said = { workflowId: WorkflowId, by: z.string().min(1).max(128), reason: z.string().max(1_000) };

/** A person's command for a workflow, as it travels in a `workflow-command` task. */
export const WorkflowCommandTask = z.discriminatedUnion('type', [
  /** Undo what was done, and end. */
  z.object({ type: z.literal('cancel'), ...said }),
  /** Start nothing new; what runs may finish. */
  z.object({ type: z.literal('pause'), ...said }),
  z.object({ type: z.literal('resume'), ...said }),
  /** Try what failed for good again: while nothing of the workflow has been undone. */
  z.object({ type: z.literal('retry'), ...said }),
  z.object({ type: z.literal('decide'), verdict: DecisionVerdict, ...said }),
  /** Start another workflow that takes over what this one recorded before `step`, and begins there. */
  z.object({
    type: z.literal('fork'),
    step: StepName,
    version: Version.optional(),
    forkKey: z.string(),
    ...said,
  }),
]);
export type WorkflowCommandTask = z.infer<typeof WorkflowCommandTask>;

/** Every error of the API has this body. */
export const ApiError = z.object({ error: Failure });
export type ApiError = z.infer<typeof ApiError>;

export const WorkflowQuery = z.object({ workflowId: WorkflowId });
/** `GET /v1/workflows/:workflowId/replay` */
export const ReplayQuery = z.object({
  /** Of the workflow's definition; the newest one unless told. */
  version: z.coerce.number().int().positive().optional(),
});
export type ReplayQuery = z.infer<typeof ReplayQuery>;
const LabelTerm = z
  .string()
  .max(256)
  .regex(/^[^:]+:/, 'a label is given as name:value');
const Instant = z.union([z.iso.datetime({ offset: true }), z.iso.date()]);
/** `GET /v1/workflows` */
export const WorkflowListQuery = z.object({
  state: WorkflowState.optional(),
  definition: z.string().max(64).optional(),
  /** The same as the label `symbol`. */
  symbol: z.string().min(1).max(64).optional(),
  /** `name:value`; given several times, every one must match. */
  label: z.union([LabelTerm, z.array(LabelTerm).max(8)]).optional(),
  /** Started then or later: an ISO 8601 date, or date and time. */
  startedFrom: Instant.optional(),
  /** Started earlier than that. */
  startedBefore: Instant.optional(),
  limit: z.coerce.number().int().min(1).max(200).default(50),
  cursor: z.string().max(256).optional(),
});
export type WorkflowListQuery = z.infer<typeof WorkflowListQuery>;
export const WorkflowList = z.object({ items: z.array(WorkflowSummary), cursor: z.string().optional() });
export type WorkflowList = z.infer<typeof WorkflowList>;

/** What the `explain`, `analyse` and `refactor` workflows get. */
export const StudyInput = z.object({
  strategyId: StrategyId,
  version: Version.optional(),
  seed: z.number().int().nonnegative(),
  /** Of `explain`. */
  question: z.string().max(2_000).optional(),
  /** Of `refactor`. */
  goal: z.string().max(2_000).optional(),
  ...FixLoop.shape,
});
export type StudyInput = z.infer<typeof StudyInput>;

export const studyKinds = ['explain', 'analyse', 'refactor'] as const;
export type StudyKind = (typeof studyKinds)[number];

export const StrategyRef = z.object({ strategyId: StrategyId });

/** `POST /v1/strategies/:strategyId/analyse` */
export const PostAnalyse = z.strictObject({
  /** The newest one unless told. */
  version: Version.optional(),
  seed: z.number().int().nonnegative().default(1),
  lane: Lane.default('normal'),
  idempotencyKey: z.string().min(1).max(200).optional(),
});
/** `POST /v1/strategies/:strategyId/explain` */
export const PostExplain = z.strictObject({
  ...PostAnalyse.shape,
  question: z.string().trim().max(2_000).optional(),
});
/** `POST /v1/strategies/:strategyId/refactor`: gives the next version, as a draft. */
export const PostRefactor = z.strictObject({
  ...PostAnalyse.shape,
  goal: z
    .string()
    .trim()
    .min(1)
    .max(2_000)
    .default('Make it simpler and clearer. Every position must come out the same as before.'),
  ...FixLoop.shape,
});
export type PostStudy = z.input<typeof PostAnalyse> &
  z.input<typeof PostExplain> &
  z.input<typeof PostRefactor>;

/** A `start-study` task. */
export const StartStudy = z.object({ kind: z.enum(studyKinds), input: StudyInput });

/** What the agent does, as `GET /v1/status` shows it. */
export const AgentStatus = z.object({
  model: z.string(),
  running: z.number().int(),
  waiting: z.number().int(),
  /** Calls started within the rate window. */
  recentCalls: z.number().int(),
  /** Since this worker started. */
  usage: Usage,
  breaker: z.object({
    state: z.enum(['closed', 'open', 'half-open']),
    failures: z.number().int(),
    probeAt: z.number().nullable(),
  }),
  cache: z.object({ hits: z.number().int(), misses: z.number().int() }),
  /** US dollars; a day is one of UTC; null has no limit. */
  budget: z.object({
    day: z.string(),
    spentUsd: z.number(),
    usdPerDay: z.number().nullable(),
    usdPerWorkflow: z.number().nullable(),
  }),
});

export type AgentStatus = z.infer<typeof AgentStatus>;

/** What the worker says of itself on `query.status`: what runs, where, on what. */
export const SystemStatus = z.object({
  ready: z.boolean(),
  version: z.string(),
  pid: z.number().int(),
  nats: z.object({
    version: z.string(),
    adopted: z.boolean(),
    url: z.string(),
    durability: Durability.optional(),
  }),
  runtime: z.object({
    engine: z.string(),
    version: z.string(),
    image: z.string(),
    seccomp: z.object({ sha256: z.string(), proven: z.boolean() }),
  }),
  author: z.string(),
  pool: z.object({
    warm: z.number(),
    creating: z.number(),
    leased: z.number(),
    waiting: z.number(),
    /** False between a pool that was lost and the next one: programs are told to try again. */
    isOpen: z.boolean(),
    restarts: z.number().int(),
    /** Why the last pool was lost or could not start. */
    lastFailure: Failure.nullable(),
  }),
  journal: z.object({ events: z.number(), lastCommit: z.number() }),
  dataDir: z.string(),
  /** Since this worker started. */
  sagas: z.object({
    started: z.number(),
    completed: z.number(),
    failed: z.number(),
    compensated: z.number(),
    cancelled: z.number(),
    stepsExecuted: z.number(),
    attemptsFailed: z.number(),
    inMemory: z.number(),
    /** Workflows whose journal cannot be read. */
    quarantined: z.number(),
  }),
  queue: z.record(z.string(), z.unknown()).optional(),
  agent: AgentStatus.optional(),
});
export type SystemStatus = z.infer<typeof SystemStatus>;

/** WebSocket `/v1/ws`: what the client says. */
export const WsRequest = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('subscribe'),
    workflowId: WorkflowId,
    /** Events with a sequence above this one are sent; 0 for all. */
    afterSeq: z.number().int().nonnegative().default(0),
    /** Also the live reasoning and output. */
    live: z.boolean().default(true),
  }),
  z.object({ type: z.literal('unsubscribe'), workflowId: WorkflowId }),
  z.object({ type: z.literal('ping') }),
]);
export type WsRequest = z.infer<typeof WsRequest>;
export type WsRequestDraft = z.input<typeof WsRequest>;

/** WebSocket `/v1/ws`: what the server says. Events of a workflow come in order, without gaps, each once per subscription. */
export const WsMessage = z.discriminatedUnion('type', [
  z.object({ type: z.literal('subscribed'), workflowId: WorkflowId }),
  z.object({ type: z.literal('event'), event: WorkflowEvent }),
  z.object({
    type: z.literal('live'),
    workflowId: WorkflowId,
    channel: z.enum(['reasoning', 'answer', 'output']),
    text: z.string(),
  }),
  z.object({ type: z.literal('pong') }),
  z.object({ type: z.literal('error'), error: Failure }),
]);
export type WsMessage = z.infer<typeof WsMessage>;
