import { expect } from 'chai';
import {
  type ActorSystem,
  ask,
  createActorSystem,
  createSharded,
  nactJournalEngine,
  type PersistentSpec,
  type ReplyTo,
  tell,
  type Terminated,
} from '../../actors/kernel/index.ts';
import { systemClock } from '../../contracts/ports/clock.ts';
import type { Journal } from '../../contracts/ports/journal.ts';
import { silentLog } from '../../contracts/ports/log.ts';
import { eventually } from '../support/eventually.ts';
import { batchAfter, workflow } from '../support/workflow-history.ts';

export interface Tally {
  readonly seq: number;
  readonly seen: readonly number[];
}

export type TallyMessage =
  | { type: 'add'; events: number; replyTo?: ReplyTo<Tally> }
  | { type: 'get'; replyTo: ReplyTo<Tally> }
  | { type: 'add-at'; expectedSeq: number; swallow: boolean; replyTo: ReplyTo<Tally> }
  | { type: 'add-and-crash'; replyTo: ReplyTo<Tally> };

/** An actor whose state is the list of its events' numbers. */
export const tally = (
  name: string,
  more: Partial<PersistentSpec<TallyMessage, Tally>> = {},
): PersistentSpec<TallyMessage, Tally> => {
  const key = workflow(name);
  const evolve = (state: Tally, { seq }: { seq: number }): Tally => ({ seq, seen: [...state.seen, seq] });
  return {
    name,
    key,
    initial: { seq: 0, seen: [] },
    evolve,
    restart: { maxRestarts: 3, withinMs: 60_000, backoffMs: { initial: 1, factor: 1, max: 1 } },
    async receive(state, message, ctx) {
      switch (message.type) {
        case 'get':
          message.replyTo.ok(state);
          return state;
        case 'add': {
          const batch = batchAfter(key, state.seq, message.events);
          await ctx.persist(batch);
          const next = batch.events.reduce(evolve, state);
          message.replyTo?.ok(next);
          return next;
        }
        case 'add-at': {
          const persisted = ctx.persist(batchAfter(key, message.expectedSeq, 1));
          await (message.swallow ? persisted.catch(() => undefined) : persisted);
          return state;
        }
        case 'add-and-crash':
          await ctx.persist(batchAfter(key, state.seq, 1));
          throw new Error('after the write');
      }
    },
    ...more,
  };
};

export const add =
  (events: number) =>
  (replyTo: ReplyTo<Tally>): TallyMessage => ({ type: 'add', events, replyTo });
export const get = (replyTo: ReplyTo<Tally>): TallyMessage => ({ type: 'get', replyTo });
const limit = { timeoutMs: 10_000 };
const upTo = (last: number): number[] => Array.from({ length: last }, (_, index) => index + 1);
const codeOf = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => 'it did not fail',
    (error: unknown) => (error instanceof Error && 'code' in error ? error.code : error),
  );

