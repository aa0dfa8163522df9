import { expect } from 'chai';
import { z } from 'zod';
import type { EffectHandler } from '../../actors/effects/effect-call.ts';
import { type WorkflowId, workflowIdFrom } from '../../contracts/ids.ts';
import { defineWorkflow, nodesOf } from '../../workflows/engine/index.ts';
import { eventually } from '../support/eventually.ts';
import { type SagaRig, startSagas } from '../support/sagas.ts';
import { tempDir } from '../support/temp-dir.ts';

const Input = z.object({ sleepMs: z.number() });
const { step, sleepUntil, waitForDecision } = nodesOf(Input);
const first = step({ name: 'first', effect: 'nap.note', request: () => ({}), result: z.object({}) });
const nap = defineWorkflow({
  name: 'nap',
  version: 1,
  input: Input,
  steps: [
    first,
    sleepUntil('sleep', ({ input }, now) => now + input.sleepMs),
    waitForDecision('person', { deadlineMs: 3_600_000, onDeadline: 'reject', summary: () => ({}) }),
  ],
  outcome: () => ({ outcome: 'rested' }),
});

describe('passivation of idle workflows', () => {
  let dir: Awaited<ReturnType<typeof tempDir>>;
  let rig: SagaRig | undefined;
  let noted: number;
  let note: EffectHandler;
  const begin = async (limits: { lingerMs?: number; mostIdle?: number; mostBusy?: number }) => {
    await rig?.close();
    rig = await startSagas({
      dir: dir.path,
      definitions: [nap],
      handlers: { 'nap.note': (request, call) => note(request, call) },
      ...limits,
    });
    return rig;
  };
  beforeEach(async () => {
    dir = await tempDir();
    noted = 0;
    note = async () => {
      noted += 1;
      return {};
    };
  });
  afterEach(async () => {
    await rig?.close();
    rig = undefined;
    await dir.remove();
  });
  const approve = { type: 'decide', verdict: 'approve', by: 'ada', reason: '' } as const;

  it('S17 S18 a workflow that waits leaves memory, comes back for its timer, and again for its decision', async () => {
    const { sagas, start, view } = await begin({ lingerMs: 20 });
    const { workflowId } = await start('nap', { sleepMs: 400 });
    await eventually(() => noted === 1 && sagas.inMemory === 0);
    await eventually(async () => (await view(workflowId)).decision?.step === 'person');
    await eventually(() => sagas.inMemory === 0);
    expect((await sagas.command(workflowId, approve, 'ada')).kind).to.equal('accepted');
    expect((await view(workflowId)).outcome).to.equal('rested');
    expect(noted).to.equal(1);
  });

  it('S17 after a restart those that wait stay out of memory until their timer fires', async () => {
    const before = await begin({ lingerMs: 60_000 });
    const ids: WorkflowId[] = [];
    for (let n = 0; n < 20; n += 1)
      ids.push((await before.start(`n${n}`, { sleepMs: n === 7 ? 700 : 3_600_000 })).workflowId);
    await eventually(async () =>
      (await Promise.all(ids.map(before.view))).every(({ state }) => state === 'WAITING'),
    );
    const { sagas, view } = await begin({ lingerMs: 60_000 });
    expect(await sagas.recover()).to.equal(20);
    expect(sagas.inMemory).to.equal(0);
    await eventually(() => sagas.inMemory === 1);
    expect((await view(workflowIdFrom('n7'))).decision?.step).to.equal('person');
    expect(sagas.inMemory).to.equal(1);
    expect(noted).to.equal(20);
  });

  it('keeps no more idle workflows in memory than it may, and answers for all of them', async () => {
    const { sagas, start, view } = await begin({ mostIdle: 5 });
    const ids: WorkflowId[] = [];
    for (let n = 0; n < 30; n += 1) ids.push((await start(`n${n}`, { sleepMs: 3_600_000 })).workflowId);
    await eventually(() => noted === 30 && sagas.inMemory <= 5);
    for (const workflowId of ids) expect((await view(workflowId)).state).to.equal('WAITING');
    await eventually(() => sagas.inMemory <= 5);
  });

  it('never leaves memory while a step runs, however long', async () => {
    let finish: () => void = () => undefined;
    note = () => new Promise((resolve) => (finish = () => resolve({})));
    const { sagas, start, view } = await begin({ lingerMs: 1, mostIdle: 0 });
    const { workflowId } = await start('long', { sleepMs: 1 });
    await start('other', { sleepMs: 3_600_000 });
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(sagas.inMemory).to.equal(2);
    expect((await view(workflowId)).state).to.equal('RUNNING');
    finish();
  });

  it('lets workflows that were running in as there is room, and says how many more may start', async () => {
    let begun = 0;
    note = () => {
      begun += 1;
      return new Promise(() => undefined);
    };
    const before = await begin({});
    for (let n = 0; n < 9; n += 1) await before.start(`n${n}`, { sleepMs: 1 });
    await eventually(() => begun === 9);
    let most = 0;
    let running = 0;
    note = async () => {
      running += 1;
      most = Math.max(most, running);
      await new Promise((resolve) => setTimeout(resolve, 20));
      running -= 1;
      noted += 1;
      return {};
    };
    const { sagas } = await begin({ mostBusy: 3 });
    expect(sagas.room).to.equal(3);
    expect(await sagas.recover()).to.equal(9);
    expect(sagas.room).to.equal(0);
    await eventually(() => noted === 9);
    expect(most).to.be.within(2, 3);
    await eventually(() => sagas.room === 3);
  });
});
