import { APIConnectionError, APIConnectionTimeoutError, APIError, OpenAI } from 'openai';
import type { Usage } from '../../contracts/author.ts';
import { TradewrightError, unreachable, type ErrorCode } from '../../contracts/errors.ts';
import type { Clock } from '../../contracts/ports/clock.ts';
import { abortReason } from './abort-reason.ts';
import { createAnswerCollector, type Collected } from './answer-collector.ts';
import { endpointFailure, redactor, type EndpointFault } from './call-failure.ts';
import type { ModelPrice } from './models.ts';
import { createStreamWatch, type StreamWatch } from './stream-watch.ts';
import { tappedFetch } from './tapped-fetch.ts';
import { usageOf } from './usage.ts';

export interface ChatMessage {
  readonly role: 'system' | 'user' | 'assistant';
  readonly content: string;
}

export interface ChatRequest {
  readonly messages: readonly ChatMessage[];
  readonly seed?: number;
  readonly temperature?: number;
  readonly maxTokens: number;
  /** `json_object` needs the word "json" in the messages. */
  readonly responseFormat?: 'text' | 'json_object';
  readonly signal: AbortSignal;
  readonly onReasoning: (text: string) => void;
  readonly onAnswer: (text: string) => void;
}

export interface ChatResult {
  readonly answer: string;
  /** The streamed thinking, cut at `reasoningLimitChars`. */
  readonly reasoning: string;
  readonly usage: Usage;
  /** False when the endpoint sent no usage: the tokens then read 0. */
  readonly usageReported: boolean;
  readonly finishReason: string;
  /** The model that the endpoint says answered. */
  readonly model: string;
  /** From the request to the first piece of reasoning or answer, milliseconds. */
  readonly ttftMs: number;
  readonly latencyMs: number;
}

export interface ModelClient {
  readonly model: string;
  /** Host and port. */
  readonly endpoint: string;
  readonly price: ModelPrice | undefined;
  /** What beside the request decides an answer: the address, the model and what is added to every body. */
  readonly identity: string;
  /**
   * One streamed chat completion; never retried here. Fails with an AGENT_* code; `details.usage` holds what a failed call
   * still cost, where the endpoint said so, and `details.unbilled` that it cannot have cost anything. An abort closes the connection and fails with the signal's reason if that is
   * a TradewrightError, else CANCELLED.
   */
  chat(request: ChatRequest): Promise<ChatResult>;
}

export interface ModelClientOptions {
  readonly baseUrl: string;
  readonly apiKey: string;
  readonly model: string;
  /** Left out: calls cost 0. */
  readonly price?: ModelPrice | undefined;
  readonly clock: Clock;
  /** Silence (not one byte) longer than this ends the call with AGENT_STALLED. Default 60 s. */
  readonly idleTimeoutMs?: number;
  /** Keep-alives without any content for longer than this end it too. Default 10 min. */
  readonly quietTimeoutMs?: number;
  /** Default 512 Ki characters; a longer answer ends the call with AGENT_TRUNCATED. */
  readonly answerLimitChars?: number;
  /** Default 64 Ki characters; later reasoning is still shown live, but not kept. */
  readonly reasoningLimitChars?: number;
  /** Default 32 MiB of response body. */
  readonly responseLimitBytes?: number;
  /** Added to every request's body as it is, for instance `{thinking: {type: 'disabled'}}`. */
  readonly extraBody?: Readonly<Record<string, unknown>>;
}

/** An exception of the caller's own callback: handed back as it is, not mistaken for the endpoint's fault. */
class CallbackFault extends Error {}

