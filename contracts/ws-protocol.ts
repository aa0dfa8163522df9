/** The subprotocol of `/v1/ws`. */
export const WS_PROTOCOL = 'tradewright.v1';

/** Close codes of `/v1/ws`. After any of them events can be resumed with `afterSeq`. */
export const wsClose = {
  goingAway: 1001,
  policy: 1008,
  /** The client did not read: live text was dropped first, then the socket was closed. */
  slowClient: 4008,
} as const;

/**
 * A browser's WebSocket cannot send an Authorization header, so the token travels as a second subprotocol,
 * base64url because a subprotocol is an HTTP token.
 */
export const bearerProtocol = (token: string): string =>
  `bearer.${Buffer.from(token, 'utf8').toString('base64url')}`;

/** The token of a `Sec-WebSocket-Protocol` header, undefined where it holds none. */
export function tokenFromProtocols(header: string): string | undefined {
  const found = header
    .split(',')
    .map((protocol) => protocol.trim())
    .find((protocol) => protocol.startsWith('bearer.'));
  return found === undefined
    ? undefined
    : Buffer.from(found.slice('bearer.'.length), 'base64url').toString('utf8');
}
