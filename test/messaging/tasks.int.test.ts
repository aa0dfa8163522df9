import { connect } from '@nats-io/transport-node';
import { expect } from 'chai';
import { lanes } from '../../contracts/lanes.ts';
import type { Delivery } from '../../contracts/ports/messaging.ts';
import { silentLog } from '../../contracts/ports/log.ts';
import { type Messaging, parseTask, streamLimits } from '../../messaging/index.ts';
import { codeOf } from '../support/code-of.ts';
import { eventually } from '../support/eventually.ts';
import { aTask } from '../support/messages.ts';
import { messagingOn, startNats, type TestNats } from '../support/nats.ts';

const never = new AbortController().signal;
const keyOf = (delivery: Delivery): string => {
  const parsed = parseTask(delivery);
  return parsed.kind === 'task' ? parsed.task.dedupKey : parsed.failure.code;
};

describe('task lanes', () => {
  let nats: TestNats;
  let messaging: Messaging;
  beforeEach(async () => {
    nats = await startNats();
    messaging = await messagingOn(nats, { lanes: { ackWaitMs: 1_000, maxAckPending: 100 } });
  });
  afterEach(async () => {
    await messaging.close();
    await nats.stop();
  });

  it('give what is there at once, of the asked lane alone', async () => {
    await messaging.tasks.publish(aTask('a'));
    await messaging.tasks.publish(aTask('b'));
    await messaging.tasks.publish(aTask('c', { lane: 'low' }));
    const taken = await messaging.lanes.pull('normal', 10, 30_000, never);
    expect(taken.map(keyOf)).to.deep.equal(['a', 'b']);
    expect(await messaging.lanes.pull('normal', 10, 0, never)).to.deep.equal([]);
  });

  it('wait for the first message, and stop waiting when told', async () => {
    const waiting = messaging.lanes.pull('high', 10, 30_000, never);
    await eventually(async () => (await messaging.statistics.lane('high')).waiting === 1);
    await messaging.tasks.publish(aTask('a', { lane: 'high' }));
    expect((await waiting).map(keyOf)).to.deep.equal(['a']);

    const stopper = new AbortController();
    const stopped = messaging.lanes.pull('low', 1, 30_000, stopper.signal);
    stopper.abort();
    expect(await stopped).to.deep.equal([]);
  });

  it('give an unended message again, and an ended one never', async () => {
    await messaging.tasks.publish(aTask('done'));
    await messaging.tasks.publish(aTask('dropped'));
    await messaging.tasks.publish(aTask('again'));
    await messaging.tasks.publish(aTask('lost'));
    const [done, dropped, again] = await messaging.lanes.pull('normal', 4, 0, never);
    await done?.ack();
    await dropped?.discard();
    again?.retry(10);
    const redelivered = new Map<string, number>();
    await eventually(async () => {
      for (const delivery of await messaging.lanes.pull('normal', 10, 100, never)) {
        redelivered.set(keyOf(delivery), delivery.deliveryCount);
        await delivery.ack();
      }
      return redelivered.size === 2;
    });
    expect([...redelivered]).to.have.deep.members([
      ['again', 2],
      ['lost', 2],
    ]);
    await eventually(async () => (await messaging.statistics.lane('normal')).inFlight === 0);
  });

  it('keep a message with a worker that says it is working', async () => {
    await messaging.tasks.publish(aTask('slow'));
    await messaging.tasks.publish(aTask('lost'));
    const [slow] = await messaging.lanes.pull('normal', 2, 0, never);
    const seen: string[] = [];
    await eventually(async () => {
      slow?.working();
      const others = await messaging.lanes.pull('normal', 10, 100, never);
      seen.push(...others.map(keyOf));
      return seen.includes('lost');
    });
    expect(seen).to.deep.equal(['lost']);
  });

  it('take one of two tasks with the same key', async () => {
    expect((await messaging.tasks.publish(aTask('same'))).kind).to.equal('stored');
    expect((await messaging.tasks.publish(aTask('same'))).kind).to.equal('duplicate');
    expect((await messaging.statistics.lane('normal')).depth).to.equal(1);
  });

  it('carry the trace context in a header', async () => {
    const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
    await messaging.tasks.publish(aTask('traced', { traceparent }));
    const [delivery] = await messaging.lanes.pull('normal', 1, 0, never);
    expect(delivery?.headers).to.include({ traceparent });
  });

  it('take what a plain client publishes', async () => {
    const plain = await connect({ servers: nats.url });
    plain.publish('tasks.critical.echo', '{"payload":{"n":1}}');
    await plain.drain();
    const [delivery] = await messaging.lanes.pull('critical', 1, 5_000, never);
    expect(delivery && parseTask(delivery).kind).to.equal('task');
  });

  it('make their consumer again after someone deleted it', async () => {
    await messaging.lanes.pull('low', 1, 0, never);
    const plain = await connect({ servers: nats.url });
    await plain.request('$JS.API.CONSUMER.DELETE.TASKS.lane-low');
    await plain.close();
    await messaging.tasks.publish(aTask('a', { lane: 'low' }));
    const taken = await eventually(async () => {
      const [delivery] = await messaging.lanes.pull('low', 1, 200, never);
      return delivery;
    });
    expect(keyOf(taken)).to.equal('a');
  });

  it('apply a changed setting to the consumer that is there, with work in hand', async () => {
    await messaging.tasks.publish(aTask('held'));
    const [held] = await messaging.lanes.pull('normal', 1, 0, never);
    const changed = await messagingOn(nats, { lanes: { ackWaitMs: 30_000, maxAckPending: 7 } });
    await changed.tasks.publish(aTask('next'));
    const [next] = await changed.lanes.pull('normal', 1, 2_000, never);
    expect(next && keyOf(next)).to.equal('next');
    expect((await changed.statistics.lane('normal')).inFlightLimit).to.equal(7);
    await held?.ack();
    await next?.ack();
    expect(await changed.statistics.lane('normal')).to.include({ depth: 0, inFlight: 0 });
    await changed.close();
  });

  it('Q7 tell depth, work in flight and the oldest message per lane', async () => {
    for (const lane of lanes) await messaging.tasks.publish(aTask(`1 ${lane}`, { lane }));
    await messaging.tasks.publish(aTask('2 low', { lane: 'low' }));
    await messaging.lanes.pull('low', 1, 0, never);
    const all = await messaging.statistics.all();
    expect(lanes.map((lane) => all[lane].depth)).to.deep.equal([1, 1, 1, 1]);
    expect(lanes.map((lane) => all[lane].inFlight)).to.deep.equal([0, 0, 0, 1]);
    expect(all.low.oldestStoredAt).to.be.a('number');
  });

  it('Q14 tell the producer when the queue is full, and take again when there is room', async () => {
    const small = await messagingOn(nats, {
      limits: { ...streamLimits, tasks: { ...streamLimits.tasks, maxMessages: 1 } },
    });
    await small.tasks.publish(aTask('a'));
    expect(await codeOf(small.tasks.publish(aTask('b')))).to.equal('QUEUE_FULL');
    const [first] = await small.lanes.pull('normal', 1, 0, never);
    await first?.ack();
    expect((await small.tasks.publish(aTask('b'))).kind).to.equal('stored');
    await small.close();
  });

  it('refuse a task that is too large for the queue', async () => {
    expect(await codeOf(messaging.tasks.publish(aTask('a', { payload: 'x'.repeat(300_000) })))).to.equal(
      'INPUT_TOO_LARGE',
    );
  });

  it('send again under the same id while the server hangs: stored once', async () => {
    const said: string[] = [];
    const log = { ...silentLog, debug: (_fields: object, message: string) => void said.push(message) };
    const patient = await messagingOn(nats, { log });
    await nats.freeze();
    const publishing = patient.tasks.publish(aTask('a'));
    await eventually(() => said.some((message) => message.includes('sending again')));
    nats.thaw();
    expect((await publishing).streamSeq).to.equal(1);
    await eventually(async () => (await patient.tasks.publish(aTask('a'))).kind === 'duplicate');
    expect((await patient.statistics.lane('normal')).depth).to.equal(1);
    await patient.close();
  });

  it('say NATS_UNAVAILABLE when the server stays away, and publish again once it is back', async () => {
    const impatient = await messagingOn(nats, { publishTimes: { attemptMs: 200, deadlineMs: 600 } });
    await nats.kill();
    expect(await codeOf(impatient.tasks.publish(aTask('a')))).to.equal('NATS_UNAVAILABLE');
    await nats.start();
    const stored = await eventually(() => impatient.tasks.publish(aTask('a')));
    expect(stored.streamSeq).to.equal(1);
    await impatient.close();
  });
});
