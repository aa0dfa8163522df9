import { expect } from 'chai';
import type { EffectHandler } from '../../actors/effects/effect-call.ts';
import { TradewrightError } from '../../contracts/errors.ts';
import { type SagaRig, startSagas } from '../support/sagas.ts';
import { workflowIdFrom } from '../../contracts/ids.ts';
import { eventually } from '../support/eventually.ts';
import { tempDir } from '../support/temp-dir.ts';
import { orderWorkflow } from '../support/workflows.ts';

const quick = { initialMs: 5, maxMs: 20 };

/** What the effects were asked to do, in order, and how each answers. */
class World {
  readonly calls: { effect: string; request: unknown; key: string; attempt: number }[] = [];
  readonly answers: Record<string, EffectHandler> = {
    'test.book': async (_, { workflowId }) => ({ booking: `booking-of-${workflowId}` }),
    'test.pay': async () => ({ paid: 10 }),
    'test.ship': async () => ({ parcel: 'p1' }),
    'test.unbook': async () => ({}),
    'test.refund': async () => ({}),
    'test.recall': async () => ({}),
  };
  readonly handlers: Record<string, EffectHandler> = Object.fromEntries(
    Object.keys(this.answers).map((effect) => [
      effect,
      (request, call) => {
        this.calls.push({ effect, request, key: call.idempotencyKey, attempt: call.attempt });
        const answer = this.answers[effect];
        if (!answer) throw new Error(`no answer for ${effect}`);
        return answer(request, call);
      },
    ]),
  );

  get effects(): string[] {
    return this.calls.map(({ effect }) => effect.slice('test.'.length));
  }
}

const unavailable = (): never => {
  throw new TradewrightError('NATS_UNAVAILABLE', 'the shop is closed');
};
/** Ends only when it is told to. */
const hangs: EffectHandler = (_, { signal }) =>
  new Promise((_resolve, reject) =>
    signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true }),
  );

