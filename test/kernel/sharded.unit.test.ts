import { expect } from 'chai';
import {
  type ActorSystem,
  ask,
  createActorSystem,
  createSharded,
  neverRestart,
  type ReplyTo,
  type Sharded,
  stop,
  tell,
} from '../../actors/kernel/index.ts';
import { systemClock } from '../../contracts/ports/clock.ts';
import { silentLog } from '../../contracts/ports/log.ts';
import { eventually } from '../support/eventually.ts';

type Message = number | { get: ReplyTo<number[]> } | 'fail' | 'slow';

describe('sharded actors', () => {
  let system: ActorSystem;
  let log: { id: string; message: number }[];
  let incarnations: number;
  let ended: string[];
  let release: () => void;

  const sharded = (): Sharded<Message> =>
    createSharded<Message>(system, {
      name: 'things',
      shards: 8,
      child: (id, parent) =>
        parent.spawn<Message, number[]>({
          name: id,
          initial: () => [++incarnations * 0],
          async receive(state, message) {
            if (message === 'fail') throw new Error('broken');
            if (message === 'slow') {
              await new Promise<void>((resolve) => (release = resolve));
              return state;
            }
            if (typeof message === 'number') {
              log.push({ id, message });
              return [...state, message];
            }
            message.get.ok(state);
            return state;
          },
          restart: neverRestart,
        }),
      childEnded: (id, { failure }) => ended.push(failure === undefined ? id : `${id}: ${failure.message}`),
    });

  beforeEach(() => {
    log = [];
    ended = [];
    incarnations = 0;
    release = () => undefined;
    system = createActorSystem({ name: 'test', clock: systemClock, log: silentLog });
  });
  afterEach(() => system.stop());

  const get = (get: ReplyTo<number[]>): Message => ({ get });

  it('spawns a child with the first message and keeps it', async () => {
    const things = sharded();
    expect(things.size).to.equal(0);
    for (let index = 0; index < 200; index += 1) tell(things.ref(`thing-${index % 100}`), index);
    expect(things.size).to.equal(100);
    expect(await ask(things.ref('thing-7'), get, { timeoutMs: 1_000 })).to.deep.equal([0, 7, 107]);
    expect(incarnations).to.equal(100);
  });

  it('wakes a child without a message', async () => {
    const things = sharded();
    things.wake('early');
    await eventually(() => incarnations === 1);
    expect(things.has('early')).to.equal(true);
  });

  it('loses no message to a child that is being passivated, and keeps their order', async () => {
    const things = sharded();
    const ref = things.ref('thing');
    tell(ref, 'slow');
    tell(ref, 1);
    tell(ref, 2);
    await eventually(() => incarnations === 1);
    await new Promise((resolve) => setImmediate(resolve));
    const passivated = things.passivate('thing');
    expect(tell(ref, 3)).to.equal(true);
    const answer = ask(ref, get, { timeoutMs: 5_000 });
    release();
    await passivated;
    expect(await answer).to.deep.equal([0, 1, 2, 3]);
    expect(incarnations).to.equal(2);
    expect(system.deadLetters).to.equal(0);
    expect(ended).to.deep.equal(['thing']);
  });

  it('delivers everything, once and in order, under random passivation', async () => {
    const things = sharded();
    const sent = 3_000;
    for (let index = 0; index < sent; index += 1) {
      const id = `thing-${index % 5}`;
      tell(things.ref(id), index);
      if (index % 7 === 0) void things.passivate(id);
      if (index % 11 === 0) await new Promise((resolve) => setImmediate(resolve));
    }
    await eventually(() => log.length === sent);
    for (let child = 0; child < 5; child += 1) {
      const got = log.filter(({ id }) => id === `thing-${child}`).map(({ message }) => message);
      expect(got).to.deep.equal([...got].sort((a, b) => a - b));
      expect(new Set(got).size).to.equal(sent / 5);
    }
    expect(incarnations).to.be.greaterThan(5);
  });

  it('gives the failure to all who wait for a child that was given up; the next message starts anew', async () => {
    const things = sharded();
    const ref = things.ref('thing');
    tell(ref, 'fail');
    const error = await ask(ref, get, { timeoutMs: 5_000 }).catch((thrown: unknown) => thrown);
    expect(error).to.be.instanceOf(Error).with.property('message', 'broken');
    await eventually(() => !things.has('thing'));
    expect(ended).to.deep.equal(['thing: Error: broken']);
    expect(await ask(ref, get, { timeoutMs: 1_000 })).to.deep.equal([0]);
  });

  it('takes nothing after the system has stopped', async () => {
    const things = sharded();
    tell(things.ref('thing'), 1);
    await system.stop();
    expect(things.size).to.equal(0);
    expect(tell(things.ref('thing'), 2)).to.equal(false);
    expect(tell(things.ref('other'), 2)).to.equal(false);
    await stop(things.ref('thing'));
  });
});
