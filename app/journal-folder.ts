import { join } from 'node:path';
import type { BackupMade, JournalRetired, JournalVerified } from '../contracts/journal-api.ts';
import { systemClock as clock } from '../contracts/ports/clock.ts';
import { silentLog as log } from '../contracts/ports/log.ts';
import { openStore, verify } from '../persistence/index.ts';
import { backUp, retire } from './worker/journal-upkeep.ts';

/** What operators do with the journal of a data folder on which no worker works. All throw DATA_DIR_IN_USE when one does. */
export const journalFolder = (dataDir: string, backupDir = join(dataDir, 'backups')) => ({
  /** @throws NOT_FOUND when there is no journal */
  async verify(): Promise<JournalVerified> {
    const { problems, quarantined, ...report } = await verify(join(dataDir, 'journal'));
    return { ...report, problems: [...problems], quarantined: [...quarantined] };
  },

  backup: (): Promise<BackupMade> => opened(dataDir, ({ upkeep }) => backUp(upkeep, backupDir, clock)),

  retire: (olderThanDays: number): Promise<JournalRetired> =>
    opened(dataDir, ({ upkeep }) => retire(upkeep, olderThanDays, clock)),
});

async function opened<T>(
  dataDir: string,
  use: (store: Awaited<ReturnType<typeof openStore>>) => Promise<T>,
): Promise<T> {
  const store = await openStore({ dir: join(dataDir, 'journal'), clock, log });
  try {
    return await use(store);
  } finally {
    await store.close();
  }
}
