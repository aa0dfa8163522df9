import { createHash } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Linux takes 107 bytes for a socket's path, and the engine puts its own sockets below `exec`. */
const longestRunFolder = 64;

export interface OwnEnginePaths {
  readonly folder: string;
  readonly data: string;
  readonly exec: string;
  readonly socket: string;
  readonly pidFile: string;
  /** `{pid, startedAt}` of the dockerd that set-up started: a pid alone may be somebody else's by now. */
  readonly stateFile: string;
  readonly log: string;
  readonly lock: string;
}

/** Where the dockerd that set-up starts keeps everything; apart from any engine the system has. */
export function ownEnginePaths(cacheDir: string): OwnEnginePaths {
  const folder = join(cacheDir, 'docker');
  const run =
    folder.length <= longestRunFolder
      ? folder
      : join(tmpdir(), `tradewright-${createHash('sha256').update(folder).digest('hex').slice(0, 12)}`);
  return {
    folder,
    data: join(folder, 'data'),
    exec: join(run, 'exec'),
    socket: join(run, 'docker.sock'),
    pidFile: join(run, 'dockerd.pid'),
    stateFile: join(folder, 'dockerd.json'),
    log: join(folder, 'dockerd.log'),
    lock: join(folder, 'start.lock'),
  };
}
