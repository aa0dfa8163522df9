import { expect } from 'chai';
import type { DeadTask } from '../../contracts/task.ts';
import type { Messaging } from '../../messaging/index.ts';
import { codeOf } from '../support/code-of.ts';
import { messagingOn, startNats, type TestNats } from '../support/nats.ts';

const dead = (text: string): DeadTask => ({
  schema: 'tradewright.dead/1',
  subject: 'tasks.low.echo',
  original: Buffer.from(text).toString('base64'),
  cause: { code: 'INPUT_INVALID', message: 'no' },
  attempts: 1,
  firstSeenAt: 1,
  diedAt: 2,
  replays: 0,
});

describe('dead letters', () => {
  let nats: TestNats;
  let messaging: Messaging;
  beforeEach(async () => {
    nats = await startNats();
    messaging = await messagingOn(nats);
  });
  afterEach(async () => {
    await messaging.close();
    await nats.stop();
  });

  it('Q5 are listed, inspected, replayed to where they came from, and purged', async () => {
    const office = messaging.dead;
    for (const text of ['a', 'b', 'c']) await office.publish(dead(text), 'low', 'echo');
    expect((await office.publish(dead('a'), 'low', 'echo')).kind).to.equal('duplicate');

    const page = await office.list(1, 1);
    expect(page.next).to.equal(2);
    expect(page.entries.map(({ streamSeq, lane, type }) => ({ streamSeq, lane, type }))).to.deep.equal([
      { streamSeq: 2, lane: 'low', type: 'echo' },
    ]);
    expect((await office.get(1))?.dead).to.deep.equal(dead('a'));

    await office.replay(2);
    const [again] = await messaging.lanes.pull('low', 5, 0, new AbortController().signal);
    expect(again && { subject: again.subject, text: Buffer.from(again.bytes).toString() }).to.deep.equal({
      subject: 'tasks.low.echo',
      text: 'b',
    });
    expect(await codeOf(office.replay(2))).to.equal('NOT_FOUND');

    expect(await office.purge(1)).to.equal(true);
    expect(await office.purge(1)).to.equal(false);
    const rest = await office.list(0, 10);
    expect(rest.entries.map(({ streamSeq }) => streamSeq)).to.deep.equal([3]);
    expect(rest.next).to.equal(undefined);
    expect(await office.purgeAll({})).to.equal(1);
    expect(await messaging.statistics.deadDepth()).to.equal(0);
  });
});
