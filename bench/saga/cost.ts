import { cp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { programBeside } from '../../app/program.ts';
import type { Measured } from '../harness/rows.ts';
import { Side } from '../harness/side.ts';
import type { SuiteOptions } from '../harness/suite.ts';
import { startNats } from './servers.ts';

const program = programBeside({ url: import.meta.url, built: import.meta.built }, 'cost-side');

/** What size costs: throughput beside archived workflows, time to take open ones up again, memory of those that wait. */
export async function cost({
  dir,
  quick,
  full,
  signal,
  progress,
}: SuiteOptions): Promise<readonly Measured[]> {
  const archived = quick ? [0, 2_000] : full ? [0, 100_000, 1_000_000] : [0, 100_000];
  const open = quick ? [1_000] : [1_000, 10_000, 100_000];
  const repetitions = quick ? 1 : 5;
  const rows: Measured[] = [];
  const empty: number[] = [];
  for (const count of archived) {
    signal.throwIfAborted();
    const folder = join(dir, `archived-${count}`);
    const nats = await startNats(join(folder, 'nats'));
    try {
      const side = await Side.start([...program.execArgv, program.file, folder, nats.url]);
      await side.ask({ do: 'archive', n: count });
      const perSecond: number[] = [];
      for (let repetition = 0; repetition <= repetitions; repetition += 1) {
        const { seconds } = await side.ask<{ seconds: number }>({
          do: 'run',
          n: quick ? 200 : 1_500,
          tag: `${repetition}`,
        });
        // The first one warms up.
        if (repetition > 0) perSecond.push((quick ? 200 : 1_500) / seconds);
      }
      await side.kill();
      if (count === 0) empty.push(...perSecond);
      progress(`${count} archived: ${perSecond.map((value) => value.toFixed(0)).join(' ')} workflows/s`);
      rows.push({
        figure: `workflows at concurrency 50 beside ${count} archived ones`,
        unit: '1/s',
        better: 'more',
        ours: perSecond,
        peers: count === 0 ? {} : { 'empty store': empty },
        ...(count === 0
          ? {}
          : {
              goal: { on: 'ratio', atLeast: 0.9 } as const,
              note: 'the archived ones have one step each, those that run have four',
            }),
      });
    } finally {
      await nats.stop();
      await rm(folder, { recursive: true, force: true });
    }
  }
  for (const kind of ['waiting', 'running'] as const) {
    for (const count of kind === 'running' && !full ? open.filter((size) => size <= 10_000) : open) {
      signal.throwIfAborted();
      const folder = join(dir, `${kind}-${count}`);
      const taken: { seconds: number; bytesEach: number }[] = [];
      const maker = await Side.start([...program.execArgv, program.file, folder]);
      await maker.ask({ do: 'open', n: count, kind });
      await maker.kill();
      for (let repetition = 0; repetition < (quick ? 1 : 3); repetition += 1) {
        // Of a copy each time: those that ran may end before the kill.
        const copy = `${folder}-${repetition}`;
        await cp(folder, copy, { recursive: true });
        const side = await Side.start(['--expose-gc', ...program.execArgv, program.file, copy]);
        taken.push(await side.ask({ do: 'recover', n: count, kind }));
        await side.kill();
        await rm(copy, { recursive: true, force: true });
      }
      await rm(folder, { recursive: true, force: true });
      progress(`${count} ${kind}: taken up in ${taken.map(({ seconds }) => seconds.toFixed(2)).join(' ')} s`);
      rows.push({
        figure: `${count} ${kind} workflows taken up again`,
        unit: 's',
        better: 'less',
        ours: taken.map(({ seconds }) => seconds),
        peers: {},
      });
      if (kind === 'waiting')
        rows.push({
          figure: `memory of each of ${count} workflows that wait`,
          unit: 'B',
          better: 'less',
          ours: taken.map(({ bytesEach }) => bytesEach),
          peers: {},
          goal: { on: 'ours', atMost: 2_000 },
        });
    }
  }
  return rows;
}
