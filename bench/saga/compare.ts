import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { memoryOf } from '../harness/memory.ts';
import { percentile } from '../harness/statistics.ts';
import type { Contender } from './contenders.ts';
import { steps } from './effect.mjs';

/** What one repetition gave; of the crash, by whether effects check their key. */
export interface Sample {
  readonly perSecond: number;
  readonly p50: number;
  readonly p99: number;
  readonly memoryMiB: number;
  readonly crash: Crash;
  readonly checkedCrash: Crash | undefined;
}
export interface Crash {
  readonly resumeSeconds: number;
  readonly lost: number;
  readonly doubled: number;
}
export interface Sizes {
  readonly loaded: number;
  readonly single: number;
  readonly flight: number;
}

interface Timed {
  readonly seconds: number;
  readonly latencies: readonly number[];
}

const CONCURRENCY = 50;
/** Nobody resumes later than that. */
const GIVE_UP_MS = 90_000;

/** One repetition of everything, with a program of its own. */
export async function sample(contender: Contender, dir: string, tag: string, sizes: Sizes): Promise<Sample> {
  const side = await contender.begin(join(dir, 'quick.txt'));
  await side.ask<Timed>({
    do: 'run',
    n: Math.ceil(sizes.loaded / 4),
    concurrency: CONCURRENCY,
    tag: `${tag}-warm`,
  });
  const loaded = await side.ask<Timed>({
    do: 'run',
    n: sizes.loaded,
    concurrency: CONCURRENCY,
    tag: `${tag}-load`,
  });
  const memory = await memoryOf([side.pid, ...contender.servers.map(({ pid }) => pid)]);
  const single = await side.ask<Timed>({ do: 'run', n: sizes.single, concurrency: 1, tag: `${tag}-one` });
  await side.kill();
  return {
    perSecond: sizes.loaded / loaded.seconds,
    p50: percentile(single.latencies, 0.5),
    p99: percentile(single.latencies, 0.99),
    memoryMiB: memory / 2 ** 20,
    crash: await crash(contender, dir, `${tag}-crash`, sizes.flight, false),
    checkedCrash:
      contender.name === 'ours'
        ? await crash(contender, dir, `${tag}-checked`, sizes.flight, true)
        : undefined,
  };
}

/** Kills the program with half of the effects done, starts it again, and waits for the others. */
async function crash(
  contender: Contender,
  dir: string,
  tag: string,
  n: number,
  checked: boolean,
): Promise<Crash> {
  const file = join(dir, `${tag}.txt`);
  // The one before may have been killed before its last workflows ended: they end now, in this file too, and are not counted.
  const lines = async (): Promise<readonly string[]> =>
    (await readFile(file, 'utf8').catch(() => '')).split('\n').filter((line) => line.startsWith(`${tag}-`));
  const first = await contender.begin(file, { checked });
  // It may well be killed before it has answered.
  void first.ask({ do: 'flight', n, tag }).catch(() => undefined);
  const all = n * steps.length;
  while ((await lines()).length < all / 2) await new Promise((resolve) => setTimeout(resolve, 2));
  await first.kill();

  const began = performance.now();
  const second = await contender.begin(file, { checked });
  // Those that the first one had not got to are not lost: whoever wanted them asks again.
  const done = async (): Promise<number> => new Set(await lines()).size;
  const before = await done();
  let [last, count, since] = [before, before, performance.now()];
  while (count < all && performance.now() - began < GIVE_UP_MS) {
    await new Promise((resolve) => setTimeout(resolve, 10));
    count = await done();
    if (count > last) [last, since] = [count, performance.now()];
    // What was never accepted never comes.
    else if (performance.now() - since > 8_000) break;
  }
  const seconds = ((count < all ? since : performance.now()) - began) / 1000;
  await second.kill();
  const effects = await lines();
  const kept = new Map<string, number>();
  for (const line of new Set(effects)) {
    const workflow = workflowIn(line);
    kept.set(workflow, (kept.get(workflow) ?? 0) + 1);
  }
  return {
    resumeSeconds: seconds,
    lost: [...kept.values()].filter((performed) => performed < steps.length).length,
    doubled: effects.length - new Set(effects).size,
  };
}

/** What stands before the step's name in an effect's line. */
const workflowIn = (line: string): string => line.slice(0, line.indexOf(' '));
