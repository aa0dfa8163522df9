import { type Command, InvalidArgumentError, Option } from 'commander';
import { WorkflowListQuery } from '../../contracts/api.ts';
import { TradewrightError } from '../../contracts/errors.ts';
import { WorkflowId } from '../../contracts/ids.ts';
import type { ReplayReport } from '../../contracts/replay.ts';
import { workflowStates, type WorkflowView } from '../../contracts/workflow-view.ts';
import { gatewayOf } from '../gateway.ts';
import { exitCodes, say, table } from '../terminal.ts';

function workflowId(text: string): WorkflowId {
  const parsed = WorkflowId.safeParse(text);
  if (parsed.success) return parsed.data;
  throw new InvalidArgumentError(parsed.error.issues[0]?.message ?? 'not the id of a workflow');
}

function positive(text: string): number {
  const value = Number(text);
  if (Number.isInteger(value) && value > 0) return value;
  throw new InvalidArgumentError('expected a whole number above 0');
}

const collect = (term: string, before: readonly string[]): readonly string[] => [...before, term];
const when = (time: number | undefined): string => (time === undefined ? '' : new Date(time).toISOString());

/** `tradewright workflows …` */
export function registerWorkflows(program: Command): void {
  const workflows = program
    .command('workflows')
    .description('what runs and ran: look, command, fork, replay');

  workflows
    .command('list')
    .description('a page of workflows, the newest first')
    .addOption(new Option('--state <state>', 'in this state').choices(workflowStates))
    .option('--definition <name>', 'of this definition')
    .option('--symbol <symbol>', 'for this symbol')
    .option('--label <name:value>', 'with this label; several times: with all of them', collect, [])
    .option('--from <time>', 'started then or later (ISO 8601)')
    .option('--before <time>', 'started earlier than that (ISO 8601)')
    .option('--limit <number>', 'at most so many', positive, 50)
    .option('--cursor <cursor>', 'from the page before')
    .action(async (options: ListOptions, command: Command) => {
      const { from: startedFrom, before: startedBefore, ...rest } = options;
      const query = checked({ ...rest, startedFrom, startedBefore });
      const page = await gatewayOf(command).list(query);
      say(command, page, (print) => {
        const rows = page.items.map(({ workflowId: id, state, definition, labels, startedAt, outcome }) => [
          id,
          state,
          `${definition?.name ?? '?'}/${definition?.version ?? '?'}`,
          labels['symbol'] ?? '',
          when(startedAt),
          outcome ?? '',
        ]);
        for (const line of table(rows)) print(line);
        if (page.items.length === 0) print('none');
        if (page.cursor !== undefined) print(`more: --cursor ${page.cursor}`);
      });
    });

  workflows
    .command('show')
    .description('one workflow with its steps')
    .argument('<id>', 'the workflow', workflowId)
    .action(async (id: WorkflowId, _: object, command: Command) => {
      const view = await gatewayOf(command).getWorkflow(id);
      say(command, view, (print) => show(view, print));
    });

  for (const [name, description] of [
    ['cancel', 'undo what it did, and end'],
    ['pause', 'start nothing new; what runs may finish'],
    ['resume', 'go on'],
    ['retry', 'try what failed for good again, while nothing has been undone'],
  ] as const) {
    workflows
      .command(name)
      .description(description)
      .argument('<id>', 'the workflow', workflowId)
      .option('--by <who>', 'who says so', 'cli')
      .option('--reason <text>', 'why', '')
      .action(async (id: WorkflowId, said: { by: string; reason: string }, command: Command) => {
        const accepted = await gatewayOf(command)[name](id, said);
        say(command, accepted, (print) => print(`${name} of ${id} is on its way`));
      });
  }

  workflows
    .command('decide')
    .description('approve or reject a workflow that waits for a person')
    .argument('<id>', 'the workflow', workflowId)
    .addOption(new Option('--verdict <verdict>').choices(['approve', 'reject']).makeOptionMandatory())
    .option('--by <who>', 'who says so', 'cli')
    .option('--reason <text>', 'why', '')
    .action(async (id: WorkflowId, said: DecideOptions, command: Command) => {
      const accepted = await gatewayOf(command).decide(id, said);
      say(command, accepted, (print) => print(`${said.verdict} of ${id} is on its way`));
    });

  workflows
    .command('fork')
    .description('start another one that takes over what this one recorded before a step')
    .argument('<id>', 'the workflow', workflowId)
    .requiredOption('--step <name>', 'where it begins')
    .option('--of-version <number>', 'of the definition; unless told, the one this began with', positive)
    .option('--by <who>', 'who says so', 'cli')
    .option('--reason <text>', 'why', '')
    .action(async (id: WorkflowId, { ofVersion: version, ...said }: ForkOptions, command: Command) => {
      const accepted = await gatewayOf(command).fork(id, {
        ...said,
        ...(version === undefined ? {} : { version }),
      });
      say(command, accepted, (print) => print(`${accepted.workflowId} begins at ${accepted.step}`));
    });

  workflows
    .command('replay')
    .description(
      'go through it again with what it recorded: what differs today. Exit code 1 when something does',
    )
    .argument('<id>', 'the workflow', workflowId)
    .option('--of-version <number>', 'of the definition; the newest one unless told', positive)
    .action(async (id: WorkflowId, { ofVersion: version }: { ofVersion?: number }, command: Command) => {
      const report = await gatewayOf(command).replay(id, version === undefined ? {} : { version });
      say(command, report, (print) => showReplay(report, print));
      if (!report.same) process.exitCode = exitCodes.failed;
    });
}

