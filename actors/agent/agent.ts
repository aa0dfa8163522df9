import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { Author, Usage } from '../../contracts/author.ts';
import type { GenerateInput, GenerateResult } from '../../contracts/effects/generate.ts';
import type { ReasonInput, ReasonResult } from '../../contracts/effects/reason.ts';
import { TradewrightError } from '../../contracts/errors.ts';
import type { Clock } from '../../contracts/ports/clock.ts';
import type { Log } from '../../contracts/ports/log.ts';
import { extractCode, withoutThinking } from './extract-code.ts';
import { createGate } from './gate.ts';
import type { ChatMessage, ChatResult, ModelClient } from './model-client.ts';
import { generatePrompt, reasonPrompt } from './prompts/index.ts';
import { createRateLimit } from './rate-limit.ts';
import { addUsage, noUsage } from './usage.ts';

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
}

export const defaultAgentLimits: AgentLimits = {
  requestsPerWindow: 50,
  rateWindowMs: 60_000,
  concurrency: 4,
  maxWaiting: 1_000,
  maxTokens: 32_768,
};

export interface AgentCall {
  readonly signal: AbortSignal;
  /** Called once the waiting for a place and for the rate limit is over: time-outs of a step count from here. */
  readonly onAdmitted?: () => void;
  readonly onReasoning?: (text: string) => void;
  readonly onAnswer?: (text: string) => void;
}

export interface AgentStats {
  readonly running: number;
  readonly waiting: number;
  /** Calls started within the present rate window. */
  readonly recentCalls: number;
  /** Of all calls so far, failed ones included where the endpoint told. */
  readonly usage: Usage;
}

export interface Agent {
  readonly author: Author;
  /** Fails with an AGENT_* code, QUEUE_FULL or CANCELLED; never retries but once, when the answer was blank or not the JSON asked for. */
  reason(input: ReasonInput, call: AgentCall): Promise<ReasonResult>;
  generate(input: GenerateInput, call: AgentCall): Promise<GenerateResult>;
  stats(): AgentStats;
  /** Aborts every call and wait, and resolves when none is left. Later calls fail with CANCELLED. */
  close(): Promise<void>;
}

const TEXT_LIMIT_CHARS = 16_000;
const Plan = z.object({
  view: z.string().trim().min(1).max(TEXT_LIMIT_CHARS),
  plan: z.string().trim().min(1).max(TEXT_LIMIT_CHARS),
  confidence: z.number().min(0).max(1),
});
type Plan = z.infer<typeof Plan>;

type PlanAttempt =
  | { readonly kind: 'plan'; readonly plan: Plan & { readonly reasoning: string }; readonly usage: Usage }
  | {
      readonly kind: 'unusable';
      readonly fault: TradewrightError;
      readonly usage: Usage;
      /** What to add to the conversation before asking again. */
      readonly correction: readonly ChatMessage[];
    };

