import { createHash } from 'node:crypto';
import type { Author, Usage } from '../../contracts/author.ts';
import { TradewrightError } from '../../contracts/errors.ts';
import type { StrategyId, TraceId } from '../../contracts/ids.ts';
import type { Clock } from '../../contracts/ports/clock.ts';
import type { Log } from '../../contracts/ports/log.ts';
import type { AnswerStore, KeptAnswer, TraceStore } from '../../contracts/ports/traces.ts';
import type { Symbol } from '../../contracts/symbol.ts';
import type { Thought, Trace } from '../../contracts/trace.ts';
import { abortReason } from './abort-reason.ts';
import type { AgentCall } from './agent-call.ts';
import { boundedText } from './bounded-text.ts';
import type { Budget } from './budget.ts';
import type { CircuitBreaker, Health } from './circuit-breaker.ts';
import { keptTrace } from './kept-trace.ts';
import type { ChatMessage, ChatResult, ModelClient } from './model-client.ts';
import type { ModelPrice } from './models.ts';
import type { Prompt } from './prompts/index.ts';
import { spentBy, withDetails, withSpent } from './spent.ts';
import type { Turnstile } from './turnstile.ts';
import { addUsage, noUsage } from './usage.ts';

/** What was made of an answer. */
export interface Reading<T> {
  readonly value: T;
  readonly decision: string;
  readonly confidence: number | null;
  readonly code?: string;
}

export interface Question<T> {
  readonly prompt: Pick<Prompt<never>, 'id' | 'role' | 'responseFormat'>;
  readonly messages: readonly ChatMessage[];
  readonly seed: number;
  readonly symbol: Symbol;
  readonly strategyId?: StrategyId;
  readonly version?: number;
  /** Of the fix loop; 1 unless given. */
  readonly attempt?: number;
  readonly parentId?: TraceId | null;
  /** @throws AGENT_ANSWER_EMPTY for an answer that is of no use; it is then not cached */
  readonly read: (answer: string) => Reading<T>;
}

export interface Answered<T> {
  readonly value: T;
  readonly reasoning: string;
  readonly answer: string;
  readonly usage: Usage;
  readonly cached: boolean;
  /** As it is stored. */
  readonly trace: Trace;
}

export interface ModelCallsOptions {
  readonly client: ModelClient;
  readonly author: Author;
  readonly clock: Clock;
  readonly log: Log;
  readonly turnstile: Turnstile;
  readonly breaker: CircuitBreaker;
  readonly budget: Budget;
  readonly traces: Pick<TraceStore, 'put'>;
  /** Undefined asks every time. */
  readonly answers: AnswerStore | undefined;
  readonly newTraceId: () => TraceId;
  readonly redact: (text: string) => string;
  readonly maxTokens: number;
}

export interface ModelCalls {
  /**
   * One answer: from the cache, or from the model once there is a place, time, money and a healthy endpoint. It is never asked
   * twice here. A failure's details hold `usage` and, where a call was made, `traceId`.
   */
  ask<T>(question: Question<T>, call: AgentCall): Promise<Answered<T>>;
  /** Replaces what is stored of a call by what came of its answer later. */
  amend(trace: Trace, more: Partial<Trace>): Promise<Trace>;
  /** Of all calls so far, failed ones included where the endpoint told. */
  usage(): Usage;
  cache(): { readonly hits: number; readonly misses: number };
}

const PARTIAL_LIMIT_CHARS = 65_536;
const THOUGHT_KEPT_CHARS = 2_000;

