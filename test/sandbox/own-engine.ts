import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm, unlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { pipeline } from 'node:stream/promises';
import { systemClock } from '../../contracts/ports/clock.ts';
import { Engine } from '../../sandbox-pool/docker/engine.ts';
import { eventually } from '../support/eventually.ts';

const run = promisify(execFile);
const withinMs = 60_000;

/** A Docker engine of the test's own, on a disk of its own, to be stopped, started and filled up. */
export interface OwnEngine {
  readonly socketPath: string;
  start(): Promise<void>;
  stop(signal: 'SIGTERM' | 'SIGKILL'): Promise<void>;
  /** Writes until the engine's disk is full; the result makes room again. */
  fillDisk(): Promise<() => Promise<void>>;
  remove(): Promise<void>;
}

/**
 * @param from an engine that has the image
 * @param crun path of the runtime to offer beside runc; it refuses hybrid control groups, so the engine then sees none of version 2
 */
export async function ownEngine(from: Engine, image: string, crun?: string): Promise<OwnEngine> {
  const folder = await mkdtemp(join(tmpdir(), 'twe-'));
  const data = join(folder, 'data');
  const socketPath = join(folder, 'docker.sock');
  await mkdir(data);
  await run('mount', ['-t', 'tmpfs', '-o', 'size=900m', 'tmpfs', data]);
  let child: ChildProcess | null = null;

  async function start(): Promise<void> {
    const unhybrid = 'umount /sys/fs/cgroup/unified 2>/dev/null; exec dockerd "$@"';
    const [program, ...before] =
      crun === undefined ? ['dockerd'] : ['unshare', '--mount', 'sh', '-c', unhybrid, 'dockerd'];
    child = spawn(
      program ?? 'dockerd',
      [
        ...before,
        ...(crun === undefined ? [] : ['--add-runtime', `crun=${crun}`]),
        ...['--iptables=false', '--ip6tables=false', '--bridge=none', '--log-level=error'],
        ...['--data-root', data, '--exec-root', join(folder, 'exec')],
        ...['--pidfile', join(folder, 'dockerd.pid'), '--host', `unix://${socketPath}`],
      ],
      { stdio: 'ignore' },
    );
    const engine = new Engine({ socketPath }, systemClock);
    await eventually(async () => (await engine.facts().catch(() => null)) !== null, {
      withinMs,
      what: 'the engine to answer',
    });
    engine.close();
  }

  async function stop(signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
    if (child === null) return;
    const gone = once(child, 'exit');
    child.kill(signal);
    await gone;
    child = null;
  }

  await start();
  const engine = new Engine({ socketPath }, systemClock);
  const loading = await from.docker.getImage(image).get();
  const loaded = await engine.docker.loadImage(loading);
  await pipeline(loaded, async (stream) => {
    for await (const _ of stream as AsyncIterable<Buffer>);
  });
  engine.close();

  return {
    socketPath,
    start,
    stop,
    async fillDisk() {
      const filler = join(data, 'filler');
      for (let part = 0; ; part++) {
        try {
          await writeFile(filler, Buffer.alloc(8 << 20), { flag: 'a' });
        } catch {
          return () => unlink(filler);
        }
      }
    },
    async remove() {
      await stop('SIGTERM');
      await run('umount', ['-R', '-l', data]).catch(() => undefined);
      await rm(folder, { recursive: true, force: true }).catch(() => undefined);
    },
  };
}
