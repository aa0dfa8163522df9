import { setTimeout as pause } from 'node:timers/promises';
import { systemClock } from '../../contracts/ports/clock.ts';
import { silentLog } from '../../contracts/ports/log.ts';
import type { SandboxPool } from '../../contracts/ports/sandbox.ts';
import type { LocatedEngine } from '../../sandbox-pool/docker/engine-locator.ts';
import { Engine } from '../../sandbox-pool/docker/engine.ts';
import { createSandboxPool, type SandboxPoolOptions } from '../../sandbox-pool/index.ts';
import { memoryOf } from '../harness/memory.ts';

export interface Dispatch {
  /** Until the program's first output. */
  readonly firstMs: number;
  /** Until its result. */
  readonly endMs: number;
  /** From the result until the engine has no such container. */
  readonly removedMs: number;
}

const program = 'print("x", flush=True)';

/** A pool as it ships, and what is measured on it. */
export class Ours {
  readonly #engine: LocatedEngine;
  readonly #image: string;

  constructor(engine: LocatedEngine, image: string) {
    this.#engine = engine;
    this.#image = image;
  }

  async #with<T>(
    options: Partial<SandboxPoolOptions>,
    measure: (pool: SandboxPool) => Promise<T>,
  ): Promise<T> {
    const pool = createSandboxPool({
      engine: this.#engine.address,
      image: this.#image,
      clock: systemClock,
      log: silentLog,
      ...options,
    });
    await pool.start();
    try {
      return await measure(pool);
    } finally {
      await pool.close();
    }
  }

  /** One after the other, each when the pool has nothing else to do. */
  idle(count: number): Promise<readonly Dispatch[]> {
    return this.#with({ min: 2 }, async (pool) => {
      const all: Dispatch[] = [];
      for (let i = 0; i < count; i++) {
        await quiet(pool, 2);
        all.push(await dispatch(pool));
      }
      return all;
    });
  }

  /** At a steady rate, each beside the making of the next containers. */
  refilling(perSecond: number, count: number): Promise<readonly Dispatch[]> {
    return this.#with({ min: 4, preload: 'numpy' }, async (pool) => {
      const under: Promise<Dispatch>[] = [];
      for (let i = 0; i < count; i++) {
        under.push(dispatch(pool));
        await pause(1000 / perSecond);
      }
      return Promise.all(under);
    });
  }

  /** Programs a second, each in a container of its own that is made, used and removed: the stock of the start is not counted. */
  sustained(creators: number, seconds: number): Promise<number> {
    return this.#with({ min: 2, max: 6, creators, preload: 'numpy' }, async (pool) => {
      let done = 0;
      let running = true;
      const client = async (): Promise<void> => {
        while (running) {
          const { success } = await pool.execute({ code: 'import numpy as np\nprint(np.arange(3).sum())' });
          if (!success) throw new Error('a program failed');
          done += 1;
        }
      };
      const clients = Array.from({ length: 4 }, client);
      await pause(1_500);
      const [before, began] = [done, performance.now()];
      await pause(seconds * 1000);
      const rate = ((done - before) / (performance.now() - began)) * 1000;
      running = false;
      await Promise.all(clients);
      return rate;
    });
  }

  /** How long after its deadline whoever asked has the verdict on a program that spins, which can then run no more. */
  overruns(
    count: number,
    { timeoutMs, min }: { timeoutMs: number; min: number },
  ): Promise<readonly number[]> {
    return this.#with({ min, preload: 'numpy' }, async (pool) => {
      const all: number[] = [];
      for (let i = 0; i < count; i++) {
        await quiet(pool, min);
        const began = performance.now();
        const { errorKind } = await pool.execute({ code: 'while True: pass', timeoutMs });
        all.push(performance.now() - began - timeoutMs);
        if (errorKind !== 'timeout')
          throw new Error(`a spinning program ended with ${errorKind ?? 'success'}`);
      }
      return all;
    });
  }

  /** The floor: containers a second that the engine alone makes, starts and removes, without any limit, interpreter or program. */
  async bareRate(loops: number, seconds: number): Promise<number> {
    const engine = new Engine(this.#engine.address, systemClock);
    const began = performance.now();
    let done = 0;
    const loop = async (): Promise<void> => {
      while (performance.now() - began < seconds * 1000) {
        const container = await engine.docker.createContainer({
          Image: this.#image,
          Entrypoint: ['true'],
          NetworkDisabled: true,
          HostConfig: { NetworkMode: 'none', AutoRemove: true, LogConfig: { Type: 'none', Config: {} } },
        });
        const removed: Promise<unknown> = container.wait({ condition: 'removed' });
        await container.start();
        await removed;
        done += 1;
      }
    };
    try {
      await Promise.all(Array.from({ length: loops }, loop));
    } finally {
      engine.close();
    }
    return (done / (performance.now() - began)) * 1000;
  }

  /** Of a container's process that waits, MiB. */
  memory(preload: 'pandas' | 'numpy'): Promise<number> {
    return this.#with({ min: 1, preload }, async (pool) => {
      const lease = await pool.lease({ code: 'x = 1' });
      const engine = new Engine(this.#engine.address, systemClock);
      try {
        const { State } = await engine.docker.getContainer(lease.containerId).inspect();
        return (await memoryOf([State.Pid])) / 2 ** 20;
      } finally {
        engine.close();
        await lease.release();
      }
    });
  }
}

async function dispatch(pool: SandboxPool): Promise<Dispatch> {
  const began = performance.now();
  let firstMs = 0;
  const { success } = await pool.execute({
    code: program,
    onOutput: () => (firstMs ||= performance.now() - began),
  });
  const ended = performance.now();
  if (!success) throw new Error('a program failed');
  const { leased } = pool.stats();
  while (pool.stats().leased >= leased && leased > 0) await pause(1);
  return { firstMs, endMs: ended - began, removedMs: performance.now() - ended };
}

async function quiet(pool: SandboxPool, warm: number): Promise<void> {
  for (;;) {
    const stats = pool.stats();
    if (stats.warm >= warm && stats.creating === 0 && stats.leased === 0) break;
    await pause(10);
  }
  await pause(100);
}