export function createModelCalls(options: ModelCallsOptions): ModelCalls {
  const { client, author, clock, log, turnstile, breaker, budget, traces, answers, redact } = options;
  const { maxTokens } = options;
  let total = noUsage;
  let hits = 0;
  let misses = 0;

  async function ask<T>(question: Question<T>, call: AgentCall): Promise<Answered<T>> {
    const key = keyOf(question);
    const kept = await answers?.get(key);
    if (kept) {
      hits += 1;
      return fromCache(question, call, kept);
    }
    misses += 1;
    breaker.assertMayCall();
    const leave = await call.waiting(turnstile.enter(call));
    try {
      return await askModel(question, call, key);
    } finally {
      leave();
    }
  }

  async function fromCache<T>(
    question: Question<T>,
    call: AgentCall,
    kept: KeptAnswer,
  ): Promise<Answered<T>> {
    const reading = question.read(kept.answer);
    if (kept.reasoning !== '') call.onReasoning?.(kept.reasoning);
    call.onAnswer?.(kept.answer);
    const now = clock.now();
    const trace = await store({
      ...blankTrace(question, call, now),
      ...answeredWith(reading, kept),
      status: 'answered',
      cached: true,
      model: kept.model,
      endedAt: now,
      ttftMs: 0,
      latencyMs: 0,
    });
    return {
      value: reading.value,
      reasoning: redact(kept.reasoning),
      answer: kept.answer,
      usage: noUsage,
      cached: true,
      trace,
    };
  }

  async function askModel<T>(question: Question<T>, call: AgentCall, key: string): Promise<Answered<T>> {
    const mostUsd = mostThatItCosts(question.messages, maxTokens, client.price);
    const settle = await budget.hold(call.workflowId, mostUsd);
    let chargedUsd = 0;
    try {
      if (call.signal.aborted) throw abortReason(call.signal);
      const tell = breaker.begin();
      const asked = await store({ ...blankTrace(question, call, clock.now()), budgetUsd: mostUsd }).catch(
        (thrown: unknown) => {
          tell('unknown');
          throw thrown;
        },
      );
      const partial = {
        reasoning: boundedText(PARTIAL_LIMIT_CHARS),
        answer: boundedText(PARTIAL_LIMIT_CHARS),
      };
      let result: ChatResult;
      try {
        result = await client.chat({
          messages: question.messages,
          seed: question.seed,
          maxTokens,
          responseFormat: question.prompt.responseFormat,
          signal: call.signal,
          onReasoning: (text) => {
            partial.reasoning.append(text);
            call.onReasoning?.(text);
          },
          onAnswer: (text) => {
            partial.answer.append(text);
            call.onAnswer?.(text);
          },
        });
      } catch (thrown) {
        tell(healthOf(thrown));
        chargedUsd = chargeFor(thrown, mostUsd);
        throw await failed(thrown, asked, {
          ...texts(partial),
          usage: spentBy(thrown),
          budgetUsd: chargedUsd,
        });
      }
      tell('well');
      const { usage, usageReported, model, ttftMs, latencyMs, reasoning, answer } = result;
      chargedUsd = usageReported ? usage.costUsd : mostUsd;
      const told = { model, ttftMs, latencyMs, usage, usageReported, budgetUsd: chargedUsd };
      let reading: Reading<T>;
      try {
        reading = question.read(answer);
      } catch (thrown) {
        throw await failed(thrown, asked, { ...told, reasoning, answer });
      }
      total = addUsage(total, usage);
      log.info({ prompt: question.prompt.id, ...told }, 'model answered');
      // Kept only as it was: a text whose secrets had to be hidden would come back as another one.
      if (answers && redact(answer) === answer && redact(reasoning) === reasoning) {
        const { finishReason } = result;
        await answers.put(key, { answer, reasoning, finishReason, model, at: clock.now() });
      }
      const trace = await store({
        ...asked,
        messages: [...question.messages],
        ...answeredWith(reading, result),
        ...told,
        status: 'answered',
        endedAt: clock.now(),
      });
      return { value: reading.value, reasoning: redact(reasoning), answer, usage, cached: false, trace };
    } finally {
      settle(chargedUsd);
    }
  }

  /** Counts and stores a call that gave nothing; the error says which call it was. */
  async function failed(thrown: unknown, asked: Trace, more: Partial<Trace>): Promise<TradewrightError> {
    const usage = more.usage ?? noUsage;
    total = addUsage(total, usage);
    const error = withDetails(
      thrown instanceof TradewrightError && thrown.details?.['usage'] !== undefined
        ? thrown
        : withSpent(thrown, usage),
      { traceId: asked.traceId },
    );
    const { code, message, details = {} } = error;
    const retryAfterMs = details['retryAfterMs'];
    if (code === 'AGENT_RATE_LIMITED' && typeof retryAfterMs === 'number') turnstile.pause(retryAfterMs);
    log.warn({ prompt: asked.prompt, code, details }, message);
    const { kind } = error;
    await store({
      ...asked,
      ...more,
      status: 'failed',
      endedAt: clock.now(),
      error: { code, kind, message },
    });
    return error;
  }

  function blankTrace(question: Question<unknown>, call: AgentCall, now: number): Trace {
    return {
      schema: 'tradewright.trace/1',
      traceId: options.newTraceId(),
      workflowId: call.workflowId,
      step: call.step,
      stepAttempt: call.stepAttempt,
      parentId: question.parentId ?? null,
      attempt: question.attempt ?? 1,
      role: question.prompt.role,
      prompt: question.prompt.id,
      author,
      model: client.model,
      endpoint: client.endpoint,
      symbol: question.symbol,
      strategyId: question.strategyId ?? null,
      version: question.version ?? null,
      status: 'asked',
      cached: false,
      startedAt: now,
      endedAt: null,
      ttftMs: null,
      latencyMs: null,
      seed: question.seed,
      messages: [...question.messages],
      reasoning: '',
      answer: '',
      truncated: false,
      code: null,
      codeSha256: null,
      review: null,
      trial: null,
      error: null,
      steps: [],
      confidence: null,
      usage: noUsage,
      usageReported: false,
      budgetUsd: 0,
    };
  }

  async function store(trace: Trace): Promise<Trace> {
    const kept = keptTrace(trace, redact);
    await traces.put(kept);
    return kept;
  }

  function keyOf({ messages, seed, prompt }: Question<unknown>): string {
    const decides = [client.identity, messages, seed, maxTokens, prompt.responseFormat];
    return createHash('sha256').update(JSON.stringify(decides)).digest('hex');
  }

  return {
    ask,
    amend: (trace, more) => store({ ...trace, ...more }),
    usage: () => total,
    cache: () => ({ hits, misses }),
  };
}

