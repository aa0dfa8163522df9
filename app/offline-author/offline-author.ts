import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { once } from 'node:events';
import { z } from 'zod';
import { OFFLINE_AUTHOR_LABEL } from '../../contracts/author.ts';
import { TradewrightError } from '../../contracts/errors.ts';
import { delay, type Clock } from '../../contracts/ports/clock.ts';
import { answerPrompt } from './author.ts';
import { chunks, completion, OFFLINE_MODEL, usageOf, type Envelope } from './completion.ts';

const BODY_LIMIT_BYTES = 2_097_152;
/** Long enough for a reader to see it stream, short enough that a whole answer takes less than a second. */
const DEFAULT_CHUNK_DELAY_MS = 3;

const ChatBody = z.object({
  model: z.string(),
  messages: z
    .array(z.object({ role: z.string(), content: z.string() }))
    .min(1)
    .max(200),
  stream: z.boolean().optional(),
  stream_options: z.object({ include_usage: z.boolean().optional() }).nullish(),
  seed: z.number().int().nullish(),
  response_format: z.object({ type: z.string() }).nullish(),
});
type ChatBody = z.infer<typeof ChatBody>;

export interface OfflineAuthor {
  /** Such as `http://127.0.0.1:40123/v1`; any API key will do. */
  readonly baseUrl: string;
  stop(): Promise<void>;
}

/** An answer other than 200, in the shape that OpenAI-compatible endpoints give it. */
class HttpFault extends Error {
  readonly status: number;
  readonly code: string;
  constructor(status: number, code: string, message: string) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

/**
 * A local OpenAI-compatible endpoint that writes strategies from a template library; not an LLM, and it says so.
 * `POST /v1/chat/completions` (streamed or whole) and `GET /v1/models`, on 127.0.0.1 only.
 */
export async function startOfflineAuthor(options: {
  clock: Clock;
  /** Default: one that is free. */
  port?: number;
  /** Between two pieces of a streamed answer. Default 3 ms. */
  chunkDelayMs?: number;
}): Promise<OfflineAuthor> {
  const { clock, port = 0, chunkDelayMs = DEFAULT_CHUNK_DELAY_MS } = options;
  const stopping = new AbortController();

  async function chat(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = parseBody(await readBody(request));
    if (body.model !== OFFLINE_MODEL) {
      throw new HttpFault(404, 'model_not_found', `the only model here is ${OFFLINE_MODEL}`);
    }
    const prompt = body.messages.map(({ content }) => content).join('\n');
    const written = answerPrompt({
      messages: body.messages,
      seed: body.seed ?? 1,
      wantsJson: body.response_format?.type === 'json_object',
    });
    const usage = usageOf(prompt, written);
    const digest = createHash('sha256').update(prompt).digest('hex').slice(0, 24);
    const envelope: Envelope = { id: `chatcmpl-${digest}`, created: Math.floor(clock.now() / 1_000) };
    if (body.stream !== true) return sendJson(response, 200, completion(envelope, written, usage));
    await streamOut(response, chunks(envelope, written, body.stream_options?.include_usage ? usage : null));
  }

  async function streamOut(response: ServerResponse, parts: Iterable<unknown>): Promise<void> {
    const gone = new AbortController();
    const leave = (): void => gone.abort();
    response.on('close', leave);
    stopping.signal.addEventListener('abort', leave, { once: true });
    try {
      response.writeHead(200, {
        ...commonHeaders,
        'content-type': 'text/event-stream',
        'cache-control': 'no-cache',
      });
      for (const part of parts) {
        if (gone.signal.aborted) return;
        if (!response.write(`data: ${JSON.stringify(part)}\n\n`)) {
          await once(response, 'drain', { signal: gone.signal });
        }
        if (chunkDelayMs > 0) await delay(clock, chunkDelayMs, gone.signal);
      }
      response.end('data: [DONE]\n\n');
    } catch (thrown) {
      if (!gone.signal.aborted) throw thrown;
    } finally {
      stopping.signal.removeEventListener('abort', leave);
    }
  }

  async function route(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = (request.url ?? '').split('?', 1)[0];
    if (path === '/v1/models' && request.method === 'GET') {
      const model = { id: OFFLINE_MODEL, object: 'model', created: 0, owned_by: OFFLINE_AUTHOR_LABEL };
      return sendJson(response, 200, { object: 'list', data: [model] });
    }
    if (path !== '/v1/chat/completions') throw new HttpFault(404, 'not_found', 'no such address');
    if (request.method !== 'POST') throw new HttpFault(405, 'method_not_allowed', 'use POST');
    return chat(request, response);
  }

  const server = createServer((request, response) => {
    route(request, response).catch((thrown: unknown) => {
      const fault =
        thrown instanceof HttpFault ? thrown : new HttpFault(500, 'internal', 'the author failed');
      if (response.headersSent) return void response.destroy();
      sendJson(response, fault.status, {
        error: { message: fault.message, type: 'invalid_request_error', code: fault.code },
      });
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) =>
      reject(
        cause.code === 'EADDRINUSE'
          ? new TradewrightError('PORT_IN_USE', `port ${port} of the offline author is taken`, { cause })
          : cause,
      ),
    );
    server.listen(port, '127.0.0.1', resolve);
  });
  const address = server.address();
  if (address === null || typeof address === 'string')
    throw new TradewrightError('INTERNAL', 'no port was given');

  return {
    baseUrl: `http://127.0.0.1:${address.port}/v1`,
    async stop() {
      stopping.abort();
      if (!server.listening) return;
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeAllConnections();
      await closed;
    },
  };
}

const commonHeaders = { 'x-author': OFFLINE_AUTHOR_LABEL };

function sendJson(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { ...commonHeaders, 'content-type': 'application/json' });
  response.end(JSON.stringify(body));
}

/** What is too much is read to its end but not kept: a sender that is cut off would not see the answer. */
function readBody(request: IncomingMessage): Promise<string> {
  return new Promise((resolve, reject) => {
    const parts: Buffer[] = [];
    let size = 0;
    request.on('data', (part: Buffer) => {
      size += part.length;
      if (size <= BODY_LIMIT_BYTES) parts.push(part);
      else parts.length = 0;
    });
    request.on('end', () => {
      if (size <= BODY_LIMIT_BYTES) resolve(Buffer.concat(parts).toString('utf8'));
      else reject(new HttpFault(413, 'too_large', 'the request is too large'));
    });
    request.on('error', reject);
  });
}

function parseBody(text: string): ChatBody {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new HttpFault(400, 'invalid_json', 'the body is not JSON');
  }
  const parsed = ChatBody.safeParse(value);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  throw new HttpFault(422, 'invalid_body', `${issue?.path.join('.') ?? ''}: ${issue?.message ?? 'invalid'}`);
}
