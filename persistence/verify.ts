import { readdir, realpath } from 'node:fs/promises';
import { join } from 'node:path';
import { Level } from 'level';
import { TradewrightError } from '../contracts/errors.ts';
import type { VerifyReport } from '../contracts/ports/journal.ts';
import { ArchiveFiles } from './archive-files.ts';
import { claimFolder, type Database, openingError } from './database.ts';
import { Verification } from './verification.ts';

/** All rows as of one moment; work may go on. */
export async function verifyOpen(level: Database['level'], files: ArchiveFiles): Promise<VerifyReport> {
  const snapshot = level.snapshot();
  try {
    return await new Verification(level, snapshot, files).run();
  } finally {
    await snapshot.close();
  }
}

/**
 * Checks a store that nobody works on, such as a backup: for each workflow that its events follow each other, parse, and are those its
 * summary and its commits name; the indexes; the archive; the counters. Changes no row. Damage never throws, it is in the report.
 * @throws NOT_FOUND when there is no store; DATA_DIR_IN_USE when one is open: that one has `upkeep.verify`
 */
export async function verify(dir: string, archiveDir = join(dir, '..', 'archive')): Promise<VerifyReport> {
  const files: readonly string[] = await readdir(dir).catch(() => []);
  if (!files.includes('CURRENT')) {
    throw new TradewrightError('NOT_FOUND', `there is no store in ${dir}`);
  }
  const release = claimFolder(await realpath(dir));
  try {
    const level = new Level<string, string>(dir, { valueEncoding: 'utf8', createIfMissing: false });
    try {
      await level.open();
    } catch (error) {
      const failure = openingError(dir, error);
      if (failure.code === 'DATA_DIR_IN_USE') throw failure;
      return unreadable(failure.message);
    }
    try {
      return await verifyOpen(level, new ArchiveFiles(archiveDir));
    } finally {
      await level.close();
    }
  } finally {
    release();
  }
}

const unreadable = (says: string): VerifyReport => ({
  ok: false,
  workflows: 0,
  open: 0,
  archived: 0,
  events: 0,
  commits: 0,
  problems: [{ kind: 'unreadable', says }],
  moreProblems: 0,
  quarantined: [],
});
