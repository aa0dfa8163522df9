import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { ensureProgram, installPeers } from '../harness/install.ts';
import type { Measured } from '../harness/rows.ts';
import type { Suite } from '../harness/suite.ts';
import { type Contender, dbos, ours, restate } from './contenders.ts';
import { type Sample, sample } from './compare.ts';
import { cost } from './cost.ts';

/** The saga engine beside Restate and DBOS: four durable steps that do nothing. */
export const saga: Suite = async ({ dir, quick, full, signal, progress }) => {
  await installPeers(signal);
  const postgres = await ensureProgram('/usr/lib/postgresql/15/bin/postgres', 'postgresql-15', signal);
  const repetitions = quick ? 1 : 5;
  const sizes = quick
    ? { loaded: 400, single: 60, flight: 200 }
    : { loaded: 2_000, single: 300, flight: 1_000 };
  const contenders: Contender[] = [];
  const samples = new Map<string, Sample[]>();
  try {
    contenders.push(await ours(join(dir, 'ours')), await restate(join(dir, 'restate')));
    if (postgres) contenders.push(await dbos(join(dir, 'dbos')));
    for (let repetition = 1; repetition <= repetitions; repetition += 1) {
      for (const contender of contenders) {
        signal.throwIfAborted();
        const own = join(dir, 'lines', `${contender.name}-${repetition}`);
        await mkdir(own, { recursive: true });
        const taken = await sample(contender, own, `r${repetition}`, sizes);
        samples.set(contender.name, [...(samples.get(contender.name) ?? []), taken]);
        progress(
          `${repetition}/${repetitions} ${contender.name}: ${taken.perSecond.toFixed(0)}/s, p50 ${taken.p50.toFixed(2)} ms, p99 ${taken.p99.toFixed(2)} ms, ` +
            `${taken.memoryMiB.toFixed(0)} MiB, resumed in ${taken.crash.resumeSeconds.toFixed(2)} s, ${taken.crash.lost} lost, ${taken.crash.doubled} doubled`,
        );
      }
    }
  } finally {
    for (const { servers } of contenders) for (const server of servers) await server.stop();
    await rm(join(dir, 'lines'), { recursive: true, force: true });
  }
  const figure = (read: (taken: Sample) => number, rest: Omit<Measured, 'ours' | 'peers'>): Measured => ({
    ...rest,
    ours: (samples.get('ours') ?? []).map(read),
    peers: {
      Restate: (samples.get('Restate') ?? []).map(read),
      DBOS: (samples.get('DBOS') ?? []).map(read),
    },
  });
  /** The goals name Restate; where DBOS is the better one, this is the row that they are about. */
  const besideRestate = (row: Measured): readonly Measured[] => {
    const { Restate = [] } = row.peers;
    return [row, { ...row, figure: `${row.figure}: against Restate alone`, peers: { Restate } }];
  };
  const inFlight = `${sizes.flight} started, killed with half of ${sizes.flight * 4} effects done`;
  return {
    versions: Object.fromEntries(contenders.map(({ name, settings }) => [name, settings])),
    measured: [
      figure(({ perSecond }) => perSecond, {
        figure: 'workflows at concurrency 50',
        unit: '1/s',
        better: 'more',
        goal: { on: 'ratio', atLeast: 5 },
      }),
      ...besideRestate(
        figure(({ p50 }) => p50, {
          figure: 'one workflow, p50',
          unit: 'ms',
          better: 'less',
          goal: { on: 'ratio', atMost: 0.3 },
        }),
      ),
      figure(({ p99 }) => p99, { figure: 'one workflow, p99', unit: 'ms', better: 'less' }),
      ...besideRestate(
        figure(({ memoryMiB }) => memoryMiB, {
          figure: 'memory after the load, servers included',
          unit: 'MiB',
          better: 'less',
          goal: { on: 'ratio', atMost: 0.5 },
        }),
      ),
      figure(({ crash }) => crash.resumeSeconds, {
        figure: 'resume after SIGKILL of the program: until all effects are done',
        unit: 's',
        better: 'less',
        goal: { on: 'ratio', atMost: 0.5 },
        note: inFlight,
      }),
      figure(({ crash }) => crash.lost, {
        figure: 'workflows lost by the SIGKILL',
        unit: '',
        better: 'less',
        goal: { on: 'ours', atMost: 0 },
      }),
      figure(({ crash }) => crash.doubled, {
        figure: 'effects done twice, none checking its key',
        unit: '',
        better: 'less',
      }),
      {
        figure: 'effects done twice where they check their key',
        unit: '',
        better: 'less',
        ours: (samples.get('ours') ?? []).flatMap(({ checkedCrash }) =>
          checkedCrash ? [checkedCrash.doubled] : [],
        ),
        peers: {},
        goal: { on: 'ours', atMost: 0 },
      },
      ...(await cost({ dir: join(dir, 'cost'), quick, full, signal, progress })),
    ],
  };
};
