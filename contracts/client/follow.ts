import { z } from 'zod';
import type { WsMessage } from '../api.ts';
import { fromFailure, TradewrightError } from '../errors.ts';
import type { WorkflowId } from '../ids.ts';
import { delay } from '../ports/clock.ts';
import { Connection, type ConnectionOptions } from './connection.ts';
import type { Call } from './http.ts';

export interface FollowOptions {
  /** Events with a sequence above this one; default 0: all. */
  readonly afterSeq?: number;
  /** Also the live reasoning, answer and output; default true. */
  readonly live?: boolean;
  readonly signal?: AbortSignal;
  /** Gives up with GATEWAY_UNAVAILABLE when there was no connection for so long; default: never. */
  readonly maxOutageMs?: number;
}

const firstPauseMs = 100;
const longestPauseMs = 2_000;

/**
 * See `Client.follow`. One subscription per connection, resumed after the last event that was yielded.
 * @throws what the gateway refuses for good (UNAUTHORIZED, HOST_REFUSED, FEED_GAP …), GATEWAY_UNAVAILABLE after `maxOutageMs`
 */
export async function* follow(
  ports: ConnectionOptions & { readonly call: Call },
  workflowId: WorkflowId,
  options: FollowOptions,
): AsyncGenerator<WsMessage> {
  const { live = true, signal, maxOutageMs = Infinity } = options;
  const { clock, baseUrl } = ports;
  let lastSeq = options.afterSeq ?? 0;
  let connectedAt = clock.now();
  let failures = 0;
  while (!signal?.aborted) {
    const connection = new Connection(
      ports,
      { type: 'subscribe', workflowId, afterSeq: lastSeq, live },
      signal,
    );
    try {
      for await (const message of connection.messages()) {
        if (message.type === 'pong') continue;
        if (message.type === 'error') {
          if (message.error.kind === 'retryable') break;
          throw fromFailure(message.error);
        }
        if (message.type === 'event') {
          if (message.event.seq <= lastSeq) continue;
          if (message.event.seq !== lastSeq + 1) break;
          lastSeq = message.event.seq;
        }
        failures = 0;
        yield message;
      }
    } finally {
      connection.close();
    }
    if (signal?.aborted) return;
    if (connection.opened) connectedAt = clock.now();
    else await assertNotRefused(ports.call, signal);
    if (clock.now() - connectedAt >= maxOutageMs) {
      throw new TradewrightError('GATEWAY_UNAVAILABLE', `no connection to ${baseUrl} for ${maxOutageMs} ms`);
    }
    failures += 1;
    const pauseMs = Math.min(firstPauseMs * 2 ** (failures - 1), longestPauseMs);
    await delay(clock, pauseMs, signal).catch(() => undefined);
  }
}

/** A WebSocket does not tell why it was refused; the same address asked over HTTP does. */
async function assertNotRefused(call: Call, signal: AbortSignal | undefined): Promise<void> {
  try {
    await call({ method: 'GET', path: '/v1/ws', signal }, z.unknown());
  } catch (error) {
    const refusals: readonly string[] = ['UNAUTHORIZED', 'HOST_REFUSED', 'ORIGIN_REFUSED'];
    if (error instanceof TradewrightError && refusals.includes(error.code)) throw error;
  }
}
