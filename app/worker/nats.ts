import { TradewrightError } from '../../contracts/errors.ts';
import type { Clock } from '../../contracts/ports/clock.ts';
import type { Log } from '../../contracts/ports/log.ts';
import { locateNatsServer } from '../../messaging/embedded/locate-server.ts';
import { superviseNatsServer } from '../../messaging/embedded/supervise-nats-server.ts';
import { type Messaging, openMessaging, streamLimits } from '../../messaging/index.ts';
import type { Config } from '../config/config.ts';
import type { Shutdown } from './shutdown.ts';

export interface OpenedNats {
  readonly messaging: Messaging;
  /** An orphan of a killed worker went on serving this folder. */
  readonly adopted: boolean;
  readonly url: string;
  /** Null for a server of the user's own: it does not say. */
  readonly syncInterval: string | null;
}

/** The user's server where one is given, otherwise one of our own; with every stream in place. */
export async function openNats(
  config: Config,
  clock: Clock,
  log: Log,
  shutdown: Shutdown,
  failed: (error: TradewrightError) => void,
): Promise<OpenedNats> {
  const { url, adopted, syncInterval } = await server(config, clock, log, shutdown, failed);
  const { signals } = streamLimits;
  const messaging = await openMessaging({
    url,
    name: 'tradewright',
    clock,
    log,
    limits: {
      ...streamLimits,
      signals: { ...signals, maxBytes: config.signalStoreBytes ?? signals.maxBytes },
    },
  });
  shutdown.add('messaging', () => messaging.close());
  return { messaging, adopted, url, syncInterval };
}

async function server(
  config: Config,
  clock: Clock,
  log: Log,
  shutdown: Shutdown,
  failed: (error: TradewrightError) => void,
): Promise<Omit<OpenedNats, 'messaging'>> {
  if (config.nats.url !== undefined) return { url: config.nats.url, adopted: false, syncInterval: null };
  const { binary } = await locateNatsServer({ path: config.environment['PATH'], cacheDir: config.cacheDir });
  const nats = await superviseNatsServer({
    dataDir: config.dataDir,
    binary,
    ...(config.nats.port === 0 ? {} : { port: config.nats.port }),
    syncInterval: config.nats.syncInterval,
    logger: log,
    clock,
  });
  shutdown.add('nats-server', () => nats.stop());
  nats.onState((state) => {
    if (state.kind === 'failed') failed(new TradewrightError('NATS_UNAVAILABLE', state.failure.message));
  });
  const { url: own, syncInterval, state } = nats;
  return { url: own, adopted: state.kind === 'ready' && state.adopted, syncInterval };
}
