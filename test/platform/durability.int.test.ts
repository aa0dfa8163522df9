import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { surroundings } from '../../app/doctor/surroundings.ts';
import { durabilityOf } from '../../contracts/durability.ts';
import { systemClock } from '../../contracts/ports/clock.ts';
import { silentLog } from '../../contracts/ports/log.ts';
import { locateNatsServer } from '../../messaging/embedded/locate-server.ts';
import { startNatsServer } from '../../messaging/embedded/nats-server-child.ts';
import { openMessaging } from '../../messaging/index.ts';
import { eventually } from '../support/eventually.ts';
import { aTask } from '../support/messages.ts';
import { tempDir } from '../support/temp-dir.ts';

/** How long each fsync of the traced server is held back. */
const HELD_MS = 150;
const TASKS = 5;

/** Follows every fsync of a process and holds it back; undefined where this machine does not let one trace. */
async function traceSyncs(pid: number, file: string): Promise<{ child: ChildProcess } | undefined> {
  const exists = await promisify(execFile)('strace', ['-V']).then(
    () => true,
    () => false,
  );
  if (!exists) return undefined;
  const syncs = 'fsync,fdatasync';
  const child = spawn(
    'strace',
    [
      '-f',
      '-p',
      String(pid),
      '-o',
      file,
      '-e',
      `trace=${syncs}`,
      '-e',
      `inject=${syncs}:delay_exit=${HELD_MS}ms`,
    ],
    { stdio: ['ignore', 'ignore', 'pipe'] },
  );
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (said += text));
  await eventually(() => said.includes('attached') || child.exitCode !== null);
  return child.exitCode === null ? { child } : undefined;
}

describe('what accepted promises', function () {
  this.timeout(60_000);

  /** Milliseconds from the publish of each task until it is accepted, and fsyncs finished by then. */
  async function accepted(syncInterval: string): Promise<{ ms: number[]; syncs: number[] } | undefined> {
    const folder = await tempDir();
    const at = surroundings(process.env);
    const { binary } = await locateNatsServer({ path: at.path, cacheDir: at.cacheDir });
    const nats = await startNatsServer({ dataDir: folder.path, binary, syncInterval });
    const messaging = await openMessaging({
      url: nats.url,
      name: 'test',
      log: silentLog,
      clock: systemClock,
    });
    try {
      const file = join(folder.path, 'syncs.txt');
      const trace = await traceSyncs(nats.pid, file);
      if (trace === undefined) return undefined;
      const [ms, syncs]: [number[], number[]] = [[], []];
      for (let n = 0; n < TASKS; n += 1) {
        const began = performance.now();
        await messaging.tasks.publish(aTask(`task ${n}`));
        ms.push(performance.now() - began);
        syncs.push((await readFile(file, 'utf8')).split('\n').filter((line) => / = 0/.test(line)).length);
      }
      const gone = once(trace.child, 'exit');
      trace.child.kill('SIGTERM');
      await gone;
      return { ms, syncs };
    } finally {
      await messaging.close();
      await nats.stop();
      await folder.remove();
    }
  }

  it('always: a task is accepted after an fsync of its own, however long that takes', async function () {
    const always = await accepted('always');
    if (always === undefined) return this.skip();
    // The held fsync is waited for: accepted cannot come before it.
    for (const ms of always.ms) expect(ms).to.be.at.least(HELD_MS - 1);
    always.syncs.forEach((syncs, at) => expect(syncs, `task ${at}`).to.be.at.least(at + 1));
  });

  it('an interval: a task is accepted before it is on the disk, which is what the mode says of itself', async function () {
    const interval = await accepted('10m');
    if (interval === undefined) return this.skip();
    expect(interval.syncs).to.deep.equal([0, 0, 0, 0, 0]);
    expect(durabilityOf('10m')).to.include({ mode: 'interval', syncInterval: '10m' });
    expect(durabilityOf('10m').survives).to.contain('a power cut may cost what was accepted in the last 10m');
  });

  it('says that it does not know what a server of the user’s own promises', () => {
    expect(durabilityOf(null)).to.include({ mode: 'unknown', syncInterval: null });
    expect(durabilityOf('always').mode).to.equal('always');
  });
});
