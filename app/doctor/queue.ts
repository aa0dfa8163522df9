import { WebSocket } from 'ws';
import { createClient } from '../../contracts/client/index.ts';
import { systemClock } from '../../contracts/ports/clock.ts';
import { silentLog } from '../../contracts/ports/log.ts';
import { TradewrightError } from '../../contracts/errors.ts';
import { connect } from '../../messaging/index.ts';
import { readConfig } from '../config/config.ts';
import { type Check, check, type Finding } from './check.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/** The server that tasks live on, where it is the user's own, and what stands still in the queue of the worker that runs here. */
export async function examineQueue(env: Environment): Promise<readonly Check[]> {
  const server =
    'start a nats-server 2.10 or newer with JetStream (-js) there, or leave NATS_URL out for one of our own';
  const advice = 'do what stands behind each of them, then look again: npx tradewright lanes list';
  return [
    ...(env['NATS_URL'] ? [await check('NATS_URL', server, () => ownServer(env))] : []),
    await check('queue', advice, () => queue(env), { required: false }),
  ];
}

async function ownServer(env: Environment): Promise<Finding> {
  const { nats } = readConfig(env);
  const link = await connect({
    url: nats.url ?? '',
    name: 'tradewright doctor',
    clock: systemClock,
    log: silentLog,
  });
  await link.close();
  const { url, serverVersion: version } = link;
  return {
    found: `nats-server ${version} with JetStream at ${url}; its own sync_interval decides what a power cut costs`,
    facts: { url, version },
  };
}

async function queue(env: Environment): Promise<Finding> {
  const { gateway } = readConfig(env);
  const baseUrl = env['TRADEWRIGHT_GATEWAY_URL'] || `http://127.0.0.1:${gateway.port}`;
  const client = createClient({ baseUrl, WebSocket, token: gateway.token, requestTimeoutMs: 3_000 });
  try {
    const { warnings, lanes, deadLetters, delayed } = await client.queue.lanes();
    const waiting = Object.values(lanes).reduce((sum, { depth }) => sum + depth, 0);
    const stands = `${waiting} tasks wait, ${delayed} delayed, ${deadLetters} dead letters`;
    return {
      ok: warnings.length === 0,
      found: [stands, ...warnings].join('\n'),
      facts: { baseUrl, warnings },
    };
  } catch (error) {
    if (!(error instanceof TradewrightError) || error.code !== 'GATEWAY_UNAVAILABLE') throw error;
    return { found: `no worker runs at ${baseUrl}: nothing to look at`, facts: { baseUrl } };
  }
}