export function createModelClient(options: ModelClientOptions): ModelClient {
  const { baseUrl, apiKey, model, price, clock, extraBody = {} } = options;
  const { answerLimitChars = 524_288, reasoningLimitChars = 65_536 } = options;
  const { idleTimeoutMs = 60_000, quietTimeoutMs = 600_000, responseLimitBytes = 33_554_432 } = options;
  const endpoint = new URL(baseUrl).host;
  const redact = redactor(apiKey);
  // The SDK reads OPENAI_* from the environment for what is left out here, and logs request bodies when told to there.
  const sdk = new OpenAI({
    baseURL: baseUrl.replace(/\/+$/, ''),
    apiKey: apiKey === '' ? 'none' : apiKey,
    adminAPIKey: null,
    organization: null,
    project: null,
    webhookSecret: null,
    maxRetries: 0,
    logLevel: 'off',
  });

  const fail = (code: ErrorCode, what: string, details: Record<string, unknown> = {}): TradewrightError =>
    new TradewrightError(code, `the model endpoint at ${endpoint} ${what}`, { details });

  /** What a stopped or broken call means. The SDK's error is never kept as a cause: it may hold the key. */
  function translate(thrown: unknown, watch: StreamWatch, signal: AbortSignal): Error {
    if (thrown instanceof CallbackFault && thrown.cause instanceof Error) return thrown.cause;
    const verdict = watch.verdict();
    switch (verdict) {
      case 'aborted':
        return abortReason(signal);
      case 'stalled':
        return fail('AGENT_STALLED', 'went silent', { idleTimeoutMs, quietTimeoutMs });
      case 'too-large':
        return fail('AGENT_TRUNCATED', 'sent more than the limit of one answer');
      case undefined:
        break;
      default:
        return unreachable(verdict);
    }
    if (thrown instanceof TradewrightError) return thrown;
    if (thrown instanceof APIConnectionTimeoutError) return fail('AGENT_STALLED', 'did not answer in time');
    if (thrown instanceof APIError && !(thrown instanceof APIConnectionError)) {
      return endpointFailure(endpoint, faultOf(thrown, redact), clock.now());
    }
    if (thrown instanceof SyntaxError) return fail('AGENT_UNAVAILABLE', 'sent an event that is not JSON');
    const cause = systemCode(thrown);
    if (cause === 'UND_ERR_HEADERS_TIMEOUT' || cause === 'UND_ERR_BODY_TIMEOUT') {
      return fail('AGENT_STALLED', 'went silent');
    }
    const what = thrown instanceof APIConnectionError ? 'cannot be reached' : 'cut the connection';
    return fail('AGENT_UNAVAILABLE', cause === undefined ? what : `${what} (${cause})`);
  }

  /** Why a stream that ended by itself is still not an answer; undefined when it is one. */
  function shortcoming(collected: Collected, maxTokens: number): [ErrorCode, string] | undefined {
    const { refused, finishReason } = collected;
    if (refused || finishReason === 'content_filter') return ['AGENT_REFUSED', 'refused to answer'];
    if (finishReason === 'length') return ['AGENT_TRUNCATED', `stopped at its limit of ${maxTokens} tokens`];
    if (finishReason === 'insufficient_system_resource') return ['AGENT_UNAVAILABLE', 'ran out of resources'];
    if (finishReason === undefined) return ['AGENT_TRUNCATED', 'ended the stream without a finish reason'];
    if (collected.answer.trim() === '') return ['AGENT_ANSWER_EMPTY', 'sent a blank answer'];
    return undefined;
  }

  async function chat(request: ChatRequest): Promise<ChatResult> {
    const { signal, maxTokens } = request;
    const startedAt = clock.now();
    const watch = createStreamWatch({ clock, idleTimeoutMs, quietTimeoutMs, signal });
    let bytes = 0;
    const fetchOfThisCall = tappedFetch((count) => {
      bytes += count;
      watch.alive();
      if (bytes > responseLimitBytes) watch.stop('too-large');
    });
    let firstAt: number | undefined;
    const shown = (callback: (text: string) => void) => (piece: string) => {
      firstAt ??= clock.now();
      watch.progress();
      try {
        callback(piece);
      } catch (cause) {
        throw new CallbackFault('a callback failed', { cause });
      }
    };
    const collector = createAnswerCollector({
      answerLimitChars,
      reasoningLimitChars,
      onReasoning: shown(request.onReasoning),
      onAnswer: shown(request.onAnswer),
    });

    const stream = async (): Promise<void> => {
      const { data, response } = await sdk
        .withOptions({ fetch: fetchOfThisCall })
        .chat.completions.create(
          {
            model,
            messages: request.messages.map(({ role, content }) => ({ role, content })),
            stream: true,
            stream_options: { include_usage: true },
            max_tokens: maxTokens,
            ...(request.seed !== undefined && { seed: request.seed }),
            ...(request.temperature !== undefined && { temperature: request.temperature }),
            ...(request.responseFormat === 'json_object' && { response_format: { type: 'json_object' } }),
            ...extraBody,
          },
          { signal: watch.signal },
        )
        .withResponse();
      const contentType = response.headers.get('content-type') ?? '';
      if (/^(?:text\/html|application\/json)/i.test(contentType)) {
        throw fail('AGENT_BAD_REQUEST', 'did not answer with an event stream: check the base URL');
      }
      for await (const chunk of data as AsyncIterable<unknown>) {
        collector.take(chunk);
        if (collector.overflowed) watch.stop('too-large');
      }
    };

    let thrown: unknown;
    try {
      await stream();
    } catch (error) {
      thrown = error;
    } finally {
      watch.dispose();
    }

    const collected = collector.collected();
    const usageReported = collected.rawUsage !== undefined;
    const usage = usageOf(collected.rawUsage, price);
    const spent = usageReported ? { usage } : unbilled(thrown) ? { unbilled: true } : {};
    // An abort ends the SDK's loop without an exception, so the verdict counts even when nothing was thrown.
    if (thrown !== undefined || watch.verdict() !== undefined) {
      throw withDetails(translate(thrown, watch, signal), spent);
    }
    const missing = shortcoming(collected, maxTokens);
    if (missing !== undefined) throw fail(missing[0], missing[1], spent);
    const endedAt = clock.now();
    return {
      answer: collected.answer,
      reasoning: collected.reasoning,
      usage,
      usageReported,
      finishReason: collected.finishReason ?? 'stop',
      model: collected.model ?? model,
      ttftMs: (firstAt ?? endedAt) - startedAt,
      latencyMs: endedAt - startedAt,
    };
  }

  const identity = JSON.stringify([baseUrl, model, extraBody]);
  return { model, endpoint, price, identity, chat };
}

