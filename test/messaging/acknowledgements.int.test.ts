import { connect, type NatsConnection } from '@nats-io/transport-node';
import { expect } from 'chai';
import type { Delivery } from '../../contracts/ports/messaging.ts';
import { laneConsumer } from '../../messaging/lane-source.ts';
import type { Messaging } from '../../messaging/index.ts';
import { eventually } from '../support/eventually.ts';
import { aTask } from '../support/messages.ts';
import { messagingOn, startNats, type TestNats } from '../support/nats.ts';

const never = new AbortController().signal;
const COUNT = 200;

describe('acknowledgements of one turn', () => {
  let nats: TestNats;
  let messaging: Messaging;
  let plain: NatsConnection;
  let taken: readonly Delivery[];
  beforeEach(async () => {
    nats = await startNats();
    messaging = await messagingOn(nats, { lanes: { ackWaitMs: 30_000, maxAckPending: 1_000 } });
    plain = await connect({ servers: nats.url, maxReconnectAttempts: -1, reconnectTimeWait: 100 });
    await messaging.tasks.publishAll(Array.from({ length: COUNT }, (_, n) => aTask(`task ${n}`)));
    taken = await messaging.lanes.pull('normal', COUNT, 0, never);
    expect(taken).to.have.length(COUNT);
  });
  afterEach(async () => {
    await messaging.close();
    await plain.close();
    await nats.stop();
  });
  const left = async () => {
    const { depth, inFlight } = await messaging.statistics.lane('normal');
    const [tasks] = (await messaging.statistics.fullness()).filter(({ stream }) => stream === 'TASKS');
    return { depth, inFlight, messages: tasks?.messages };
  };

  it('are confirmed by one answer, and when it is there the server has taken all of them', async () => {
    const asked: boolean[] = [];
    plain.subscribe(`$JS.ACK.TASKS.${laneConsumer('normal')}.>`, {
      callback: (_error, { reply }) => void asked.push(reply !== undefined && reply !== ''),
    });
    await plain.flush();
    await Promise.all(taken.map((delivery, n) => (n % 50 === 0 ? delivery.discard() : delivery.ack())));
    expect(await left()).to.deep.equal({ depth: 0, inFlight: 0, messages: 0 });
    await eventually(() => asked.length === COUNT);
    expect(asked.filter((reply) => reply)).to.have.length(1);
  });

  it('take their messages out of the stream where the consumer is gone', async () => {
    await plain.request(`$JS.API.CONSUMER.DELETE.TASKS.${laneConsumer('normal')}`);
    await Promise.all(taken.map((delivery) => delivery.ack()));
    expect((await left()).messages).to.equal(0);
  });
});
