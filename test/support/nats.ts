import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { type AddressInfo, connect as connectSocket, createServer } from 'node:net';
import { promisify } from 'node:util';
import envPaths from 'env-paths';
import { systemClock } from '../../contracts/ports/clock.ts';
import { silentLog } from '../../contracts/ports/log.ts';
import { openMessaging, type Messaging, type MessagingOptions } from '../../messaging/index.ts';
import { locateNatsServer, type NatsServerBinary } from '../../messaging/embedded/locate-server.ts';
import { eventually } from './eventually.ts';
import { tempDir } from './temp-dir.ts';

const cacheDir = process.env['TRADEWRIGHT_CACHE_DIR'] ?? envPaths('tradewright', { suffix: '' }).cache;
let located: Promise<NatsServerBinary> | undefined;
const locate = (): Promise<NatsServerBinary> =>
  (located ??= locateNatsServer({ path: process.env['PATH'], cacheDir }));

/** A real nats-server of one test's own: random port, own store. */
export interface TestNats {
  readonly url: string;
  readonly port: number;
  /** SIGKILL; resolves when the process is gone. */
  kill(): Promise<void>;
  /** Starts it again on the same port and the same store. */
  start(): Promise<void>;
  /** SIGSTOP, resolving once it has taken effect; SIGCONT: a server that hangs. */
  freeze(): Promise<void>;
  thaw(): void;
  /** Ends the server and deletes its store. */
  stop(): Promise<void>;
}

export async function startNats(): Promise<TestNats> {
  const store = await tempDir('tradewright-nats-');
  const port = await freePort();
  const { binary } = await locate();
  let child: ChildProcess | undefined;

  const start = async (): Promise<void> => {
    child = spawn(binary, ['-js', '-a', '127.0.0.1', '-p', String(port), '-sd', store.path], {
      stdio: 'ignore',
    });
    await eventually(() => accepts(port), { what: 'nats-server to accept connections' });
  };
  const kill = async (): Promise<void> => {
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const gone = once(child, 'exit');
    child.kill('SIGKILL');
    await gone;
  };
  await start();
  return {
    url: `nats://127.0.0.1:${port}`,
    port,
    kill,
    start,
    async freeze() {
      child?.kill('SIGSTOP');
      await eventually(async () => (await processState(child?.pid)).startsWith('T'), {
        what: 'nats-server to stop',
      });
    },
    thaw: () => void child?.kill('SIGCONT'),
    async stop() {
      await kill();
      await store.remove();
    },
  };
}

/** Messaging on a test's server, with its streams made; time-outs are short so that faults show soon. */
export function messagingOn(nats: TestNats, options: Partial<MessagingOptions> = {}): Promise<Messaging> {
  return openMessaging({
    url: nats.url,
    name: 'test',
    log: silentLog,
    clock: systemClock,
    publishTimes: { attemptMs: 500, deadlineMs: 5_000 },
    ...options,
  });
}

async function processState(pid: number | undefined): Promise<string> {
  const { stdout } = await promisify(execFile)('ps', ['-o', 'stat=', '-p', String(pid)]);
  return stdout.trim();
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('no port was given');
  return address.port;
}

/** True once the server greets: a bare connect could reach one that is not ready. */
function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connectSocket(port, '127.0.0.1');
    socket.setTimeout(1_000, () => socket.destroy());
    socket.once('data', () => {
      resolve(true);
      socket.destroy();
    });
    socket.once('error', () => resolve(false));
    socket.once('close', () => resolve(false));
  });
}

/** What a server of a version before ours says of itself; no more than that. */
export async function tooOldNats(): Promise<{ readonly url: string; close(): void }> {
  const old = createServer((socket) => {
    socket.write(
      'INFO {"server_id":"x","version":"2.9.10","max_payload":1048576,"headers":true,"proto":1}\r\n',
    );
    socket.on('data', (data) => {
      if (data.includes('PING')) socket.write('PONG\r\n');
    });
    socket.on('error', () => undefined);
  }).listen(0, '127.0.0.1');
  await once(old, 'listening');
  return {
    url: `nats://127.0.0.1:${(old.address() as AddressInfo).port}`,
    close: () => void old.close(),
  };
}