describe('SagaActor on a LevelDB journal', () => {
  let dir: Awaited<ReturnType<typeof tempDir>>;
  let rig: SagaRig | undefined;
  let world: World;

  const begin = async (options: Parameters<typeof orderWorkflow>[0] = { retry: quick }): Promise<SagaRig> => {
    rig = await startSagas({
      dir: dir.path,
      definitions: [orderWorkflow(options)],
      handlers: world.handlers,
    });
    return rig;
  };
  /** As after a restart of the process: nothing but the folder is kept. */
  const again = async (options?: Parameters<typeof orderWorkflow>[0]): Promise<SagaRig> => {
    await rig?.close();
    const next = await begin(options);
    await next.sagas.recover();
    return next;
  };

  beforeEach(async () => {
    dir = await tempDir();
    world = new World();
  });
  afterEach(async () => {
    await rig?.close();
    rig = undefined;
    await dir.remove();
  });

  it('S1 runs the steps in order, carries results on, and every event is in the journal', async () => {
    const { start, ended, store } = await begin();
    const { workflowId } = await start('s1');
    const view = await ended(workflowId);
    expect(view).to.include({ state: 'COMPLETED', outcome: 'shipped' });
    expect(world.effects).to.deep.equal(['book', 'pay', 'ship']);
    expect(world.calls[2]?.request).to.deep.equal({ booking: `booking-of-${workflowId}`, paid: 10 });
    const events = await store.journal.read(workflowId);
    expect(events.map(({ seq }) => seq)).to.deep.equal([1, 2, 3, 4, 5, 6, 7, 8]);
    expect(events.at(-1)).to.include({ stateBefore: 'RUNNING', stateAfter: 'COMPLETED' });
  });

  it('S2 undoes 2, then 1, when step 3 fails after all its retries', async () => {
    world.answers['test.ship'] = unavailable;
    const { start, ended } = await begin();
    const { workflowId } = await start('s2');
    const view = await ended(workflowId);
    expect(view.state).to.equal('COMPENSATED');
    expect(view.error).to.include({ code: 'NATS_UNAVAILABLE', message: 'the shop is closed' });
    expect(world.effects).to.deep.equal(['book', 'pay', 'ship', 'ship', 'ship', 'ship', 'refund', 'unbook']);
    expect(view.compensations.map(({ step, order, state }) => ({ step, order, state }))).to.deep.equal([
      { step: 'pay', order: 1, state: 'completed' },
      { step: 'book', order: 2, state: 'completed' },
    ]);
  });

  it('S3 succeeds at the third attempt, each under the same idempotency key', async () => {
    world.answers['test.pay'] = async (_, { attempt }) => (attempt < 3 ? unavailable() : { paid: 10 });
    const { start, ended } = await begin();
    const { workflowId } = await start('s3');
    expect((await ended(workflowId)).state).to.equal('COMPLETED');
    const pays = world.calls.filter(({ effect }) => effect === 'test.pay');
    expect(pays.map(({ attempt }) => attempt)).to.deep.equal([1, 2, 3]);
    expect(new Set(pays.map(({ key }) => key)).size).to.equal(1);
  });

  it('S4 ends a step at its time-out and aborts what it was doing', async () => {
    let aborted = false;
    world.answers['test.ship'] = (request, call) => {
      call.signal.addEventListener('abort', () => (aborted = true));
      return hangs(request, call);
    };
    const { start, ended } = await begin({ retry: { ...quick, maxAttempts: 1 } });
    const { workflowId } = await start('s4');
    const view = await ended(workflowId);
    expect(view.error?.code).to.equal('STEP_TIMEOUT');
    expect(aborted).to.equal(true);
  });

  it('S5 S13 a new process reads the full state, and compensations get the results of their steps', async () => {
    world.answers['test.ship'] = hangs;
    const first = await begin({ retry: quick, shipMayHaveHadEffect: true });
    const { workflowId } = await first.start('s5');
    await eventually(() => world.effects.includes('ship'));
    const before = await first.view(workflowId);
    world.answers['test.ship'] = async () => {
      throw new TradewrightError('INPUT_INVALID', 'no such street');
    };
    const second = await again({ retry: quick, shipMayHaveHadEffect: true });
    const view = await second.ended(workflowId);
    expect(view.steps[0]?.result).to.deep.equal(before.steps[0]?.result);
    expect(view.state).to.equal('COMPENSATED');
    const refund = world.calls.find(({ effect }) => effect === 'test.refund');
    expect(refund?.request).to.deep.equal({ paid: 10 });
  });

  it('S12 goes on after a restart with the step that was running, and runs no completed step again', async () => {
    world.answers['test.pay'] = hangs;
    const first = await begin();
    const { workflowId } = await first.start('s12');
    await eventually(() => world.effects.includes('pay'));
    world.answers['test.pay'] = async () => ({ paid: 10 });
    const second = await again();
    const view = await second.ended(workflowId);
    expect(view.state).to.equal('COMPLETED');
    expect(world.effects).to.deep.equal(['book', 'pay', 'pay', 'ship']);
    expect(view.steps.map(({ executions }) => executions)).to.deep.equal([1, 2, 1]);
    const pays = world.calls.filter(({ effect }) => effect === 'test.pay');
    expect(new Set(pays.map(({ key }) => key)).size).to.equal(1);
  });

  it('S9 answers a question while a step is running', async () => {
    world.answers['test.pay'] = hangs;
    const { start, view } = await begin();
    const { workflowId } = await start('s9');
    await eventually(() => world.effects.includes('pay'));
    const now = await view(workflowId);
    expect(now.state).to.equal('RUNNING');
    expect(now.steps.map(({ state }) => state)).to.deep.equal(['completed', 'executing', 'pending']);
  });

  it('S11 many at once do not mix', async () => {
    const { start, ended } = await begin();
    const started = await Promise.all(Array.from({ length: 40 }, (_, at) => start(`many-${at}`)));
    for (const { workflowId } of started) {
      const view = await ended(workflowId);
      expect(view.steps[0]?.result).to.deep.equal({ booking: `booking-of-${workflowId}` });
    }
    expect(world.calls).to.have.length(120);
  });

  it('S14 cancelling aborts the running step and undoes the others', async () => {
    world.answers['test.pay'] = hangs;
    const { start, ended, sagas } = await begin();
    const { workflowId } = await start('s14');
    await eventually(() => world.effects.includes('pay'));
    const outcome = await sagas.command(workflowId, { type: 'cancel', by: 'ada', reason: 'enough' }, 'ada');
    expect(outcome.kind).to.equal('accepted');
    expect((await ended(workflowId)).state).to.equal('CANCELLED');
    expect(world.effects).to.deep.equal(['book', 'pay', 'unbook']);
  });

  it('S18 waits for a person across a restart', async () => {
    const first = await begin();
    const { workflowId } = await first.start('s18', { approve: true });
    await eventually(async () => (await first.view(workflowId)).state === 'WAITING');
    const second = await again();
    expect((await second.view(workflowId)).state).to.equal('WAITING');
    await second.sagas.command(
      workflowId,
      { type: 'decide', verdict: 'approve', by: 'ada', reason: '' },
      'ada',
    );
    expect((await second.ended(workflowId)).state).to.equal('COMPLETED');
    expect(world.effects).to.deep.equal(['book', 'pay', 'ship']);
  });

  it('S22 starting the same key twice gives the same workflow, once', async () => {
    const { start, ended } = await begin();
    const [one, two] = await Promise.all([start('s22'), start('s22')]);
    expect(two.workflowId).to.equal(one.workflowId);
    expect([one.outcome.kind, two.outcome.kind].sort()).to.deep.equal(['accepted', 'ignored']);
    await ended(one.workflowId);
    expect(world.calls).to.have.length(3);
  });

  it('S20 a start or a fork in a version that is not known is refused, and nothing crashes', async () => {
    const { sagas, start, ended } = await begin();
    const { workflowId } = await start('known');
    await ended(workflowId);
    const unknown = await sagas.start({
      type: 'start',
      workflowId: workflowIdFrom('unknown'),
      definition: { name: 'nothing', version: 7 },
      input: {},
      dedupKey: 'unknown',
      lane: 'normal',
      labels: {},
    });
    const target = { workflowId: workflowIdFrom('later'), dedupKey: 'later', version: 99 };
    for (const outcome of [unknown, await sagas.fork(workflowId, 'book', target)])
      expect(outcome).to.have.nested.property('failure.code', 'WORKFLOW_UNKNOWN');
    expect(await sagas.get(workflowIdFrom('unknown'))).to.equal(null);
  });

  it('a question about an unknown workflow brings none to life', async () => {
    const { sagas, start } = await begin();
    const { workflowId } = await start('known');
    expect(await sagas.get(workflowId)).not.to.equal(null);
    const before = sagas.inMemory;
    expect(await sagas.get(workflowIdFrom('never'))).to.equal(null);
    expect(sagas.inMemory).to.equal(before);
  });

  it('waiting that is not the step’s fault does not count toward its time-out', async () => {
    world.answers['test.ship'] = async (_, { waiting }) => {
      await waiting(new Promise((resolve) => setTimeout(resolve, 1_300)));
      return { parcel: 'late' };
    };
    const { start, ended } = await begin({ retry: { ...quick, maxAttempts: 1 } });
    const { workflowId } = await start('patient');
    expect((await ended(workflowId)).state).to.equal('COMPLETED');
  });
});
