import type { FastifyRequest } from 'fastify';
import type { IncomingMessage } from 'node:http';
import { TradewrightError } from '../../contracts/errors.ts';
import type { GatewayLimits } from '../limits.ts';

/**
 * Reads a JSON body within the limits. A body that is too large is still read (and thrown away) up to `drainBytes`:
 * an answer given while the client is sending gets lost in the reset of the connection.
 * @throws INPUT_TOO_LARGE, JSON_MALFORMED
 */
export const jsonBody =
  (limits: Pick<GatewayLimits, 'bodyBytes' | 'drainBytes'>) =>
  async (_request: FastifyRequest, payload: IncomingMessage): Promise<unknown> => {
    const chunks: Buffer[] = [];
    let read = 0;
    for await (const chunk of payload as AsyncIterable<Buffer>) {
      read += chunk.byteLength;
      if (read <= limits.bodyBytes) chunks.push(chunk);
      else chunks.length = 0;
      if (read > limits.drainBytes) break;
    }
    if (read > limits.bodyBytes) {
      throw new TradewrightError('INPUT_TOO_LARGE', `the body is larger than ${limits.bodyBytes} bytes`, {
        details: { limitBytes: limits.bodyBytes },
      });
    }
    return parseJson(Buffer.concat(chunks));
  };

/** @throws JSON_MALFORMED with `details.position` (characters from the start) where the parser tells it */
export function parseJson(bytes: Uint8Array): unknown {
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new TradewrightError('JSON_MALFORMED', 'the text is not UTF-8', { cause });
  }
  try {
    return JSON.parse(text) as unknown;
  } catch (cause) {
    const says = cause instanceof Error ? cause.message : 'unreadable';
    const position = positionIn(says, text);
    throw new TradewrightError('JSON_MALFORMED', `not JSON: ${says}`, {
      cause,
      ...(position === undefined ? {} : { details: { position } }),
    });
  }
}

function positionIn(says: string, text: string): number | undefined {
  const stated = /at position (\d+)/.exec(says)?.[1];
  if (stated !== undefined) return Number(stated);
  return /Unexpected end/.test(says) ? text.length : undefined;
}
