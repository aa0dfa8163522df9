import type { Clock } from '../contracts/ports/clock.ts';
import type { Journal } from '../contracts/ports/journal.ts';
import type { Log } from '../contracts/ports/log.ts';
import type { ArtifactStore, RiskBook, StrategyStore } from '../contracts/ports/stores.ts';
import { Database } from './database.ts';
import { LevelArtifacts } from './level-artifacts.ts';
import { LevelJournal } from './level-journal.ts';
import { LevelRiskBook } from './level-risk-book.ts';
import { LevelStrategies } from './level-strategies.ts';

/** Everything that is kept, in one LevelDB. */
export interface Store {
  readonly journal: Journal;
  readonly artifacts: ArtifactStore;
  readonly strategies: StrategyStore;
  readonly riskBook: RiskBook;
  /** Writes what is waiting and gives the folder free. */
  close(): Promise<void>;
}

export interface StoreOptions {
  /** The LevelDB folder; made when it is not there. One store a folder, over all processes. */
  readonly dir: string;
  readonly clock: Clock;
  readonly log: Log;
}

/** @throws DATA_DIR_IN_USE, DISK_FULL, JOURNAL_CORRUPT */
export async function openStore({ dir, clock, log: parentLog }: StoreOptions): Promise<Store> {
  const log = parentLog.child({ room: 'persistence' });
  const database = await Database.open(dir, clock, log);
  try {
    const journal = await LevelJournal.open(database, log);
    return {
      journal,
      artifacts: new LevelArtifacts(database, journal.writer),
      strategies: new LevelStrategies(database, journal.writer),
      riskBook: new LevelRiskBook(database, journal.writer),
      close: () => journal.close(),
    };
  } catch (error) {
    await database.close();
    throw error;
  }
}
