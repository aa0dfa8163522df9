import { type Command, InvalidArgumentError } from 'commander';
import { readConfig } from '../../app/config/config.ts';
import { journalFolder } from '../../app/journal-folder.ts';
import { TradewrightError } from '../../contracts/errors.ts';
import { gatewayOf } from '../gateway.ts';
import { exitCodes, progress, say } from '../terminal.ts';

function days(text: string): number {
  const value = Number(text);
  if (Number.isFinite(value) && value >= 0) return value;
  throw new InvalidArgumentError('expected a number of days, 0 or more');
}

interface Where {
  readonly dataDir?: string;
}

/** `tradewright journal …`: through the worker where one answers; with `--data-dir` on a folder that nobody works on. */
export function registerJournal(program: Command): void {
  const journal = program.command('journal').description('check, copy and archive what is kept');
  const dataDir = [
    '--data-dir <folder>',
    'a data folder that no worker works on, instead of a running worker’s',
  ] as const;

  journal
    .command('verify')
    .description(
      'check every workflow, commit, index and archive place. Exit code 1 when something does not fit',
    )
    .option(...dataDir)
    .action(async (where: Where, command: Command) => {
      progress('going through the journal…');
      const report = await either(where, command, {
        folder: (folder) => folder.verify(),
        worker: (gateway) => gateway.verifyJournal(),
      });
      say(command, report, (print) => {
        const { workflows, open, archived, events, commits } = report;
        print(
          `${workflows} workflows (${open} open), ${archived} archived, ${events} events, ${commits} commits`,
        );
        for (const { kind, workflowId, seq, commit, says } of report.problems)
          print(
            `✗ ${kind} ${[workflowId, seq, commit].filter((part) => part !== undefined).join(' ')}: ${says}`,
          );
        if (report.moreProblems > 0) print(`… and ${report.moreProblems} more`);
        print(report.ok ? 'everything fits' : 'something does not fit');
      });
      if (!report.ok) process.exitCode = exitCodes.failed;
    });

  journal
    .command('backup')
    .description('copy journal and archive as of one moment, while work goes on')
    .option(...dataDir)
    .action(async (where: Where, command: Command) => {
      progress('copying…');
      const made = await either(where, command, {
        folder: (folder) => folder.backup(),
        worker: (gateway) => gateway.backUpJournal(),
      });
      say(command, made, (print) => {
        print(`${made.path}: ${made.rows} rows, ${made.bytes} bytes, up to commit ${made.lastCommit}`);
        print('To restore it, start a worker with that folder as its data folder.');
      });
    });

  journal
    .command('archive')
    .description('move workflows that ended long ago to the archive, where they can still be read')
    .requiredOption('--older-than-days <days>', 'ended longer ago than that', days)
    .option(...dataDir)
    .action(async ({ olderThanDays, ...where }: Where & { olderThanDays: number }, command: Command) => {
      const retired = await either(where, command, {
        folder: (folder) => folder.retire(olderThanDays),
        worker: (gateway) => gateway.retire({ olderThanDays }),
      });
      say(command, retired, (print) => {
        print(`${retired.workflows} workflows with ${retired.events} events archived`);
        for (const workflowId of retired.damaged) print(`✗ ${workflowId} is damaged and stays where it is`);
      });
    });
}

/** @throws GATEWAY_UNAVAILABLE with what to do, when no worker answers */
async function either<T>(
  { dataDir }: Where,
  command: Command,
  ways: {
    readonly folder: (folder: ReturnType<typeof journalFolder>) => Promise<T>;
    readonly worker: (gateway: ReturnType<typeof gatewayOf>) => Promise<T>;
  },
): Promise<T> {
  if (dataDir !== undefined) {
    const config = readConfig({ ...process.env, TRADEWRIGHT_DATA_DIR: dataDir });
    return ways.folder(journalFolder(config.dataDir, config.backupDir));
  }
  try {
    return await ways.worker(gatewayOf(command));
  } catch (error) {
    if (!(error instanceof TradewrightError) || error.code !== 'GATEWAY_UNAVAILABLE') throw error;
    throw new TradewrightError(
      error.code,
      `${error.message}; for a folder that no worker works on, give --data-dir`,
      { cause: error },
    );
  }
}