/** What the endpoint said: over HTTP, or as an error object inside a stream that had begun with 200. */
function faultOf(error: Error, redact: (text: string) => string): EndpointFault {
  const status = 'status' in error ? error.status : undefined;
  const code = 'code' in error ? error.code : undefined;
  const headers = 'headers' in error ? error.headers : undefined;
  const numeric = Number(code);
  return {
    status: typeof status === 'number' ? status : numeric >= 400 && numeric < 600 ? numeric : undefined,
    message: redact(error.message),
    code: typeof code === 'string' ? code : undefined,
    header: (name) => (headers instanceof Headers ? headers.get(name) : null),
  };
}

function withDetails(error: Error, more: Record<string, unknown>): Error {
  if (!(error instanceof TradewrightError) || Object.keys(more).length === 0) return error;
  return new TradewrightError(error.code, error.message, { details: { ...error.details, ...more } });
}

/** Refused by HTTP status, or never reached: nobody sends a bill for that. */
function unbilled(thrown: unknown): boolean {
  if (thrown instanceof APIConnectionError)
    return ['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN'].includes(systemCode(thrown) ?? '');
  return thrown instanceof APIError && typeof thrown.status === 'number';
}

/** The innermost system error code, such as ECONNREFUSED: it tells a wrong port from a wrong name. */
function systemCode(error: unknown): string | undefined {
  for (let cause = error, depth = 0; cause instanceof Error && depth < 6; depth += 1) {
    const code: unknown = 'code' in cause ? cause.code : undefined;
    if (typeof code === 'string' && /^[A-Z_]{3,40}$/.test(code)) return code;
    cause = cause.cause;
  }
  return undefined;
}
