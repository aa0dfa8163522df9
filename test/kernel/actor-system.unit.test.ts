import { expect } from 'chai';
import {
  type ActorContext,
  type ActorSpec,
  type ActorSystem,
  ask,
  createActorSystem,
  drain,
  neverRestart,
  type ReplyTo,
  type RestartPolicy,
  stop,
  tell,
  type Terminated,
} from '../../actors/kernel/index.ts';
import { nact } from '../../actors/kernel/nact.ts';
import { TradewrightError } from '../../contracts/errors.ts';
import { delay, systemClock } from '../../contracts/ports/clock.ts';
import { silentLog } from '../../contracts/ports/log.ts';
import { eventually } from '../support/eventually.ts';

const quick: RestartPolicy = {
  maxRestarts: 2,
  withinMs: 60_000,
  backoffMs: { initial: 1, factor: 2, max: 5 },
};

type CounterMessage =
  | { type: 'add'; by: number }
  | { type: 'get'; replyTo: ReplyTo<number> }
  | { type: 'silent'; replyTo: ReplyTo<number> }
  | { type: 'fail'; error: unknown; replyTo?: ReplyTo<number> };

const counter = (
  name: string,
  more: Partial<ActorSpec<CounterMessage, number>> = {},
): ActorSpec<CounterMessage, number> => ({
  name,
  initial: () => 0,
  receive(state, message) {
    switch (message.type) {
      case 'add':
        return state + message.by;
      case 'get':
        message.replyTo.ok(state);
        return state;
      case 'silent':
        return state;
      case 'fail':
        throw message.error;
    }
  },
  restart: quick,
  ...more,
});

const get = (replyTo: ReplyTo<number>): CounterMessage => ({ type: 'get', replyTo });
const failure = async (promise: Promise<unknown>): Promise<TradewrightError> => {
  try {
    await promise;
  } catch (error) {
    expect(error).to.be.instanceOf(Error);
    return error as TradewrightError;
  }
  throw new Error('it did not fail');
};

