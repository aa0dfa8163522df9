import { once } from 'node:events';
import { createServer, request, type IncomingMessage, type ServerResponse } from 'node:http';
import { connect, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { join } from 'node:path';
import { tempDir } from '../support/temp-dir.ts';

type Json = Record<string, unknown>;

/** What an engine is asked for when it makes a container. */
export interface CreateBody extends Json {
  HostConfig: Json & { SecurityOpt: string[]; Tmpfs: Record<string, string> };
}

/**
 * A door to a real engine, behind which something else is done than was asked for: the containers are real and lack what `drop`
 * takes away. One that `lies` says afterwards that it did all of it, so only the kernel can tell.
 */
export interface CarelessEngine {
  readonly socketPath: string;
  drop: (body: CreateBody) => void;
  lies: boolean;
  /** Changes what the engine says of itself. */
  info: (info: Json) => void;
  close(): Promise<void>;
}

export async function carelessEngine(behind: string): Promise<CarelessEngine> {
  const dir = await tempDir();
  const asked = new Map<string, Json>();
  const sockets = new Set<Duplex>();

  const ask = async (
    incoming: IncomingMessage,
    response: ServerResponse,
    body: Buffer | null,
  ): Promise<IncomingMessage> => {
    const { method, url, headers } = incoming;
    const length = body === null ? {} : { 'content-length': String(body.length) };
    const outgoing = request({ socketPath: behind, method, path: url, headers: { ...headers, ...length } });
    response.once('close', () => outgoing.destroy());
    if (body === null) incoming.pipe(outgoing);
    else outgoing.end(body);
    const [answer] = (await once(outgoing, 'response')) as [IncomingMessage];
    return answer;
  };

  const pass = async (incoming: IncomingMessage, response: ServerResponse): Promise<void> => {
    const path = (incoming.url ?? '').replace(/\?.*/, '');
    if (incoming.method === 'POST' && path.endsWith('/containers/create')) {
      const body = JSON.parse((await bytesOf(incoming)).toString()) as CreateBody;
      const hostConfig = structuredClone(body.HostConfig);
      careless.drop(body);
      const answer = await ask(incoming, response, Buffer.from(JSON.stringify(body)));
      const said = await bytesOf(answer);
      const { Id } = JSON.parse(said.toString()) as { Id?: string };
      if (Id !== undefined) asked.set(Id, hostConfig);
      return send(response, answer.statusCode, said);
    }
    const answer = await ask(incoming, response, null);
    const inspected = /\/containers\/([0-9a-f]{64})\/json$/.exec(path)?.[1];
    const hostConfig = asked.get(inspected ?? '');
    if (path.endsWith('/info') || (careless.lies && hostConfig !== undefined)) {
      const said = JSON.parse((await bytesOf(answer)).toString()) as Json;
      if (hostConfig !== undefined) said['HostConfig'] = hostConfig;
      else careless.info(said);
      return send(response, answer.statusCode, Buffer.from(JSON.stringify(said)));
    }
    response.writeHead(answer.statusCode ?? 500, answer.headers);
    response.flushHeaders();
    answer.pipe(response);
  };

  const server = createServer((incoming, response) => {
    pass(incoming, response).catch(() => response.destroy());
  });
  // Attaching turns the connection into a raw stream.
  server.on('upgrade', (incoming: IncomingMessage, client: Duplex, head: Buffer) => {
    const engine = connect({ path: behind, allowHalfOpen: true });
    const lines = [`${incoming.method ?? ''} ${incoming.url ?? ''} HTTP/1.1`];
    for (let at = 0; at < incoming.rawHeaders.length; at += 2)
      lines.push(`${incoming.rawHeaders[at] ?? ''}: ${incoming.rawHeaders[at + 1] ?? ''}`);
    engine.write(`${lines.join('\r\n')}\r\n\r\n`);
    engine.write(head);
    for (const socket of [client, engine]) {
      sockets.add(socket);
      socket.on('error', () => undefined);
      socket.once('close', () => {
        client.destroy();
        engine.destroy();
      });
    }
    client.pipe(engine);
    engine.pipe(client);
  });
  server.on('connection', (socket: Socket) => void sockets.add(socket));

  const careless: CarelessEngine = {
    socketPath: join(dir.path, 'engine.sock'),
    drop: () => undefined,
    lies: false,
    info: () => undefined,
    async close() {
      server.close();
      for (const socket of sockets) socket.destroy();
      await dir.remove();
    },
  };
  server.listen(careless.socketPath);
  await once(server, 'listening');
  return careless;
}

function send(response: ServerResponse, status: number | undefined, body: Buffer): void {
  response.writeHead(status ?? 500, { 'content-type': 'application/json', 'content-length': body.length });
  response.end(body);
}

async function bytesOf(stream: NodeJS.ReadableStream): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}
