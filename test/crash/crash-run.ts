import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { jetstreamManager } from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';
import { workflowIdFrom } from '../../contracts/ids.ts';
import { systemClock as clock } from '../../contracts/ports/clock.ts';
import { silentLog as log } from '../../contracts/ports/log.ts';
import { streams } from '../../contracts/subjects.ts';
import { type WorkflowEvent, WorkflowEventBatch } from '../../contracts/workflow-event.ts';
import { WorkflowView } from '../../contracts/workflow-view.ts';
import { openStore, verify } from '../../persistence/index.ts';
import { compiled } from '../support/compiled.ts';
import { startNats, type TestNats } from '../support/nats.ts';
import { tempDir } from '../support/temp-dir.ts';
import type { Input } from './crash-workflow.ts';
import { type Call, type Recorder, startRecorder } from './recorder.ts';

const workflowId = workflowIdFrom('crash');
/** One life of the process; far more than it needs. */
const LIFE_MS = 60_000;

/** What is left of a run: what the world saw, what is stored, what EVENTS holds. */
interface Remains {
  /** Points passed in the first life. */
  readonly points: readonly string[];
  readonly view: WorkflowView;
  readonly events: readonly WorkflowEvent[];
  /** One entry a life, in order. */
  readonly lives: readonly {
    readonly calls: readonly Call[];
    readonly storedBefore: readonly WorkflowEvent[];
  }[];
  readonly problems: readonly string[];
}

/** Runs the workflow; in life n the process kills itself at `killAt[n]`, and the life after the last one goes to the end. */
export async function runWithKills(ends: Input['ends'], killAt: readonly string[]): Promise<Remains> {
  const [dir, nats, recorder] = await Promise.all([tempDir(), startNats(), startRecorder()]);
  try {
    const lives: { calls: readonly Call[]; storedBefore: readonly WorkflowEvent[] }[] = [];
    const problems: string[] = [];
    let points: readonly string[] = [];
    for (const point of [...killAt, undefined]) {
      const storedBefore = await stored(dir.path);
      const callsBefore = recorder.calls.length;
      const { output, signal } = await live(dir.path, nats, recorder, ends, point);
      lives.push({ calls: recorder.calls.slice(callsBefore), storedBefore });
      if (lives.length === 1) points = pointsIn(output);
      if (point !== undefined) {
        if (signal !== 'SIGKILL') problems.push(`it was never at "${point}"`);
        continue;
      }
      const view = WorkflowView.parse(JSON.parse(output.at(-1) ?? ''));
      const events = await stored(dir.path);
      problems.push(...(await faultsOfTheStores(dir.path, nats)));
      return { points, view, events, lives, problems };
    }
    throw new Error('unreachable');
  } finally {
    await Promise.all([nats.stop(), recorder.close(), dir.remove()]);
  }
}

const pointsIn = (output: readonly string[]): readonly string[] =>
  output.flatMap((line) => (line.startsWith('point ') ? [line.slice('point '.length)] : []));

async function live(
  dir: string,
  nats: TestNats,
  recorder: Recorder,
  ends: Input['ends'],
  killAt: string | undefined,
): Promise<{ readonly output: readonly string[]; readonly signal: string | null }> {
  const child = spawn(
    process.execPath,
    [
      ...(await compiled('test/crash/crash-child.ts')),
      dir,
      nats.url,
      recorder.url,
      ends,
      ...(killAt === undefined ? [] : [killAt]),
    ],
    { stdio: ['ignore', 'pipe', 'pipe'] },
  );
  let text = '';
  child.stdout.setEncoding('utf8').on('data', (piece: string) => (text += piece));
  let errors = '';
  child.stderr.setEncoding('utf8').on('data', (piece: string) => (errors += piece));
  const limit = setTimeout(() => child.kill('SIGTERM'), LIFE_MS);
  const { code, signal } = await new Promise<{ code: number | null; signal: string | null }>((resolve) =>
    child.once('close', (exitCode, endedBy) => resolve({ code: exitCode, signal: endedBy })),
  );
  clearTimeout(limit);
  if (code !== 0 && signal !== 'SIGKILL')
    throw new Error(`the process ended by ${signal ?? code}: ${errors}`);
  return { output: text.trimEnd().split('\n'), signal };
}

async function stored(dir: string): Promise<readonly WorkflowEvent[]> {
  const store = await openStore({ dir: join(dir, 'journal'), clock, log });
  try {
    return await store.journal.read(workflowId);
  } finally {
    await store.close();
  }
}

/** A journal with a gap, or a copy of it that lacks, repeats or reorders something. */
async function faultsOfTheStores(dir: string, nats: TestNats): Promise<readonly string[]> {
  const report = await verify(join(dir, 'journal'));
  const store = await openStore({ dir: join(dir, 'journal'), clock, log });
  const commits = await store.journal.commits(0, 10_000);
  await store.close();
  const copied = await eventsOf(nats);
  return [
    ...report.problems.map(({ says }) => `the journal: ${says}`),
    ...(JSON.stringify(copied) === JSON.stringify(commits)
      ? []
      : [`EVENTS holds ${list(copied)}, the journal ${list(commits)}`]),
  ];
}

