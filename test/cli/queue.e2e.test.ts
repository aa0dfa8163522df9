import { expect } from 'chai';
import { z } from 'zod';
import { TradewrightError } from '../../contracts/errors.ts';
import { taskIdFrom } from '../../contracts/ids.ts';
import {
  DeadLetter,
  DeadLetterList,
  LaneAccepted,
  Purged,
  QueueStatus,
  Replayed,
  TaskAccepted,
  TaskCancelled,
  TaskRecord,
} from '../../contracts/queue-api.ts';
import { type GatewayHarness, startHarness } from '../gateway/gateway-harness.ts';
import { eventually } from '../support/eventually.ts';
import { aTask } from '../support/messages.ts';
import { startWorker, type TestWorker } from '../support/queue.ts';
import { lastLine, type Said, tradewright } from './command-line.ts';

const Refused = z.object({ error: z.object({ code: z.string() }) });

/** Real processes of the command line against a real gateway, queue and nats-server. */
describe('the command line for the queue', function () {
  this.timeout(120_000);
  let at: GatewayHarness;
  let worker: TestWorker;
  let broken = true;
  const said = (...args: string[]): Promise<Said> => tradewright(args, at.gateway.url);
  const json = async <S extends z.ZodType>(schema: S, ...args: string[]): Promise<z.infer<S>> =>
    lastLine(await said('--json', ...args), schema);
  /** Exit code and stable code of a refusal, told for programs and for people alike. */
  const refusal = async (...args: string[]): Promise<string> => {
    const { code, stdout, stderr } = await said('--json', ...args);
    const { error } = lastLine({ code, stdout, stderr }, Refused);
    expect(stderr).to.match(new RegExp(`^${error.code}: `));
    return `${code} ${error.code}`;
  };

  beforeEach(async () => {
    broken = true;
    at = await startHarness();
    worker = await startWorker(
      at.nats,
      (registry) =>
        registry
          .registerHandler('double', async (task) => Number(task.payload) * 2)
          .registerHandler('echo', async () => {
            if (broken) throw new TradewrightError('BARS_NOT_FOUND', 'no bars');
          })
          .registerHandler('wait', async (_task, { signal, progress }) => {
            progress({ percent: 10 });
            await new Promise((_resolve, reject) => signal.addEventListener('abort', reject));
          }),
      { takeSignals: false },
    );
  });
  afterEach(async () => {
    await worker.stop();
    await at.stop();
  });
  const bury = async (...keys: string[]): Promise<void> => {
    for (const key of keys) await at.messaging.tasks.publish(aTask(key, { lane: 'low' }));
    await eventually(async () => (await worker.queue.statistics()).deadDepth === keys.length);
  };
  const listed = async (...filter: string[]): Promise<number[]> =>
    (await json(DeadLetterList, 'dead-letters', 'list', ...filter)).items.map(({ streamSeq }) => streamSeq);

  it('Q1 adds a task and looks up its result; one key is one task; unknown ids and bad input are named', async () => {
    const added = await json(TaskAccepted, 'tasks', 'add', 'double', '21', '--key', 'k', '--lane', 'high');
    expect(added.duplicate).to.equal(false);
    const record = await eventually(async () => {
      const seen = await json(TaskRecord, 'tasks', 'show', added.taskId);
      return seen.state === 'completed' && seen;
    });
    expect(record).to.include({ result: 42, lane: 'high', attempt: 1 });
    const again = await said('tasks', 'add', 'double', '21', '--key', 'k', '--lane', 'high');
    expect(again).to.include({ code: 0, stdout: `${added.taskId} (there already)\n` });

    expect(await refusal('tasks', 'show', taskIdFrom('nobody'))).to.equal('1 NOT_FOUND');
    expect(await refusal('tasks', 'add', 'start-strategy', '{}')).to.equal('1 INPUT_INVALID');
    expect(await refusal('tasks', 'add', 'Not A Type', '{}')).to.equal('1 INPUT_INVALID');
    for (const wrong of [
      ['tasks', 'show', 'nonsense'],
      ['tasks', 'add', 'double', '{'],
      ['tasks', 'add', 'double', '1', '--lane', 'middle'],
      ['tasks', 'add', 'double', '1', '--delay-ms', '-5'],
      ['tasks', 'forget', added.taskId],
    ])
      expect(await said(...wrong), wrong.join(' ')).to.include({ code: 2, stdout: '' });
  });

  it('Q15 cancels what waits and what runs, and says when it is too late', async () => {
    const later = await json(TaskAccepted, 'tasks', 'add', 'double', '1', '--delay-ms', '3600000');
    expect((await json(TaskRecord, 'tasks', 'show', later.taskId)).state).to.equal('delayed');
    const cancelled = await json(TaskCancelled, 'tasks', 'cancel', later.taskId, '--reason', 'no need');
    expect(cancelled.outcome).to.equal('cancelled');

    const running = await json(TaskAccepted, 'tasks', 'add', 'wait', '1');
    await eventually(
      async () => (await json(TaskRecord, 'tasks', 'show', running.taskId)).progress !== undefined,
    );
    expect((await said('tasks', 'cancel', running.taskId)).stdout).to.equal(`${running.taskId}: requested\n`);
    const ended = await eventually(async () => {
      const seen = await json(TaskRecord, 'tasks', 'show', running.taskId);
      return seen.state === 'cancelled' && seen;
    });
    expect(ended.error?.code).to.equal('CANCELLED');
    const tooLate = await said('--json', 'tasks', 'cancel', running.taskId);
    expect(tooLate.code).to.equal(1);
    expect(lastLine(tooLate, TaskCancelled).outcome).to.equal('ended');
  });

  it('Q16 pauses and resumes a lane, and the exit code of the list says that something stands still', async () => {
    expect(
      await json(LaneAccepted, 'lanes', 'pause', 'high', '--by', 'ann', '--reason', 'repairs'),
    ).to.include({ paused: true });
    await json(TaskAccepted, 'tasks', 'add', 'double', '1', '--lane', 'high');
    const stands = await said('--json', 'lanes', 'list');
    expect(stands.code).to.equal(1);
    const status = lastLine(stands, QueueStatus);
    expect(status.lanes.high).to.deep.include({ depth: 1 });
    expect(status.lanes.high.paused).to.include({ by: 'ann', reason: 'repairs' });
    expect((await said('lanes', 'list')).stdout).to.match(/^high +1 .*paused$/m);
    expect(await json(LaneAccepted, 'lanes', 'resume', 'high')).to.include({ paused: false });
    await eventually(async () => (await said('--json', 'lanes', 'list')).code === 0);
    expect(await said('lanes', 'pause', 'middle')).to.include({ code: 2 });
    expect(await said('lanes', 'pause')).to.include({ code: 2 });
  });

  it('Q5 lists dead letters by every filter and by page, shows one whole, and says that there are none', async () => {
    expect(await said('dead-letters', 'list')).to.include({ code: 0, stdout: 'none\n' });
    expect((await json(DeadLetterList, 'dead-letters', 'list')).items).to.deep.equal([]);
    const before = new Date().toISOString();
    await bury('a', 'b', 'c');
    const all = await listed();
    expect(all).to.have.length(3);
    for (const [filter, count] of [
      [['--lane', 'low', '--type', 'echo', '--code', 'BARS_NOT_FOUND', '--died-from', before], 3],
      [['--lane', 'high'], 0],
      [['--type', 'double'], 0],
      [['--code', 'TASK_TIMEOUT'], 0],
      [['--died-before', before], 0],
    ] as const)
      expect(await listed(...filter), filter.join(' ')).to.have.length(count);
    const page = await json(DeadLetterList, 'dead-letters', 'list', '--limit', '2');
    expect(page.items).to.have.length(2);
    expect(await listed('--after', String(page.after))).to.deep.equal(all.slice(2));

    const shown = await json(DeadLetter, 'dead-letters', 'show', String(all[0]));
    expect(shown.dead.cause).to.include({ code: 'BARS_NOT_FOUND', message: 'no bars' });
    expect(shown.dead).to.include({ attempts: 1, replays: 0 });
    expect((await said('dead-letters', 'show', String(all[0]))).stdout).to.contain(
      'original: {"schema":"tradewright.task/1"',
    );
    expect(await refusal('dead-letters', 'show', '999')).to.equal('1 NOT_FOUND');
    expect(await refusal('dead-letters', 'list', '--died-from', 'yesterday')).to.equal('1 INPUT_INVALID');
    for (const wrong of [
      ['show', 'x'],
      ['show', '0'],
      ['list', '--lane', 'middle'],
      ['list', '--limit', 'all'],
    ])
      expect(await said('dead-letters', ...wrong), wrong.join(' ')).to.include({ code: 2, stdout: '' });
  });

  it('Q5 replays one, by filter and all, up to the cap, and purges', async () => {
    await bury('a', 'b', 'c');
    const replay = async (...args: string[]) => {
      const answer = await said('--json', 'dead-letters', 'replay', ...args);
      return [answer.code, lastLine(answer, Replayed)] as const;
    };
    const back = (replayed: number, capped = 0, left = 0) => ({ replayed, capped, left });
    const [first] = await listed();
    expect(await replay(String(first))).to.deep.equal([0, back(1)]);
    expect(await refusal('dead-letters', 'replay', String(first))).to.equal('1 NOT_FOUND');
    expect(await replay('--code', 'TASK_TIMEOUT')).to.deep.equal([0, back(0)]);
    const allDead = () => eventually(async () => (await listed()).length === 3);
    await allDead();
    // The one replayed above is at its second return here.
    for (let round = 1; round <= 2; round += 1) {
      expect(await replay('--lane', 'low')).to.deep.equal([0, back(3)]);
      await allDead();
    }
    expect(await replay('--all')).to.deep.equal([1, back(2, 1)]);
    await allDead();
    expect(await replay('--all')).to.deep.equal([1, back(0, 3)]);
    const capped = String((await listed())[0]);
    expect(await refusal('dead-letters', 'replay', capped)).to.equal('1 REPLAY_CAPPED');
    expect((await said('dead-letters', 'replay', '--all')).stdout).to.contain('3 have come back too often');
    broken = false;
    expect(await replay('--all', '--force', '--limit', '1')).to.deep.equal([1, back(1, 0, 2)]);
    await eventually(async () => (await worker.queue.statistics()).worker.counters.low.completed === 1);

    // Nothing is thrown away, or put back, without saying what.
    for (const verb of ['replay', 'purge']) {
      const vague = await said('--json', 'dead-letters', verb);
      expect(vague.code).to.equal(2);
      expect(vague.stderr).to.contain('give a number, a filter or --all');
      expect(lastLine(vague, Refused).error.code).to.equal('INPUT_INVALID');
    }
    const [next] = await listed();
    expect(await json(Purged, 'dead-letters', 'purge', String(next))).to.deep.equal({ purged: 1 });
    expect(await refusal('dead-letters', 'purge', String(next))).to.equal('1 NOT_FOUND');
    expect(await json(Purged, 'dead-letters', 'purge', '--type', 'double')).to.deep.equal({ purged: 0 });
    expect(await json(Purged, 'dead-letters', 'purge', '--all')).to.deep.equal({ purged: 1 });
    expect(await listed()).to.deep.equal([]);
  });

  it('says that nobody answers, where', async () => {
    for (const args of [
      ['lanes', 'list'],
      ['dead-letters', 'list'],
      ['tasks', 'show', taskIdFrom('a')],
    ]) {
      const away = await tradewright(['--json', ...args]);
      expect(away.code).to.equal(1);
      expect(lastLine(away, Refused).error.code).to.equal('GATEWAY_UNAVAILABLE');
      expect(away.stderr).to.contain('http://127.0.0.1:9');
    }
  });
});
