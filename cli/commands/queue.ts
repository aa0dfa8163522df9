import { type Command, InvalidArgumentError, Option } from 'commander';
import { TaskId } from '../../contracts/ids.ts';
import { type Lane, lanes } from '../../contracts/lanes.ts';
import type { DeadLetterFilter } from '../../contracts/queue-api.ts';
import { gatewayOf } from '../gateway.ts';
import { exitCodes, say, table } from '../terminal.ts';

function taskId(text: string): TaskId {
  const parsed = TaskId.safeParse(text);
  if (parsed.success) return parsed.data;
  throw new InvalidArgumentError(parsed.error.issues[0]?.message ?? 'not the id of a task');
}

function whole(text: string): number {
  const value = Number(text);
  if (Number.isInteger(value) && value > 0) return value;
  throw new InvalidArgumentError('expected a whole number above 0');
}

function lane(text: string): Lane {
  const found = lanes.find((each) => each === text);
  if (found !== undefined) return found;
  throw new InvalidArgumentError(`expected one of ${lanes.join(', ')}`);
}

function json(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    throw new InvalidArgumentError('expected JSON');
  }
}

const when = (time: number): string => new Date(time).toISOString();
interface Word {
  readonly by: string;
  readonly reason: string;
}

/** `tradewright tasks …`, `lanes …`, `dead-letters …` */
export function registerQueue(program: Command): void {
  registerTasks(program);
  registerLanes(program);
  registerDeadLetters(program);
}

function registerTasks(program: Command): void {
  const tasks = program.command('tasks').description('add, look up and cancel tasks of the queue');
  tasks
    .command('add')
    .description('store a task; its state can be looked up until a week after it ended')
    .argument('<type>', 'of the task')
    .argument('<payload>', 'JSON', json)
    .addOption(new Option('--lane <lane>').choices([...lanes]).default('normal'))
    .option('--key <key>', 'two tasks with one key are one')
    .option('--delay-ms <ms>', 'not before that', whole)
    .action(async (type: string, payload: unknown, options: AddOptions, command: Command) => {
      const { key: dedupKey, ...rest } = options;
      const accepted = await gatewayOf(command).queue.addTask({
        type,
        payload,
        ...rest,
        ...(dedupKey === undefined ? {} : { dedupKey }),
      });
      say(command, accepted, (print) =>
        print(`${accepted.taskId}${accepted.duplicate ? ' (there already)' : ''}`),
      );
    });
  tasks
    .command('show')
    .description('state, progress and result')
    .argument('<id>', 'the task', taskId)
    .action(async (id: TaskId, _: object, command: Command) => {
      const record = await gatewayOf(command).queue.task(id);
      say(command, record, (print) => print(JSON.stringify(record, undefined, 2)));
    });
  tasks
    .command('cancel')
    .description('drop a task that waits, abort one that runs')
    .argument('<id>', 'the task', taskId)
    .option('--by <who>', 'who says so', 'cli')
    .option('--reason <text>', 'why', '')
    .action(async (id: TaskId, word: Word, command: Command) => {
      const cancelled = await gatewayOf(command).queue.cancelTask(id, word);
      say(command, cancelled, (print) => print(`${id}: ${cancelled.outcome}`));
      if (cancelled.outcome === 'ended') process.exitCode = exitCodes.failed;
    });
}

function registerLanes(program: Command): void {
  const group = program.command('lanes').description('how the queue stands; pause and resume its lanes');
  group
    .command('list')
    .description('depth, work in flight and what stands still. Exit code 1 when something does')
    .action(async (_: object, command: Command) => {
      const status = await gatewayOf(command).queue.lanes();
      say(command, status, (print) => {
        const rows = lanes.map((name) => {
          const { depth, inFlight, inFlightLimit, waiting, oldestStoredAt, paused } = status.lanes[name];
          const window = `${inFlight}/${inFlightLimit ?? 'no consumer'}`;
          const oldest = oldestStoredAt === null ? '' : when(oldestStoredAt);
          return [name, String(depth), window, String(waiting), oldest, paused === null ? '' : 'paused'];
        });
        for (const line of table([['lane', 'waiting', 'in flight', 'idle workers', 'oldest', ''], ...rows]))
          print(line);
        print(`${status.delayed} delayed, ${status.deadLetters} dead letters`);
        for (const warning of status.warnings) print(`! ${warning}`);
      });
      if (status.warnings.length > 0) process.exitCode = exitCodes.failed;
    });
  for (const name of ['pause', 'resume'] as const) {
    group
      .command(name)
      .description(name === 'pause' ? 'no worker takes more from it; holds across restarts' : 'go on')
      .argument('<lane>', lanes.join(', '), lane)
      .option('--by <who>', 'who says so', 'cli')
      .option('--reason <text>', 'why', '')
      .action(async (of: Lane, word: Word, command: Command) => {
        const { queue } = gatewayOf(command);
        const said = await (name === 'pause' ? queue.pauseLane(of, word) : queue.resumeLane(of, word));
        say(command, said, (print) => print(`lane ${of} is ${said.paused ? 'paused' : 'open'}`));
      });
  }
}

