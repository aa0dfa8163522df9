// Compiles the checkout's programs from TypeScript to JavaScript under dist/<digest of the sources>/: starting takes a third of the time that
// a loader takes, and a build is never stale nor half written. Only Node's own modules until packages are installed.
import { createHash, randomUUID } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, realpathSync } from 'node:fs';
import { readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { extname, join, relative } from 'node:path';

/** Builds that stay: programs that run may still load parts of an earlier one. */
const KEPT = 3;
/** Nobody builds for that long: it was killed. */
const LEFT_BEHIND_MS = 10 * 60_000;
const WITHOUT = new Set(['node_modules', 'dist', 'coverage', 'examples']);

/** Sources that are started as programs. */
const PROGRAMS = [
  /(^|\/)main\.ts$/,
  /^scripts\/[^/]+\.ts$/,
  /^bench\/(saga|queue)\/(ours|cost-side)\.ts$/,
  /^test\/crash\/crash-child\.ts$/,
];

/** Packages of hundreds of files: one file of each is read faster. The others stay where they are installed. */
const BUNDLED = /^(zod|@nats-io\/[^/]+|fastify-type-provider-zod)(\/|$)/;

/** Before each file: what packages in the older form ask for, the folder of the build, and the one of the sources, beside which assets are found. */
const BANNER = `import { createRequire as requireFrom } from 'node:module';
const require = requireFrom(import.meta.url);
const [builtFolder, sourceFolder] = /^(.*\\/)dist\\/[0-9a-f]{16}\\//.exec(import.meta.url);`;

/** Gives the folder of the compiled program, and whether it had to be made. */
export async function build(folder) {
  const checkout = realpathSync(folder);
  const files = sources(checkout);
  const manifests = ['package.json', 'package-lock.json']
    .map((name) => join(checkout, name))
    .filter(existsSync);
  const digest = createHash('sha256').update(readFileSync(new URL(import.meta.url)));
  for (const file of [...files, ...manifests])
    digest.update(`${relative(checkout, file)}\0`).update(readFileSync(file));
  const name = digest.digest('hex').slice(0, 16);
  const made = join(checkout, 'dist', name);
  if (existsSync(made)) return { folder: made, made: false };
  const { build: bundle } = await import('esbuild');
  const making = `${made}.${randomUUID()}`;
  try {
    await bundle({
      entryPoints: files.filter((file) => PROGRAMS.some((program) => program.test(relative(checkout, file)))),
      outdir: making,
      outbase: checkout,
      chunkNames: 'shared/[hash]',
      bundle: true,
      splitting: true,
      platform: 'node',
      format: 'esm',
      target: 'node20.10',
      sourcemap: 'linked',
      sourcesContent: false,
      logLevel: 'silent',
      banner: { js: BANNER },
      plugins: [{ name: 'tradewright', setup: plugin(checkout) }],
    });
    await rename(making, made).catch((error) => {
      if (!existsSync(made)) throw error;
    });
  } finally {
    await rm(making, { recursive: true, force: true });
  }
  await forgetOld(join(checkout, 'dist'));
  return { folder: made, made: true };
}

/** Bundles our own sources, each of which still knows where it is; most packages stay imports. */
function plugin(checkout) {
  const own = ({ path }) => path.startsWith(checkout) && !path.includes('/node_modules/');
  const packageName = /^[^./]/;
  return ({ onResolve, onLoad }) => {
    onResolve({ filter: packageName }, ({ path, kind }) =>
      kind === 'entry-point' || BUNDLED.test(path) ? undefined : { path, external: true },
    );
    onLoad({ filter: /\.(ts|mjs)$/ }, async (file) => {
      if (!own(file)) return undefined;
      const name = relative(checkout, file.path);
      const source = await readFile(file.path, 'utf8');
      return {
        contents: source
          .replaceAll('import.meta.url', `(sourceFolder + ${JSON.stringify(name)})`)
          .replaceAll('import.meta.built', `(builtFolder + ${JSON.stringify(name.replace(/\.ts$/, '.js'))})`),
        loader: extname(name) === '.ts' ? 'ts' : 'js',
      };
    });
  };
}

function sources(folder) {
  return readdirSync(folder, { withFileTypes: true })
    .flatMap((entry) => {
      const path = join(folder, entry.name);
      if (entry.isDirectory())
        return WITHOUT.has(entry.name) || entry.name.startsWith('.') ? [] : sources(path);
      return /(?<!\.d)\.ts$|\.mjs$/.test(entry.name) ? [path] : [];
    })
    .sort();
}

async function forgetOld(dist) {
  const builds = await Promise.all(
    (await readdir(dist)).map(async (name) => ({ name, at: (await stat(join(dist, name))).mtimeMs })),
  );
  const whole = builds.filter(({ name }) => !name.includes('.')).sort((a, b) => b.at - a.at);
  const left = builds.filter(({ name, at }) => name.includes('.') && at < Date.now() - LEFT_BEHIND_MS);
  const old = [...whole.slice(KEPT), ...left];
  await Promise.all(old.map(({ name }) => rm(join(dist, name), { recursive: true, force: true })));
}
