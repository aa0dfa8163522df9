import type { Author, Usage } from '../../contracts/author.ts';
import type { DevelopInput, DevelopResult } from '../../contracts/effects/develop.ts';
import type { GenerateInput, GenerateResult } from '../../contracts/effects/generate.ts';
import { ReasonResult, type ReasonInput } from '../../contracts/effects/reason.ts';
import {
  Analysis,
  type AnalyseRequest,
  type AnalyseResult,
  Explanation,
  type ExplainRequest,
  type ExplainResult,
  type RefactorInput,
  type RefactorResult,
} from '../../contracts/effects/study.ts';
import { z } from 'zod';
import { TradewrightError } from '../../contracts/errors.ts';
import type { TraceId } from '../../contracts/ids.ts';
import type { Clock } from '../../contracts/ports/clock.ts';
import type { Log } from '../../contracts/ports/log.ts';
import type { AnswerStore, TraceStore } from '../../contracts/ports/traces.ts';
import type { AgentCall } from './agent-call.ts';
import { askJson } from './ask-json.ts';
import { type BudgetLimits, createBudget } from './budget.ts';
import { type BreakerState, createCircuitBreaker } from './circuit-breaker.ts';
import type { CodeJudge } from './code-judge.ts';
import { type Assignment, develop, readCode } from './develop.ts';
import type { ModelClient } from './model-client.ts';
import { createModelCalls, sha256 } from './model-calls.ts';
import {
  analysePrompt,
  explainPrompt,
  generatePrompt,
  reasonPrompt,
  refactorPrompt,
} from './prompts/index.ts';
import { createTurnstile } from './turnstile.ts';

export interface AgentLimits {
  /** Model calls started within any window of `rateWindowMs`. */
  readonly requestsPerWindow: number;
  readonly rateWindowMs: number;
  /** Model calls under way at once. */
  readonly concurrency: number;
  /** Calls that may wait for their turn; one more is refused with QUEUE_FULL. */
  readonly maxWaiting: number;
  /** Of one answer, reasoning included. */
  readonly maxTokens: number;
  /** Failures of the endpoint in a row after which it is given a rest, and how long that is at first and at most. */
  readonly breakerFailures: number;
  readonly breakerOpenMs: number;
  readonly breakerLongestOpenMs: number;
  readonly budget: BudgetLimits;
}

export const defaultAgentLimits: AgentLimits = {
  requestsPerWindow: 50,
  rateWindowMs: 60_000,
  concurrency: 4,
  maxWaiting: 1_000,
  maxTokens: 32_768,
  breakerFailures: 5,
  breakerOpenMs: 15_000,
  breakerLongestOpenMs: 300_000,
  budget: { usdPerWorkflow: null, usdPerDay: null },
};

export interface AgentStats {
  readonly running: number;
  readonly waiting: number;
  /** Calls started within the present rate window. */
  readonly recentCalls: number;
  /** Of all calls so far, failed ones included where the endpoint told. */
  readonly usage: Usage;
  readonly breaker: BreakerState;
  readonly cache: { readonly hits: number; readonly misses: number };
  /** A day is one of UTC. */
  readonly today: { readonly day: string; readonly spentUsd: number };
  readonly budget: BudgetLimits;
}

/**
 * Everything that is asked of the model. A call fails with an AGENT_* code, QUEUE_FULL or CANCELLED, and is never repeated but once, when
 * the answer was blank or not the JSON asked for.
 */
export interface Agent {
  readonly author: Author;
  reason(input: ReasonInput, call: AgentCall): Promise<ReasonResult>;
  /** One answer, unjudged: the step that follows judges it. */
  generate(input: GenerateInput, call: AgentCall): Promise<GenerateResult>;
  /** @throws AGENT_CODE_UNUSABLE beside the others */
  develop(input: DevelopInput, call: AgentCall): Promise<DevelopResult>;
  explain(input: ExplainRequest, call: AgentCall): Promise<ExplainResult>;
  analyse(input: AnalyseRequest, call: AgentCall): Promise<AnalyseResult>;
  /** Writes version `version`; the input names the code of the version before. @throws AGENT_CODE_UNUSABLE beside the others */
  refactor(input: RefactorInput, version: number, call: AgentCall): Promise<RefactorResult>;
  stats(): Promise<AgentStats>;
  /** Aborts every call and wait, and resolves when none is left. Later calls fail with CANCELLED. */
  close(): Promise<void>;
}

export interface AgentOptions {
  readonly client: ModelClient;
  readonly author: Author;
  readonly limits?: Partial<AgentLimits>;
  readonly judge: CodeJudge;
  readonly traces: Pick<TraceStore, 'put' | 'spentByWorkflow' | 'spentBetween'>;
  /** The response cache; undefined asks every time. */
  readonly answers?: AnswerStore | undefined;
  readonly newTraceId: () => TraceId;
  /** Hides secrets in what is stored. */
  readonly redact: (text: string) => string;
  readonly clock: Clock;
  readonly log: Log;
}

const TEXT_LIMIT_CHARS = 16_000;
const Plan = z.object({
  view: z.string().trim().min(1).max(TEXT_LIMIT_CHARS),
  plan: z.string().trim().min(1).max(TEXT_LIMIT_CHARS),
  confidence: ReasonResult.shape.confidence,
});