/** Persistent actors on real nact, whatever journal is below. */
export function persistentActors(
  name: string,
  open: () => Promise<{ readonly journal: Journal; close(): Promise<void> }>,
): void {
  describe(`persistent actors on nact: ${name}`, () => {
    let journal: Journal;
    let close: () => Promise<void>;
    let failed: Terminated[];
    let system: ActorSystem;
    const systemOn = (): ActorSystem =>
      createActorSystem({
        name: 'test',
        clock: systemClock,
        log: silentLog,
        journalEngine: nactJournalEngine(journal, silentLog),
        onFailed: (terminated) => failed.push(terminated),
      });

    beforeEach(async () => {
      const opened = await open();
      journal = opened.journal;
      close = () => opened.close();
      failed = [];
      system = systemOn();
    });
    afterEach(async () => {
      await system.stop();
      await close();
    });
    const restart = async (): Promise<void> => {
      await system.stop();
      system = systemOn();
    };

    it('writes a batch as one commit', async () => {
      const ref = system.spawnPersistent(tally('one'));
      expect((await ask(ref, add(3), limit)).seen).to.deep.equal([1, 2, 3]);
      expect(journal.lastCommit()).to.equal(1);
      expect(await journal.read(workflow('one'))).to.have.length(3);
    });

    it('S5 recovers through evolve alone, then calls onRecovered before any message', async () => {
      await ask(system.spawnPersistent(tally('one')), add(3), limit);
      await restart();
      const order: string[] = [];
      const spec = tally('one');
      const ref = system.spawnPersistent({
        ...spec,
        receive(state, message, ctx) {
          order.push(message.type);
          return spec.receive(state, message, ctx);
        },
        onRecovered: (state) => void order.push(`recovered ${state.seq}`),
      });
      expect((await ask(ref, get, limit)).seen).to.deep.equal([1, 2, 3]);
      expect(order).to.deep.equal(['recovered 3', 'get']);
      expect((await ask(ref, add(2), limit)).seen).to.deep.equal(upTo(5));
    });

    it('calls onRecovered without waiting for a message, and lets it persist', async () => {
      const recovered: number[] = [];
      system.spawnPersistent(
        tally('eager', {
          async onRecovered(state, ctx) {
            await ctx.persist(batchAfter(workflow('eager'), state.seq, 1));
            recovered.push(state.seq);
          },
        }),
      );
      await eventually(() => recovered.length === 1);
      expect(await journal.read(workflow('eager'))).to.have.length(1);
    });

    it('S23 recovers from the last snapshot and the events behind it', async () => {
      const ref = system.spawnPersistent(tally('snap', { snapshotEvery: 4 }));
      for (let round = 0; round < 9; round += 1) await ask(ref, add(2), limit);
      const snapshot = await eventually(async () => {
        const found = await journal.latestSnapshot(workflow('snap'));
        return found !== undefined && found.seq > 8 && found;
      });
      expect((snapshot.state as Tally).seq).to.equal(snapshot.seq);
      await restart();
      const evolved: number[] = [];
      const spec = tally('snap', { snapshotEvery: 4 });
      const again = system.spawnPersistent({
        ...spec,
        evolve(state, event) {
          evolved.push(event.seq);
          return spec.evolve(state, event);
        },
      });
      expect((await ask(again, get, limit)).seen).to.deep.equal(upTo(18));
      expect(evolved).to.deep.equal(upTo(18).slice(snapshot.seq));
      expect((await ask(again, add(1), limit)).seq).to.equal(19);
    });

    it('reads the whole journal when the snapshot cannot be decoded', async () => {
      await ask(system.spawnPersistent(tally('odd')), add(3), limit);
      await journal.saveSnapshot({ workflowId: workflow('odd'), seq: 2, state: 'of an older program' });
      await restart();
      const ref = system.spawnPersistent(
        tally('odd', {
          snapshot: {
            encode: (state) => state,
            decode() {
              throw new Error('not mine');
            },
          },
        }),
      );
      expect((await ask(ref, get, limit)).seen).to.deep.equal([1, 2, 3]);
    });

    it('goes on when a snapshot cannot be encoded', async () => {
      const ref = system.spawnPersistent(
        tally('unencodable', {
          snapshotEvery: 1,
          snapshot: {
            encode() {
              throw new Error('no');
            },
            decode: (stored) => stored as Tally,
          },
        }),
      );
      await ask(ref, add(1), limit);
      expect((await ask(ref, add(1), limit)).seq).to.equal(2);
      expect(failed).to.have.length(0);
    });

    for (const swallow of [false, true]) {
      it(`stops at a conflict${swallow ? ', also one that the handler catches' : ''}, and can be recovered`, async () => {
        const ref = system.spawnPersistent(tally('behind'));
        await ask(ref, add(2), limit);
        const other = batchAfter(workflow('behind'), 2, 1);
        await journal.append(workflow('behind'), 2, other.events, other.summary);
        const code = await codeOf(
          ask<TallyMessage, Tally>(
            ref,
            (replyTo) => ({ type: 'add-at', expectedSeq: 2, swallow, replyTo }),
            limit,
          ),
        );
        expect(code).to.equal('WORKFLOW_CONFLICT');
        const terminated = await eventually(() => failed[0]);
        expect(terminated.failure?.code).to.equal('WORKFLOW_CONFLICT');
        expect(tell(ref, { type: 'add', events: 1 })).to.equal(false);
        expect((await ask(system.spawnPersistent(tally('behind')), get, limit)).seen).to.deep.equal([
          1, 2, 3,
        ]);
      });
    }

    it('recovers from the journal after a handler crashed behind its write', async () => {
      const ref = system.spawnPersistent(tally('crashing'));
      await ask(ref, add(1), limit);
      const crash = ask<TallyMessage, Tally>(ref, (replyTo) => ({ type: 'add-and-crash', replyTo }), limit);
      const waiting = ask(ref, get, limit);
      expect(await crash.catch((error: unknown) => error)).to.have.property('message', 'after the write');
      expect((await waiting).seen).to.deep.equal([1, 2]);
      expect((await ask(ref, add(1), limit)).seen).to.deep.equal([1, 2, 3]);
      expect(failed).to.have.length(0);
    });

    it('stops when it cannot be recovered, tells why, and answers those who wait', async () => {
      await ask(system.spawnPersistent(tally('broken')), add(2), limit);
      await restart();
      let received = 0;
      const spec = tally('broken', { snapshotEvery: 1 });
      const ref = system.spawnPersistent({
        ...spec,
        evolve() {
          throw new Error('cannot evolve');
        },
        receive(state) {
          received += 1;
          return state;
        },
      });
      expect(await ask(ref, get, limit).catch((error: unknown) => error)).to.have.property(
        'message',
        'cannot evolve',
      );
      const terminated = await eventually(() => failed[0]);
      expect(terminated.failure?.message).to.contain('cannot evolve');
      expect(received).to.equal(0);
      expect(await journal.latestSnapshot(workflow('broken'))).to.equal(undefined);
    });

    it('stops when onRecovered throws', async () => {
      const ref = system.spawnPersistent(
        tally('unready', {
          onRecovered() {
            throw new Error('not ready');
          },
        }),
      );
      expect(await ask(ref, get, limit).catch((error: unknown) => error)).to.have.property(
        'message',
        'not ready',
      );
      await eventually(() => failed.length === 1);
    });

    it('refuses a second actor of a key, one without a key, and persisting outside of a handler', async () => {
      let late: (() => Promise<void>) | undefined;
      const ref = system.spawnPersistent(
        tally('single', {
          onRecovered: (_state, ctx) => void (late = () => ctx.persist(batchAfter(workflow('single'), 0, 1))),
        }),
      );
      expect(() => system.spawnPersistent({ ...tally('single'), name: 'other' })).to.throw('lives already');
      expect(() => system.spawnPersistent({ ...tally('single'), name: 'none', key: '' })).to.throw(
        'needs a key',
      );
      await ask(ref, get, limit);
      await new Promise((resolve) => setImmediate(resolve));
      expect(await codeOf(late?.() ?? Promise.resolve())).to.equal('INTERNAL');
      expect(journal.lastCommit()).to.equal(0);
    });

    it('keeps its counts through passivation and recovery, message by message', async () => {
      const sharded = createSharded<TallyMessage>(system, {
        name: 'tallies',
        shards: 4,
        child: (id, parent) => parent.spawnPersistent(tally(id, { snapshotEvery: 3 })),
      });
      const asked: Promise<Tally>[] = [];
      for (let index = 0; index < 300; index += 1) {
        const id = `tally-${index % 6}`;
        asked.push(ask(sharded.ref(id), add(1), limit));
        if (index % 13 === 0) void sharded.passivate(id);
        if (index % 10 === 0) await new Promise((resolve) => setImmediate(resolve));
      }
      const answers = await Promise.all(asked);
      expect(answers.map(({ seq }) => seq)).to.deep.equal(
        Array.from({ length: 300 }, (_, index) => Math.floor(index / 6) + 1),
      );
      expect(journal.eventCount()).to.equal(300);
    });
  });
}
