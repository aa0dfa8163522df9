import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { manyTasks, programBeside } from '../../app/program.ts';
import { Side } from '../harness/side.ts';
import { freePort, type Server, startNats, startPostgres, startRestate } from './servers.ts';

/** One side of the comparison: servers that stay up, and a program that may be killed and started again. */
export interface Contender {
  readonly name: string;
  readonly settings: string;
  /** Starts the program; `file` is where its effects leave their lines. */
  readonly begin: (file: string, options?: { readonly checked?: boolean }) => Promise<Side>;
  readonly servers: readonly Server[];
}

const programOf = (name: string): string => fileURLToPath(new URL(name, import.meta.url));

export async function ours(dir: string): Promise<Contender> {
  const nats = await startNats(join(dir, 'nats'));
  const program = programBeside({ url: import.meta.url, built: import.meta.built }, 'ours');
  return {
    name: 'ours',
    settings: `LevelDB with fsync for every group commit; relay to nats-server ${nats.version} (its own fsync every 2 min), timed until EVENTS has caught up; node ${manyTasks.join(' ')} as the worker ships, and for the others too`,
    servers: [nats],
    begin: (file, { checked = false } = {}) =>
      Side.start([
        ...manyTasks,
        ...program.execArgv,
        program.file,
        dir,
        nats.url,
        file,
        checked ? 'checked' : 'plain',
      ]),
  };
}

export async function restate(dir: string): Promise<Contender> {
  await mkdir(dir, { recursive: true });
  const server = await startRestate(join(dir, 'server'));
  const port = await freePort();
  return {
    name: 'Restate',
    settings: `${server.version}, defaults, one node; @restatedev/restate-sdk 1.17.2 over HTTP/2, calls through the ingress`,
    servers: [server],
    begin: (file) =>
      Side.start([
        ...manyTasks,
        programOf('peers/restate.mjs'),
        String(port),
        server.ingress,
        server.admin,
        file,
      ]),
  };
}

export async function dbos(dir: string): Promise<Contender> {
  const server = await startPostgres(join(dir, 'postgres'));
  return {
    name: 'DBOS',
    settings: `@dbos-inc/dbos-sdk 5.3.0 on ${server.version}, defaults, fsync on`,
    servers: [server],
    begin: (file) => Side.start([...manyTasks, programOf('peers/dbos.mjs'), server.url, file]),
  };
}
