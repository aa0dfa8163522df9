import { WsMessage, type WsRequestDraft } from '../api.ts';
import { TradewrightError } from '../errors.ts';
import type { Clock } from '../ports/clock.ts';
import { bearerProtocol, WS_PROTOCOL } from '../ws-protocol.ts';
import type { WebSocketConstructor, WebSocketLike } from './web-socket.ts';

export interface ConnectionOptions {
  readonly baseUrl: string;
  readonly WebSocket: WebSocketConstructor;
  readonly token: string | undefined;
  readonly clock: Clock;
}

/** A socket that said nothing for two of these, not even `pong`, is taken for dead. */
const HEARTBEAT_MS = 10_000;
/** A reader that far behind loses live text; ten times as far, the connection is given up, to be resumed later. */
const LIVE_BACKLOG = 1_000;
const BACKLOG = 10 * LIVE_BACKLOG;

/** One WebSocket with one subscription; its messages, until it breaks off, is closed or the signal aborts. */
export class Connection {
  readonly #socket: WebSocketLike;
  readonly #clock: Clock;
  readonly #signal: AbortSignal | undefined;
  readonly #inbox: WsMessage[] = [];
  #fault: TradewrightError | undefined;
  #opened = false;
  #ended = false;
  #heard = false;
  #wake: (() => void) | undefined;
  #disarm: () => void;

  constructor(options: ConnectionOptions, subscribe: WsRequestDraft, signal: AbortSignal | undefined) {
    const { baseUrl, WebSocket, token, clock } = options;
    this.#clock = clock;
    this.#signal = signal;
    const protocols = token === undefined ? [WS_PROTOCOL] : [WS_PROTOCOL, bearerProtocol(token)];
    this.#socket = new WebSocket(`${baseUrl.replace(/^http/, 'ws')}/v1/ws`, protocols);
    this.#socket.addEventListener('open', () => {
      if (this.#ended) return;
      this.#opened = true;
      this.#heard = true;
      this.#socket.send(JSON.stringify(subscribe));
    });
    this.#socket.addEventListener('message', ({ data }) => this.#onMessage(data));
    // The close that follows says all there is to say; without a listener the package `ws` would throw.
    this.#socket.addEventListener('error', () => undefined);
    this.#socket.addEventListener('close', () => this.close());
    this.#disarm = this.#beat();
    signal?.addEventListener('abort', this.close, { once: true });
    if (signal?.aborted) this.close();
  }

  /** Whether the gateway took the connection. */
  get opened(): boolean {
    return this.#opened;
  }

  /** @throws INTERNAL for a message that breaks its schema */
  async *messages(): AsyncGenerator<WsMessage> {
    for (;;) {
      const message = this.#inbox.shift();
      if (message !== undefined) yield message;
      else if (this.#fault !== undefined) throw this.#fault;
      else if (this.#ended) return;
      else await new Promise<void>((resolve) => (this.#wake = resolve));
    }
  }

  readonly close = (): void => {
    if (this.#ended) return;
    this.#ended = true;
    this.#disarm();
    this.#signal?.removeEventListener('abort', this.close);
    this.#socket.close();
    this.#wake?.();
  };

  #onMessage(data: unknown): void {
    if (this.#ended) return;
    this.#heard = true;
    const message = WsMessage.safeParse(typeof data === 'string' ? parsed(data) : undefined);
    if (!message.success) {
      this.#fault = new TradewrightError('INTERNAL', 'a message of the gateway breaks its schema', {
        cause: message.error,
      });
      this.close();
      return;
    }
    if (message.data.type === 'live' && this.#inbox.length >= LIVE_BACKLOG) return;
    this.#inbox.push(message.data);
    this.#wake?.();
    if (this.#inbox.length >= BACKLOG) this.close();
  }

  #beat(): () => void {
    return this.#clock.schedule(HEARTBEAT_MS, () => {
      if (!this.#heard) return this.close();
      this.#heard = false;
      this.#socket.send(JSON.stringify({ type: 'ping' } satisfies WsRequestDraft));
      this.#disarm = this.#beat();
    });
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
