import { connect as dial, errors, type NatsConnection } from '@nats-io/transport-node';
import { jetstreamManager, type JetStreamClient, type JetStreamManager } from '@nats-io/jetstream';
import { TradewrightError } from '../contracts/errors.ts';
import type { Clock } from '../contracts/ports/clock.ts';
import type { Log } from '../contracts/ports/log.ts';
import { AckConfirmer } from './ack-confirmer.ts';
import { AckedPublisher } from './acked-publisher.ts';
import { unavailable } from './nats-errors.ts';

export const MINIMUM_SERVER = { major: 2, minor: 10 } as const;

const DIAL_TIMEOUT_MS = 5_000;
const RECONNECT_WAIT_MS = 250;
const DRAIN_TIMEOUT_MS = 5_000;

export interface ConnectOptions {
  /** `nats://host:port`, with `user:password@` where the server wants them. */
  readonly url: string;
  /** Shown in the server's connection list. */
  readonly name: string;
  readonly log: Log;
  readonly clock: Clock;
  /** Closes the connection when it aborts, also while it is being made. */
  readonly signal?: AbortSignal;
}

/** One connection to NATS, kept for ever; what the rest of this folder stands on. */
export interface NatsLink {
  readonly nc: NatsConnection;
  readonly js: JetStreamClient;
  readonly jsm: JetStreamManager;
  readonly publisher: AckedPublisher;
  readonly confirmer: AckConfirmer;
  readonly clock: Clock;
  readonly log: Log;
  /** Without credentials. */
  readonly url: string;
  readonly serverVersion: string;
  readonly connected: () => boolean;
  /** Resolves once connected. @throws NATS_UNAVAILABLE after `withinMs`, when closed, or when the signal aborts. */
  readonly ready: (withinMs: number, signal?: AbortSignal) => Promise<void>;
  /** Calls back each time the connection is lost or closed; the returned function takes it back. */
  readonly onLost: (listener: () => void) => () => void;
  /** Sends what is pending, then closes. */
  readonly close: () => Promise<void>;
}

/**
 * Connects, and reconnects for ever once connected.
 * @throws NATS_UNAVAILABLE nobody answers at the address; UNAUTHORIZED; NATS_UNSUITABLE the server is older than 2.10 or has no JetStream
 */
export async function connect(options: ConnectOptions): Promise<NatsLink> {
  const { log, clock, signal } = options;
  const address = parseAddress(options.url);
  const nc = await open(options, address);
  try {
    if (signal?.aborted) throw unavailable(`connecting to ${address.shown} was cancelled`);
    const serverVersion = checkVersion(nc, address.shown);
    const jsm = await openJetStream(nc, address.shown);
    const state = watch(nc, log, address.shown);
    const publisher = new AckedPublisher(nc, clock);
    const confirmer = new AckConfirmer(nc, clock, state.connected);
    state.onLost(() => {
      publisher.abandon();
      confirmer.resend();
    });
    const link: NatsLink = {
      nc,
      publisher,
      confirmer,
      js: jsm.jetstream(),
      jsm,
      clock,
      log,
      url: address.shown,
      serverVersion,
      connected: state.connected,
      onLost: state.onLost,
      ready: (withinMs, abort) => waitConnected(state, clock, address.shown, withinMs, abort),
      close: () => (state.connected() ? drain(nc, clock) : nc.close()),
    };
    signal?.addEventListener('abort', () => void link.close(), { once: true });
    return link;
  } catch (error) {
    await nc.close();
    throw error;
  }
}

interface Address {
  readonly server: string;
  readonly shown: string;
  readonly credentials: { user?: string; pass?: string; token?: string };
}

function parseAddress(raw: string): Address {
  const text = raw.includes('://') ? raw : `nats://${raw}`;
  if (!URL.canParse(text)) throw new TradewrightError('CONFIG_INVALID', 'the NATS address is not a URL');
  const url = new URL(text);
  const [user, pass] = [decodeURIComponent(url.username), decodeURIComponent(url.password)];
  const server = `${url.protocol}//${url.host}`;
  const credentials = pass ? { user, pass } : user ? { token: user } : {};
  return { server, shown: server, credentials };
}

