/** Every bound of the gateway. Times in milliseconds, sizes in bytes. */
export interface GatewayLimits {
  /** A larger request body is refused with 413. */
  readonly bodyBytes: number;
  /** How much of a refused body is still read, so that the client gets to see the refusal. */
  readonly drainBytes: number;
  /** Per client address, over all routes but /livez and /readyz. */
  readonly requestsPerMinute: number;
  /** For a request to arrive completely. */
  readonly requestTimeoutMs: number;
  readonly publishTimeoutMs: number;
  readonly queryTimeoutMs: number;
  readonly readyTimeoutMs: number;
  /** Workflows accepted here that nobody has seen running yet: they read PENDING. */
  readonly acceptedEntries: number;
  readonly acceptedTtlMs: number;
  readonly sockets: number;
  readonly subscriptionsPerSocket: number;
  /** A larger WebSocket message is answered with an error; one sixteen times as large closes the socket. */
  readonly wsMessageBytes: number;
  readonly wsMessagesPerSecond: number;
  /** With more than this waiting to be sent to a client its live text is dropped. */
  readonly liveBufferBytes: number;
  /** With more than this waiting, events wait too. */
  readonly socketBufferBytes: number;
  /** An event that waited this long closes the socket. */
  readonly slowClientMs: number;
  /** A socket silent for two of these is dropped. */
  readonly heartbeatMs: number;
  /** How long a socket that is being closed has to say goodbye. */
  readonly closeGraceMs: number;
  /** How long requests under way have to finish when the gateway closes. */
  readonly drainMs: number;
}

const KiB = 1024;

export const defaultLimits: GatewayLimits = {
  bodyBytes: 64 * KiB,
  drainBytes: 8 * KiB * KiB,
  requestsPerMinute: 1_200,
  requestTimeoutMs: 30_000,
  publishTimeoutMs: 12_000,
  queryTimeoutMs: 5_000,
  readyTimeoutMs: 2_000,
  acceptedEntries: 10_000,
  acceptedTtlMs: 3_600_000,
  sockets: 1_000,
  subscriptionsPerSocket: 64,
  wsMessageBytes: 16 * KiB,
  wsMessagesPerSecond: 200,
  liveBufferBytes: 256 * KiB,
  socketBufferBytes: 1_024 * KiB,
  slowClientMs: 10_000,
  heartbeatMs: 15_000,
  closeGraceMs: 2_000,
  drainMs: 15_000,
};
