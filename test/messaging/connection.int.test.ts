import { expect } from 'chai';
import { TradewrightError } from '../../contracts/errors.ts';
import { systemClock } from '../../contracts/ports/clock.ts';
import { silentLog } from '../../contracts/ports/log.ts';
import { connect, ensureStreams, streamLimits, type NatsLink } from '../../messaging/index.ts';
import { startNats, type TestNats, tooOldNats } from '../support/nats.ts';

const dial = (url: string) => connect({ url, name: 'test', log: silentLog, clock: systemClock });
const failureOf = async (attempt: Promise<unknown>): Promise<TradewrightError> => {
  const error: unknown = await attempt.then(
    () => new Error('it succeeded'),
    (thrown: unknown) => thrown,
  );
  if (error instanceof TradewrightError) return error;
  throw error;
};

describe('connecting to NATS', () => {
  it('says where nobody answers, without the credentials', async () => {
    const error = await failureOf(dial('nats://ann:secret@127.0.0.1:1'));
    expect(error).to.include({ code: 'NATS_UNAVAILABLE', kind: 'retryable' });
    expect(error.message).to.contain('127.0.0.1:1').and.not.contain('secret');
  });

  it('refuses a server older than 2.10 and names both versions', async () => {
    const old = await tooOldNats();
    const error = await failureOf(dial(old.url));
    expect(error.code).to.equal('NATS_UNSUITABLE');
    expect(error.message).to.contain('2.9.10').and.contain('2.10');
    old.close();
  });
});

describe('closing a connection', () => {
  it('comes to an end even while the server hangs', async () => {
    const nats = await startNats();
    const link = await dial(nats.url);
    await nats.freeze();
    await link.close();
    expect(link.nc.isClosed()).to.equal(true);
    await nats.stop();
  });
});

describe('streams', () => {
  let nats: TestNats;
  let link: NatsLink;
  beforeEach(async () => {
    nats = await startNats();
    link = await dial(nats.url);
  });
  afterEach(async () => {
    await link.close();
    await nats.stop();
  });

  it('are made once, left alone, and follow a changed limit', async () => {
    expect((await ensureStreams(link)).map(({ kind }) => kind)).to.deep.equal(Array(9).fill('created'));
    expect((await ensureStreams(link)).map(({ kind }) => kind)).to.deep.equal(Array(9).fill('unchanged'));
    const changed = await ensureStreams(link, {
      ...streamLimits,
      tasks: { ...streamLimits.tasks, maxMessages: 7 },
    });
    expect(changed.filter(({ kind }) => kind !== 'unchanged')).to.deep.equal([
      { stream: 'TASKS', kind: 'updated', fields: ['max_msgs'] },
    ]);
    expect((await link.jsm.streams.info('TASKS')).config.max_msgs).to.equal(7);
  });

  it('can be made by several processes at once', async () => {
    const others = await Promise.all([dial(nats.url), dial(nats.url)]);
    await Promise.all([link, ...others].map((each) => ensureStreams(each)));
    await Promise.all(others.map((other) => other.close()));
    expect(await link.jsm.streams.names().next()).to.have.members([
      'TASKS',
      'SIGNALS_IN',
      'SIGNALS',
      'EVENTS',
      'DEAD',
      'TASK_SCHEDULE',
      'TASK_STATE',
      'TASK_CONTROL',
      'TASK_KEYS',
    ]);
  });

  it('name stream and field where one of another shape is there', async () => {
    await link.jsm.streams.add({
      name: 'TASKS',
      subjects: ['tasks.>'],
      retention: 'limits',
      storage: 'file',
    });
    const error = await failureOf(ensureStreams(link));
    expect(error.code).to.equal('STREAM_INCOMPATIBLE');
    expect(error.message).to.contain('TASKS').and.contain('retention');
  });

  it('name the stream whose subjects another stream holds', async () => {
    await link.jsm.streams.add({ name: 'MINE', subjects: ['dead.>'] });
    const error = await failureOf(ensureStreams(link));
    expect(error.message).to.contain('DEAD').and.contain('subjects');
  });
});
