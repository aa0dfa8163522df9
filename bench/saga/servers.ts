import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { createServer, connect } from 'node:net';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { surroundings } from '../../app/doctor/surroundings.ts';
import { locateNatsServer } from '../../messaging/embedded/locate-server.ts';

const run = promisify(execFile);
const benchFolder = dirname(dirname(fileURLToPath(import.meta.url)));

/** A server that a side needs, in a process and a folder of its own. */
export interface Server {
  readonly pid: number;
  readonly version: string;
  stop(): Promise<void>;
}

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('no port was given');
  return address.port;
}

export async function answering(port: number, child: ChildProcess): Promise<void> {
  for (let attempt = 0; attempt < 600; attempt += 1) {
    if (child.exitCode !== null) throw new Error(`the server ended with ${child.exitCode}`);
    const open = await new Promise<boolean>((resolve) => {
      const socket = connect(port, '127.0.0.1', () => resolve(true)).once('error', () => resolve(false));
      socket.once('connect', () => socket.destroy());
    });
    if (open) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`nobody listens on ${port}`);
}

export const stopper = (child: ChildProcess) => async (): Promise<void> => {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill('SIGKILL');
  await once(child, 'exit');
};

/** JetStream on files; without `syncInterval` the server's own, two minutes. */
export async function startNats(
  dir: string,
  syncInterval?: string,
): Promise<Server & { readonly url: string }> {
  const { path, cacheDir } = surroundings(process.env);
  const { binary, version } = await locateNatsServer({ path, cacheDir });
  const port = await freePort();
  await mkdir(dir, { recursive: true });
  const settings = join(dir, 'server.conf');
  const sync = syncInterval === undefined ? '' : `sync_interval: ${syncInterval}`;
  await writeFile(settings, `jetstream { store_dir: ${JSON.stringify(dir)}\n${sync}\n}\n`);
  const child = spawn(binary, ['-c', settings, '-a', '127.0.0.1', '-p', String(port)], { stdio: 'ignore' });
  await answering(port, child);
  return { pid: child.pid ?? 0, version, url: `nats://127.0.0.1:${port}`, stop: stopper(child) };
}

/** With its defaults, on free ports. */
export async function startRestate(
  dir: string,
): Promise<Server & { readonly ingress: string; readonly admin: string }> {
  const [ingress, admin, fabric] = [await freePort(), await freePort(), await freePort()];
  const require = createRequire(join(benchFolder, 'package.json'));
  const manifest = require.resolve('@restatedev/restate-server/package.json');
  const platform = `@restatedev/restate-server-${process.platform}-${process.arch}`;
  const binary = join(
    dirname(createRequire(manifest).resolve(`${platform}/package.json`)),
    'bin/restate-server',
  );
  await mkdir(dir, { recursive: true });
  const child = spawn(binary, ['--base-dir', dir, '--node-name', 'bench', '--no-logo'], {
    stdio: 'ignore',
    cwd: dir,
    env: {
      ...process.env,
      DO_NOT_TRACK: '1',
      RESTATE_INGRESS__BIND_ADDRESS: `127.0.0.1:${ingress}`,
      RESTATE_ADMIN__BIND_ADDRESS: `127.0.0.1:${admin}`,
      RESTATE_BIND_ADDRESS: `127.0.0.1:${fabric}`,
      RESTATE_LISTEN_MODE: 'tcp',
      RUST_LOG: 'error',
    },
  });
  await answering(admin, child);
  await answering(ingress, child);
  const { stdout } = await run(binary, ['--version']);
  const url = (port: number): string => `http://127.0.0.1:${port}`;
  return {
    pid: child.pid ?? 0,
    version: stdout.trim(),
    ingress: url(ingress),
    admin: url(admin),
    stop: stopper(child),
  };
}

const POSTGRES = '/usr/lib/postgresql/15/bin';

/** Debian's PostgreSQL 15 with its defaults (fsync on), on a cluster of its own. */
export async function startPostgres(dir: string): Promise<Server & { readonly url: string }> {
  const port = await freePort();
  const data = join(dir, 'data');
  await mkdir(dir, { recursive: true });
  // PostgreSQL does not run as root.
  const asPostgres = process.getuid?.() === 0 ? { uid: await idOf('-u'), gid: await idOf('-g') } : {};
  if (asPostgres.uid !== undefined) {
    await run('chown', ['-R', 'postgres:postgres', dir]);
  }
  await run(join(POSTGRES, 'initdb'), ['-D', data, '-U', 'bench', '--auth', 'trust', '--encoding', 'UTF8'], {
    ...asPostgres,
    cwd: dir,
  });
  const child = spawn(
    join(POSTGRES, 'postgres'),
    ['-D', data, '-p', String(port), '-h', '127.0.0.1', '-k', dir],
    {
      stdio: 'ignore',
      cwd: dir,
      ...asPostgres,
    },
  );
  await answering(port, child);
  const { stdout } = await run(join(POSTGRES, 'postgres'), ['--version']);
  return {
    pid: child.pid ?? 0,
    version: stdout.trim(),
    url: `postgresql://bench@127.0.0.1:${port}/bench`,
    async stop() {
      if (child.exitCode !== null) return;
      // Immediate shutdown: its children end with it.
      child.kill('SIGQUIT');
      await once(child, 'exit');
    },
  };
}

const idOf = async (flag: '-u' | '-g'): Promise<number> =>
  Number((await run('id', [flag, 'postgres'])).stdout);
