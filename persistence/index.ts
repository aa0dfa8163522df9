import { join } from 'node:path';
import type { Clock } from '../contracts/ports/clock.ts';
import type { Journal, JournalUpkeep } from '../contracts/ports/journal.ts';
import type { Log } from '../contracts/ports/log.ts';
import type { ArtifactStore, RiskBook, StrategyStore } from '../contracts/ports/stores.ts';
import type { AnswerStore, TraceStore } from '../contracts/ports/traces.ts';
import { Archive } from './archive.ts';
import { keepComingBack } from './comeback.ts';
import { Database } from './database.ts';
import { LevelAnswers } from './level-answers.ts';
import { LevelArtifacts } from './level-artifacts.ts';
import { LevelJournal } from './level-journal.ts';
import { LevelRiskBook } from './level-risk-book.ts';
import { LevelStrategies } from './level-strategies.ts';
import { LevelTraces } from './level-traces.ts';
import { Upkeep } from './upkeep.ts';

export { verify } from './verify.ts';

/** Everything that is kept, in one LevelDB. */
export interface Store {
  readonly journal: Journal;
  readonly upkeep: JournalUpkeep;
  readonly artifacts: ArtifactStore;
  readonly strategies: StrategyStore;
  readonly riskBook: RiskBook;
  readonly traces: TraceStore;
  readonly answers: AnswerStore;
  /** Writes what is waiting and gives the folder free. */
  close(): Promise<void>;
}

export interface StoreOptions {
  /** The LevelDB folder; made when it is not there. One store a folder, over all processes. */
  readonly dir: string;
  /** Where retired workflows go; unless told, the folder `archive` beside `dir`. Made when the first one is. */
  readonly archiveDir?: string;
  readonly clock: Clock;
  readonly log: Log;
}

/** @throws DATA_DIR_IN_USE, DISK_FULL, JOURNAL_CORRUPT */
export async function openStore({ dir, archiveDir, clock, log: parentLog }: StoreOptions): Promise<Store> {
  const log = parentLog.child({ room: 'persistence' });
  const database = await Database.open(dir, clock, log);
  try {
    const archive = new Archive(database, archiveDir ?? join(dir, '..', 'archive'));
    const journal = await LevelJournal.open(database, archive, clock, log);
    const stopComingBack = keepComingBack(database, journal.writer, clock);
    return {
      journal,
      upkeep: new Upkeep({ database, journal, archive, clock, log }),
      artifacts: new LevelArtifacts(database, journal.writer),
      strategies: new LevelStrategies(database, journal.writer),
      riskBook: new LevelRiskBook(database, journal.writer),
      traces: new LevelTraces(database, journal.writer),
      answers: new LevelAnswers(database, journal.writer),
      close() {
        stopComingBack();
        return journal.close();
      },
    };
  } catch (error) {
    await database.close();
    throw error;
  }
}
