import { join } from 'node:path';
import { ensureProgram, installPeers } from '../harness/install.ts';
import type { Goal, Measured } from '../harness/rows.ts';
import { percentile } from '../harness/statistics.ts';
import type { Suite, SuiteOptions } from '../harness/suite.ts';
import { bullmq, type Contender, type Durability, ours, REDIS } from './contenders.ts';

interface Sizes {
  readonly single: number;
  readonly bulk: number;
  readonly latency: number;
}

/** Of one repetition: tasks a second, milliseconds. */
interface Sample {
  readonly add: number;
  readonly bulk: number;
  readonly one: number;
  readonly fifty: number;
  readonly p50: number;
  readonly p99: number;
}

interface Timed {
  readonly seconds: number;
}

/** A queue of tasks that do nothing, beside BullMQ on Redis. */
export const queue: Suite = async (options) => {
  const { dir, quick, full, signal, progress } = options;
  await installPeers(signal);
  const redis = await ensureProgram(REDIS, 'redis-server', signal);
  const sizes = quick
    ? { single: 200, bulk: 2_000, latency: 50 }
    : { single: 1_000, bulk: 10_000, latency: 200 };
  const measured: Measured[] = [];
  const versions: Record<string, string> = {};
  for (const durability of ['everysec', 'always'] as const) {
    const contenders = await start(join(dir, durability), durability, redis);
    try {
      for (const { name, settings } of contenders) versions[name] = settings;
      const repetitions = quick ? 1 : durability === 'always' ? 3 : 5;
      const own = durability === 'always' ? { single: 200, bulk: 2_000, latency: 100 } : sizes;
      const samples = await interleaved(contenders, durability, repetitions, own, options);
      measured.push(...rowsOf(durability, samples));
      if (durability === 'always') continue;
      measured.push(
        ...(await backlogs(
          contenders,
          quick ? [2_000] : full ? [10_000, 100_000, 1_000_000] : [10_000, 100_000],
          options,
        )),
      );
      measured.push(await takeover(contenders, quick ? 1 : 3, progress));
    } finally {
      for (const { server } of contenders) await server.stop();
    }
  }
  versions['durability'] =
    'everysec: Redis appendfsync everysec, JetStream sync_interval 1s; always: fsync before each answer, on both sides';
  return { versions, measured };
};

async function start(dir: string, durability: Durability, redis: boolean): Promise<readonly Contender[]> {
  const own = await ours(join(dir, 'nats'), durability);
  return redis ? [own, await bullmq(join(dir, 'redis'), durability)] : [own];
}

async function interleaved(
  contenders: readonly Contender[],
  durability: Durability,
  repetitions: number,
  sizes: Sizes,
  { signal, progress }: SuiteOptions,
): Promise<ReadonlyMap<string, readonly Sample[]>> {
  const samples = new Map<string, Sample[]>();
  for (let repetition = 1; repetition <= repetitions; repetition += 1) {
    for (const contender of contenders) {
      signal.throwIfAborted();
      const taken = await sample(contender, `${durability}-${repetition}`, sizes);
      samples.set(contender.name, [...(samples.get(contender.name) ?? []), taken]);
      const said = Object.entries<number>({ ...taken }).map(
        ([figure, value]) => `${figure} ${value.toFixed(value < 100 ? 2 : 0)}`,
      );
      progress(`${durability} ${repetition}/${repetitions} ${contender.name}: ${said.join(', ')}`);
    }
  }
  return samples;
}

/** One repetition of everything, in a program of its own. */
async function sample(contender: Contender, tag: string, { single, bulk, latency }: Sizes): Promise<Sample> {
  const side = await contender.begin();
  const rate = async (n: number, command: object): Promise<number> =>
    n / (await side.ask<Timed>(command)).seconds;
  // Warm: what runs for the first time is compiled first.
  await side.ask({ do: 'bulk', n: 1_000, tag: `${tag}-warm` });
  await side.ask({ do: 'process', n: 1_000, concurrency: 50 });
  const add = await rate(single, { do: 'add', n: single, tag: `${tag}-add` });
  const one = await rate(single, { do: 'process', n: single, concurrency: 1 });
  const added = await rate(bulk, { do: 'bulk', n: bulk, tag: `${tag}-bulk` });
  const fifty = await rate(bulk, { do: 'process', n: bulk, concurrency: 50 });
  const { latencies } = await side.ask<{ readonly latencies: readonly number[] }>({
    do: 'latency',
    n: latency,
    tag: `${tag}-latency`,
  });
  await side.kill();
  return { add, bulk: added, one, fifty, p50: percentile(latencies, 0.5), p99: percentile(latencies, 0.99) };
}

function rowsOf(
  durability: Durability,
  samples: ReadonlyMap<string, readonly Sample[]>,
): readonly Measured[] {
  const figure = (
    name: string,
    unit: string,
    better: 'more' | 'less',
    read: (taken: Sample) => number,
    goal?: Goal,
  ): Measured => ({
    figure: `${name} (${durability})`,
    unit,
    better,
    ours: (samples.get('ours') ?? []).map(read),
    peers: { BullMQ: (samples.get('BullMQ') ?? []).map(read) },
    ...(goal === undefined || durability === 'always' ? {} : { goal }),
  });
  return [
    figure('add one by one', '1/s', 'more', ({ add }) => add),
    figure('add in bulk', '1/s', 'more', ({ bulk }) => bulk),
    figure('process at concurrency 1', '1/s', 'more', ({ one }) => one),
    figure('process at concurrency 50', '1/s', 'more', ({ fifty }) => fifty, { on: 'ratio', atLeast: 2 }),
    figure('add to done at low load, p50', 'ms', 'less', ({ p50 }) => p50, { on: 'ratio', atMost: 0.5 }),
    figure('add to done at low load, p99', 'ms', 'less', ({ p99 }) => p99),
  ];
}

