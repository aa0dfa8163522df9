import { join } from 'node:path';
import { jetstreamManager } from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';
import { expect } from 'chai';
import { systemClock } from '../../contracts/ports/clock.ts';
import { workflowIdFrom } from '../../contracts/ids.ts';
import { silentLog } from '../../contracts/ports/log.ts';
import { type SealedCommit, WorkflowEventBatch } from '../../contracts/workflow-event.ts';
import { type Messaging, startRelay, type Relay, type RelayOptions } from '../../messaging/index.ts';
import { openStore } from '../../persistence/index.ts';
import { eventually } from '../support/eventually.ts';
import { storeCommits } from '../support/events.ts';
import { aBatch, aCommit } from '../support/messages.ts';
import { tempDir } from '../support/temp-dir.ts';
import { messagingOn, startNats, type TestNats } from '../support/nats.ts';

/** The port's part that the relay uses, over an array; commit n belongs to one of three workflows. */
function commitLog() {
  const commits: SealedCommit[] = [];
  const cursors = new Map<string, number>();
  const listeners = new Set<(last: number) => void>();
  const journal: RelayOptions['journal'] = {
    sealedCommits: async (after, limit) => commits.slice(after, after + limit),
    lastCommit: () => commits.length,
    onCommit: (listener) => {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    readCursor: async (name) => cursors.get(name) ?? 0,
    writeCursor: async (name, value) => void cursors.set(name, value),
  };
  const append = (count: number): void => {
    for (let added = 0; added < count; added++) {
      const commit = commits.length + 1;
      commits.push(aCommit(`workflow ${commit % 3}`, commit, Math.ceil(commit / 3)));
    }
    for (const listener of [...listeners]) listener(commits.length);
  };
  return { journal, append, cursors };
}

describe('relay', () => {
  let nats: TestNats;
  let messaging: Messaging;
  let relay: Relay | undefined;
  beforeEach(async () => {
    nats = await startNats();
    messaging = await messagingOn(nats);
  });
  afterEach(async () => {
    await relay?.stop();
    await messaging.close();
    await nats.stop();
  });
  const start = (journal: RelayOptions['journal'], feed: RelayOptions['feed'] = messaging.events): Relay =>
    startRelay({ journal, feed, clock: systemClock, log: silentLog });

  /** What EVENTS holds, as it is stored. */
  const stored = async (): Promise<number[]> => {
    const plain = await connect({ servers: nats.url });
    const jsm = await jetstreamManager(plain);
    const { state } = await jsm.streams.info('EVENTS');
    const found: number[] = [];
    for (let seq = state.first_seq; seq <= state.last_seq && state.messages > 0; seq++) {
      const message = await jsm.streams.getMessage('EVENTS', { seq });
      if (message !== null) found.push(WorkflowEventBatch.parse(message.json()).commit);
    }
    await plain.close();
    return found;
  };
  const upTo = (last: number) => Array.from({ length: last }, (_, at) => at + 1);

  it('copies what is there and what comes, in commit order, and flushes when stopped', async () => {
    const log = commitLog();
    log.append(250);
    relay = start(log.journal);
    await eventually(() => relay?.position() === 250);
    log.append(3);
    await relay.stop();
    expect(await stored()).to.deep.equal(upTo(253));
    expect(log.cursors.get('relay')).to.equal(253);
  });

  it('goes on where EVENTS ends after a crash before the cursor was written', async () => {
    const log = commitLog();
    log.append(5);
    await storeCommits(messaging.events, ...(await log.journal.sealedCommits(0, 3)));
    relay = start(log.journal);
    await eventually(() => relay?.position() === 5);
    expect(await stored()).to.deep.equal(upTo(5));
  });

  it('sends again what EVENTS lost, whatever the cursor says', async () => {
    const log = commitLog();
    log.append(5);
    log.cursors.set('relay', 5);
    await storeCommits(messaging.events, ...(await log.journal.sealedCommits(0, 2)));
    relay = start(log.journal);
    await eventually(() => relay?.position() === 5);
    expect(await stored()).to.deep.equal(upTo(5));
  });

  it('trusts its cursor where EVENTS is ahead of the journal', async () => {
    const log = commitLog();
    log.append(2);
    await storeCommits(messaging.events, aCommit('another journal', 900, 1));
    relay = start(log.journal);
    await eventually(() => relay?.position() === 2);
    expect(await stored()).to.deep.equal([900, 1, 2]);
  });

  it('leaves no gap and changes no order over a SIGKILL of the server', async () => {
    const log = commitLog();
    relay = start(log.journal);
    log.append(400);
    await eventually(() => (relay?.position() ?? 0) > 20);
    await nats.kill();
    log.append(100);
    await nats.start();
    await eventually(() => relay?.position() === 500, { withinMs: 30_000 });
    expect(await stored()).to.deep.equal(upTo(500));
  });

  it('sends nothing twice or out of order when a confirmation gets lost', async () => {
    const log = commitLog();
    log.append(10);
    let lost = 0;
    const feed: RelayOptions['feed'] = {
      end: () => messaging.events.end(),
      append: async (commits, afterStreamSeq) => {
        // What is sent: the first time only a part of it, and never is it known how it went.
        const half = commits.slice(0, Math.ceil(commits.length / 2));
        await messaging.events.append(lost === 0 ? half : commits, afterStreamSeq);
        if (lost++ < 3) throw new Error('confirmation lost');
      },
    };
    relay = start(log.journal, feed);
    await eventually(() => relay?.position() === 10);
    expect(lost).to.be.greaterThan(0);
    expect(await stored()).to.deep.equal(upTo(10));
  });

  it('ends within its time even when the server is away', async () => {
    const log = commitLog();
    relay = start(log.journal);
    await nats.kill();
    log.append(1);
    await relay.stop(100);
    expect(relay.position()).to.equal(0);
  });

  it('carries on from a LevelDB journal that was closed and opened again, with the server killed in between', async () => {
    const dir = await tempDir();
    const opened = () => openStore({ dir: join(dir.path, 'journal'), clock: systemClock, log: silentLog });
    let store = await opened();
    const append = async (fromSeq: number, count: number): Promise<void> => {
      const { events, workflowId } = aBatch('real', 1, fromSeq, count);
      const summary = { workflowId, state: 'RUNNING', labels: {}, seq: fromSeq + count - 1 } as const;
      expect((await store.journal.append(workflowId, fromSeq - 1, events, summary)).kind).to.equal(
        'appended',
      );
    };
    relay = start(store.journal);
    for (let seq = 1; seq <= 30; seq++) await append(seq, 1);
    await nats.kill();
    await append(31, 2);
    await relay.stop(50);
    await store.close();

    await nats.start();
    store = await opened();
    relay = start(store.journal);
    await append(33, 3);
    await eventually(() => relay?.position() === store.journal.lastCommit(), { withinMs: 20_000 });
    await relay.stop();
    const stopper = new AbortController();
    const seqs: number[] = [];
    for await (const batch of messaging.events.follow(workflowIdFrom('real'), stopper.signal)) {
      seqs.push(...batch.events.map(({ seq }) => seq));
      if (seqs.length >= 35) stopper.abort();
    }
    await store.close();
    await dir.remove();
    expect(seqs).to.deep.equal(upTo(35));
    expect(await stored()).to.deep.equal(upTo(store.journal.lastCommit()));
  });
});
