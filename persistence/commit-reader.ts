import { z } from 'zod';
import { toFailure, TradewrightError } from '../contracts/errors.ts';
import { WorkflowId } from '../contracts/ids.ts';
import type { Log } from '../contracts/ports/log.ts';
import type { WorkflowEventBatch } from '../contracts/workflow-event.ts';
import type { Database } from './database.ts';
import { corrupt, parseRow } from './event-rows.ts';
import { keys } from './keys.ts';

const Place = z.tuple([WorkflowId, z.number().int().positive(), z.number().int().positive()]);

/** Commits in order. The events themselves are stored once, under their workflow; a commit's row says which ones. */
export class CommitReader {
  readonly #database: Database;
  readonly #log: Log;

  constructor(database: Database, log: Log) {
    this.#database = database;
    this.#log = log;
  }

  /**
   * Commits after `afterCommit`, at most `limit`. One whose events cannot be read belongs to a workflow in quarantine: it is logged and
   * left out, so that the others go on.
   * @throws JOURNAL_CORRUPT when a commit itself is missing
   */
  async read(afterCommit: number, limit: number): Promise<readonly WorkflowEventBatch[]> {
    const batches: WorkflowEventBatch[] = [];
    for (let last = afterCommit; batches.length < limit;) {
      const rows = await this.#database.level
        .iterator({ gte: keys.commit(last + 1), lt: keys.commits.lt, limit: limit - batches.length })
        .all();
      for (const [key, row] of rows) {
        last += 1;
        if (keys.commitOf(key) !== last) {
          throw new TradewrightError('JOURNAL_CORRUPT', `commit ${last} is missing`, {
            details: { commit: last },
          });
        }
        const batch = await this.#batch(last, row);
        if (batch !== undefined) batches.push(batch);
      }
      if (rows.length === 0) break;
    }
    return batches;
  }

  async #batch(commit: number, row: string): Promise<WorkflowEventBatch | undefined> {
    try {
      const [workflowId, from, to] = Place.parse(JSON.parse(row));
      const seqs = Array.from({ length: to - from + 1 }, (_, index) => from + index);
      const stored = await this.#database.level.getMany(seqs.map((seq) => keys.event(workflowId, seq)));
      const events = seqs.map((seq, index) => {
        const event = stored[index];
        if (event === undefined) throw corrupt(workflowId, seq, 'the event is missing');
        return parseRow(workflowId, seq, event);
      });
      return { schema: 'tradewright.workflow-events/1', workflowId, commit, events };
    } catch (error) {
      this.#log.error({ commit, failure: toFailure(error) }, 'commit not readable, left out');
      return undefined;
    }
  }
}
