import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';

export interface StubRequest {
  readonly body: Record<string, unknown>;
  readonly headers: IncomingMessage['headers'];
}

export interface StubEndpoint {
  readonly baseUrl: string;
  readonly requests: readonly StubRequest[];
  /** Calls that are neither answered nor cut. (undici may open an idle one ahead after it has cut one; nobody calls on it.) */
  readonly open: number;
  stop(): Promise<void>;
}

/** A raw endpoint for what a well-behaved mock cannot do. The handler gets the n-th request (from 0) and answers it as it likes. */
export async function stubEndpoint(
  handle: (response: ServerResponse, request: StubRequest, nth: number) => void,
): Promise<StubEndpoint> {
  const requests: StubRequest[] = [];
  const calls = new Set<ServerResponse>();
  const server = createServer((request, response) => {
    calls.add(response);
    response.on('close', () => calls.delete(response));
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () => {
      const body = JSON.parse(Buffer.concat(parts).toString('utf8')) as Record<string, unknown>;
      requests.push({ body, headers: request.headers });
      handle(response, { body, headers: request.headers }, requests.length - 1);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return {
    baseUrl: `http://127.0.0.1:${address.port}/v1`,
    requests,
    get open() {
      return calls.size;
    },
    async stop() {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
    },
  };
}

export const beginStream = (response: ServerResponse): ServerResponse =>
  response.writeHead(200, { 'content-type': 'text/event-stream' });

export const event = (data: unknown): string => `data: ${JSON.stringify(data)}\n\n`;

export const delta = (content: Record<string, unknown>, finish: string | null = null): string =>
  event({ id: 'c', model: 'stub-model', choices: [{ index: 0, delta: content, finish_reason: finish }] });

export interface Completion {
  reasoning?: string;
  answer: string;
  finish?: string;
  usage?: Record<string, unknown>;
}

/** One whole streamed completion. */
export function sendCompletion(response: ServerResponse, completion: Completion): void {
  const { reasoning, answer, finish = 'stop', usage } = completion;
  beginStream(response);
  if (reasoning !== undefined) response.write(delta({ reasoning_content: reasoning }));
  response.write(delta({ content: answer }));
  response.write(delta({}, finish));
  if (usage !== undefined) response.write(event({ id: 'c', model: 'stub-model', choices: [], usage }));
  response.end('data: [DONE]\n\n');
}

export function sendError(
  response: ServerResponse,
  status: number,
  error: { message: string; code?: string },
  headers: Record<string, string> = {},
): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers });
  response.end(JSON.stringify({ error }));
}
