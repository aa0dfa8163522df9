import { expect } from 'chai';
import type { Duplex } from 'node:stream';
import { WebSocket } from 'ws';
import { workflowIdFrom } from '../../contracts/ids.ts';
import type { EventFeed, LiveFeed } from '../../contracts/ports/messaging.ts';
import type { WorkflowEventBatch } from '../../contracts/workflow-event.ts';
import { wsClose } from '../../contracts/ws-protocol.ts';
import type { Messaging } from '../../messaging/index.ts';
import { eventually } from '../support/eventually.ts';
import { storeCommits } from '../support/events.ts';
import { aBatch, aCommit, sealedBatch } from '../support/messages.ts';
import { type GatewayHarness, startHarness } from './gateway-harness.ts';
import { openSocket, type TestSocket } from './test-socket.ts';

const numbers = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, at) => from + at);
const seqs = (socket: TestSocket) => socket.events().map(({ seq }) => seq);

/** The feeds of a messaging, with a count of those that are open. */
function counted({ events, live }: Messaging) {
  const open = { events: 0, live: 0 };
  const follow: EventFeed['follow'] = async function* (workflowId, signal) {
    open.events += 1;
    try {
      yield* events.follow(workflowId, signal);
    } finally {
      open.events -= 1;
    }
  };
  const followLive: LiveFeed['follow'] = (workflowId, listener) => {
    const end = live.follow(workflowId, listener);
    open.live += 1;
    return () => {
      open.live -= 1;
      end();
    };
  };
  return { events: { ...events, follow }, live: { ...live, follow: followLive }, open };
}

