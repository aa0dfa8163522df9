import { createHash } from 'node:crypto';
import { mkdir, readFile, statfs } from 'node:fs/promises';
import { resolve } from 'node:path';
import { systemClock } from '../../contracts/ports/clock.ts';
import { silentLog } from '../../contracts/ports/log.ts';
import { TradewrightError } from '../../contracts/errors.ts';
import { openMarketData, sp500Source } from '../../market/data/index.ts';
import { locateNatsServer, natsInstruction } from '../../messaging/embedded/locate-server.ts';
import { engineFacts, type LocatedEngine, locateEngine } from '../../sandbox-pool/docker/engine-locator.ts';
import { hasImage } from '../../sandbox-pool/docker/image-store.ts';
import { defaultSeccompProfilePath, loadSeccompProfile } from '../../sandbox-pool/docker/seccomp-profile.ts';
import { sandboxImageTags } from '../../sandbox-pool/image/image-tag.ts';
import { execute, proveSandbox } from '../../sandbox-pool/index.ts';
import { readConfig } from '../config/config.ts';
import { type Check, check, type Finding } from './check.ts';
import { engineInstruction } from './instructions.ts';
import { examineQueue } from './queue.ts';
import { inCheckout, type Surroundings } from './surroundings.ts';

const oldestNode = 20;
const leastFreeBytes = 1024 ** 3;
const sp500Bars = 5_105;
const setUp = 'npm run setup';
const confining = 'the engine has to put in force each part that is named: update it, or run another one';

/** Every part that a run needs, in the order in which a missing one would be felt. */
export async function examine(at: Surroundings, env: NodeJS.ProcessEnv): Promise<Check[]> {
  const { platform } = process;
  return [
    await check('node', `install Node ${oldestNode} or newer`, node),
    await check('packages', 'npm ci', packages, { required: false }),
    await check('nats-server', natsInstruction(platform), () => natsServer(at)),
    ...(await examineSandbox(at)),
    await check('bars', 'npm ci', () => bars(env)),
    ...(await examineQueue(env)),
    await check('model', 'correct the variable that is named', async () => model(env)),
    await check('disk', 'free some space, or set TRADEWRIGHT_DATA_DIR and TRADEWRIGHT_CACHE_DIR', () =>
      disk(at, env),
    ),
  ];
}

/** The engine and all that confines a program on it. */
export async function examineSandbox(at: Pick<Surroundings, 'engine'>): Promise<Check[]> {
  let engine: LocatedEngine | undefined;
  const locate = async (): Promise<Finding> => engineOf((engine = await locateEngine(at.engine)));
  const found = (): LocatedEngine => {
    if (engine !== undefined) return engine;
    throw new TradewrightError('ENGINE_MISSING', 'not looked at: it needs an engine');
  };
  const { platform } = process;
  return [
    await check('engine', engineInstruction(platform), locate),
    await check('engine limits', engineInstruction(platform), () => limitsOf(found())),
    await check('image', setUp, () => image(found())),
    await check('seccomp profile', 'restore seccomp/python.json from the repository', profile),
    await check('sandbox proof', `${setUp}; ${confining}`, () => proof(found())),
    await check('sandbox run', `${setUp}; ${confining}`, () => sandboxRun(found())),
  ];
}

async function node(): Promise<Finding> {
  const { version, execPath, versions } = process;
  return { ok: Number(versions.node.split('.')[0]) >= oldestNode, found: `${version} at ${execPath}` };
}

async function packages(): Promise<Finding> {
  const stamp = await readFile(inCheckout('node_modules/.tradewright-lock'), 'utf8').catch(() => '');
  const lockfile = await readFile(inCheckout('package-lock.json'));
  const wanted = createHash('sha256').update(lockfile).update(process.versions.modules).digest('hex');
  const ok = stamp.trim() === wanted;
  return { ok, found: ok ? 'as package-lock.json says' : 'not installed from this package-lock.json' };
}

async function natsServer(at: Surroundings): Promise<Finding> {
  const { binary, version, foundBy } = await locateNatsServer({ path: at.path, cacheDir: at.cacheDir });
  return { found: `${version} at ${binary} (${foundBy})`, facts: { version, binary, foundBy } };
}

async function engineOf(engine: LocatedEngine): Promise<Finding> {
  const facts = await engineFacts(engine);
  const { name, version, apiVersion, endpoint, foundBy } = engine;
  const wrong = [
    ...(facts.seccomp ? [] : ['it runs without seccomp']),
    ...(facts.osType === 'linux' ? [] : [`it runs ${facts.osType} containers; switch it to Linux ones`]),
  ];
  const about = `${name} ${version} at ${endpoint} (${foundBy}), ${facts.runtime}, cgroup v${facts.cgroupVersion}`;
  return {
    ok: wrong.length === 0,
    found: [about, ...wrong].join('; '),
    facts: { name, version, apiVersion, endpoint, foundBy, ...facts },
  };
}

