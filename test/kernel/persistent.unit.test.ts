import { expect } from 'chai';
import {
  ask,
  createActorSystem,
  nactJournalEngine,
  type ReplyTo,
  type Terminated,
} from '../../actors/kernel/index.ts';
import { TradewrightError } from '../../contracts/errors.ts';
import { systemClock } from '../../contracts/ports/clock.ts';
import { silentLog } from '../../contracts/ports/log.ts';
import { eventually } from '../support/eventually.ts';
import { MemoryJournal } from '../support/memory-journal.ts';
import { add, get, persistentActors, tally } from './persistent-contract.ts';

const memory = async () => {
  const journal = new MemoryJournal();
  return { journal, close: () => journal.close() };
};

persistentActors('journal in memory', memory);

describe('persistent actors on nact: failing journal', () => {
  const open = (journal: MemoryJournal, failed: Terminated[] = []) =>
    createActorSystem({
      name: 'test',
      clock: systemClock,
      log: silentLog,
      journalEngine: nactJournalEngine(journal, silentLog),
      onFailed: (terminated) => failed.push(terminated),
    });

  it('stops after a failed write; the next incarnation has what was stored', async () => {
    const { journal } = await memory();
    const failed: Terminated[] = [];
    const system = open(journal, failed);
    const ref = system.spawnPersistent(tally('full'));
    await ask(ref, add(1), { timeoutMs: 5_000 });
    journal.failNext = new TradewrightError('DISK_FULL', 'no room');
    const error: unknown = await ask(ref, add(1), { timeoutMs: 5_000 }).catch((thrown: unknown) => thrown);
    expect(error).to.have.property('code', 'DISK_FULL');
    expect((await eventually(() => failed[0])).failure?.code).to.equal('DISK_FULL');
    const again = system.spawnPersistent(tally('full'));
    expect((await ask(again, get, { timeoutMs: 5_000 })).seen).to.deep.equal([1]);
    expect((await ask(again, add(1), { timeoutMs: 5_000 })).seen).to.deep.equal([1, 2]);
    await system.stop();
  });

  it('surfaces a journal that cannot be read, and stops', async () => {
    const { journal } = await memory();
    journal.read = () => Promise.reject(new TradewrightError('JOURNAL_CORRUPT', 'a gap'));
    const failed: Terminated[] = [];
    const system = open(journal, failed);
    const ref = system.spawnPersistent(tally('gap'));
    const error: unknown = await ask(
      ref,
      (replyTo: ReplyTo<{ seq: number; seen: readonly number[] }>) => get(replyTo),
      {
        timeoutMs: 5_000,
      },
    ).catch((thrown: unknown) => thrown);
    expect(error).to.have.property('code', 'JOURNAL_CORRUPT');
    await eventually(() => failed.length === 1);
    await system.stop();
  });

  it('stops while it recovers without writing anything', async () => {
    const { journal } = await memory();
    let letRead = (): void => undefined;
    journal.read = () => new Promise((resolve) => (letRead = () => resolve([])));
    const system = createActorSystem({
      name: 'test',
      clock: systemClock,
      log: silentLog,
      journalEngine: nactJournalEngine(journal, silentLog),
      stopTimeoutMs: 20,
    });
    const ref = system.spawnPersistent(tally('slow'));
    const waiting = ask(ref, add(1), { timeoutMs: 5_000 }).catch((thrown: unknown) => thrown);
    await new Promise((resolve) => setImmediate(resolve));
    await system.stop();
    letRead();
    expect(await waiting).to.have.property('code', 'ACTOR_STOPPED');
    await new Promise((resolve) => setImmediate(resolve));
    expect(journal.lastCommit()).to.equal(0);
  });

  it('cannot have persistent actors without a journal', async () => {
    const system = createActorSystem({ name: 'test', clock: systemClock, log: silentLog });
    expect(() => system.spawnPersistent(tally('none'))).to.throw('has no journal');
    await system.stop();
  });
});