function answeredWith<T>(
  { decision, confidence, code }: Reading<T>,
  { reasoning, answer }: { readonly reasoning: string; readonly answer: string },
): Pick<Trace, 'reasoning' | 'answer' | 'code' | 'codeSha256' | 'confidence' | 'steps'> {
  const thought: Thought = {
    by: 'model',
    thought: reasoning.slice(0, THOUGHT_KEPT_CHARS),
    decision,
    confidence,
  };
  return {
    reasoning,
    answer,
    code: code ?? null,
    codeSha256: code === undefined ? null : sha256(code),
    confidence,
    steps: [thought],
  };
}

export const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

const texts = (partial: { reasoning: { text(): string }; answer: { text(): string } }) => ({
  reasoning: partial.reasoning.text(),
  answer: partial.answer.text(),
});

/** Overhead of a chat message's frame, tokens. */
const FRAME_TOKENS = 16;

/** An upper bound: no tokeniser makes more tokens than there are bytes, nothing is in the provider's cache, and the answer is as long as it may be. */
function mostThatItCosts(
  messages: readonly ChatMessage[],
  maxTokens: number,
  price: ModelPrice | undefined,
): number {
  if (price === undefined) return 0;
  const promptTokens = messages.reduce(
    (sum, { content }) => sum + Buffer.byteLength(content) + FRAME_TOKENS,
    0,
  );
  return (promptTokens * Math.max(price.cacheMiss, price.cacheHit) + maxTokens * price.output) / 1_000_000;
}

/** What a budget counts for a failed call: its cost where that is known, nothing where nobody bills it, else the most it can be. */
function chargeFor(thrown: unknown, mostUsd: number): number {
  const details = thrown instanceof TradewrightError ? thrown.details : undefined;
  if (details?.['usage'] !== undefined) return spentBy(thrown).costUsd;
  return details?.['unbilled'] === true ? 0 : mostUsd;
}

function healthOf(thrown: unknown): Health {
  if (!(thrown instanceof TradewrightError)) return 'unknown';
  switch (thrown.code) {
    case 'AGENT_UNAVAILABLE':
    case 'AGENT_STALLED':
      return 'ill';
    case 'AGENT_ANSWER_EMPTY':
    case 'AGENT_REFUSED':
    case 'AGENT_BAD_REQUEST':
    case 'AGENT_TRUNCATED':
      return 'well';
    default:
      return 'unknown';
  }
}
