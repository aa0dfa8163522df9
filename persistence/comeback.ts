import type { Clock } from '../contracts/ports/clock.ts';
import type { Database } from './database.ts';
import type { GroupWriter } from './group-writer.ts';

/** Between two looks for room while nothing is accepted, milliseconds. */
const LOOK_MS = 1_000;

/**
 * While nothing is accepted, nobody may come to write: so this one does, with nothing, which reopens the database as soon as there is
 * room. The returned function ends it.
 */
export function keepComingBack(database: Database, writer: GroupWriter, clock: Clock): () => void {
  let cancel: (() => void) | undefined;
  let ended = false;
  const look = (): void => {
    cancel = undefined;
    writer.submit(() => ({ operations: [], result: undefined })).then(arm, arm);
  };
  const arm = (): void => {
    if (!ended && !database.accepting) cancel ??= clock.schedule(LOOK_MS, look);
  };
  const forget = database.onAccepting(arm);
  return () => {
    ended = true;
    forget();
    cancel?.();
  };
}
