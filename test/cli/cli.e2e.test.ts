import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import { z } from 'zod';
import { ForkAccepted, SystemStatus, WorkflowList } from '../../contracts/api.ts';
import { CodeReview } from '../../contracts/code-review.ts';
import { ProgramRun } from '../../contracts/sandbox-api.ts';
import { workflowIdFrom } from '../../contracts/ids.ts';
import { BackupMade, JournalRetired, JournalVerified } from '../../contracts/journal-api.ts';
import { DeadLetterList, LaneAccepted, Purged, TaskAccepted, TaskRecord } from '../../contracts/queue-api.ts';
import { ReplayReport } from '../../contracts/replay.ts';
import { WorkflowView } from '../../contracts/workflow-view.ts';
import { eventually } from '../support/eventually.ts';
import { tempDir } from '../support/temp-dir.ts';
import { startWorker, type WorkerRig } from '../support/worker.ts';
import { lastLine, type Said, tradewright } from './command-line.ts';

describe('the command line', function () {
  this.timeout(180_000);
  let dir: Awaited<ReturnType<typeof tempDir>>;
  let rig: WorkerRig;
  const said = (...args: string[]): Promise<Said> => tradewright(args, rig.worker.gatewayUrl);
  const json = async <S extends z.ZodType>(schema: S, ...args: string[]): Promise<z.infer<S>> =>
    lastLine(await said('--json', ...args), schema);
  const post = (idempotencyKey: string) =>
    rig.client.postWorkflow({
      idea: 'momentum on the S&P 500',
      idempotencyKey,
      decision: { deadlineMs: 0, onDeadline: 'approve' },
    });
  before(async () => {
    dir = await tempDir();
    rig = await startWorker(dir.path);
  });
  after(async () => {
    await rig.worker.stop();
    await dir.remove();
  });

  it('S16 S25 lists, shows, replays and forks a workflow, and copies, checks and archives its journal', async () => {
    const { workflowId } = await post('cli');
    await rig.until(workflowId, 'WorkflowCompleted');

    const { items } = await json(
      WorkflowList,
      'workflows',
      'list',
      '--symbol',
      'SPX',
      '--from',
      '2026-01-01',
    );
    expect(items.map((item) => item.workflowId)).to.deep.equal([workflowId]);
    expect((await json(WorkflowList, 'workflows', 'list', '--symbol', 'NONE')).items).to.deep.equal([]);
    const page = await said('workflows', 'show', workflowId);
    expect(page.stdout).to.include('COMPLETED').and.to.include('backtest');

    const replayed = await said('--json', 'workflows', 'replay', workflowId);
    expect(replayed.code, replayed.stdout).to.equal(0);
    expect(lastLine(replayed, ReplayReport)).to.include({ same: true });

    const fork = await json(ForkAccepted, 'workflows', 'fork', workflowId, '--step', 'assess', '--by', 'ada');
    await eventually(async () => (await rig.client.getWorkflow(fork.workflowId)).state === 'COMPLETED', {
      withinMs: 60_000,
    });
    const forked = await json(WorkflowView, 'workflows', 'show', fork.workflowId);
    expect(forked.steps.find(({ name }) => name === 'backtest')?.executions).to.equal(0);
    expect(forked.steps.find(({ name }) => name === 'assess')?.executions).to.equal(1);

    const verified = await json(JournalVerified, 'journal', 'verify');
    expect(verified).to.deep.include({ ok: true, workflows: 2, open: 0 });
    const backup = await json(BackupMade, 'journal', 'backup');
    expect(backup.path).to.include(join(dir.path, 'data', 'backups'));
    expect(await readFile(join(backup.path, 'journal', 'CURRENT'), 'utf8')).to.include('MANIFEST');
    const copy = lastLine(
      await tradewright(['--json', 'journal', 'verify', '--data-dir', backup.path]),
      JournalVerified,
    );
    expect(copy).to.deep.include({ ok: true, workflows: 2 });

    const held = await tradewright([
      'journal',
      'archive',
      '--older-than-days',
      '0',
      '--data-dir',
      join(dir.path, 'data'),
    ]);
    expect(held.code).to.equal(1);
    expect(held.stderr).to.include('DATA_DIR_IN_USE');
    const archived = await json(JournalRetired, 'journal', 'archive', '--older-than-days', '0');
    expect(archived.workflows).to.equal(2);
    // What is archived is no longer listed, and can still be read.
    expect((await json(WorkflowList, 'workflows', 'list')).items).to.deep.equal([]);
    await eventually(
      async () => (await json(WorkflowView, 'workflows', 'show', workflowId)).state === 'COMPLETED',
    );
    expect(await json(ReplayReport, 'workflows', 'replay', workflowId)).to.include({ same: true });
  });

  it('Q5 Q16 speaks of the queue with the worker that runs', async () => {
    const { taskId } = await json(TaskAccepted, 'tasks', 'add', 'nobody-does-it', '{"n":1}');
    const dead = await eventually(async () => {
      const { items } = await json(DeadLetterList, 'dead-letters', 'list', '--type', 'nobody-does-it');
      return items[0];
    });
    expect(dead.dead.cause.code).to.equal('TASK_TYPE_UNKNOWN');
    expect((await json(TaskRecord, 'tasks', 'show', taskId)).state).to.equal('dead_letter');
    expect(await json(LaneAccepted, 'lanes', 'pause', 'low')).to.deep.equal({ lane: 'low', paused: true });
    const stands = await said('lanes', 'list');
    expect(stands.code).to.equal(1);
    expect(stands.stdout)
      .to.match(/! lane low is paused by cli/)
      .and.to.match(/! 1 dead letters? wait/);
    await said('lanes', 'resume', 'low');
    expect(await json(Purged, 'dead-letters', 'purge', String(dead.streamSeq))).to.deep.equal({ purged: 1 });
    expect(await said('lanes', 'list')).to.include({ code: 0 });
    const { nats } = await json(SystemStatus, 'status');
    expect(nats.durability).to.include({ mode: 'interval', syncInterval: '1s' });
    expect(nats.durability?.survives).to.contain('a power cut may cost');
  });

  it('says what is wrong, where, and what to do, with an exit code', async () => {
    const unknown = await said('--json', 'workflows', 'show', workflowIdFrom('nobody'));
    expect(unknown.code).to.equal(1);
    expect(unknown.stderr).to.include('NOT_FOUND');
    expect(lastLine(unknown, z.object({ error: z.object({ code: z.string() }) })).error.code).to.equal(
      'NOT_FOUND',
    );
    expect(await said('workflows', 'show', 'nonsense')).to.include({ code: 2 });
    expect((await said('workflows', 'list', '--from', 'yesterday')).stderr).to.include(
      'INPUT_INVALID: startedFrom',
    );
    const away = await tradewright(['journal', 'verify']);
    expect(away.code).to.equal(1);
    expect(away.stderr).to.include('GATEWAY_UNAVAILABLE').and.to.include('--data-dir');
  });

  it('X2 X12 validates a file as a person would like to read it, without a worker', async () => {
    const file = join(dir.path, 'program.py');
    await writeFile(file, 'import os\nprint(os.getcwd())\n');
    const page = await tradewright(['validate', file]);
    expect(page.code).to.equal(1);
    expect(page.stdout).to.match(
      /^Blocked: code risk 30, the limit is 30\.\n {2}line 1:1 {2}\+30 {3}forbidden-module: /,
    );
    const object = lastLine(await tradewright(['--json', 'validate', file]), CodeReview);
    expect(object).to.include({ codeRisk: 30, blocked: true });
    await writeFile(file, 'import numpy as np\nprint(np.pi)\n');
    expect(await tradewright(['validate', file])).to.include({
      code: 0,
      stdout: 'Allowed: no risk found.\n',
    });
    expect((await tradewright(['validate', join(dir.path, 'none.py')])).stderr).to.match(/^NOT_FOUND: /);
  });

  it('X10 runs a file here, in the worker and over HTTP, and refuses a blocked one', async () => {
    const file = join(dir.path, 'program.py');
    await writeFile(file, 'print("hello", INPUT)\nRESULT = INPUT * 2\n');
    const here = await tradewright(['run', file, '--input', '21']);
    expect(here).to.include({ code: 0, stdout: 'hello 21\n' });
    expect(here.stderr).to.match(/^RESULT 42\nsucceeded in \d+ ms/);
    const there = await json(ProgramRun, 'run', file, '--worker', '--input', '21');
    expect(there.result).to.include({ success: true, stdout: 'hello 21\n', value: 42 });
    const repeated = lastLine(
      await tradewright(['--json', 'run', file, '--input', '1', '--repeat', '2']),
      z.object({ report: z.object({ runs: z.number(), succeeded: z.number(), reproducible: z.boolean() }) }),
    );
    expect(repeated.report).to.deep.equal({ runs: 2, succeeded: 2, reproducible: true });
    const posted = await rig.client.runProgram({ code: 'import os' });
    expect(posted.result).to.include({ verdict: 'refused', errorKind: 'blocked' });
    expect(await rig.client.review({ code: 'x = 1' })).to.include({ codeRisk: 0 });
    expect((await tradewright(['run', file, '--input', '{'])).stderr).to.match(/^JSON_MALFORMED: /);
  });
});
