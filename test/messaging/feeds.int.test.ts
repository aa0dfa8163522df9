import { connect } from '@nats-io/transport-node';
import { expect } from 'chai';
import { TradewrightError } from '../../contracts/errors.ts';
import { workflowIdFrom } from '../../contracts/ids.ts';
import type { Messaging } from '../../messaging/index.ts';
import { codeOf } from '../support/code-of.ts';
import { eventually } from '../support/eventually.ts';
import { storeCommits } from '../support/events.ts';
import { aCommit } from '../support/messages.ts';
import { messagingOn, startNats, type TestNats } from '../support/nats.ts';

describe('feeds and queries', () => {
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

  const follow = (key: string, stopper: AbortController): number[] => {
    const seen: number[] = [];
    const read = async (): Promise<void> => {
      for await (const batch of messaging.events.follow(workflowIdFrom(key), stopper.signal)) {
        seen.push(...batch.events.map(({ seq }) => seq));
      }
      seen.push(-1);
    };
    void read();
    return seen;
  };

  it('a follower sees a workflow from its first event on, then live, and ends when told', async () => {
    await storeCommits(messaging.events, aCommit('a', 1, 1, 2));
    await storeCommits(messaging.events, aCommit('b', 2, 1));
    const stopper = new AbortController();
    const seen = follow('a', stopper);
    await eventually(() => seen.length === 2);
    await storeCommits(messaging.events, aCommit('a', 3, 3));
    await eventually(() => seen.length === 3);
    stopper.abort();
    await eventually(() => seen.at(-1) === -1);
    expect(seen).to.deep.equal([1, 2, 3, -1]);
  });

  it('a follower loses and repeats nothing when the server is killed and started again', async () => {
    const stopper = new AbortController();
    const seen = follow('a', stopper);
    await storeCommits(messaging.events, aCommit('a', 1, 1));
    await eventually(() => seen.length === 1);
    await nats.kill();
    await nats.start();
    await storeCommits(messaging.events, aCommit('a', 2, 2, 3));
    await eventually(() => seen.length === 4, { withinMs: 30_000 });
    stopper.abort();
    await eventually(() => seen.at(-1) === -1);
    expect(seen).to.deep.equal([1, 2, 3, 4, -1]);
  });

  it('knows where it ends', async () => {
    expect(await messaging.events.end()).to.deep.equal({ commit: 0, streamSeq: 0 });
    await storeCommits(messaging.events, aCommit('a', 7, 1), aCommit('b', 9, 1));
    expect(await messaging.events.end()).to.deep.equal({ commit: 9, streamSeq: 2 });
  });

  it('stores a commit only right behind the one that it must follow', async () => {
    const { events } = messaging;
    const [first, second, third] = [aCommit('a', 1, 1), aCommit('b', 2, 1), aCommit('a', 3, 2)];
    await events.append([first, second], 0);
    expect(await codeOf(events.append([first, second], 0))).to.equal('EVENTS_OUT_OF_ORDER');
    expect(await codeOf(events.append([third], 1))).to.equal('EVENTS_OUT_OF_ORDER');
    expect(await codeOf(events.append([third], 3))).to.equal('EVENTS_OUT_OF_ORDER');
    expect(await events.end()).to.deep.equal({ commit: 2, streamSeq: 2 });
    await events.append([third], 2);
    expect(await events.end()).to.deep.equal({ commit: 3, streamSeq: 3 });
  });

  it('of groups under way at once, none overtakes one that was refused', async () => {
    const { events } = messaging;
    const groups = [[aCommit('a', 1, 1)], [aCommit('b', 2, 1), aCommit('b', 3, 2)], [aCommit('a', 4, 2)]];
    const codes = await Promise.all(
      groups.map((group, index) => codeOf(events.append(group, [1, 2, 4][index] ?? 0))),
    );
    expect(codes).to.deep.equal(Array.from({ length: 3 }, () => 'EVENTS_OUT_OF_ORDER'));
    expect(await events.end()).to.deep.equal({ commit: 0, streamSeq: 0 });
  });

  it('live text reaches those who listen, in pieces a server takes', async () => {
    const id = workflowIdFrom('a');
    const heard: string[] = [];
    const stop = messaging.live.follow(id, (channel, text) => heard.push(`${channel}:${text.length}`));
    await messaging.queries.ask('query.nobody', 0, 1_000).catch(() => undefined);
    messaging.live.send(id, 'reasoning', 'x'.repeat(20_000));
    messaging.live.send(id, 'output', 'y');
    await eventually(() => heard.length === 3);
    stop();
    expect(heard).to.deep.equal(['reasoning:16384', 'reasoning:3616', 'output:1']);
  });

  it('a question gets its answer, even one that has a field named error', async () => {
    messaging.queries.answer('query.status', async (question) => ({ error: { asked: question } }));
    expect(await messaging.queries.ask('query.status', { a: 1 }, 2_000)).to.deep.equal({
      error: { asked: { a: 1 } },
    });
  });

  it('a failure travels with its code and details', async () => {
    messaging.queries.answer('query.status', async () => {
      throw new TradewrightError('NOT_FOUND', 'no such thing', { details: { id: 1 } });
    });
    const error: unknown = await messaging.queries
      .ask('query.status', {}, 2_000)
      .catch((thrown: unknown) => thrown);
    expect(error)
      .to.be.instanceOf(TradewrightError)
      .and.include({ code: 'NOT_FOUND', message: 'no such thing' });
    expect((error as TradewrightError).details).to.deep.equal({ id: 1 });
  });

  it('nobody to answer, and nobody who does in time, is NATS_UNAVAILABLE', async () => {
    expect(await codeOf(messaging.queries.ask('query.nobody', {}, 2_000))).to.equal('NATS_UNAVAILABLE');
    messaging.queries.answer('query.slow', () => new Promise(() => undefined));
    expect(await codeOf(messaging.queries.ask('query.slow', {}, 100))).to.equal('NATS_UNAVAILABLE');
  });

  it('a question that is not JSON is refused, and the next one answered', async () => {
    messaging.queries.answer('query.status', async () => 'fine');
    const plain = await connect({ servers: nats.url });
    const reply = await plain.request('query.status', '{{');
    expect(reply.json<{ error: { code: string } }>().error.code).to.equal('JSON_MALFORMED');
    await plain.close();
    expect(await messaging.queries.ask('query.status', {}, 2_000)).to.equal('fine');
  });

  it('signals are taken in order, one after another, again when taking one failed', async () => {
    const stopper = new AbortController();
    const taken: string[] = [];
    let failures = 0;
    const consuming = messaging.inbox.consume(async (delivery) => {
      const text = Buffer.from(delivery.bytes).toString();
      if (text === 'b' && failures++ === 0) throw new Error('not yet');
      taken.push(text);
      await delivery.ack();
    }, stopper.signal);
    const plain = await connect({ servers: nats.url });
    for (const text of ['a', 'b', 'c']) plain.publish('signals.in.SPX', text);
    await plain.drain();
    await eventually(() => taken.length === 3);
    stopper.abort();
    await consuming;
    expect(taken).to.deep.equal(['a', 'c', 'b']);
  });

  it('signals sent while the server restarts or after the consumer is deleted are taken too', async () => {
    const stopper = new AbortController();
    const taken: string[] = [];
    const consuming = messaging.inbox.consume(async (delivery) => {
      taken.push(Buffer.from(delivery.bytes).toString());
      await delivery.ack();
    }, stopper.signal);
    const send = async (text: string): Promise<void> => {
      const plain = await connect({ servers: nats.url });
      plain.publish('signals.in.SPX', text);
      await plain.drain();
    };
    await send('a');
    await eventually(() => taken.includes('a'));
    await nats.kill();
    await nats.start();
    await send('b');
    await eventually(() => taken.includes('b'), { withinMs: 20_000 });
    const plain = await connect({ servers: nats.url });
    await plain.request('$JS.API.CONSUMER.DELETE.SIGNALS_IN.signal-inbox');
    await plain.close();
    await send('c');
    await eventually(() => taken.includes('c'), { withinMs: 20_000 });
    stopper.abort();
    await consuming;
  });
});