export function createAgent(options: AgentOptions): Agent {
  const { client, author, judge, traces, answers, newTraceId, redact, clock, log } = options;
  const limits = { ...defaultAgentLimits, ...options.limits };
  const turnstile = createTurnstile({
    clock,
    width: limits.concurrency,
    maxWaiting: limits.maxWaiting,
    limit: limits.requestsPerWindow,
    windowMs: limits.rateWindowMs,
  });
  const breaker = createCircuitBreaker({
    clock,
    failures: limits.breakerFailures,
    openMs: limits.breakerOpenMs,
    longestOpenMs: limits.breakerLongestOpenMs,
    onChange: (state) => log.warn({ breaker: state }, `the circuit of the model endpoint is ${state.state}`),
  });
  const budget = createBudget({ limits: limits.budget, traces, clock });
  const calls = createModelCalls({
    client,
    author,
    clock,
    log,
    turnstile,
    breaker,
    budget,
    traces,
    answers,
    newTraceId,
    redact,
    maxTokens: limits.maxTokens,
  });
  const tools = { calls, judge, log };
  const underWay = new Map<AbortController, Promise<unknown>>();
  let closed: TradewrightError | undefined;

  /** Runs `work` so that the caller or `close()` can abort it. */
  async function abortable<T>(call: AgentCall, work: (call: AgentCall) => Promise<T>): Promise<T> {
    const controller = new AbortController();
    const onCaller = (): void => controller.abort(call.signal.reason);
    if (closed !== undefined) controller.abort(closed);
    else if (call.signal.aborted) onCaller();
    else call.signal.addEventListener('abort', onCaller, { once: true });
    const running = work({ ...call, signal: controller.signal });
    underWay.set(controller, running);
    try {
      return await running;
    } finally {
      underWay.delete(controller);
      call.signal.removeEventListener('abort', onCaller);
    }
  }

  const loop = (assignment: Assignment, call: AgentCall) => develop(tools, assignment, call);

  return {
    author,

    reason: (input, given) =>
      abortable(given, async (call) => {
        const { seed, symbol } = input;
        const { value, reasoning, usage } = await askJson(
          calls,
          {
            prompt: reasonPrompt,
            messages: reasonPrompt.messages(input),
            seed,
            symbol,
            schema: Plan,
            decision: ({ plan }) => `plan: ${plan}`,
          },
          call,
        );
        return { ...value, reasoning, author, usage };
      }),

    generate: (input, given) =>
      abortable(given, async (call) => {
        const { strategyId, version, seed, symbol } = input;
        const messages = generatePrompt.messages(input);
        const {
          value: code,
          reasoning,
          usage,
        } = await calls.ask(
          { prompt: generatePrompt, messages, seed, symbol, strategyId, version, read: readCode },
          call,
        );
        return { strategyId, version, code, codeSha256: sha256(code), reasoning, author, usage };
      }),

    develop: (input, given) =>
      abortable(given, async (call) => {
        const { strategyId, version } = input;
        const first = {
          prompt: { ...generatePrompt, role: 'generate' as const },
          messages: generatePrompt.messages(input),
        };
        const { attempts, ...developed } = await loop({ ...input, first }, call);
        return { strategyId, version, author, ...developed, attempts: [...attempts] };
      }),

    explain: (input, given) =>
      abortable(given, async (call) => {
        const { seed, symbol, strategyId, version } = input;
        const { value, reasoning, usage } = await askJson(
          calls,
          {
            prompt: explainPrompt,
            messages: explainPrompt.messages(input),
            seed,
            symbol,
            strategyId,
            version,
            schema: Explanation,
            decision: ({ summary }) => summary,
          },
          call,
        );
        return { ...value, reasoning, author, usage };
      }),

    analyse: (input, given) =>
      abortable(given, async (call) => {
        const { seed, symbol, strategyId, version } = input;
        const { value, reasoning, usage } = await askJson(
          calls,
          {
            prompt: analysePrompt,
            messages: analysePrompt.messages(input),
            seed,
            symbol,
            strategyId,
            version,
            schema: Analysis,
            decision: ({ assessment }) => assessment,
          },
          call,
        );
        return { ...value, reasoning, author, usage };
      }),

    refactor: (input, version, given) =>
      abortable(given, async (call) => {
        const { strategyId, goal, confidence } = input;
        const first = {
          prompt: { ...refactorPrompt, role: 'refactor' as const },
          messages: refactorPrompt.messages(input),
        };
        const plan = { view: 'A strategy that works is being rewritten.', plan: goal, confidence };
        const { attempts, ...developed } = await loop({ ...input, version, plan, first }, call);
        const parentVersion = input.version;
        return { strategyId, version, parentVersion, author, ...developed, attempts: [...attempts] };
      }),

    stats: async () => ({
      running: turnstile.inside,
      waiting: turnstile.waiting,
      recentCalls: turnstile.recent(),
      usage: calls.usage(),
      breaker: breaker.state(),
      cache: calls.cache(),
      today: await budget.today(),
      budget: limits.budget,
    }),

    async close() {
      closed ??= new TradewrightError('CANCELLED', 'the agent is shutting down');
      const running = [...underWay.values()];
      for (const controller of underWay.keys()) controller.abort(closed);
      await Promise.allSettled(running);
    },
  };
}