export function createAgent(options: {
  client: ModelClient;
  author: Author;
  limits?: Partial<AgentLimits>;
  clock: Clock;
  log: Log;
}): Agent {
  const { client, author, clock, log } = options;
  const limits = { ...defaultAgentLimits, ...options.limits };
  const gate = createGate({ width: limits.concurrency, maxWaiting: limits.maxWaiting });
  const rate = createRateLimit({ clock, limit: limits.requestsPerWindow, windowMs: limits.rateWindowMs });
  const underWay = new Map<AbortController, Promise<unknown>>();
  let closed: TradewrightError | undefined;
  let total = noUsage;

  /** One call of the model within the rate limit, its cost counted whether it succeeds or not. */
  async function ask(
    prompt: { id: string; responseFormat: 'text' | 'json_object' },
    messages: readonly ChatMessage[],
    seed: number,
    call: AgentCall,
    signal: AbortSignal,
  ): Promise<ChatResult> {
    await rate.take(signal);
    call.onAdmitted?.();
    try {
      const result = await client.chat({
        messages,
        seed,
        maxTokens: limits.maxTokens,
        responseFormat: prompt.responseFormat,
        signal,
        onReasoning: (text) => call.onReasoning?.(text),
        onAnswer: (text) => call.onAnswer?.(text),
      });
      total = addUsage(total, result.usage);
      const { usage, usageReported, model, ttftMs, latencyMs } = result;
      log.info({ prompt: prompt.id, model, ttftMs, latencyMs, usage, usageReported }, 'model answered');
      return result;
    } catch (thrown) {
      total = addUsage(total, spentBy(thrown));
      if (thrown instanceof TradewrightError) {
        const { code, message, details } = thrown;
        const retryAfterMs = details?.['retryAfterMs'];
        if (code === 'AGENT_RATE_LIMITED' && typeof retryAfterMs === 'number') rate.pause(retryAfterMs);
        log.warn({ prompt: prompt.id, code, details: details ?? {} }, message);
      }
      throw thrown;
    }
  }

  /** Runs `work` in one of the places, aborted by the caller or by `close()`. */
  async function admitted<T>(call: AgentCall, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const controller = new AbortController();
    const onCaller = (): void => controller.abort(call.signal.reason);
    if (closed !== undefined) controller.abort(closed);
    else if (call.signal.aborted) onCaller();
    else call.signal.addEventListener('abort', onCaller, { once: true });
    const run = async (): Promise<T> => {
      const leave = await gate.enter(controller.signal);
      try {
        return await work(controller.signal);
      } finally {
        leave();
      }
    };
    const running = run();
    underWay.set(controller, running);
    try {
      return await running;
    } finally {
      underWay.delete(controller);
      call.signal.removeEventListener('abort', onCaller);
    }
  }

  /** One call for a plan; a blank answer or one of another shape is a value, with what to say to the model about it. */
  async function tryPlan(
    messages: readonly ChatMessage[],
    seed: number,
    call: AgentCall,
    signal: AbortSignal,
  ): Promise<PlanAttempt> {
    let result: ChatResult;
    try {
      result = await ask(reasonPrompt, messages, seed, call, signal);
    } catch (thrown) {
      if (!(thrown instanceof TradewrightError) || thrown.code !== 'AGENT_ANSWER_EMPTY') throw thrown;
      return { kind: 'unusable', fault: thrown, usage: spentBy(thrown), correction: [] };
    }
    const { answer, reasoning, usage } = result;
    const parsed = parsePlan(answer);
    if (parsed.success) return { kind: 'plan', plan: { ...parsed.data, reasoning }, usage };
    const fault = withSpent(notThePlan(parsed.error), usage);
    const content = `That was not the json object asked for (${fault.message}). Answer again with nothing but it.`;
    return {
      kind: 'unusable',
      fault,
      usage,
      correction: [
        { role: 'assistant', content: answer.slice(0, TEXT_LIMIT_CHARS) },
        { role: 'user', content },
      ],
    };
  }

  return {
    author,

    reason: (input, call) =>
      admitted(call, async (signal) => {
        const messages = reasonPrompt.messages(input);
        const first = await tryPlan(messages, input.seed, call, signal);
        if (first.kind === 'plan') return { ...first.plan, author, usage: first.usage };
        const second = await tryPlan([...messages, ...first.correction], input.seed, call, signal).catch(
          (thrown: unknown) => {
            throw withSpent(thrown, first.usage);
          },
        );
        if (second.kind === 'plan') {
          return { ...second.plan, author, usage: addUsage(first.usage, second.usage) };
        }
        throw withSpent(second.fault, first.usage);
      }),

    generate: (input, call) =>
      admitted(call, async (signal) => {
        const { strategyId, version, seed } = input;
        const result = await ask(generatePrompt, generatePrompt.messages(input), seed, call, signal);
        let code: string;
        try {
          code = extractCode(result.answer);
        } catch (thrown) {
          throw withSpent(thrown, result.usage);
        }
        const codeSha256 = createHash('sha256').update(code).digest('hex');
        const { reasoning, usage } = result;
        return { strategyId, version, code, codeSha256, reasoning, author, usage };
      }),

    stats: () => ({ running: gate.inside, waiting: gate.waiting, recentCalls: rate.recent(), usage: total }),

    async close() {
      closed ??= new TradewrightError('CANCELLED', 'the agent is shutting down');
      const running = [...underWay.values()];
      for (const controller of underWay.keys()) controller.abort(closed);
      await Promise.allSettled(running);
    },
  };
}

function parsePlan(answer: string): z.ZodSafeParseResult<Plan> {
  const text = withoutThinking(answer);
  // Some endpoints wrap the object in a fence or a sentence; what counts is from the first brace to the last.
  const json = text.slice(Math.max(text.indexOf('{'), 0), text.lastIndexOf('}') + 1);
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch {
    value = undefined;
  }
  return Plan.safeParse(value);
}

function notThePlan(error: z.ZodError): TradewrightError {
  const issues = error.issues
    .slice(0, 3)
    .map(({ path, message }) => `${path.join('.') || 'answer'}: ${message}`)
    .join('; ');
  return new TradewrightError(
    'AGENT_ANSWER_EMPTY',
    `the answer is not the JSON object asked for: ${issues}`.slice(0, 400),
  );
}

/** What a failed call cost, where the endpoint told. */
function spentBy(thrown: unknown): Usage {
  const usage = thrown instanceof TradewrightError ? thrown.details?.['usage'] : undefined;
  return isUsage(usage) ? usage : noUsage;
}

const isUsage = (value: unknown): value is Usage =>
  typeof value === 'object' && value !== null && 'costUsd' in value;

/** The same error, with `usage` added to what its details already count. */
function withSpent(thrown: unknown, usage: Usage): TradewrightError {
  if (!(thrown instanceof TradewrightError)) {
    return new TradewrightError('INTERNAL', 'the model call failed', { cause: thrown });
  }
  const { code, message, details, cause } = thrown;
  const sum = addUsage(usage, spentBy(thrown));
  return new TradewrightError(code, message, { cause, details: { ...details, usage: sum } });
}