/** Of a larger backlog only its first tasks are done; the rest stays and is thrown away with its server's folder. */
const MEASURED_OF_BACKLOG = 30_000;
/** At this size only ours: filling the other side would take longer than everything else. */
const OURS_ONLY_FROM = 1_000_000;

async function backlogs(
  contenders: readonly Contender[],
  depths: readonly number[],
  { signal, progress }: SuiteOptions,
): Promise<readonly Measured[]> {
  const rates = new Map<string, number[]>();
  const rows: Measured[] = [];
  for (const depth of depths) {
    const given: Record<string, number[]> = { ours: [], BullMQ: [] };
    const filled: Record<string, number[]> = { ours: [], BullMQ: [] };
    for (const contender of contenders) {
      if (depth >= OURS_ONLY_FROM && contender.name !== 'ours') continue;
      signal.throwIfAborted();
      const side = await contender.begin();
      const whole = depth <= MEASURED_OF_BACKLOG;
      const n = Math.min(depth, MEASURED_OF_BACKLOG);
      for (let go = 0; go < (depth <= 10_000 ? 3 : 1); go += 1) {
        const filling = await side.ask<Timed>({ do: 'bulk', n: depth, tag: `backlog-${depth}-${go}` });
        const { seconds } = await side.ask<Timed>({ do: 'process', n, concurrency: 50, all: whole });
        filled[contender.name]?.push(depth / filling.seconds);
        given[contender.name]?.push(n / seconds);
        progress(
          `backlog ${depth} ${contender.name}: ${(n / seconds).toFixed(0)}/s, filled at ${(depth / filling.seconds).toFixed(0)}/s`,
        );
      }
      // What is left must not be in the way of the next one.
      if (!whole) await side.ask({ do: 'clear' });
      await side.kill();
    }
    rates.set(`${depth}`, given['ours'] ?? []);
    const peer: Measured['peers'] = depth >= OURS_ONLY_FROM ? {} : { BullMQ: given['BullMQ'] ?? [] };
    const peerFilled: Measured['peers'] = depth >= OURS_ONLY_FROM ? {} : { BullMQ: filled['BullMQ'] ?? [] };
    const name = depth.toLocaleString('en').replaceAll(',', ' ');
    rows.push(
      {
        figure: `process at concurrency 50, ${name} waiting (everysec)`,
        unit: '1/s',
        better: 'more',
        ours: given['ours'] ?? [],
        peers: peer,
      },
      {
        figure: `add in bulk, up to ${name} (everysec)`,
        unit: '1/s',
        better: 'more',
        ours: filled['ours'] ?? [],
        peers: peerFilled,
      },
    );
  }
  const [small, large] = [rates.get('10000'), rates.get('1000000')];
  if (small !== undefined && large !== undefined && large.length > 0)
    rows.push({
      figure: 'processing with 1 000 000 waiting ÷ with 10 000 waiting',
      unit: '×',
      better: 'more',
      ours: [percentile(large, 0.5) / percentile(small, 0.5)],
      peers: {},
      goal: { on: 'ours', atLeast: 0.9 },
    });
  return rows;
}

const HELD = 10;

/** A worker is killed with tasks in hand; how long until another one has done them. */
async function takeover(
  contenders: readonly Contender[],
  repetitions: number,
  progress: (line: string) => void,
): Promise<Measured> {
  const seconds: Record<string, number[]> = { ours: [], BullMQ: [] };
  const measure = async (contender: Contender): Promise<void> => {
    // Half a minute a go: once is enough to see it.
    for (let go = 0; go < (contender.name === 'ours' ? repetitions : 1); go += 1) {
      const [victim, other] = [await contender.begin(), await contender.begin()];
      const holding = victim.ask({ do: 'hold', n: HELD });
      await other.ask({ do: 'bulk', n: HELD, tag: `held-${go}-${contender.name}` });
      await holding;
      const taken = other.ask({ do: 'standBy', n: HELD });
      // It waits for work, and the victim says that it lives.
      await new Promise((resolve) => setTimeout(resolve, 2_000));
      await victim.kill();
      const began = performance.now();
      await taken;
      seconds[contender.name]?.push((performance.now() - began) / 1000);
      await other.kill();
      progress(`takeover ${contender.name}: ${seconds[contender.name]?.at(-1)?.toFixed(2)} s`);
    }
  };
  // Both wait rather than work: side by side they do not disturb each other.
  await Promise.all(contenders.map(measure));
  return {
    figure: 'a killed worker’s tasks done elsewhere, from the kill',
    unit: 's',
    better: 'less',
    ours: seconds['ours'] ?? [],
    peers: { BullMQ: seconds['BullMQ'] ?? [] },
    goal: { on: 'ours', atMost: 2 },
  };
}
