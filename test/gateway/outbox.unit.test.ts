import { expect } from 'chai';
import type { Clock } from '../../contracts/ports/clock.ts';
import { Outbox } from '../../gateway/ws/outbox.ts';

const limits = { liveBufferBytes: 10, socketBufferBytes: 20, slowClientMs: 1_000 };

/** A wire whose reader takes messages when told, and a clock that moves when told. */
function outbox() {
  const sent: string[] = [];
  const unread: (() => void)[] = [];
  const alarms = new Set<() => void>();
  const clock: Clock = {
    now: () => 0,
    schedule: (_ms, callback) => {
      alarms.add(callback);
      return () => alarms.delete(callback);
    },
  };
  let stalls = 0;
  const box = new Outbox({
    wire: {
      send: (text, done) => {
        sent.push(text);
        unread.push(done);
      },
    },
    clock,
    limits,
    onStall: () => (stalls += 1),
  });
  return {
    box,
    sent,
    read: (count = 1) => unread.splice(0, count).forEach((done) => done()),
    alarms,
    ring: () => [...alarms].forEach((alarm) => alarm()),
    stalls: () => stalls,
  };
}

const settled = () => new Promise((resolve) => setImmediate(resolve));

describe('the outbox of a socket', () => {
  it('drops live text first and lets events through', async () => {
    const { box, sent } = outbox();
    const { signal } = new AbortController();
    await box.event('e'.repeat(11), signal);
    box.live('dropped');
    await box.event('event', signal);
    expect(sent).to.deep.equal(['e'.repeat(11), 'event']);
    expect(box.droppedLive).to.equal(1);
  });

  it('holds events back until there is room, in their order', async () => {
    const { box, sent, read, alarms, stalls } = outbox();
    const { signal } = new AbortController();
    await box.event('x'.repeat(30), signal);
    const waiting = (async () => {
      for (const text of ['one', 'two', 'three']) await box.event(text, signal);
    })();
    await settled();
    expect(sent).to.have.length(1);
    expect(box.queuedBytes).to.equal(30);
    read();
    await waiting;
    expect(sent.slice(1)).to.deep.equal(['one', 'two', 'three']);
    expect(alarms.size).to.equal(0);
    expect(stalls()).to.equal(0);
  });

  it('never holds more than its limit and one message, however many wait', async () => {
    const { box, read, sent } = outbox();
    const waiting = Array.from({ length: 50 }, () => box.event('x'.repeat(15), new AbortController().signal));
    for (let round = 0; round < 60; round++) {
      await settled();
      expect(box.queuedBytes).to.be.at.most(20 + 15);
      read();
    }
    await Promise.all(waiting);
    expect(sent).to.have.length(50);
  });

  it('reports a client that gives no room, once, and sends nothing after', async () => {
    const { box, sent, ring, stalls } = outbox();
    const { signal } = new AbortController();
    await box.event('x'.repeat(30), signal);
    void box.event('waits', signal);
    await settled();
    ring();
    ring();
    expect(stalls()).to.equal(1);
    box.live('late');
    box.answer('late');
    expect(sent).to.have.length(1);
  });

  it('reports a client that asks without reading the answers', () => {
    const { box, stalls, sent } = outbox();
    for (let ask = 0; ask < 100; ask++) box.answer('x'.repeat(10));
    expect(stalls()).to.equal(1);
    expect(sent.length).to.be.at.most(5);
  });

  it('lets go of an event that nobody waits for any more', async () => {
    const { box, sent } = outbox();
    const aborter = new AbortController();
    await box.event('x'.repeat(30), aborter.signal);
    const waiting = box.event('waits', aborter.signal);
    aborter.abort();
    expect(await waiting).to.equal(false);
    expect(sent).to.have.length(1);
  });
});
