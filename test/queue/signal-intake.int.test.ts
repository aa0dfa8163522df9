import { connect, type NatsConnection } from '@nats-io/transport-node';
import { expect } from 'chai';
import { refuseDeadSignal } from '../../actors/queue/index.ts';
import { TradewrightError } from '../../contracts/errors.ts';
import { workflowIdFrom } from '../../contracts/ids.ts';
import { systemClock } from '../../contracts/ports/clock.ts';
import { SignalIn, SignalRejected } from '../../contracts/signal.ts';
import { taskTypes } from '../../contracts/task.ts';
import { eventually } from '../support/eventually.ts';
import { startNats, type TestNats } from '../support/nats.ts';
import { startWorker, type TestWorker } from '../support/queue.ts';

describe('incoming signals', () => {
  let nats: TestNats;
  let worker: TestWorker;
  let plain: NatsConnection;
  const started: { key: string; signal: SignalIn }[] = [];
  const heard: { subject: string; rejected: SignalRejected }[] = [];

  beforeEach(async () => {
    started.length = 0;
    heard.length = 0;
    nats = await startNats();
    worker = await startWorker(nats, (registry, messaging) =>
      registry.registerStart(
        taskTypes.startSignal,
        async (task) => {
          const signal = SignalIn.parse(task.payload);
          if (signal.action === 'sell') throw new TradewrightError('SYMBOL_UNKNOWN', 'no market data');
          started.push({ key: task.dedupKey, signal });
          return { workflowId: workflowIdFrom(task.dedupKey) };
        },
        {
          died: (task, failure) =>
            refuseDeadSignal(task, failure, { clock: systemClock, outbox: messaging.outbox }),
        },
      ),
    );
    plain = await connect({ servers: nats.url });
    for (const subject of ['signals.rejected.>', 'my.answers']) {
      plain.subscribe(subject, {
        callback: (_error, message) =>
          void heard.push({ subject: message.subject, rejected: SignalRejected.parse(message.json()) }),
      });
    }
    await plain.flush();
  });
  afterEach(async () => {
    await plain.close();
    await worker.stop();
    await nats.stop();
  });
  const send = (token: string, body: unknown) =>
    plain.publish(`signals.in.${token}`, typeof body === 'string' ? body : JSON.stringify(body));
  const good = { id: 's1', action: 'buy', price: 3_200, time: '2020-01-02T15:30:00-05:00' };

  it('start a workflow each, once however often they are sent', async () => {
    send('SPX', good);
    send('SPX', good);
    send('BRK_2EB', { ...good, symbol: 'brk.b' });
    await eventually(() => started.length === 2);
    await eventually(async () => (await worker.queue.statistics()).lanes.high.inFlight === 0);
    expect(started.map(({ key }) => key)).to.deep.equal(['signal:SPX:s1', 'signal:BRK_2EB:s1']);
    expect(started[0]?.signal).to.include({ symbol: 'SPX', mode: 'paper', source: 'unknown' });
  });

  it('are refused aloud when they are bad, and do not hold up the next one', async () => {
    send('SPX', 'buy! buy!');
    send('SPX', { ...good, id: 's2', price: 'high', replyTo: 'my.answers' });
    send('SPX', { ...good, id: 's3', replyTo: 'tasks.critical.echo' });
    send('SPX', good);
    await eventually(() => started.length === 1);
    expect(heard.map(({ subject, rejected: { id, code } }) => [subject, id, code])).to.deep.equal([
      ['signals.rejected.SPX', null, 'JSON_MALFORMED'],
      ['signals.rejected.SPX', 's2', 'INPUT_INVALID'],
      ['my.answers', 's2', 'INPUT_INVALID'],
      ['signals.rejected.SPX', 's3', 'INPUT_INVALID'],
    ]);
  });

  it('are refused aloud when their workflow cannot be started', async () => {
    send('SPX', { ...good, action: 'sell', replyTo: 'my.answers' });
    await eventually(() => heard.length === 2);
    expect(heard.map(({ subject, rejected: { id, code } }) => [subject, id, code])).to.deep.equal([
      ['signals.rejected.SPX', 's1', 'SYMBOL_UNKNOWN'],
      ['my.answers', 's1', 'SYMBOL_UNKNOWN'],
    ]);
  });
});