/** Nothing runs on an engine that cannot keep one of the limits. */
async function limitsOf(engine: LocatedEngine): Promise<Finding> {
  const { inabilities } = await engineFacts(engine);
  if (inabilities.length === 0) {
    return { found: 'memory, swap, processes and processor time can be limited', facts: { unableTo: [] } };
  }
  const unableTo = inabilities.map(({ what }) => `limit ${what}`);
  return {
    ok: false,
    found: `it cannot ${unableTo.join(', nor ')}`,
    fix: inabilities.map(({ what, fix }) => `${what}: ${fix}`).join('\n      '),
    facts: { unableTo },
  };
}

async function image(engine: LocatedEngine): Promise<Finding> {
  const tags = await sandboxImageTags();
  const ok = await hasImage(engine.address, tags.image);
  return { ok, found: ok ? tags.image : `${tags.image} is not in the engine`, facts: { ...tags } };
}

async function profile(): Promise<Finding> {
  const { sha256, allowedCalls } = await loadSeccompProfile(defaultSeccompProfilePath);
  return {
    found: `${allowedCalls} calls allowed, sha256 ${sha256}`,
    facts: { path: defaultSeccompProfilePath, sha256, allowedCalls },
  };
}

async function proof(engine: LocatedEngine): Promise<Finding> {
  const { image: tag } = await sandboxImageTags();
  const { proven, answers, faults, sha256 } = await proveSandbox({
    engine: engine.address,
    image: tag,
    clock: systemClock,
  });
  const said = Object.entries(answers).map(([attempt, answer]) => `${attempt} ${answer}`);
  return {
    ok: proven,
    found: proven ? said.join(', ') : faults.join('; '),
    facts: { proven, sha256, answers, faults },
  };
}

/** The whole chain once: a warm container under the profile, with the packages that strategies use. */
async function sandboxRun(engine: LocatedEngine): Promise<Finding> {
  const { image: tag } = await sandboxImageTags();
  const code =
    'import sys, numpy, pandas\nprint(sys.version.split()[0], numpy.__version__, pandas.__version__)';
  const pool = { engine: engine.address, image: tag, clock: systemClock, log: silentLog };
  const { success, stdout, error, durationMs } = await execute(pool, { code, waitMs: 10_000 });
  const [python, numpy, pandas] = stdout.trim().split(' ');
  const found = success
    ? `Python ${python ?? '?'}, numpy ${numpy ?? '?'}, pandas ${pandas ?? '?'} ran in ${Math.round(durationMs)} ms`
    : `a program failed in the sandbox: ${error?.message ?? 'no reason given'}`;
  return { ok: success, found, facts: { python, numpy, pandas } };
}

async function bars(env: NodeJS.ProcessEnv): Promise<Finding> {
  const catalogue = openMarketData({ csvDirectory: env['TRADEWRIGHT_BARS_DIR'] || undefined });
  const symbols = await catalogue.knownSymbols();
  const { info } = await sp500Source().load('SPX');
  const found = `${info.source}: ${info.count} bars; symbols: ${symbols.slice(0, 10).join(', ')}`;
  return { ok: info.count === sp500Bars, found, facts: { ...info, symbols: symbols.length } };
}

function model(env: NodeJS.ProcessEnv): Finding {
  const { llm } = readConfig(env);
  if (llm.kind === 'offline') {
    return {
      found: 'offline author, not an LLM (set TRADEWRIGHT_LLM_BASE_URL and _API_KEY for a model)',
      facts: { kind: llm.kind },
    };
  }
  const key = llm.apiKey === '' ? 'no key' : 'with a key';
  return {
    found: `${llm.model} at ${llm.baseUrl}, ${key}`,
    facts: { kind: llm.kind, baseUrl: llm.baseUrl, model: llm.model },
  };
}

async function disk(at: Surroundings, env: NodeJS.ProcessEnv): Promise<Finding> {
  const places = [at.cacheDir, resolve(env['TRADEWRIGHT_DATA_DIR'] || inCheckout('.tradewright'))];
  const free = await Promise.all(
    places.map(async (place) => {
      await mkdir(place, { recursive: true }).catch((cause: unknown) => {
        throw new TradewrightError('CONFIG_INVALID', `${place} cannot be written`, { cause });
      });
      const { bavail, bsize } = await statfs(place);
      return bavail * bsize;
    }),
  );
  const said = places.map((place, index) => `${((free[index] ?? 0) / 1024 ** 3).toFixed(1)} GiB at ${place}`);
  return {
    ok: free.every((bytes) => bytes >= leastFreeBytes),
    found: `free: ${said.join(', ')}`,
    facts: { places, freeBytes: free },
  };
}
