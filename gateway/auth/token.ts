import { createHash, timingSafeEqual } from 'node:crypto';
import { tokenFromProtocols } from '../../contracts/ws-protocol.ts';

const digest = (text: string): Buffer => createHash('sha256').update(text, 'utf8').digest();

/** Compares in a time that tells nothing of the token. */
export function tokenCheck(token: string): (offered: string | undefined) => boolean {
  const expected = digest(token);
  return (offered) => offered !== undefined && timingSafeEqual(digest(offered), expected);
}

/** The token a request offers: `Authorization: Bearer …`, or a WebSocket's second subprotocol. */
export function offeredToken(headers: {
  readonly authorization?: string | undefined;
  readonly 'sec-websocket-protocol'?: string | undefined;
}): string | undefined {
  const bearer = /^Bearer +(\S+)$/i.exec(headers.authorization ?? '');
  return bearer?.[1] ?? tokenFromProtocols(headers['sec-websocket-protocol'] ?? '');
}
