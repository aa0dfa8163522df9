import { spawn } from 'node:child_process';
import { mkdir } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { manyTasks, programBeside } from '../../app/program.ts';
import { runCommand } from '../../scripts/setup/run-command.ts';
import { Side } from '../harness/side.ts';
import { answering, freePort, type Server, startNats, stopper } from '../saga/servers.ts';

/** How soon what is acknowledged is on the disk. */
export type Durability = 'everysec' | 'always';

export interface Contender {
  readonly name: 'ours' | 'BullMQ';
  readonly settings: string;
  readonly begin: () => Promise<Side>;
  readonly server: Server;
}

const programOf = (name: string): string => fileURLToPath(new URL(name, import.meta.url));
export const REDIS = '/usr/bin/redis-server';

export async function ours(dir: string, durability: Durability): Promise<Contender> {
  const server = await startNats(dir, durability === 'always' ? 'always' : '1s');
  const program = programBeside({ url: import.meta.url, built: import.meta.built }, 'ours');
  return {
    name: 'ours',
    settings: `QueueActor, typed and validated tasks, confirmed acknowledgements; nats-server ${server.version}, file storage; node ${manyTasks.join(' ')}, as the worker ships`,
    server,
    begin: () => Side.start([...manyTasks, ...program.execArgv, program.file, server.url]),
  };
}

export async function bullmq(dir: string, durability: Durability): Promise<Contender> {
  await mkdir(dir, { recursive: true });
  const port = await freePort();
  const settings = ['--port', String(port), '--bind', '127.0.0.1', '--dir', dir, '--save', ''];
  const child = spawn(REDIS, [...settings, '--appendonly', 'yes', '--appendfsync', durability], {
    stdio: 'ignore',
  });
  await answering(port, child);
  const says = await runCommand(REDIS, ['--version'], {
    timeoutMs: 5_000,
    signal: new AbortController().signal,
  });
  const version = /v=(\S+)/.exec(says)?.[1] ?? 'unknown';
  return {
    name: 'BullMQ',
    settings: `bullmq 6.7.0 with ioredis 5.11.1, removeOnComplete; Redis ${version} (Debian), append-only file; node ${manyTasks.join(' ')}`,
    server: { pid: child.pid ?? 0, version, stop: stopper(child) },
    // The same settings of Node on both sides.
    begin: () => Side.start([...manyTasks, programOf('peers/bullmq.mjs'), String(port)]),
  };
}
