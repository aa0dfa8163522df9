import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { z } from 'zod';
import { PlainTask, TaskReply } from '../../contracts/task.ts';
import { parseTaskSubject } from '../../messaging/index.ts';
import { page } from '../docs/markdown.ts';
import { eventually } from '../support/eventually.ts';
import { startNats, type TestNats } from '../support/nats.ts';
import { startWorker, type TestWorker } from '../support/queue.ts';

const program = fileURLToPath(new URL('../../examples/add-task.py', import.meta.url));
const PubAck = z.object({ stream: z.literal('TASKS'), seq: z.number(), duplicate: z.boolean().optional() });

/** Producers need no library: what is documented is taken as it stands. */
describe('a task from another language', function () {
  this.timeout(30_000);
  let nats: TestNats;
  let worker: TestWorker;
  before(async function () {
    const python = await promisify(execFile)('python3', ['--version']).catch(() => undefined);
    if (python === undefined) this.skip();
    nats = await startNats();
    worker = await startWorker(
      nats,
      (registry) => registry.registerHandler('double', async (task) => ({ n: Number(task.payload) * 2 })),
      { takeSignals: false },
    );
  });
  after(async () => {
    await worker?.stop();
    await nats?.stop();
  });
  const add = async (type: string, payload: string): Promise<Record<string, unknown>> => {
    const args = [program, '127.0.0.1', String(nats.port), 'normal', type, payload];
    const { stdout } = await promisify(execFile)('python3', args);
    return Object.fromEntries(
      stdout
        .trim()
        .split('\n')
        .map((line) => [line.split(' ', 1)[0] ?? '', JSON.parse(line.slice(line.indexOf(' '))) as unknown]),
    );
  };

  it('Q1 Q12 Python with a bare socket: stored, done once, the second one a duplicate', async () => {
    const { 'my.stored': stored, 'my.done': done } = await add('double', '21');
    expect(PubAck.parse(stored).seq).to.equal(1);
    expect(TaskReply.parse(done)).to.deep.include({ outcome: 'completed', result: { n: 42 } });
    const again = await add('double', '21');
    expect(PubAck.parse(again['my.stored'])).to.include({ seq: 1, duplicate: true });
    await eventually(async () => (await worker.queue.statistics()).worker.counters.normal.completed === 1);
  });

  it('Q5 is told why it was refused', async () => {
    const { 'my.done': done } = await add('unheard-of', '1');
    expect(TaskReply.parse(done)).to.include({ outcome: 'dead' });
    expect(TaskReply.parse(done).error?.code).to.equal('TASK_TYPE_UNKNOWN');
  });
});

describe('docs/queue.md', () => {
  it('Q1 shows a command whose subject and JSON the queue takes', async () => {
    const { text } = await page('docs/queue.md');
    const command = /nats request (\S+) '([^']+)'/.exec(text);
    expect(parseTaskSubject(command?.[1] ?? '')).to.deep.equal({ lane: 'normal', type: 'my-type' });
    expect(PlainTask.safeParse(JSON.parse(command?.[2] ?? '')).success).to.equal(true);
    expect(text).to.contain('(../examples/add-task.py)');
  });

  it('describes every field that a producer may set and that is no matter of tracing', async () => {
    const { text } = await page('docs/queue.md');
    const [table = ''] = text.split('\n## ').filter((section) => section.startsWith('Adding a task'));
    const documented = [...table.matchAll(/^\| `([A-Za-z]+)` /gm)].map(([, field = '']) => field);
    const shape = Object.keys(PlainTask.shape);
    expect(documented.filter((field) => !shape.includes(field))).to.deep.equal([]);
    for (const field of [
      'payload',
      'dedupKey',
      'dedupForMs',
      'notBefore',
      'maxRetries',
      'timeoutMs',
      'replyTo',
    ])
      expect(documented).to.include(field);
  });
});
