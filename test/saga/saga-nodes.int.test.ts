import { expect } from 'chai';
import type { EffectHandler } from '../../actors/effects/effect-call.ts';
import { SagaMetrics } from '../../actors/saga/saga-metrics.ts';
import { z } from 'zod';
import { TradewrightError } from '../../contracts/errors.ts';
import { defineWorkflow, nodesOf } from '../../workflows/engine/index.ts';
import { codeOf } from '../support/code-of.ts';
import { workflowIdFrom } from '../../contracts/ids.ts';
import { eventually } from '../support/eventually.ts';
import { type SagaRig, startSagas } from '../support/sagas.ts';
import { tempDir } from '../support/temp-dir.ts';
import { tripWorkflow } from '../support/trips.ts';

const retry = { initialMs: 5, maxMs: 20, maxAttempts: 2 };
const no: EffectHandler = async () => {
  throw new TradewrightError('INPUT_INVALID', 'no');
};
/** Ends when it is told to, and not before. */
const hangs: EffectHandler = (_, { signal }) =>
  new Promise((_resolve, reject) =>
    signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true }),
  );

describe('SagaActor: pauses, groups, timers, loops', () => {
  let dir: Awaited<ReturnType<typeof tempDir>>;
  let rig: SagaRig | undefined;
  let metrics: SagaMetrics;
  let calls: string[];
  let answers: Record<string, EffectHandler>;

  const effects = ['draft', 'shred', 'review', 'flight', 'cancel-flight', 'hotel', 'cancel-hotel', 'ticket'];
  const handlers: Record<string, EffectHandler> = Object.fromEntries(
    effects.map((name) => [
      `trip.${name}`,
      (request, call) => {
        calls.push(name);
        return (answers[name] ?? (async () => ({ id: `${name}-${call.attempt}` })))(request, call);
      },
    ]),
  );
  const begin = async (
    definitions = [tripWorkflow({ retry })],
    more: Record<string, EffectHandler> = {},
  ): Promise<SagaRig> => {
    await rig?.close();
    rig = await startSagas({
      dir: dir.path,
      definitions,
      handlers: { ...handlers, ...more },
      recorded: metrics.recorded,
      snapshotEvery: 3,
    });
    await rig.sagas.recover();
    return rig;
  };
  const approve = { type: 'decide', verdict: 'approve', by: 'ada', reason: '' } as const;

  beforeEach(async () => {
    dir = await tempDir();
    [calls, answers, metrics] = [[], {}, new SagaMetrics()];
  });
  afterEach(async () => {
    await rig?.close();
    rig = undefined;
    await dir.remove();
  });

  it('S15 stays paused across a restart, and goes on when resumed', async () => {
    answers['draft'] = hangs;
    const first = await begin();
    const { workflowId } = await first.start('s15');
    await eventually(() => calls.includes('draft'));
    await first.sagas.command(workflowId, { type: 'pause', by: 'ada', reason: 'lunch' }, 'ada');
    delete answers['draft'];
    const second = await begin();
    expect(await second.view(workflowId)).to.include({ state: 'PAUSED', needsPerson: false });
    expect(calls).to.deep.equal(['draft']);
    await second.sagas.command(workflowId, { type: 'resume', by: 'ada' }, 'ada');
    await eventually(async () => (await second.view(workflowId)).state === 'WAITING');
    expect(calls.slice(0, 4)).to.deep.equal(['draft', 'draft', 'review', 'flight']);
  });

  it('S15 S16 commands sent at once leave one of their orders, never a mixture', async () => {
    const { start, sagas, view, store } = await begin();
    const { workflowId } = await start('race');
    const outcomes = await Promise.all(
      [1, 2, 3, 4].flatMap(() => [
        sagas.command(workflowId, { type: 'pause', by: 'ada', reason: '' }, 'ada'),
        sagas.command(workflowId, { type: 'resume', by: 'bob' }, 'bob'),
        sagas.command(workflowId, { type: 'retry', by: 'eve' }, 'eve'),
      ]),
    );
    const paused = outcomes.filter((_, at) => at % 3 === 0).filter(({ kind }) => kind === 'accepted').length;
    const facts = (await store.journal.read(workflowId)).map(({ fact }) => fact.type);
    expect(facts.filter((type) => type === 'WorkflowPaused')).to.have.length(paused);
    expect(facts.filter((type) => type === 'WorkflowResumed')).to.have.length(paused);
    await eventually(async () => (await view(workflowId)).state === 'WAITING');
  });

  it('S16 takes up a FAILED workflow again at its failed step, even after a restart', async () => {
    answers['draft'] = no;
    const first = await begin();
    const { workflowId } = await first.start('s16');
    expect((await first.ended(workflowId)).state).to.equal('FAILED');
    delete answers['draft'];
    const second = await begin();
    const outcome = await second.sagas.command(workflowId, { type: 'retry', by: 'ada' }, 'ada');
    expect(outcome.kind).to.equal('accepted');
    await eventually(async () => (await second.view(workflowId)).state === 'WAITING');
    await second.sagas.command(workflowId, approve, 'ada');
    expect((await second.ended(workflowId)).state).to.equal('COMPLETED');
  });

  it('S16 a fork is a workflow of its own that runs nothing before its step again', async () => {
    const { start, sagas, ended, view, store } = await begin();
    const { workflowId } = await start('source');
    await eventually(async () => (await view(workflowId)).state === 'WAITING');
    calls = [];
    const fork = workflowIdFrom('fork');
    const outcome = await sagas.fork(workflowId, 'hotel', { workflowId: fork, dedupKey: 'fork' });
    expect(outcome.kind).to.equal('accepted');
    await eventually(async () => (await view(fork)).state === 'WAITING');
    await sagas.command(fork, approve, 'ada');
    expect(await ended(fork)).to.include({ state: 'COMPLETED' });
    expect(calls).to.deep.equal(['hotel', 'ticket']);
    expect((await view(workflowId)).state).to.equal('WAITING');
    const reused = (await store.journal.read(fork)).flatMap(({ fact }) =>
      fact.type === 'StepReused' ? [[fact.step, fact.from]] : [],
    );
    expect(reused).to.deep.equal([
      ['draft', workflowId],
      ['review', workflowId],
      ['flight', workflowId],
    ]);
    expect(await codeOf(sagas.fork(workflowId, 'nowhere', { workflowId: fork, dedupKey: 'x' }))).to.equal(
      'NOT_FOUND',
    );
  });

  it('S17 a timer that came due while no worker was there fires after the restart', async () => {
    const first = await begin();
    const { workflowId } = await first.start('s17', { sleepMs: 300 });
    const sleeping = await eventually(async () => {
      const view = await first.view(workflowId);
      return view.state === 'WAITING' && view.steps.find(({ name }) => name === 'cool-off')?.wakeAt;
    });
    await first.close();
    rig = undefined;
    await eventually(() => new Date().getTime() > sleeping);
    const second = await begin();
    await eventually(async () => (await second.view(workflowId)).decision?.step === 'approval');
    const fired = (await second.store.journal.read(workflowId)).filter(
      ({ fact }) => fact.type === 'TimerFired',
    );
    expect(fired).to.have.length(1);
    expect(fired[0]?.time).to.be.at.least(sleeping);
  });

  it('S18 a decision of its own is made after a restart', async () => {
    const first = await begin();
    const { workflowId } = await first.start('s18');
    await eventually(async () => (await first.view(workflowId)).state === 'WAITING');
    const second = await begin();
    await second.sagas.command(workflowId, approve, 'ada');
    expect((await second.ended(workflowId)).reason).to.equal('ticket-1');
  });

  it('S19 runs the branches of a group at the same time', async () => {
    let meet: () => void = () => undefined;
    const met = new Promise<void>((resolve) => (meet = resolve));
    answers['flight'] = async () => (await met, { id: 'f' });
    answers['hotel'] = async () => (meet(), { id: 'h' });
    const { start, view } = await begin();
    const { workflowId } = await start('s19');
    await eventually(async () => (await view(workflowId)).state === 'WAITING');
  });

  it('S19 aborts the other branch, waits until it has ended, then undoes', async () => {
    let ended = false;
    answers['flight'] = no;
    answers['hotel'] = async (request, call) => {
      try {
        return await hangs(request, call);
      } finally {
        await new Promise((resolve) => setTimeout(resolve, 50));
        ended = true;
      }
    };
    answers['shred'] = async () => {
      expect(ended).to.equal(true);
      return {};
    };
    const { start, ended: end } = await begin();
    const { workflowId } = await start('s19-abort');
    const view = await end(workflowId);
    expect(view).to.include({ state: 'COMPENSATED' });
    expect(view.error?.message).to.equal('no');
    expect(view.compensations.map(({ step, state }) => [step, state])).to.deep.equal([
      ['draft', 'completed'],
    ]);
    expect(calls).not.to.include('cancel-hotel');
  });

  it('S19 undoes a branch whose effect was done in spite of the abort', async () => {
    answers['flight'] = no;
    answers['hotel'] = (_, { signal }) =>
      new Promise((resolve) => signal.addEventListener('abort', () => resolve({ id: 'booked' })));
    const undone: unknown[] = [];
    answers['cancel-hotel'] = async (request) => undone.push(request);
    const { start, ended } = await begin();
    const { workflowId } = await start('s19-late');
    await ended(workflowId);
    expect(undone).to.deep.equal([{ id: 'booked' }]);
  });

  it('S20 a running workflow finishes on the version it began with, beside a newer one', async () => {
    const first = await begin();
    const { workflowId } = await first.start('old');
    await eventually(async () => (await first.view(workflowId)).state === 'WAITING');
    const Input = z.object({});
    const { sleepUntil } = nodesOf(Input);
    const newer = defineWorkflow({
      name: 'trip',
      version: 2,
      input: Input,
      steps: [sleepUntil('nothing', (_, now) => now)],
      outcome: () => ({ outcome: 'stayed at home' }),
    });
    const second = await begin([tripWorkflow({ retry }), newer]);
    const { workflowId: another } = await second.start('new', {}, newer);
    expect(await second.ended(another)).to.include({ outcome: 'stayed at home' });
    await second.sagas.command(workflowId, approve, 'ada');
    const old = await second.ended(workflowId);
    expect(old).to.deep.include({ outcome: 'booked', definition: { name: 'trip', version: 1 } });
  });

  it('S8 counts what became durable, and nothing twice after a restart', async () => {
    answers['ticket'] = no;
    const first = await begin();
    const { workflowId } = await first.start('s8');
    await eventually(async () => (await first.view(workflowId)).state === 'WAITING');
    const before = metrics.counts;
    const second = await begin();
    expect(metrics.counts).to.deep.equal(before);
    await second.sagas.command(workflowId, approve, 'ada');
    await second.ended(workflowId);
    answers['draft'] = no;
    await second.ended((await second.start('s8-b')).workflowId);
    expect(metrics.counts).to.deep.equal({
      started: 2,
      completed: 0,
      failed: 1,
      compensated: 1,
      cancelled: 0,
      stepsExecuted: 4,
      attemptsFailed: 2,
    });
  });

  it('S4 a step that gives no sign of life stalls and is tried again; one that does may take its time', async () => {
    const Input = z.object({});
    const { step } = nodesOf(Input);
    const dig = step({
      name: 'dig',
      effect: 'long.dig',
      request: () => null,
      result: z.string(),
      heartbeatMs: 200,
      timeoutMs: 20_000,
      retry,
    });
    const digging = defineWorkflow({
      name: 'digging',
      version: 1,
      input: Input,
      steps: [dig],
      outcome: ({ resultOf }) => ({ outcome: resultOf(dig) }),
    });
    const { start, ended, store } = await begin([digging], {
      'long.dig': async (request, call) => {
        if (call.attempt === 1) return hangs(request, call);
        for (let spade = 0; spade < 12; spade += 1) {
          call.heartbeat();
          await new Promise((resolve) => setTimeout(resolve, 30));
        }
        return 'dug';
      },
    });
    const { workflowId } = await start('s4', {}, digging);
    expect((await ended(workflowId)).outcome).to.equal('dug');
    const failed = (await store.journal.read(workflowId)).flatMap(({ fact }) =>
      fact.type === 'StepAttemptFailed' ? [fact.error.code] : [],
    );
    expect(failed).to.deep.equal(['STEP_STALLED']);
  });

  it('S23 passes over a snapshot whose state has another shape, and reads the journal', async () => {
    const first = await begin();
    const { workflowId } = await first.start('s23');
    const { seq } = await eventually(async () => {
      const view = await first.view(workflowId);
      return view.state === 'WAITING' && view;
    });
    await first.store.journal.saveSnapshot({ workflowId, seq, state: { steps: {}, state: 'RUNNING' } });
    const second = await begin();
    await second.sagas.command(workflowId, approve, 'ada');
    expect((await second.ended(workflowId)).reason).to.equal('ticket-1');
  });

  it('rounds of a loop are in the journal and the view', async () => {
    const { start, view, store } = await begin();
    const { workflowId } = await start('loop', { drafts: 2 });
    await eventually(async () => (await view(workflowId)).state === 'WAITING');
    expect((await view(workflowId)).steps[0]).to.deep.include({
      round: 2,
      executions: 2,
      result: { id: 'draft-2' },
    });
    const rounds = (await store.journal.read(workflowId)).flatMap(({ fact }) =>
      fact.type === 'StepCompleted' && fact.step === 'draft' ? [fact.round] : [],
    );
    expect(rounds).to.deep.equal([1, 2]);
  });
});
