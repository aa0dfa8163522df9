import { once } from 'node:events';
import { type ClientOptions, WebSocket } from 'ws';
import { WsMessage, type WsRequestDraft } from '../../contracts/api.ts';
import type { WorkflowEvent } from '../../contracts/workflow-event.ts';
import { eventually } from '../support/eventually.ts';

/** A client's socket that keeps what it was told. */
export interface TestSocket {
  readonly ws: WebSocket;
  readonly messages: WsMessage[];
  readonly events: () => WorkflowEvent[];
  readonly liveText: () => string;
  readonly closed: Promise<{ code: number; reason: string }>;
  say(request: WsRequestDraft): void;
  /** Until the socket was told a message of this type; gives the last one. */
  heard<T extends WsMessage['type']>(type: T, count?: number): Promise<Extract<WsMessage, { type: T }>>;
}

export async function openSocket(
  url: string,
  options: ClientOptions = {},
  protocols: string[] = [],
): Promise<TestSocket> {
  const ws = new WebSocket(`${url.replace('http', 'ws')}/v1/ws`, protocols, options);
  const messages: WsMessage[] = [];
  ws.on('message', (data) => {
    messages.push(WsMessage.parse(JSON.parse((data as Buffer).toString())));
  });
  const closed = new Promise<{ code: number; reason: string }>((resolve) => {
    ws.on('close', (code, reason) => resolve({ code, reason: reason.toString() }));
  });
  await once(ws, 'open');
  ws.on('error', () => undefined);
  const of = <T extends WsMessage['type']>(type: T) =>
    messages.filter((message): message is Extract<WsMessage, { type: T }> => message.type === type);
  return {
    ws,
    messages,
    closed,
    events: () => of('event').map(({ event }) => event),
    liveText: () =>
      of('live')
        .map(({ text }) => text)
        .join(''),
    say: (request) => ws.send(JSON.stringify(request)),
    heard: (type, count = 1) =>
      eventually(
        () => {
          const found = of(type);
          return found.length >= count ? found.at(-1) : undefined;
        },
        { what: `${count} messages of type ${type}` },
      ),
  };
}

/** The HTTP status that a WebSocket upgrade is refused with. */
export async function refusalOf(
  url: string,
  options: ClientOptions,
  protocols: string[] = [],
): Promise<number> {
  const ws = new WebSocket(`${url.replace('http', 'ws')}/v1/ws`, protocols, options);
  return new Promise((resolve, reject) => {
    ws.on('unexpected-response', (request, response) => {
      resolve(response.statusCode ?? 0);
      response.resume();
      request.destroy();
    });
    ws.on('open', () => {
      ws.terminate();
      reject(new Error('the upgrade was accepted'));
    });
    ws.on('error', () => undefined);
  });
}