function checked(query: object): WorkflowListQuery {
  const parsed = WorkflowListQuery.safeParse(query);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new TradewrightError('INPUT_INVALID', `${issue?.path.join('.') ?? ''}: ${issue?.message ?? ''}`);
}

interface ListOptions {
  readonly from?: string;
  readonly before?: string;
  readonly label: readonly string[];
}
interface DecideOptions {
  readonly verdict: 'approve' | 'reject';
  readonly by: string;
  readonly reason: string;
}
interface ForkOptions {
  readonly step: string;
  readonly ofVersion?: number;
  readonly by: string;
  readonly reason: string;
}

function show(view: WorkflowView, print: (line: string) => void): void {
  const { workflowId: id, state, definition, outcome, reason, error, decision, paused, labels } = view;
  print(
    `${id}  ${definition?.name ?? '?'}/${definition?.version ?? '?'}  ${state}${outcome ? `, ${outcome}` : ''}`,
  );
  if (reason) print(`  ${reason}`);
  if (error) print(`  ${error.code}: ${error.message}`);
  if (paused) print(`  paused by ${paused.by}: ${paused.reason}`);
  if (decision)
    print(`  waits for a decision until ${when(decision.deadlineAt)}: ${JSON.stringify(decision.summary)}`);
  if (view.needsPerson) print('  needs a person');
  print(
    `  ${Object.entries(labels)
      .map((label) => label.join('='))
      .join(' ')}  started ${when(view.startedAt)}`,
  );
  const steps = view.steps.map(({ name, state: of, executions, ms, error: failure }) => [
    `  ${name}`,
    of,
    executions > 1 ? `${executions} times` : '',
    ms === null ? '' : `${ms} ms`,
    failure ? `${failure.code}: ${failure.message}` : '',
  ]);
  for (const line of table(steps)) print(line);
  for (const { order, step, state: of } of view.compensations) print(`  undo ${order}: ${step} ${of}`);
}

function showReplay({ then, now, steps, stopped, same }: ReplayReport, print: (line: string) => void): void {
  const end = ({ definition: { name, version }, state, outcome }: ReplayReport['then']): string =>
    `${name}/${version} ${state}${outcome === undefined ? '' : `, ${outcome}`}`;
  print(`then  ${end(then)}`);
  print(`now   ${end(now)}${stopped === undefined ? '' : ` (${stopped})`}`);
  for (const { step, round, verdict, differences } of steps) {
    print(`  ${verdict === 'same' ? '=' : '≠'} ${step}${round > 1 ? ` round ${round}` : ''}: ${verdict}`);
    for (const { path, was, now: today } of differences)
      print(
        `      ${path || '/'}: ${JSON.stringify(was) ?? 'nothing'} → ${JSON.stringify(today) ?? 'nothing'}`,
      );
  }
  print(same ? 'nothing differs' : 'something differs');
}
