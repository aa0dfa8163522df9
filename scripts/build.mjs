// Compiles the checkout's TypeScript to JavaScript under dist/<digest of the sources>/, one file for each: starting takes a third of the
// time that a loader takes, and a build is never stale nor half written. Only Node's own modules until packages are installed.
import { createHash, randomUUID } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { readdir, rename, rm, stat } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';

/** Builds that stay: programs that run may still load parts of an earlier one. */
const KEPT = 3;
/** Nobody builds for that long: it was killed. */
const LEFT_BEHIND_MS = 10 * 60_000;
const WITHOUT = new Set(['node_modules', 'dist', 'coverage', 'examples']);

/** Before each file: where its source is, from which assets are found, and where it is itself. */
const BANNER = `const builtUrl = import.meta.url;
const sourceUrl = builtUrl.replace(/\\/dist\\/[0-9a-f]{16}\\/(?!.*\\/dist\\/[0-9a-f]{16}\\/)/, '/').replace(/\\.js$/, '.ts');`;

/** Gives the folder of the compiled program, and whether it had to be made. */
export async function build(checkout) {
  const files = sources(checkout);
  const digest = createHash('sha256').update(readFileSync(new URL(import.meta.url)));
  for (const file of files) digest.update(`${relative(checkout, file)}\0`).update(readFileSync(file));
  const name = digest.digest('hex').slice(0, 16);
  const made = join(checkout, 'dist', name);
  if (existsSync(made)) return { folder: made, made: false };
  const { build: bundle } = await import('esbuild');
  const making = `${made}.${randomUUID()}`;
  try {
    await bundle({
      entryPoints: files,
      outdir: making,
      outbase: checkout,
      bundle: true,
      platform: 'node',
      format: 'esm',
      target: 'node20.10',
      sourcemap: 'linked',
      sourcesContent: false,
      logLevel: 'silent',
      banner: { js: BANNER },
      define: { 'import.meta.url': 'sourceUrl', 'import.meta.built': 'builtUrl' },
      plugins: [
        { name: 'one file each', setup: ({ onResolve }) => onResolve({ filter: /./ }, separate(checkout)) },
      ],
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

/** Nothing is bundled: imports stay imports, of the compiled file where they name a source, else of what lies beside the source. */
function separate(checkout) {
  return ({ path, kind, importer }) => {
    if (kind === 'entry-point') return undefined;
    if (!path.startsWith('.')) return { path, external: true };
    if (path.endsWith('.ts')) return { path: path.replace(/\.ts$/, '.js'), external: true };
    const from = dirname(importer);
    const compiled = join(checkout, 'dist/build', relative(checkout, from));
    return { path: relative(compiled, join(from, path)), external: true };
  };
}

function sources(folder) {
  return readdirSync(folder, { withFileTypes: true })
    .flatMap((entry) => {
      const path = join(folder, entry.name);
      if (entry.isDirectory())
        return WITHOUT.has(entry.name) || entry.name.startsWith('.') ? [] : sources(path);
      return entry.name.endsWith('.ts') && !entry.name.endsWith('.d.ts') ? [path] : [];
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
