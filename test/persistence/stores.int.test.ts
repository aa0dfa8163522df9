import { expect } from 'chai';
import { reservationIdFrom, strategyIdFrom } from '../../contracts/ids.ts';
import { systemClock } from '../../contracts/ports/clock.ts';
import { silentLog } from '../../contracts/ports/log.ts';
import type { Reservation, StoredStrategy } from '../../contracts/ports/stores.ts';
import { openStore, type Store } from '../../persistence/index.ts';
import { tempDir } from '../support/temp-dir.ts';
import { workflow } from '../support/workflow-history.ts';

describe('stores on LevelDB', () => {
  let dir: Awaited<ReturnType<typeof tempDir>>;
  let store: Store;
  const reopen = async (): Promise<void> => {
    await store.close();
    store = await openStore({ dir: dir.path, clock: systemClock, log: silentLog });
  };

  beforeEach(async () => {
    dir = await tempDir();
    store = await openStore({ dir: dir.path, clock: systemClock, log: silentLog });
  });
  afterEach(async () => {
    await store.close();
    await dir.remove();
  });

  describe('artifacts', () => {
    it('keeps bytes under their digest, once', async () => {
      const bytes = Buffer.from([0, 10, 255, 13, 10, 0]);
      const sha256 = await store.artifacts.put(bytes, 'application/octet-stream');
      expect(await store.artifacts.put(bytes, 'application/octet-stream')).to.equal(sha256);
      await reopen();
      const got = await store.artifacts.get(sha256);
      expect(got?.contentType).to.equal('application/octet-stream');
      expect(Buffer.from(got?.bytes ?? []).equals(bytes)).to.equal(true);
      expect(await store.artifacts.get('0'.repeat(64))).to.equal(undefined);
      expect(await store.artifacts.get('../x')).to.equal(undefined);
    });

    it('keeps nothing as well', async () => {
      const got = await store.artifacts.get(await store.artifacts.put(new Uint8Array(), 'text/plain'));
      expect(got?.bytes).to.have.length(0);
    });
  });

  describe('strategies', () => {
    const strategy = (name: string, more: Partial<StoredStrategy> = {}): StoredStrategy => ({
      strategyId: strategyIdFrom(workflow(name)),
      version: 1,
      symbol: 'SPX',
      idea: name,
      code: 'x = 1',
      codeSha256: 'none',
      author: { kind: 'offline', model: 'templates', label: 'offline author, not an LLM' },
      confidence: 0.5,
      workflowId: workflow(name),
      status: 'draft',
      createdAt: 1,
      updatedAt: 1,
      ...more,
    });

    it('gives the one activated last, and the one before when that is withdrawn', async () => {
      const { strategies } = store;
      const [first, second] = [strategy('first'), strategy('second')];
      await strategies.put(first);
      await strategies.put(first);
      await strategies.put(second);
      expect(await strategies.latestActive('SPX')).to.equal(undefined);
      await strategies.setStatus(first.strategyId, 1, 'active', 10);
      await strategies.setStatus(second.strategyId, 1, 'active', 20);
      expect((await strategies.latestActive('SPX'))?.idea).to.equal('second');
      await strategies.setStatus(second.strategyId, 1, 'active', 30);
      await strategies.setStatus(second.strategyId, 1, 'withdrawn', 40);
      await reopen();
      expect(await store.strategies.latestActive('SPX')).to.deep.equal({
        ...first,
        status: 'active',
        updatedAt: 10,
      });
      expect(await store.strategies.latestActive('AAPL')).to.equal(undefined);
      expect((await store.strategies.get(second.strategyId, 1))?.status).to.equal('withdrawn');
      expect(await store.strategies.get(second.strategyId, 2)).to.equal(undefined);
    });

    it('does not lose one of two changes at the same time', async () => {
      const one = strategy('one');
      await store.strategies.put(one);
      await Promise.all([
        store.strategies.setStatus(one.strategyId, 1, 'active', 10),
        store.strategies.setStatus(one.strategyId, 1, 'withdrawn', 20),
      ]);
      expect((await store.strategies.get(one.strategyId, 1))?.status).to.equal('withdrawn');
      expect(await store.strategies.latestActive('SPX')).to.equal(undefined);
    });

    it('says that there is no such strategy', async () => {
      const error: unknown = await store.strategies
        .setStatus(strategy('none').strategyId, 1, 'active', 1)
        .catch((thrown: unknown) => thrown);
      expect(error).to.have.property('code', 'NOT_FOUND');
    });
  });

  describe('risk book', () => {
    const reservation = (key: string, createdAt: number, more: Partial<Reservation> = {}): Reservation => ({
      reservationId: reservationIdFrom(key),
      workflowId: workflow(key),
      mode: 'paper',
      signals: [],
      state: 'held',
      createdAt,
      ...more,
    });

    it('gives what counts, of one mode, since then, oldest first', async () => {
      const { riskBook } = store;
      await riskBook.reserve(reservation('b', 20));
      await riskBook.reserve(reservation('a', 10));
      await riskBook.reserve(reservation('c', 30));
      await riskBook.reserve(reservation('live', 15, { mode: 'live' }));
      await riskBook.reserve(reservation('a', 99));
      await riskBook.settle(reservationIdFrom('b'), 'used');
      await riskBook.settle(reservationIdFrom('c'), 'released');
      await riskBook.settle(reservationIdFrom('unknown'), 'used');
      await reopen();
      expect(await store.riskBook.reservations('paper', 0)).to.deep.equal([
        reservation('a', 10),
        reservation('b', 20, { state: 'used' }),
      ]);
      expect(await store.riskBook.reservations('paper', 11)).to.have.length(1);
      expect(await store.riskBook.reservations('live', 15)).to.have.length(1);
      expect(await store.riskBook.reservations('historical', 0)).to.have.length(0);
    });

    it('leaves a released reservation released when it is made again', async () => {
      await store.riskBook.reserve(reservation('a', 10));
      await store.riskBook.settle(reservationIdFrom('a'), 'released');
      await store.riskBook.reserve(reservation('a', 10));
      expect(await store.riskBook.reservations('paper', 0)).to.have.length(0);
    });
  });
});
