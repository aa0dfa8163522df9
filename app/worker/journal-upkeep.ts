import { join } from 'node:path';
import { type BackupMade, type JournalRetired, PostRetire } from '../../contracts/journal-api.ts';
import type { Clock } from '../../contracts/ports/clock.ts';
import type { JournalUpkeep } from '../../contracts/ports/journal.ts';
import type { Queries } from '../../contracts/ports/messaging.ts';
import { subjects } from '../../contracts/subjects.ts';

const DAY_MS = 24 * 3_600_000;

/** Answers what operators ask of the journal; the result takes it back. */
export function answerUpkeep(options: {
  readonly queries: Queries;
  readonly upkeep: JournalUpkeep;
  /** Backups are made in here, each in a folder named by its time: nobody names a path over the network. */
  readonly backupDir: string;
  readonly clock: Clock;
}): () => void {
  const { queries, upkeep, backupDir, clock } = options;
  const stops = [
    queries.answer(subjects.query('journal-verify'), () => upkeep.verify()),
    queries.answer(subjects.query('journal-backup'), () => backUp(upkeep, backupDir, clock)),
    queries.answer(subjects.query('journal-retire'), (question) =>
      retire(upkeep, PostRetire.parse(question).olderThanDays, clock),
    ),
  ];
  return () => {
    for (const stop of stops) stop();
  };
}

export async function backUp(
  upkeep: Pick<JournalUpkeep, 'backup'>,
  backupDir: string,
  clock: Clock,
): Promise<BackupMade> {
  const path = join(backupDir, new Date(clock.now()).toISOString().replaceAll(/[:.]/g, '-'));
  return { path, ...(await upkeep.backup(path)) };
}

export async function retire(
  upkeep: Pick<JournalUpkeep, 'retire'>,
  olderThanDays: number,
  clock: Clock,
): Promise<JournalRetired> {
  const olderThan = clock.now() - olderThanDays * DAY_MS;
  const all = { workflows: 0, events: 0, damaged: new Set<string>() };
  for (;;) {
    const lot = await upkeep.retire(olderThan);
    all.workflows += lot.workflows;
    all.events += lot.events;
    for (const workflowId of lot.damaged) all.damaged.add(workflowId);
    if (lot.workflows === 0) return { ...all, damaged: [...all.damaged] };
  }
}
