import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readFile, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import { isNatsServerRecent } from '../../messaging/embedded/locate-server.ts';
import { tryOwnerLock } from '../../messaging/embedded/owner-lock.ts';
import { identifyProcess, identifySelf } from '../../messaging/embedded/process-identity.ts';
import { sandboxImageTags } from '../../sandbox-pool/image/image-tag.ts';
import { tarArchive } from '../../sandbox-pool/image/tar.ts';
import { ofRelease, parseAptUris } from '../../scripts/setup/apt.ts';
import { runCommand } from '../../scripts/setup/run-command.ts';
import { tempDir } from '../support/temp-dir.ts';

describe('set-up', () => {
  let folder: { path: string; remove(): Promise<void> };
  beforeEach(async () => {
    folder = await tempDir();
  });
  afterEach(() => folder.remove());

  it('reads the mirror and its releases from what apt would fetch', () => {
    const sources = parseAptUris(
      [
        "'http://mirror.test/debian/dists/bookworm/InRelease' mirror.test_InRelease 0 ",
        "'http://mirror.test/debian/dists/bookworm/main/binary-amd64/Packages.xz' mirror_Packages 0 ",
        "'http://mirror.test/debian/dists/bookworm/main/binary-all/Packages.xz' mirror_Packages 0 ",
        "'http://mirror.test/security/dists/bookworm-security/InRelease' security_InRelease 0 ",
        "'http://vendor.test/apt/dists/stable/main/binary-amd64/Packages.gz' vendor_Packages 0 ",
        'nonsense',
      ].join('\n'),
    );
    expect(ofRelease(sources, 'bookworm')).to.deep.equal([
      { uri: 'http://mirror.test/debian/', release: 'bookworm', component: 'main' },
      { uri: 'http://mirror.test/security/', release: 'bookworm-security', component: 'main' },
    ]);
  });

  it('asks for nats-server 2.10', () => {
    expect(['2.9.10', '2.10.0', '2.11.3', '3.0.0'].map(isNatsServerRecent)).to.deep.equal([
      false,
      true,
      true,
      true,
    ]);
  });

  it('takes over the lock of a process that has gone, and of one that reuses its number', async () => {
    const child = spawn(process.execPath, ['--version'], { stdio: 'ignore' });
    const gone = child.pid ?? 0;
    await once(child, 'exit');
    const lockFile = join(folder.path, 'lock');
    for (const owner of [
      { pid: gone, startedAt: 'x' },
      { pid: process.pid, startedAt: 'another start' },
    ]) {
      await writeFile(lockFile, JSON.stringify(owner));
      const lock = await tryOwnerLock(lockFile);
      expect(lock.kind).to.equal('acquired');
      if (lock.kind === 'acquired') await lock.release();
    }
  });

  it('lets one of many have the lock, and the next when it is released', async () => {
    const lockFile = join(folder.path, 'lock');
    await writeFile(lockFile, 'torn');
    const tries = await Promise.all(Array.from({ length: 20 }, () => tryOwnerLock(lockFile)));
    const [holder, ...more] = tries.filter((lock) => lock.kind === 'acquired');
    expect(more).to.have.length(0);
    expect(JSON.parse(await readFile(lockFile, 'utf8'))).to.deep.equal(await identifySelf());
    await holder?.release();
    expect((await tryOwnerLock(lockFile)).kind).to.equal('acquired');
  });

  it('is not stopped by one that was killed while it removed a dead lock', async () => {
    const lockFile = join(folder.path, 'lock');
    await writeFile(lockFile, 'torn');
    await mkdir(`${lockFile}.breaking`);
    await utimes(`${lockFile}.breaking`, new Date(0), new Date(0));
    expect((await tryOwnerLock(lockFile)).kind).to.equal('acquired');
  });

  it('knows a process by more than its number', async () => {
    const self = await identifySelf();
    expect(await identifyProcess(process.pid)).to.deep.equal(self);
    expect(await identifyProcess(2 ** 22 + 1)).to.equal(undefined);
  });

  it('gives equal archives for equal files, readable by tar', async () => {
    const files = [{ path: 'runner/a.py', content: Buffer.from('print(1)\n') }];
    expect(tarArchive(files).equals(tarArchive(files))).to.equal(true);
    await writeFile(join(folder.path, 'a.tar'), tarArchive(files));
    const out = await runCommand('tar', ['-xOf', join(folder.path, 'a.tar'), 'runner/a.py'], {
      timeoutMs: 10_000,
    });
    expect(out).to.equal('print(1)\n');
  });

  it('names images by the content of their files', async () => {
    expect(await sandboxImageTags()).to.deep.equal(await sandboxImageTags());
    expect((await sandboxImageTags()).image).to.match(/^tradewright-sandbox:[0-9a-f]{16}$/);
  });

  it('ends a command and what it has started at the time limit, and shows its last lines', async () => {
    const pidFile = join(folder.path, 'pid');
    const script = `echo working; sleep 600 & echo $! > ${pidFile}; wait`;
    const thrown: unknown = await runCommand('sh', ['-c', script], { timeoutMs: 500 }).then(
      () => undefined,
      (error: unknown) => error,
    );
    expect(String(thrown)).to.include('took longer than 0.5 s').and.to.include('working');
    expect(await identifyProcess(Number(await readFile(pidFile, 'utf8')))).to.equal(undefined);
  });
});