describe('/v1/ws', () => {
  let at: GatewayHarness;
  let commit = 0;
  const publish = (key: string, fromSeq: number, count: number) =>
    storeCommits(at.messaging.events, aCommit(key, ++commit, fromSeq, count));
  before(async () => {
    at = await startHarness();
  });
  afterEach(() => eventually(() => at.gateway.stats().sockets === 0, { what: 'all sockets to be gone' }));
  after(() => at.stop());

  it('sends 1,000 events in order, each once: those that were and those that come', async () => {
    const workflowId = workflowIdFrom('thousand');
    for (let seq = 1; seq <= 500; seq += 5) await publish('thousand', seq, 5);
    const socket = await openSocket(at.gateway.url);
    socket.say({ type: 'subscribe', workflowId });
    await socket.heard('event', 10);
    for (let seq = 501; seq <= 1_000; seq += 5) await publish('thousand', seq, 5);
    await socket.heard('event', 1_000);
    expect(seqs(socket)).to.deep.equal(numbers(1, 1_000));
    expect(socket.messages[0]).to.deep.equal({ type: 'subscribed', workflowId });
    socket.ws.close();
  });

  it('resumes after a sequence, in the middle of a batch too', async () => {
    const workflowId = workflowIdFrom('resumed');
    await publish('resumed', 1, 4);
    await publish('resumed', 5, 4);
    for (const afterSeq of [0, 3, 4, 6]) {
      const socket = await openSocket(at.gateway.url);
      socket.say({ type: 'subscribe', workflowId, afterSeq });
      await socket.heard('event', 8 - afterSeq);
      expect(seqs(socket)).to.deep.equal(numbers(afterSeq + 1, 8));
      socket.ws.terminate();
    }
  });

  it('passes over a batch that the feed holds twice', async () => {
    const workflowId = workflowIdFrom('twice');
    await publish('twice', 1, 2);
    // Longer than what was sent before: another message id, so the stream stores it.
    await publish('twice', 1, 3);
    await publish('twice', 4, 1);
    const socket = await openSocket(at.gateway.url);
    socket.say({ type: 'subscribe', workflowId });
    await socket.heard('event', 4);
    expect(seqs(socket)).to.deep.equal([1, 2, 3, 4]);
    socket.ws.terminate();
  });

  it('says FEED_GAP when events are missing for good, and goes on with the rest', async () => {
    const workflowId = workflowIdFrom('gap');
    await publish('gap', 1, 2);
    await publish('gap', 4, 1);
    const socket = await openSocket(at.gateway.url);
    socket.say({ type: 'subscribe', workflowId });
    const { error } = await socket.heard('error');
    expect(error).to.deep.include({ code: 'FEED_GAP', details: { workflowId, missingSeq: 3, nextSeq: 4 } });
    expect(seqs(socket)).to.deep.equal([1, 2]);
    expect(at.gateway.stats().subscriptions).to.equal(0);
    socket.say({ type: 'ping' });
    await socket.heard('pong');
    socket.ws.terminate();
  });

  it('carries live reasoning, answer and output to those who want it', async () => {
    const workflowId = workflowIdFrom('live');
    const [wants, wantsNot] = [await openSocket(at.gateway.url), await openSocket(at.gateway.url)];
    wants.say({ type: 'subscribe', workflowId });
    wantsNot.say({ type: 'subscribe', workflowId, live: false });
    await Promise.all([wants.heard('subscribed'), wantsNot.heard('subscribed')]);
    await eventually(() => {
      at.messaging.live.send(workflowId, 'output', '.');
      return wants.liveText().length > 0;
    });
    at.messaging.live.send(workflowId, 'reasoning', 'Let me think');
    at.messaging.live.send(workflowId, 'answer', 'def generate_signals');
    await eventually(() => wants.liveText().includes('def generate_signals'));
    const channels = wants.messages.flatMap((message) => (message.type === 'live' ? [message.channel] : []));
    expect(new Set(channels)).to.deep.equal(new Set(['output', 'reasoning', 'answer']));

    await publish('live', 1, 1);
    await wantsNot.heard('event');
    expect(wantsNot.liveText()).to.equal('');
    wants.ws.terminate();
    wantsNot.ws.terminate();
  });

  it('follows several workflows on one socket, up to a bound, and stops on request', async () => {
    const bounded = await at.open({ limits: { subscriptionsPerSocket: 3 } });
    const socket = await openSocket(bounded.url);
    const ids = ['a', 'b', 'c', 'd'].map((key) => workflowIdFrom(`several-${key}`));
    for (const workflowId of ids) socket.say({ type: 'subscribe', workflowId });
    const { error } = await socket.heard('error');
    expect(error).to.deep.include({ code: 'SUBSCRIPTION_LIMIT', details: { workflowId: ids[3], limit: 3 } });
    expect(bounded.stats().subscriptions).to.equal(3);

    for (const key of ['a', 'b', 'c']) await publish(`several-${key}`, 1, 2);
    await socket.heard('event', 6);
    for (const workflowId of ids.slice(0, 3)) {
      expect(
        socket
          .events()
          .filter((event) => event.workflowId === workflowId)
          .map(({ seq }) => seq),
      ).to.deep.equal([1, 2]);
    }

    socket.say({ type: 'unsubscribe', workflowId: ids[0] ?? workflowIdFrom('') });
    socket.say({ type: 'subscribe', workflowId: ids[3] ?? workflowIdFrom('') });
    await socket.heard('subscribed', 4);
    await publish('several-a', 3, 1);
    await publish('several-d', 1, 1);
    await socket.heard('event', 7);
    expect(socket.events().at(-1)?.workflowId).to.equal(ids[3]);
    socket.ws.terminate();
    await bounded.close();
  });

  it('starts anew when a workflow is followed again', async () => {
    const workflowId = workflowIdFrom('again');
    await publish('again', 1, 3);
    const socket = await openSocket(at.gateway.url);
    socket.say({ type: 'subscribe', workflowId });
    await socket.heard('event', 3);
    socket.say({ type: 'subscribe', workflowId, afterSeq: 1 });
    await socket.heard('event', 5);
    await publish('again', 4, 1);
    await socket.heard('event', 6);
    expect(seqs(socket)).to.deep.equal([1, 2, 3, 2, 3, 4]);
    expect(at.gateway.stats().subscriptions).to.equal(1);
    socket.ws.terminate();
  });

  const bad: [string, string | Buffer, string][] = [
    ['what is not JSON', '{"type":', 'JSON_MALFORMED'],
    ['a type it does not know', '{"type":"shout"}', 'INPUT_INVALID'],
    ['a bad workflow id', '{"type":"subscribe","workflowId":"x"}', 'INPUT_INVALID'],
    [
      'a negative sequence',
      `{"type":"subscribe","workflowId":"${workflowIdFrom('a')}","afterSeq":-1}`,
      'INPUT_INVALID',
    ],
    ['null', 'null', 'INPUT_INVALID'],
    ['binary', Buffer.from('{"type":"ping"}'), 'JSON_MALFORMED'],
    [
      'a message beyond the limit',
      JSON.stringify({ type: 'ping', padding: 'x'.repeat(20_000) }),
      'INPUT_TOO_LARGE',
    ],
  ];
  for (const [what, message, code] of bad) {
    it(`answers ${what} with a code, and the socket stays`, async () => {
      const socket = await openSocket(at.gateway.url);
      socket.ws.send(message);
      expect((await socket.heard('error')).error.code).to.equal(code);
      socket.say({ type: 'ping' });
      await socket.heard('pong');
      socket.ws.terminate();
    });
  }

  it('closes a socket for a message far beyond the limit, and one that talks without end', async () => {
    const huge = await openSocket(at.gateway.url);
    huge.ws.send('x'.repeat(1024 * 1024));
    expect((await huge.closed).code).to.equal(1009);
    const chatty = await openSocket(at.gateway.url);
    for (let message = 0; message < 2_000; message++) chatty.say({ type: 'ping' });
    expect(await chatty.closed).to.deep.equal({ code: wsClose.policy, reason: 'RATE_LIMITED' });
  });

  it('drops a client that does not answer its heartbeat', async () => {
    const quick = await at.open({ limits: { heartbeatMs: 50 } });
    const alive = await openSocket(quick.url);
    const dead = await openSocket(quick.url, { autoPong: false });
    const { code } = await dead.closed;
    expect(code).to.equal(1006);
    expect(alive.ws.readyState).to.equal(WebSocket.OPEN);
    await eventually(() => quick.stats().sockets === 1);
    alive.ws.terminate();
    await quick.close();
  });

  it('takes no more sockets than it may', async () => {
    const small = await at.open({ limits: { sockets: 1 } });
    const socket = await openSocket(small.url);
    let status = 0;
    const refused = new WebSocket(`${small.url.replace('http', 'ws')}/v1/ws`);
    refused.on('error', () => undefined);
    refused.on('unexpected-response', (_request, response) => (status = response.statusCode ?? 0));
    await eventually(() => status === 429);
    refused.terminate();
    socket.ws.terminate();
    await small.close();
  });

  it('leaks nothing when 50 sockets close in every way', async () => {
    const { events, live, open } = counted(at.messaging);
    const gateway = await at.open({ events, live });
    const shared = workflowIdFrom('many-shared');
    const sockets = await Promise.all(numbers(1, 50).map(() => openSocket(gateway.url)));
    sockets.forEach((socket, n) => {
      socket.say({ type: 'subscribe', workflowId: workflowIdFrom(`many-${n}`) });
      socket.say({ type: 'subscribe', workflowId: shared });
    });
    await Promise.all(sockets.map((socket) => socket.heard('subscribed', 2)));
    await publish('many-shared', 1, 3);
    await Promise.all(sockets.map((socket) => socket.heard('event', 3)));
    expect(gateway.stats()).to.deep.include({ sockets: 50, subscriptions: 100 });
    expect(open).to.deep.equal({ events: 100, live: 100 });
    sockets.forEach(({ ws }, n) => {
      if (n % 3 === 0) ws.close();
      else if (n % 3 === 1) ws.terminate();
      else (ws as unknown as { _socket: Duplex })._socket.destroy();
    });
    await eventually(() => gateway.stats().sockets === 0);
    expect(gateway.stats().subscriptions).to.equal(0);
    await eventually(() => open.events === 0 && open.live === 0, { what: 'every feed to be let go' });
    await gateway.close();
  });

  it('bounds a client that does not read: closes it, and it resumes without a gap', async () => {
    const strict = await at.open({
      limits: {
        socketBufferBytes: 64 * 1024,
        liveBufferBytes: 16 * 1024,
        slowClientMs: 200,
        closeGraceMs: 30_000,
      },
    });
    const workflowId = workflowIdFrom('slow');
    const slow = await openSocket(strict.url);
    slow.say({ type: 'subscribe', workflowId });
    await slow.heard('subscribed');
    slow.ws.pause();
    const padding = 'x'.repeat(64 * 1024);
    const total = 400;
    for (let seq = 1; seq <= total; seq++) {
      const batch: WorkflowEventBatch = aBatch('slow', ++commit, seq, 1);
      const [event] = batch.events;
      if (event === undefined) throw new Error('no event');
      const fact = { type: 'StepSkipped', step: 'reason', reason: padding } as const;
      await storeCommits(at.messaging.events, sealedBatch({ ...batch, events: [{ ...event, fact }] }));
    }
    await eventually(() => strict.stats().subscriptions === 0, { what: 'the slow client to be given up' });
    slow.ws.resume();
    const { code, reason } = await slow.closed;
    expect(code).to.equal(wsClose.slowClient);
    expect(reason).to.include('SLOW_CLIENT');
    const seen = seqs(slow);
    expect(seen).to.deep.equal(numbers(1, seen.length));
    expect(seen.length).to.be.lessThan(total);

    const second = await openSocket(strict.url);
    second.say({ type: 'subscribe', workflowId, afterSeq: seen.length });
    await second.heard('event', total - seen.length);
    expect([...seen, ...seqs(second)]).to.deep.equal(numbers(1, total));
    second.ws.terminate();
    await strict.close();
  });

  it('says goodbye to every socket when it closes', async () => {
    const closing = await at.open();
    const sockets = await Promise.all(numbers(1, 5).map(() => openSocket(closing.url)));
    for (const socket of sockets) socket.say({ type: 'subscribe', workflowId: workflowIdFrom('bye') });
    await closing.close();
    for (const socket of sockets) expect((await socket.closed).code).to.equal(wsClose.goingAway);
    expect(closing.stats()).to.deep.include({ sockets: 0, subscriptions: 0 });
  });

  it('cuts off who does not say goodbye', async () => {
    const closing = await at.open({ limits: { closeGraceMs: 50 } });
    const stuck = await openSocket(closing.url);
    stuck.ws.pause();
    await closing.close();
    expect(closing.stats().sockets).to.equal(0);
    stuck.ws.terminate();
  });
});

describe('/v1/ws while NATS is away', () => {
  it('goes on where it was when the server is killed and comes back', async () => {
    const at = await startHarness();
    try {
      const workflowId = workflowIdFrom('outage');
      await storeCommits(at.messaging.events, aCommit('outage', 1, 1, 3));
      const socket = await openSocket(at.gateway.url);
      socket.say({ type: 'subscribe', workflowId });
      await socket.heard('event', 3);
      await at.nats.kill();
      await at.nats.start();
      await eventually(() => storeCommits(at.messaging.events, aCommit('outage', 2, 4, 3)).then(() => true), {
        withinMs: 20_000,
      });
      await eventually(() => socket.events().length >= 6, {
        withinMs: 30_000,
        what: 'the events after the outage',
      });
      expect(seqs(socket)).to.deep.equal(numbers(1, 6));
      socket.ws.terminate();
    } finally {
      await at.stop();
    }
  });
});
