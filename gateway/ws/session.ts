import type { RawData, WebSocket } from 'ws';
import { type WsMessage, WsRequest } from '../../contracts/api.ts';
import { toFailure, TradewrightError, unreachable } from '../../contracts/errors.ts';
import type { WorkflowId } from '../../contracts/ids.ts';
import type { Clock } from '../../contracts/ports/clock.ts';
import type { Log } from '../../contracts/ports/log.ts';
import type { EventFeed, LiveFeed } from '../../contracts/ports/messaging.ts';
import { wsClose } from '../../contracts/ws-protocol.ts';
import { parseJson } from '../http/json-body.ts';
import type { GatewayLimits } from '../limits.ts';
import { Outbox } from './outbox.ts';
import { pumpEvents } from './pump-events.ts';

export interface SessionPorts {
  readonly events: EventFeed;
  readonly live: LiveFeed;
  readonly clock: Clock;
  readonly log: Log;
  readonly limits: GatewayLimits;
}

/** One client's socket: what it follows and what waits to be sent to it. */
export class Session {
  readonly #socket: WebSocket;
  readonly #ports: SessionPorts;
  readonly #outbox: Outbox;
  readonly #subscriptions = new Map<WorkflowId, () => void>();
  readonly #ended: () => void;
  #open = true;
  #heard = true;
  #window = { startedAt: 0, messages: 0 };

  /** @param ended is called once, when the socket is gone and every subscription with it */
  constructor(socket: WebSocket, ports: SessionPorts, ended: () => void) {
    this.#socket = socket;
    this.#ports = ports;
    this.#ended = ended;
    this.#outbox = new Outbox({
      wire: { send: (text, sent) => socket.send(text, sent) },
      clock: ports.clock,
      limits: ports.limits,
      onStall: () => {
        ports.log.warn(
          { queuedBytes: this.#outbox.queuedBytes },
          'WebSocket client does not read, closing it',
        );
        this.close(wsClose.slowClient, 'SLOW_CLIENT: resume with afterSeq');
      },
    });
    socket.on('message', (data, isBinary) => this.#onMessage(data, isBinary));
    socket.on('pong', () => (this.#heard = true));
    socket.on('close', () => {
      this.#release();
      this.#ended();
    });
  }

  get subscriptions(): number {
    return this.#subscriptions.size;
  }

  /** Asks whether the client is still there; one that was silent since the last time is dropped. */
  heartbeat(): void {
    if (!this.#heard) return this.#socket.terminate();
    this.#heard = false;
    this.#socket.ping();
  }

  /** Says goodbye; a client that does not answer it in time is cut off. */
  close(code: number, reason: string): void {
    this.#release();
    this.#socket.close(code, reason);
    const { clock, limits } = this.#ports;
    const disarm = clock.schedule(limits.closeGraceMs, () => this.#socket.terminate());
    this.#socket.once('close', disarm);
  }

  #release(): void {
    this.#open = false;
    for (const end of this.#subscriptions.values()) end();
    this.#subscriptions.clear();
    this.#outbox.close();
  }

  #onMessage(data: RawData, isBinary: boolean): void {
    if (!this.#open) return;
    this.#heard = true;
    if (this.#tooMany()) {
      this.close(wsClose.policy, 'RATE_LIMITED');
      return;
    }
    try {
      this.#handle(this.#read(data, isBinary));
    } catch (error) {
      this.#answerFailure(error);
    }
  }

  #tooMany(): boolean {
    const now = this.#ports.clock.now();
    if (now - this.#window.startedAt >= 1_000) this.#window = { startedAt: now, messages: 0 };
    this.#window.messages += 1;
    return this.#window.messages > this.#ports.limits.wsMessagesPerSecond;
  }

  #read(data: RawData, isBinary: boolean): WsRequest {
    const bytes = Array.isArray(data) ? Buffer.concat(data) : Buffer.from(data as Buffer);
    const { wsMessageBytes } = this.#ports.limits;
    if (bytes.byteLength > wsMessageBytes) {
      throw new TradewrightError('INPUT_TOO_LARGE', `the message is larger than ${wsMessageBytes} bytes`);
    }
    if (isBinary) throw new TradewrightError('JSON_MALFORMED', 'send JSON as text messages');
    const request = WsRequest.safeParse(parseJson(bytes));
    if (request.success) return request.data;
    const fields = request.error.issues.map(({ path, message }) => ({
      field: path.map(String).join('.') || 'message',
      message,
    }));
    const says = fields.map(({ field, message }) => `${field}: ${message}`).join('; ');
    throw new TradewrightError('INPUT_INVALID', says, { details: { fields } });
  }

  #handle(request: WsRequest): void {
    switch (request.type) {
      case 'subscribe':
        return this.#subscribe(request);
      case 'unsubscribe':
        return this.#unsubscribe(request.workflowId);
      case 'ping':
        return this.#answer({ type: 'pong' });
      default:
        return unreachable(request);
    }
  }

  /** Following a workflow again replaces the subscription: it starts anew after `afterSeq`. */
  #subscribe({ workflowId, afterSeq, live }: Extract<WsRequest, { type: 'subscribe' }>): void {
    const { limits, clock, log, events } = this.#ports;
    this.#unsubscribe(workflowId);
    if (this.#subscriptions.size >= limits.subscriptionsPerSocket) {
      throw new TradewrightError(
        'SUBSCRIPTION_LIMIT',
        `a socket follows at most ${limits.subscriptionsPerSocket} workflows`,
        { details: { workflowId, limit: limits.subscriptionsPerSocket } },
      );
    }
    const aborter = new AbortController();
    const { signal } = aborter;
    const endLive = live ? this.#followLive(workflowId) : () => undefined;
    const end = (): void => {
      aborter.abort();
      endLive();
    };
    this.#subscriptions.set(workflowId, end);
    this.#answer({ type: 'subscribed', workflowId });
    const send = (text: string): Promise<boolean> => this.#outbox.event(text, signal);
    pumpEvents({ events, workflowId, afterSeq, send, clock, log, signal }).catch((error: unknown) => {
      end();
      if (this.#subscriptions.get(workflowId) === end) this.#subscriptions.delete(workflowId);
      this.#answerFailure(error);
    });
  }

  #followLive(workflowId: WorkflowId): () => void {
    return this.#ports.live.follow(workflowId, (channel, text) => {
      const message: WsMessage = { type: 'live', workflowId, channel, text };
      this.#outbox.live(JSON.stringify(message));
    });
  }

  #unsubscribe(workflowId: WorkflowId): void {
    this.#subscriptions.get(workflowId)?.();
    this.#subscriptions.delete(workflowId);
  }

  #answer(message: WsMessage): void {
    this.#outbox.answer(JSON.stringify(message));
  }

  #answerFailure(error: unknown): void {
    if (error instanceof TradewrightError) return this.#answer({ type: 'error', error: toFailure(error) });
    this.#ports.log.error({ err: error }, 'WebSocket message failed');
    this.#answer({ type: 'error', error: { code: 'INTERNAL', kind: 'defect', message: 'a fault of ours' } });
  }
}