async function open(options: ConnectOptions, address: Address): Promise<NatsConnection> {
  try {
    return await dial({
      servers: address.server,
      name: options.name,
      timeout: DIAL_TIMEOUT_MS,
      reconnect: true,
      maxReconnectAttempts: -1,
      reconnectTimeWait: RECONNECT_WAIT_MS,
      // A server that restarts may refuse credentials while it reloads them: never give up on it.
      ignoreAuthErrorAbort: true,
      noAsyncTraces: true,
      ...address.credentials,
    });
  } catch (error) {
    if (error instanceof errors.AuthorizationError) {
      throw new TradewrightError('UNAUTHORIZED', `NATS at ${address.shown} refused the credentials`, {
        cause: error,
      });
    }
    throw unavailable(`no NATS server answers at ${address.shown}`, error);
  }
}

function checkVersion(nc: NatsConnection, shown: string): string {
  const version = nc.info?.version ?? 'unknown';
  const [major = 0, minor = 0] = version.split('.').map((part) => Number.parseInt(part, 10) || 0);
  const suits =
    major > MINIMUM_SERVER.major || (major === MINIMUM_SERVER.major && minor >= MINIMUM_SERVER.minor);
  if (suits) return version;
  throw new TradewrightError(
    'NATS_UNSUITABLE',
    `nats-server at ${shown} is version ${version}; ${MINIMUM_SERVER.major}.${MINIMUM_SERVER.minor} or newer is needed`,
    { details: { version } },
  );
}

async function openJetStream(nc: NatsConnection, shown: string): Promise<JetStreamManager> {
  try {
    return await jetstreamManager(nc);
  } catch (error) {
    if (error instanceof errors.TimeoutError)
      throw unavailable(`JetStream at ${shown} does not answer`, error);
    throw new TradewrightError(
      'NATS_UNSUITABLE',
      `nats-server at ${shown} runs without JetStream: start it with -js or a jetstream block`,
      { cause: error },
    );
  }
}

interface LinkState {
  readonly connected: () => boolean;
  readonly closed: () => boolean;
  readonly onLost: (listener: () => void) => () => void;
  readonly onChange: (listener: () => void) => () => void;
}

function watch(nc: NatsConnection, log: Log, shown: string): LinkState {
  let connected = true;
  let closed = false;
  const lost = new Set<() => void>();
  const changed = new Set<() => void>();
  const set = (now: boolean): void => {
    connected = now;
    for (const listener of [...changed]) listener();
    if (!now) for (const listener of [...lost]) listener();
  };
  const follow = async (): Promise<void> => {
    for await (const status of nc.status()) {
      if (status.type === 'disconnect' && connected) {
        log.warn({ nats: shown }, 'connection to NATS lost');
        set(false);
      } else if (status.type === 'reconnect') {
        log.info({ nats: shown }, 'connection to NATS is back');
        set(true);
      } else if (status.type === 'error') {
        log.warn({ nats: shown, error: status.error.message }, 'NATS reported an error');
      }
    }
  };
  void follow();
  void nc.closed().then(() => {
    closed = true;
    set(false);
  });
  const listen = (set: Set<() => void>) => (listener: () => void) => {
    set.add(listener);
    return () => void set.delete(listener);
  };
  return {
    connected: () => connected,
    closed: () => closed,
    onLost: listen(lost),
    onChange: listen(changed),
  };
}

function waitConnected(
  state: LinkState,
  clock: Clock,
  shown: string,
  withinMs: number,
  signal: AbortSignal | undefined,
): Promise<void> {
  return new Promise((resolve, reject) => {
    if (state.connected()) return resolve();
    const end = (why: string | undefined): void => {
      cancelTimer();
      stopListening();
      signal?.removeEventListener('abort', abort);
      if (why === undefined) resolve();
      else reject(unavailable(`NATS at ${shown}: ${why}`));
    };
    const abort = (): void => end('waiting was cancelled');
    const cancelTimer = clock.schedule(withinMs, () => end(`not connected for ${withinMs} ms`));
    const stopListening = state.onChange(() => {
      if (state.connected()) end(undefined);
      else if (state.closed()) end('the connection is closed');
    });
    if (state.closed()) end('the connection is closed');
    else if (signal?.aborted) abort();
    else signal?.addEventListener('abort', abort, { once: true });
  });
}

async function drain(nc: NatsConnection, clock: Clock): Promise<void> {
  if (nc.isClosed()) return;
  const close = (): void => void nc.close();
  // Draining waits for the server, for ever if it hangs: that must not hold up the shutdown.
  const cancel = clock.schedule(DRAIN_TIMEOUT_MS, close);
  if (!nc.isDraining()) nc.drain().catch(close);
  await nc.closed();
  cancel();
}
