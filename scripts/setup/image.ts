import { createReadStream } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { TradewrightError } from '../../contracts/errors.ts';
import type { Surroundings } from '../../app/doctor/surroundings.ts';
import { buildImage, hasImage, importImage, registryAnswers } from '../../sandbox-pool/docker/image-store.ts';
import type { LocatedEngine } from '../../sandbox-pool/docker/engine-locator.ts';
import {
  imageFolder,
  runnerFiles,
  runnerFolder,
  type SandboxImageTags,
} from '../../sandbox-pool/image/image-tag.ts';
import { tarArchive } from '../../sandbox-pool/image/tar.ts';
import { aptSources, distribution, hasApt, installPackages, isRoot, ofRelease } from './apt.ts';
import { runCommand } from './run-command.ts';

const registryDecisionMs = 6_000;
const buildWithinMs = 600_000;

/** The slow half: Debian's Python with numpy and pandas, by `docker build` or, without a registry, from the system's packages. */
export async function ensureBaseImage(
  at: Surroundings,
  engine: LocatedEngine,
  tags: SandboxImageTags,
  note: (text: string) => void,
  signal: AbortSignal,
): Promise<void> {
  if (await hasImage(engine.address, tags.base, signal)) return;
  const recipe = await readFile(join(imageFolder, 'base.Dockerfile'), 'utf8');
  const from = /^FROM (\S+)/m.exec(recipe)?.[1] ?? '';
  const canBootstrap = hasApt();
  let reason = `the engine cannot reach a registry for ${from}`;
  note(`asking for ${from}`);
  if (await registryAnswers(engine.address, from, registryDecisionMs)) {
    try {
      return await buildBase(engine, tags.base, note, signal);
    } catch (error) {
      signal.throwIfAborted();
      if (!canBootstrap) throw error;
      reason = error instanceof Error ? error.message : String(error);
    }
  }
  if (!canBootstrap) {
    throw new TradewrightError(
      'IMAGE_MISSING',
      `the sandbox image cannot be built: ${reason}. Give the engine access to a registry (or docker load ${from}), or run set-up on Debian or Ubuntu.`,
    );
  }
  note(`${reason.split('\n')[0]}; building from the system's packages`);
  await bootstrapBase(at, engine, tags.base, note, signal);
}

async function buildBase(
  engine: LocatedEngine,
  tag: string,
  note: (text: string) => void,
  signal: AbortSignal,
): Promise<void> {
  const context = tarArchive([
    { path: 'Dockerfile', content: await readFile(join(imageFolder, 'base.Dockerfile')) },
    { path: 'packages.txt', content: await readFile(join(imageFolder, 'packages.txt')) },
    { path: 'strip.sh', content: await readFile(join(imageFolder, 'strip.sh')) },
  ]);
  const bounded = AbortSignal.any([signal, AbortSignal.timeout(buildWithinMs)]);
  await buildImage(engine.address, { context, tag, network: 'host', signal: bounded, onLine: note });
}

async function bootstrapBase(
  at: Surroundings,
  engine: LocatedEngine,
  tag: string,
  note: (text: string) => void,
  signal: AbortSignal,
): Promise<void> {
  await requireMmdebstrap(note, signal);
  const { codename } = await distribution();
  const sources = ofRelease(await aptSources(signal), codename);
  if (sources.length === 0)
    throw new TradewrightError(
      'IMAGE_MISSING',
      `apt has no sources of "${codename}" to build the image from`,
    );
  const packages = (await readFile(join(imageFolder, 'packages.txt'), 'utf8')).trim().split('\n');
  const folder = await mkdtemp(join(at.cacheDir, 'image-'));
  try {
    const rootfs = join(folder, 'rootfs.tar');
    const withoutDocuments = ['doc', 'man', 'locale'].map(
      (name) => `--dpkgopt=path-exclude=/usr/share/${name}/*`,
    );
    const args = [
      '--variant=essential',
      '--skip=cleanup/apt',
      `--include=${packages.join(',')}`,
      ...withoutDocuments,
      // The result is thrown away and rebuilt after a power cut: no need to wait for the disk at every file.
      '--dpkgopt=force-unsafe-io',
      `--customize-hook=chroot "$1" sh -s < '${join(imageFolder, 'strip.sh')}'`,
      codename,
      rootfs,
      '-',
    ];
    const { PYTHONDONTWRITEBYTECODE: _, ...env } = process.env;
    const input = sources
      .map(({ uri, release, component }) => `deb ${uri} ${release} ${component}\n`)
      .join('');
    await runCommand('mmdebstrap', args, {
      timeoutMs: buildWithinMs,
      signal,
      env: { ...env, TMPDIR: folder },
      input,
      onLine: note,
    });
    note('importing');
    const changes = ['ENV PATH=/usr/bin:/bin LANG=C.UTF-8', 'CMD ["python3"]'];
    await importImage(engine.address, { rootfs: createReadStream(rootfs), tag, changes });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function requireMmdebstrap(note: (text: string) => void, signal: AbortSignal): Promise<void> {
  const there = await runCommand('mmdebstrap', ['--version'], { timeoutMs: 10_000, signal }).then(
    () => true,
    () => false,
  );
  if (there) return;
  if (!isRoot()) {
    throw new TradewrightError(
      'IMAGE_MISSING',
      'the sandbox image needs a registry or mmdebstrap: sudo apt-get install mmdebstrap',
    );
  }
  note('installing mmdebstrap');
  await installPackages(['mmdebstrap'], note, signal);
}

/** The fast half: this checkout's runner on top of the base. Works offline. */
export async function ensureSandboxImage(
  engine: LocatedEngine,
  tags: SandboxImageTags,
  note: (text: string) => void,
  signal: AbortSignal,
): Promise<void> {
  if (await hasImage(engine.address, tags.image, signal)) return;
  const names = await runnerFiles();
  const runner = names.map(async (name) => ({
    path: `runner/${name}`,
    content: await readFile(join(runnerFolder, name)),
  }));
  const dockerfile = { path: 'Dockerfile', content: await readFile(join(imageFolder, 'Dockerfile')) };
  const context = tarArchive([dockerfile, ...(await Promise.all(runner))]);
  const bounded = AbortSignal.any([signal, AbortSignal.timeout(120_000)]);
  const buildArgs = { BASE: tags.base };
  await buildImage(engine.address, {
    context,
    tag: tags.image,
    buildArgs,
    network: 'none',
    signal: bounded,
    onLine: note,
  });
}