describe('actor kernel on nact', () => {
  let system: ActorSystem;
  let failed: Terminated[];

  beforeEach(() => {
    failed = [];
    system = createActorSystem({
      name: 'test',
      clock: systemClock,
      log: silentLog,
      onFailed: (terminated) => failed.push(terminated),
      stopTimeoutMs: 2_000,
    });
  });
  afterEach(() => system.stop());

  it('handles messages one by one, in order', async () => {
    const seen: number[] = [];
    let running = 0;
    const ref = system.spawn<number | { replyTo: ReplyTo<boolean> }, undefined>({
      name: 'ordered',
      initial: () => undefined,
      async receive(state, message) {
        expect(++running).to.equal(1);
        await Promise.resolve();
        if (typeof message === 'number') seen.push(message);
        else message.replyTo.ok(true);
        running -= 1;
        return state;
      },
    });
    for (let index = 0; index < 100; index += 1) tell(ref, index);
    await ask<number | { replyTo: ReplyTo<boolean> }, boolean>(ref, (replyTo) => ({ replyTo }), {
      timeoutMs: 1_000,
    });
    expect(seen).to.deep.equal(Array.from({ length: 100 }, (_, index) => index));
  });

  it('keeps two systems of one name apart', async () => {
    const other = createActorSystem({ name: 'test', clock: systemClock, log: silentLog });
    const [here, there] = [system.spawn(counter('same')), other.spawn(counter('same'))];
    tell(here, { type: 'add', by: 1 });
    expect(await ask(there, get, { timeoutMs: 1_000 })).to.equal(0);
    await other.stop();
    expect(await ask(here, get, { timeoutMs: 1_000 })).to.equal(1);
  });

  it('answers the asker of a crashed handler with its error, at once', async () => {
    const ref = system.spawn(counter('crashing'));
    const error = await failure(
      ask<CounterMessage, number>(
        ref,
        (replyTo) => ({ type: 'fail', error: new TradewrightError('NOT_FOUND', 'no such thing'), replyTo }),
        { timeoutMs: 60_000 },
      ),
    );
    expect(error.code).to.equal('NOT_FOUND');
  });

  it('answers askers whose reply was put off when the actor crashes or stops', async () => {
    const ref = system.spawn(counter('postponing'));
    const silent = (replyTo: ReplyTo<number>): CounterMessage => ({ type: 'silent', replyTo });
    const first = failure(ask(ref, silent, { timeoutMs: 60_000 }));
    tell(ref, { type: 'fail', error: new Error('broken') });
    expect((await first).message).to.equal('broken');
    const second = failure(ask(ref, silent, { timeoutMs: 60_000 }));
    await ask(ref, get, { timeoutMs: 1_000 });
    await stop(ref);
    expect((await second).code).to.equal('ACTOR_STOPPED');
  });

  it('times an ask out', async () => {
    const ref = system.spawn(counter('slow'));
    const asked = ask<CounterMessage, number>(ref, (replyTo) => ({ type: 'silent', replyTo }), {
      timeoutMs: 10,
    });
    expect((await failure(asked)).code).to.equal('ASK_TIMEOUT');
  });

  it('restarts after a crash with a fresh state and keeps the messages that wait', async () => {
    const released: number[] = [];
    const ref = system.spawn(counter('restarting', { onStop: (state) => void released.push(state) }));
    tell(ref, { type: 'add', by: 5 });
    tell(ref, { type: 'fail', error: new Error('broken') });
    tell(ref, { type: 'add', by: 2 });
    expect(await ask(ref, get, { timeoutMs: 1_000 })).to.equal(2);
    expect(released).to.deep.equal([5]);
  });

  it('gives an actor up that crashes too often, and tells the parent, the watchers and the askers', async () => {
    const told: Terminated[] = [];
    const parent = system.spawn<Terminated | { watch: true }, undefined>({
      name: 'parent',
      initial(ctx) {
        const child = ctx.spawn(counter('child'));
        for (let index = 0; index < 3; index += 1) tell(child, { type: 'fail', error: new Error('broken') });
      },
      receive(state, message) {
        if ('path' in message) told.push(message);
        return state;
      },
      childFailed: (terminated) => terminated,
    });
    const terminated = await eventually(() => told[0]);
    expect(terminated).to.include({ path: '/test/parent/child', name: 'child' });
    expect(terminated.failure?.message).to.contain('broken');
    expect(tell(parent, { watch: true })).to.equal(true);
    expect(failed).to.have.length(0);
  });

  it('reports a top-level actor that was given up, also one whose start fails', async () => {
    let starts = 0;
    system.spawn(
      counter('unstartable', {
        initial() {
          starts += 1;
          throw new Error('no start');
        },
      }),
    );
    const terminated = await eventually(() => failed[0]);
    expect(terminated.failure?.message).to.contain('no start');
    expect(starts).to.equal(3);
  });

  it('pauses longer before each restart', async () => {
    const pauses: number[] = [];
    const clock = {
      now: () => systemClock.now(),
      schedule(ms: number, callback: () => void) {
        if (ms < 2_000) pauses.push(ms);
        return systemClock.schedule(0, callback);
      },
    };
    const timed = createActorSystem({ name: 'timed', clock, log: silentLog, stopTimeoutMs: 2_000 });
    const ref = timed.spawn(
      counter('backing-off', {
        restart: { maxRestarts: 4, withinMs: 60_000, backoffMs: { initial: 100, factor: 3, max: 500 } },
      }),
    );
    for (let index = 0; index < 4; index += 1) tell(ref, { type: 'fail', error: new Error('broken') });
    await eventually(() => pauses.length === 4);
    expect(pauses).to.deep.equal([100, 300, 500, 500]);
    await timed.stop();
  });

  it('does not answer a fault with anything that runs two handlers at once', async () => {
    let running = 0;
    let most = 0;
    const ref = system.spawn<'work' | 'fail', undefined>({
      name: 'alone',
      initial: () => undefined,
      async receive(state, message) {
        most = Math.max(most, ++running);
        await new Promise((resolve) => setImmediate(resolve));
        running -= 1;
        if (message === 'fail') throw new Error('broken');
        return state;
      },
      restart: { ...quick, maxRestarts: 50 },
    });
    for (let index = 0; index < 40; index += 1) tell(ref, index % 4 === 0 ? 'fail' : 'work');
    await eventually(() => running === 0 && most > 0);
    await stop(ref);
    expect(most).to.equal(1);
  });

  it('has nact make no context for each message, so that a parent of many works as fast as one of none', async () => {
    const root = nact.start({ name: 'bare' });
    const seen: object[] = [];
    const ref = nact.spawn(root, (state, _message, context) => (seen.push(context), state), 'parent', {
      onCrash: (_message, _error, { stop: end }) => Promise.resolve(end),
      afterStop: () => undefined,
    });
    nact.spawn(ref, (state) => state, 'child', {
      onCrash: (_message, _error, { stop: end }) => Promise.resolve(end),
      afterStop: () => undefined,
    });
    nact.dispatch(ref, 'message');
    await eventually(() => seen.length > 0);
    nact.stop(root);
    expect(Object.keys(seen[0] ?? {})).to.deep.equal([]);
  });

  it('stops children first and waits for every onStop', async () => {
    const order: string[] = [];
    const stopping = (name: string) => async (): Promise<void> => {
      await new Promise((resolve) => setImmediate(resolve));
      order.push(name);
    };
    const nest = (depth: number): ActorSpec<never, undefined> => ({
      name: `level-${depth}`,
      initial(ctx: ActorContext<never>) {
        if (depth < 3) ctx.spawn(nest(depth + 1));
        order.push(`start ${depth}`);
        return undefined;
      },
      receive: (state) => state,
      onStop: stopping(`stop ${depth}`),
    });
    const root = system.spawn(nest(1));
    await eventually(() => order.length === 3);
    await stop(root);
    expect(order.slice(3)).to.deep.equal(['stop 3', 'stop 2', 'stop 1']);
  });

  it('stops children when their parent crashes, before it starts again', async () => {
    const events: string[] = [];
    const ref = system.spawn<'fail', undefined>({
      name: 'parent',
      initial(ctx) {
        events.push('parent starts');
        ctx.spawn({
          name: 'child',
          initial: () => undefined,
          receive: (state: undefined) => state,
          onStop: () => void events.push('child stops'),
        });
      },
      receive() {
        throw new Error('broken');
      },
      restart: quick,
    });
    await eventually(() => events.length === 1);
    tell(ref, 'fail');
    await eventually(() => events.length === 3);
    expect(events).to.deep.equal(['parent starts', 'child stops', 'parent starts']);
  });

  for (const ending of ['given up', 'stopped amid a handler that then throws']) {
    it(`stops the children of an actor that is ${ending}`, async () => {
      const events: string[] = [];
      let release = (): void => undefined;
      const ref = system.spawn<'fail', undefined>({
        name: 'parent',
        initial(ctx) {
          ctx.spawn<never, undefined>({
            name: 'child',
            initial: () => undefined,
            receive: (state) => state,
            onStop: () => void events.push('child'),
          });
          events.push('start');
        },
        async receive() {
          events.push('handler');
          await new Promise<void>((resolve) => (release = resolve));
          throw new Error('broken');
        },
        onStop: () => void events.push('parent'),
        restart: neverRestart,
      });
      tell(ref, 'fail');
      await eventually(() => events.length === 2);
      const stopped = ending === 'given up' ? undefined : stop(ref);
      release();
      await stopped;
      await eventually(() => events.length === 4);
      expect(events).to.deep.equal(['start', 'handler', 'child', 'parent']);
    });
  }

  it('lets the handler in progress end before onStop; what waits behind becomes dead letters', async () => {
    const events: string[] = [];
    let release = (): void => undefined;
    const ref = system.spawn<number, undefined>({
      name: 'working',
      initial: () => undefined,
      async receive(state, message) {
        events.push(`begin ${message}`);
        await new Promise<void>((resolve) => (release = resolve));
        events.push(`end ${message}`);
        return state;
      },
      onStop: () => void events.push('stopped'),
    });
    tell(ref, 1);
    tell(ref, 2);
    await eventually(() => events.length === 1);
    const stopped = stop(ref);
    expect(tell(ref, 3)).to.equal(false);
    release();
    await stopped;
    expect(events).to.deep.equal(['begin 1', 'end 1', 'stopped']);
    expect(system.deadLetters).to.equal(2);
  });

  it('aborts the signal of a handler that waits when the actor is to stop', async () => {
    let waiting = false;
    const ref = system.spawn<'wait', undefined>({
      name: 'waiting',
      initial: () => undefined,
      async receive(state, _message, ctx) {
        waiting = true;
        await new Promise((resolve) => ctx.signal.addEventListener('abort', resolve, { once: true }));
        return state;
      },
    });
    tell(ref, 'wait');
    await eventually(() => waiting);
    await stop(ref);
  });

  it('can stop itself from its handler', async () => {
    const ref = system.spawn<'end', undefined>({
      name: 'ending',
      initial: () => undefined,
      receive(state, _message, ctx) {
        ctx.stopSelf();
        return state;
      },
    });
    tell(ref, 'end');
    await eventually(() => !tell(ref, 'end'));
  });

  it('stops while it waits to restart', async () => {
    let starts = 0;
    const ref = system.spawn(
      counter('resting', {
        initial: () => (starts += 1),
        restart: { maxRestarts: 5, withinMs: 60_000, backoffMs: { initial: 60_000, factor: 1, max: 60_000 } },
      }),
    );
    await failure(
      ask<CounterMessage, number>(ref, (replyTo) => ({ type: 'fail', error: new Error('broken'), replyTo }), {
        timeoutMs: 1_000,
      }),
    );
    await stop(ref);
    expect(starts).to.equal(1);
  });

  it('contains what throws in onStop, childFailed and onFailed', async () => {
    const unhandled: unknown[] = [];
    const note = (error: unknown): void => void unhandled.push(error);
    process.on('unhandledRejection', note);
    const brittle = createActorSystem({
      name: 'brittle',
      clock: systemClock,
      log: silentLog,
      onFailed() {
        throw new Error('onFailed');
      },
    });
    const parent = brittle.spawn<never, undefined>({
      name: 'parent',
      initial(ctx) {
        const child = ctx.spawn(counter('child', { restart: { ...quick, maxRestarts: 0 } }));
        tell(child, { type: 'fail', error: 'not even an Error' });
      },
      receive: (state) => state,
      childFailed() {
        throw new Error('childFailed');
      },
      onStop() {
        throw new Error('onStop');
      },
    });
    const top = brittle.spawn(counter('top', { restart: { ...quick, maxRestarts: 0 } }));
    tell(top, { type: 'fail', error: new Error('broken') });
    await eventually(() => !tell(top, { type: 'add', by: 1 }));
    await stop(parent);
    await brittle.stop();
    process.off('unhandledRejection', note);
    expect(unhandled).to.deep.equal([]);
  });

  it('refuses actors without a name, with a bad one, and a second one of a name', () => {
    expect(() => system.spawn(counter(''))).to.throw('cannot name an actor');
    expect(() => system.spawn(counter('a b'))).to.throw('cannot name an actor');
    system.spawn(counter('taken'));
    expect(() => system.spawn(counter('taken'))).to.throw('already has a child taken');
  });

  it('frees a name only when its actor has ended completely', async () => {
    const ref = system.spawn(counter('again'));
    const stopped = stop(ref);
    expect(() => system.spawn(counter('again'))).to.throw('already has a child');
    await stopped;
    expect(await ask(system.spawn(counter('again')), get, { timeoutMs: 1_000 })).to.equal(0);
  });

  it('bounds the mailbox', async () => {
    const ref = system.spawn(counter('bounded', { mailboxLimit: 3 }));
    const accepted = Array.from({ length: 5 }, () => tell(ref, { type: 'add', by: 1 }));
    expect(accepted).to.deep.equal([true, true, true, false, false]);
    expect((await failure(ask(ref, get, { timeoutMs: 1_000 }))).code).to.equal('MAILBOX_FULL');
    expect(system.deadLetters).to.equal(3);
    await eventually(async () => (await ask(ref, get, { timeoutMs: 1_000 })) === 3);
  });

  it('drops what has waited longest where a mailbox is told to', async () => {
    const letters: unknown[] = [];
    const stopListening = system.onDeadLetter(({ path, code, message }) =>
      letters.push([path, code, message]),
    );
    const seen: number[] = [];
    const ref = system.spawn<number, undefined>({
      name: 'latest',
      mailboxLimit: 2,
      overflow: 'drop-oldest',
      initial: () => undefined,
      receive: (state, message) => (seen.push(message), state),
    });
    expect([1, 2, 3, 4].map((message) => tell(ref, message))).to.deep.equal([true, true, true, true]);
    await eventually(() => seen.length === 2);
    expect(letters).to.deep.equal([1, 2].map((message) => ['/test/latest', 'MAILBOX_FULL', message]));
    stopListening();
    tell(ref, 5);
    await eventually(() => seen.length === 3);
    expect(seen).to.deep.equal([3, 4, 5]);
    expect(letters).to.have.length(2);
    expect(system.deadLetters).to.equal(2);
  });

  it('shows dead letters to who listens, also when another listener throws', async () => {
    const seen: string[] = [];
    system.onDeadLetter(() => {
      throw new Error('a bad listener');
    });
    system.onDeadLetter(({ path }) => seen.push(path));
    const ref = system.spawn(counter('gone'));
    await stop(ref);
    tell(ref, { type: 'add', by: 1 });
    expect(seen).to.deep.equal(['/test/gone']);
  });

  it('drains: what waits is worked through, what comes later is not taken', async () => {
    const done: number[] = [];
    let stopped = false;
    const ref = system.spawn<number, undefined>({
      name: 'drained',
      initial: () => undefined,
      async receive(state, message, ctx) {
        if (message === 2) throw new Error('in between');
        await delay(systemClock, 2, ctx.signal);
        done.push(message);
        return state;
      },
      onStop: () => void (stopped = done.length === 3),
      restart: { maxRestarts: 2, withinMs: 60_000, backoffMs: { initial: 1, factor: 1, max: 1 } },
    });
    for (const message of [1, 2, 3, 4]) tell(ref, message);
    const drained = drain(ref, 10_000);
    expect(tell(ref, 5)).to.equal(false);
    await drained;
    expect(done).to.deep.equal([1, 3, 4]);
    expect(stopped).to.equal(true);
    await drain(ref, 10_000);
  });

  it('drains no longer than it may', async () => {
    const ref = system.spawn<'wait' | 'more', undefined>({
      name: 'slow',
      initial: () => undefined,
      receive: (state, _, ctx) => delay(systemClock, 60_000, ctx.signal).then(() => state),
    });
    tell(ref, 'wait');
    tell(ref, 'more');
    await drain(ref, 20);
    expect(system.deadLetters).to.equal(1);
  });

  it('counts dead letters and answers who asks a stopped actor', async () => {
    const ref = system.spawn(counter('gone'));
    await stop(ref);
    expect(tell(ref, { type: 'add', by: 1 })).to.equal(false);
    expect((await failure(ask(ref, get, { timeoutMs: 60_000 }))).code).to.equal('ACTOR_STOPPED');
    expect(system.deadLetters).to.equal(2);
  });

  it('tells a watcher of an end, also of one that was before', async () => {
    const seen: Terminated[] = [];
    const watched = system.spawn(counter('watched'));
    const watcher = system.spawn<Terminated | 'watch', undefined>({
      name: 'watcher',
      initial: () => undefined,
      receive(state, message, ctx) {
        if (message === 'watch') ctx.watch(watched, (terminated) => terminated);
        else seen.push(message);
        return state;
      },
    });
    tell(watcher, 'watch');
    await ask(watched, get, { timeoutMs: 1_000 });
    await stop(watched);
    await eventually(() => seen.length === 1);
    tell(watcher, 'watch');
    await eventually(() => seen.length === 2);
    expect(seen.map(({ path }) => path)).to.deep.equal(['/test/watched', '/test/watched']);
  });

  it('does not wait for ever for a handler that hangs', async () => {
    const hasty = createActorSystem({ name: 'hasty', clock: systemClock, log: silentLog, stopTimeoutMs: 10 });
    const ref = hasty.spawn<'hang', undefined>({
      name: 'hanging',
      initial: () => undefined,
      receive: () => new Promise(() => undefined),
    });
    tell(ref, 'hang');
    await hasty.stop();
    expect(tell(ref, 'hang')).to.equal(false);
  });
});
