import { TradewrightError, toFailure } from '../../contracts/errors.ts';
import type { WorkflowId } from '../../contracts/ids.ts';
import type { Journal } from '../../contracts/ports/journal.ts';
import type { Log } from '../../contracts/ports/log.ts';
import type { NactPersistenceEngine, NactStored } from './nact.ts';
import type { JournalBatch } from './spec.ts';

/** What nact's snapshot holds: its own number counts messages, the journal's counts events. */
export interface SnapshotData {
  readonly seq: number;
  readonly state: unknown;
}

/** nact's persistence port over the journal; `readable` may turn a snapshot down, then the whole journal is read. */
export interface JournalEngine {
  forNact(readable: (key: string, data: SnapshotData) => boolean): NactPersistenceEngine;
}

/** nact knows plain strings; the key it gives back is the id that the actor was spawned with. */
const idOf = (key: string): WorkflowId => key as WorkflowId;

/**
 * One persisted nact message is one {@link JournalBatch}, one journal commit. Reading back gives nact all of them in one message:
 * its way of taking messages one by one costs more than what is done with them.
 */
export function nactJournalEngine(journal: Journal, log: Log): JournalEngine {
  return {
    forNact: (readable) => ({
      async latestSnapshot(key) {
        const snapshot = await journal.latestSnapshot(idOf(key));
        if (snapshot === undefined) return undefined;
        const data: SnapshotData = { seq: snapshot.seq, state: snapshot.state };
        return readable(key, data) ? { data, sequenceNumber: snapshot.seq, key } : undefined;
      },

      events(key, afterSeq) {
        return {
          async reduce(step, initial) {
            const events = await journal.read(idOf(key), afterSeq);
            const last = events.at(-1);
            if (last === undefined) return initial;
            return step(initial, { data: events, sequenceNumber: last.seq, key }, events.length - 1);
          },
        };
      },

      async persist(stored) {
        const { expectedSeq, events, summary } = stored.data as JournalBatch;
        const result = await journal.append(idOf(stored.key), expectedSeq, events, summary);
        if (result.kind === 'conflict') {
          const { actualSeq } = result;
          throw new TradewrightError(
            'WORKFLOW_CONFLICT',
            `${stored.key} is at event ${actualSeq}, not at ${expectedSeq}`,
            { details: { workflowId: stored.key, expectedSeq, actualSeq } },
          );
        }
      },

      /** A snapshot only saves time: without it the next recovery reads more. */
      async takeSnapshot(stored: NactStored) {
        const data = stored.data as SnapshotData | undefined;
        if (data === undefined) return;
        try {
          await journal.saveSnapshot({ workflowId: idOf(stored.key), ...data });
        } catch (error) {
          log.warn({ workflowId: stored.key, failure: toFailure(error) }, 'snapshot not saved');
        }
      },
    }),
  };
}