function registerDeadLetters(program: Command): void {
  const group = program
    .command('dead-letters')
    .description('tasks that ended for good without success: list, show, replay, purge');
  filtered(group.command('list').description('a page, the oldest first'))
    .option('--limit <number>', 'at most so many', whole, 50)
    .option('--after <number>', 'from the page before', whole)
    .action(async (options: DeadLetterFilter & { limit: number; after?: number }, command: Command) => {
      const page = await gatewayOf(command).queue.deadLetters(options);
      say(command, page, (print) => {
        const rows = page.items.map(({ streamSeq, lane: of, type, dead }) => [
          String(streamSeq),
          of,
          type,
          dead.cause.code,
          `${dead.attempts} attempts`,
          when(dead.diedAt),
          dead.cause.message.split('\n')[0]?.slice(0, 80) ?? '',
        ]);
        for (const line of table(rows)) print(line);
        if (page.items.length === 0) print('none');
        if (page.after !== undefined) print(`more: --after ${page.after}`);
      });
    });
  group
    .command('show')
    .description('cause, stack, attempts, times and the original')
    .argument('<number>', 'as listed', whole)
    .action(async (streamSeq: number, _: object, command: Command) => {
      const entry = await gatewayOf(command).queue.deadLetter(streamSeq);
      say(command, entry, (print) => {
        const { original, ...dead } = entry.dead;
        print(JSON.stringify({ ...entry, dead }, undefined, 2));
        print(`original: ${Buffer.from(original, 'base64').toString('utf8')}`);
      });
    });
  filtered(group.command('replay').description('put one back into its lane, or all that fit'))
    .argument('[number]', 'as listed; without it all that fit, or --all', whole)
    .option('--all', 'all of them')
    .option('--limit <number>', 'at most so many', whole, 1_000)
    .option('--force', 'also those that have come back as often as they may')
    .action(async (streamSeq: number | undefined, options: ReplayOptions, command: Command) => {
      const { all = false, limit, force = false, ...filter } = options;
      const { queue } = gatewayOf(command);
      const chosen = streamSeq === undefined ? chosenOf(command, filter, all) : filter;
      const outcome = await (streamSeq === undefined
        ? queue.replayDeadLetters({ filter: chosen, limit, force })
        : queue.replayDeadLetter(streamSeq, force));
      say(command, outcome, (print) => {
        print(`${outcome.replayed} put back`);
        if (outcome.capped > 0) print(`${outcome.capped} have come back too often already: --force`);
        if (outcome.left > 0) print(`${outcome.left} are left: the queue is full, or --limit was reached`);
      });
      if (outcome.capped + outcome.left > 0) process.exitCode = exitCodes.failed;
    });
  filtered(group.command('purge').description('throw one away, or all that fit'))
    .argument('[number]', 'as listed; without it all that fit, or --all', whole)
    .option('--all', 'all of them')
    .action(
      async (
        streamSeq: number | undefined,
        options: DeadLetterFilter & { all?: boolean },
        command: Command,
      ) => {
        const { all = false, ...filter } = options;
        const { queue } = gatewayOf(command);
        const { purged } = await (streamSeq === undefined
          ? queue.purgeDeadLetters({ filter: chosenOf(command, filter, all), all })
          : queue.purgeDeadLetter(streamSeq));
        say(command, { purged }, (print) => print(`${purged} thrown away`));
      },
    );
}

function chosenOf(command: Command, filter: DeadLetterFilter, all: boolean): DeadLetterFilter {
  if (all || Object.keys(filter).length > 0) return filter;
  return command.error('error: give a number, a filter or --all');
}

const filtered = (command: Command): Command =>
  command
    .addOption(new Option('--lane <lane>').choices([...lanes]))
    .option('--type <type>', 'of the task')
    .option('--code <code>', 'of the cause, such as TASK_TIMEOUT')
    .option('--died-from <time>', 'then or later (ISO 8601)')
    .option('--died-before <time>', 'earlier than that');

interface AddOptions {
  readonly lane: Lane;
  readonly key?: string;
  readonly delayMs?: number;
}
interface ReplayOptions extends DeadLetterFilter {
  readonly all?: boolean;
  readonly limit: number;
  readonly force?: boolean;
}