const list = (commits: readonly WorkflowEventBatch[]): string =>
  commits.map(({ commit }) => commit).join(' ');

async function eventsOf({ url }: TestNats): Promise<readonly WorkflowEventBatch[]> {
  const connection = await connect({ servers: url });
  try {
    const { streams: all } = await jetstreamManager(connection);
    const { state } = await all.info(streams.events);
    const found: WorkflowEventBatch[] = [];
    for (let seq = state.first_seq; seq <= state.last_seq; seq += 1) {
      const message = await all.getMessage(streams.events, { seq });
      if (message !== null) found.push(WorkflowEventBatch.parse(message.json()));
    }
    return found;
  } finally {
    await connection.close();
  }
}

/** What does not hold after the kills that held without them. */
export function faultsOf(remains: Remains, undisturbed: Remains): readonly string[] {
  const { view, events, lives } = remains;
  const faults = [...remains.problems];
  const expected = undisturbed.view;
  const said = (one: WorkflowView) =>
    JSON.stringify([
      one.state,
      one.outcome,
      one.steps.map(({ name, state, result }) => [name, state, result]),
      one.compensations.map(({ step, state }) => [step, state]).sort(),
      one.error?.code,
    ]);
  if (said(view) !== said(expected)) faults.push(`it ended as ${said(view)} instead of ${said(expected)}`);
  if (events.some(({ seq }, index) => seq !== index + 1)) faults.push('the events are not gapless');
  faults.push(...faultsOfTheOrder(events), ...faultsOfTheCalls(lives, undisturbed));
  return faults;
}

/** Undone in reverse of what completed. */
function faultsOfTheOrder(events: readonly WorkflowEvent[]): readonly string[] {
  const done = events.flatMap(({ fact }) => (fact.type === 'StepCompleted' ? [fact.step] : []));
  const undone = events.flatMap(({ fact }) => (fact.type === 'CompensationCompleted' ? [fact.step] : []));
  const reversed = done.filter((step) => undone.includes(step)).reverse();
  return JSON.stringify(reversed) === JSON.stringify(undone) ? [] : [`it undid ${undone.join(', ')}`];
}

const nameOf = ({ kind, step }: Call): string => `${kind} ${step}`;

function byName(calls: readonly Call[]): ReadonlyMap<string, readonly Call[]> {
  const grouped = new Map<string, Call[]>();
  for (const call of calls) grouped.set(nameOf(call), [...(grouped.get(nameOf(call)) ?? []), call]);
  return grouped;
}

/** Only what was under way when the process died may have been called once more, and always under its own one key. */
function faultsOfTheCalls(lives: Remains['lives'], undisturbed: Remains): readonly string[] {
  const faults: string[] = [];
  const all = lives.flatMap(({ calls }) => calls);
  const usual = byName(undisturbed.lives.flatMap(({ calls }) => calls));
  const made = byName(all);
  const again = new Map<string, number>();
  for (const { calls, storedBefore } of lives.slice(1)) {
    const states = effectStates(storedBefore);
    for (const call of calls)
      if (states.get(nameOf(call)) === 'completed')
        faults.push(`${nameOf(call)} ran again after it had completed`);
    for (const [name, state] of states)
      if (state === 'under way') again.set(name, (again.get(name) ?? 0) + 1);
  }
  for (const name of new Set([...usual.keys(), ...made.keys()])) {
    const [times, usually] = [made.get(name)?.length ?? 0, usual.get(name)?.length ?? 0];
    const most = usually + (again.get(name) ?? 0);
    if (times < usually || times > most)
      faults.push(`${name} was called ${times} times, not ${usually} to ${most}`);
    if (new Set(made.get(name)?.map(({ key }) => key)).size > 1)
      faults.push(`${name} was called under two keys`);
  }
  if (new Set(all.map(({ key }) => key)).size !== made.size) faults.push('two effects share a key');
  for (const { kind, step, id } of all)
    if (kind === 'undo' && id !== `${step}-1`) faults.push(`undo ${step} was given ${id ?? 'no result'}`);
  return faults;
}

type EffectState = 'under way' | 'completed' | 'failed';

/** How far each effect had come, as far as the journal knew. */
function effectStates(events: readonly WorkflowEvent[]): ReadonlyMap<string, EffectState> {
  const states = new Map<string, EffectState>();
  for (const { fact } of events) {
    switch (fact.type) {
      case 'StepStarted':
        states.set(`do ${fact.step}`, 'under way');
        break;
      case 'StepCompleted':
        states.set(`do ${fact.step}`, 'completed');
        break;
      case 'StepAttemptFailed':
      case 'StepFailed':
        states.set(`do ${fact.step}`, 'failed');
        break;
      case 'CompensationStarted':
        states.set(`undo ${fact.step}`, 'under way');
        break;
      case 'CompensationCompleted':
        states.set(`undo ${fact.step}`, 'completed');
        break;
      default:
        break;
    }
  }
  return states;
}
