import { z } from 'zod';
import { Author, Usage } from './author.ts';
import { CodeReview } from './code-review.ts';
import { EpochMs, Failure } from './envelope.ts';
import { StrategyId, TraceId, WorkflowId } from './ids.ts';
import { StepName } from './workflow-event.ts';

/** What the model is asked to be. */
export const agentRoles = [
  'reason',
  'generate',
  'critique',
  'fix',
  'explain',
  'analyse',
  'refactor',
] as const;
export const AgentRole = z.enum(agentRoles);
export type AgentRole = z.infer<typeof AgentRole>;

/** One step of the way to a result: what was thought or found, what was decided upon it, and how surely (null: nobody said). */
export const Thought = z.object({
  by: z.enum(['model', 'validator', 'sandbox', 'critic', 'agent']),
  thought: z.string(),
  decision: z.string(),
  confidence: z.number().min(0).max(1).nullable(),
});
export type Thought = z.infer<typeof Thought>;

/** What a run on a slice of the bars showed. */
export const Trial = z.object({
  ok: z.boolean(),
  /** A sandbox error kind, or `look-ahead`; null when it went well. */
  errorKind: z.string().nullable(),
  message: z.string(),
  line: z.number().int().positive().nullable(),
  traceback: z.string(),
  stdout: z.string(),
  stderr: z.string(),
  bars: z.number().int().nonnegative(),
  durationMs: z.number(),
});
export type Trial = z.infer<typeof Trial>;

export const TraceStatus = z.enum(['asked', 'answered', 'failed']);

/** One call of the model, from before it was made: an `asked` one was under way when its process died. */
export const Trace = z.object({
  schema: z.literal('tradewright.trace/1'),
  traceId: TraceId,
  workflowId: WorkflowId,
  step: StepName,
  /** Of the step, as the journal counts. */
  stepAttempt: z.number().int().positive(),
  /** The call that this one follows: a fix follows what it mends. */
  parentId: TraceId.nullable(),
  /** Of the fix loop, from 1. */
  attempt: z.number().int().positive(),
  role: AgentRole,
  /** Prompt and version, such as `fix/1`. */
  prompt: z.string(),
  author: Author,
  /** The model that the endpoint says answered; before that, the one asked. */
  model: z.string(),
  endpoint: z.string(),
  symbol: z.string(),
  strategyId: StrategyId.nullable(),
  version: z.number().int().positive().nullable(),
  status: TraceStatus,
  /** The answer came from the response cache: nobody was asked, nothing was paid. */
  cached: z.boolean(),
  startedAt: EpochMs,
  endedAt: EpochMs.nullable(),
  ttftMs: z.number().nullable(),
  latencyMs: z.number().nullable(),
  seed: z.number().int(),
  messages: z.array(z.object({ role: z.enum(['system', 'user', 'assistant']), content: z.string() })),
  reasoning: z.string(),
  answer: z.string(),
  /** Texts were longer than what is kept. */
  truncated: z.boolean(),
  code: z.string().nullable(),
  codeSha256: z.string().nullable(),
  review: CodeReview.nullable(),
  trial: Trial.nullable(),
  error: Failure.nullable(),
  steps: z.array(Thought),
  confidence: z.number().min(0).max(1).nullable(),
  usage: Usage,
  /** False: the endpoint told no tokens. */
  usageReported: z.boolean(),
  /** What the budgets count for it, US dollars: its cost, or the most it can have cost while nobody knows. */
  budgetUsd: z.number().nonnegative(),
});
export type Trace = z.infer<typeof Trace>;

/** A call as one row of a list. */
export const TraceSummary = Trace.pick({
  traceId: true,
  workflowId: true,
  step: true,
  parentId: true,
  attempt: true,
  role: true,
  prompt: true,
  model: true,
  symbol: true,
  strategyId: true,
  version: true,
  status: true,
  cached: true,
  startedAt: true,
  endedAt: true,
  ttftMs: true,
  latencyMs: true,
  codeSha256: true,
  confidence: true,
  usage: true,
  budgetUsd: true,
}).extend({
  /** `ok`, a code of an error, or what was found against the code. */
  verdict: z.string(),
});
export type TraceSummary = z.infer<typeof TraceSummary>;

const Instant = z.union([z.iso.datetime({ offset: true }), z.iso.date()]);

/** `GET /v1/traces`, newest first; what is given must all match. */
export const TraceQuery = z.object({
  /** Words that all occur in prompt, reasoning, answer, findings or error; letters and digits count, case does not. */
  text: z.string().max(200).optional(),
  workflowId: WorkflowId.optional(),
  strategyId: StrategyId.optional(),
  model: z.string().max(200).optional(),
  role: AgentRole.optional(),
  status: TraceStatus.optional(),
  /** Asked then or later: an ISO 8601 date, or date and time. */
  from: Instant.optional(),
  /** Asked earlier than that. */
  before: Instant.optional(),
  limit: z.coerce.number().int().min(1).max(200).default(50),
  cursor: z.string().max(256).optional(),
});
export type TraceQuery = z.infer<typeof TraceQuery>;

export const TraceList = z.object({ items: z.array(TraceSummary), cursor: z.string().optional() });
export type TraceList = z.infer<typeof TraceList>;
export const TraceRef = z.object({ traceId: TraceId });
/** Whole traces, as many as fit into one message. */
export const TracePage = z.object({ items: z.array(Trace), cursor: z.string().optional() });
export type TracePage = z.infer<typeof TracePage>;
