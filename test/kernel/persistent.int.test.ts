import { systemClock } from '../../contracts/ports/clock.ts';
import { silentLog } from '../../contracts/ports/log.ts';
import { openStore } from '../../persistence/index.ts';
import { tempDir } from '../support/temp-dir.ts';
import { persistentActors } from './persistent-contract.ts';

persistentActors('journal on LevelDB', async () => {
  const dir = await tempDir();
  const { journal } = await openStore({ dir: dir.path, clock: systemClock, log: silentLog });
  return {
    journal,
    async close() {
      await journal.close();
      await dir.remove();
    },
  };
});
