import { surroundings, type Surroundings } from '../app/doctor/surroundings.ts';
import { toFailure } from '../contracts/errors.ts';
import { locateNatsServer, type NatsServerBinary } from '../messaging/embedded/locate-server.ts';
import { type LocatedEngine, locateEngine } from '../sandbox-pool/docker/engine-locator.ts';
import { engineHas } from '../sandbox-pool/docker/engine-http.ts';
import { sandboxImageTags } from '../sandbox-pool/image/image-tag.ts';
import { type Progress, stderrProgress } from './setup/progress.ts';
import { withSetupLock } from './setup/setup-lock.ts';

const stopping = new AbortController();
for (const name of ['SIGINT', 'SIGTERM'] as const) {
  process.once(name, () => stopping.abort(name));
}

interface Ready {
  readonly nats: NatsServerBinary;
  readonly engine: LocatedEngine;
  readonly image: string;
}

/** Everything is asked live, nothing remembered: an engine that has died since, or a removed image, shows at once. */
async function alreadyThere(at: Surroundings, signal: AbortSignal): Promise<Ready | undefined> {
  try {
    const [nats, engine, tags] = await Promise.all([
      locateNatsServer({ path: at.path, cacheDir: at.cacheDir, signal }),
      locateEngine(at.engine, { signal }),
      sandboxImageTags(),
    ]);
    const there = await engineHas(engine.address, `/images/${tags.image}/json`, { timeoutMs: 5_000, signal });
    return there ? { nats, engine, image: tags.image } : undefined;
  } catch {
    signal.throwIfAborted();
    return undefined;
  }
}

async function setUp(at: Surroundings, progress: Progress, signal: AbortSignal): Promise<Ready> {
  const [{ ensureNatsServer }, { ensureEngine }, { ensureBaseImage, ensureSandboxImage }] = await Promise.all(
    [import('./setup/nats-server.ts'), import('./setup/engine.ts'), import('./setup/image.ts')],
  );
  const tags = await sandboxImageTags();
  const sandbox = async (): Promise<LocatedEngine> => {
    const engine = await progress.step('Docker engine', (note) => ensureEngine(at, note, signal));
    await progress.step('Python base image', (note) => ensureBaseImage(at, engine, tags, note, signal));
    await progress.step('Sandbox image', (note) => ensureSandboxImage(engine, tags, note, signal));
    return engine;
  };
  // Side by side: one mostly waits for the network, the other mostly computes. Both end before a failure is told.
  const [nats, engine] = await Promise.allSettled([
    progress.step('nats-server', (note) => ensureNatsServer(at, note, signal)),
    sandbox(),
  ]);
  if (nats.status === 'rejected') throw nats.reason;
  if (engine.status === 'rejected') throw engine.reason;
  return { nats: nats.value, engine: engine.value, image: tags.image };
}

const started = performance.now();
const progress = stderrProgress();
try {
  const at = surroundings(process.env);
  const { signal } = stopping;
  const ready =
    (await alreadyThere(at, signal)) ??
    (await withSetupLock(
      at.cacheDir,
      (pid) => progress.say(`another set-up (pid ${pid}) is at work; waiting for it`),
      signal,
      async () => (await alreadyThere(at, signal)) ?? (await setUp(at, progress, signal)),
    ));
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  progress.say(
    `set-up ready in ${seconds} s: nats-server ${ready.nats.version} (${ready.nats.foundBy}), ` +
      `${ready.engine.name} ${ready.engine.version} (${ready.engine.foundBy}), ${ready.image}`,
  );
} catch (error) {
  const { code, message } = toFailure(error);
  const stop = stopping.signal.aborted ? String(stopping.signal.reason) : undefined;
  progress.say(stop ? `set-up stopped by ${stop}` : `set-up failed: ${code}: ${message}`);
  process.exitCode = stop === 'SIGINT' ? 130 : stop === 'SIGTERM' ? 143 : 1;
}
