import { connect } from '@nats-io/transport-node';
import { expect } from 'chai';
import { type Messaging, streamLimits } from '../../messaging/index.ts';
import { subjects } from '../../contracts/subjects.ts';
import type { SignalOut } from '../../contracts/signal.ts';
import { eventually } from '../support/eventually.ts';
import { codeOf } from '../support/code-of.ts';
import { aSignal } from '../support/messages.ts';
import { messagingOn, startNats, type TestNats } from '../support/nats.ts';

describe('signal outbox', () => {
  let nats: TestNats;
  let messaging: Messaging;
  beforeEach(async () => {
    nats = await startNats();
    messaging = await messagingOn(nats, {
      limits: { ...streamLimits, signals: { ...streamLimits.signals, maxMessages: 2 } },
    });
  });
  afterEach(async () => {
    await messaging.close();
    await nats.stop();
  });
  const first = aSignal('2020-01-02T00:00:00Z');
  const second = aSignal('2020-01-03T00:00:00Z');

  it('stores a signal once; the same one again is already there', async () => {
    expect(await messaging.outbox.publish(first)).to.deep.equal({ kind: 'stored', streamSeq: 1 });
    const resent: SignalOut = {
      ...first,
      traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
    };
    expect(await messaging.outbox.publish(resent)).to.deep.equal({ kind: 'already', streamSeq: 1 });
    expect(await messaging.outbox.stored(first)).to.deep.equal(first);
    expect(await messaging.outbox.stored(second)).to.equal(undefined);
  });

  it('calls another content under the same id a defect', async () => {
    await messaging.outbox.publish(first);
    expect(await codeOf(messaging.outbox.publish({ ...first, targetPosition: 0.5 }))).to.equal(
      'SIGNAL_CONFLICT',
    );
  });

  it('calls a full stream full, and still knows what it holds', async () => {
    await messaging.outbox.publish(first);
    await messaging.outbox.publish(second);
    const third = aSignal('2020-01-06T00:00:00Z');
    expect(await codeOf(messaging.outbox.publish(third))).to.equal('SIGNAL_STORE_FULL');
    expect((await messaging.outbox.publish(first)).kind).to.equal('already');
  });

  it('lets two publishers at once store one', async () => {
    const other = await messagingOn(nats);
    const outcomes = await Promise.all(
      [messaging, other, messaging, other].map(async ({ outbox }) => (await outbox.publish(first)).kind),
    );
    await other.close();
    expect(outcomes.filter((kind) => kind === 'stored')).to.have.length(1);
  });

  it('lets a plain subscriber of signals.out see one message of many publishes', async () => {
    const plain = await connect({ servers: nats.url });
    const seen: string[] = [];
    plain.subscribe('signals.out.>', { callback: (_error, message) => void seen.push(message.subject) });
    await plain.flush();
    for (let time = 0; time < 3; time++) await messaging.outbox.publish(first);
    // The second signal is the proof that whatever came before it has arrived.
    await messaging.outbox.publish(second);
    await eventually(() =>
      seen.includes(subjects.signalOut(second.symbol, second.strategyId, second.signalId)),
    );
    await plain.close();
    expect(seen).to.deep.equal(
      [first, second].map(({ symbol, strategyId, signalId }) =>
        subjects.signalOut(symbol, strategyId, signalId),
      ),
    );
  });

  it('keeps a signal over a SIGKILL of the server', async () => {
    await messaging.outbox.publish(first);
    await nats.kill();
    await nats.start();
    expect((await messaging.outbox.publish(first)).kind).to.equal('already');
  });

  it('tells refusals on the symbol and on a safe reply subject alone', async () => {
    const plain = await connect({ servers: nats.url });
    const seen: string[] = [];
    plain.subscribe('>', {
      callback: (_error, message) => {
        if (!message.subject.startsWith('_INBOX') && !message.subject.startsWith('$'))
          seen.push(message.subject);
      },
    });
    await plain.flush();
    const rejected = {
      schema: 'tradewright.signal-rejected/1',
      id: null,
      code: 'INPUT_INVALID',
      reason: 'no price',
      time: '2020-01-02T00:00:00Z',
    } as const;
    await messaging.outbox.reject('SPX', rejected, 'outbox.signals.SPX.a.b');
    await messaging.outbox.reject('SPX', rejected, 'my.answers');
    await eventually(() => seen.includes('my.answers'));
    await plain.close();
    expect(seen).to.deep.equal(['signals.rejected.SPX', 'signals.rejected.SPX', 'my.answers']);
  });
});
