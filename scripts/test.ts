import { spawn } from 'node:child_process';
import { mkdir, readFile, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { createRequire } from 'node:module';
import { z } from 'zod';
import { inCheckout } from '../app/doctor/surroundings.ts';

const report = inCheckout('test/report.json');
const fast = process.argv.includes('--fast');
const stopping = new AbortController();
for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, () => stopping.abort(name));

interface Part {
  readonly title: string;
  readonly program: string;
  readonly args: readonly string[];
}

const gates: readonly Part[] = [
  { title: 'format', program: 'prettier', args: ['--check', '--log-level', 'warn', '.'] },
  { title: 'types', program: 'tsc', args: ['--noEmit', '-p', '.'] },
  { title: 'lint', program: 'eslint', args: ['--max-warnings', '0', '.'] },
  {
    title: 'boundaries',
    program: 'depcruise',
    args: ['--config', '.dependency-cruiser.cjs', '--output-type', 'err', '.'],
  },
  { title: 'dead code', program: 'knip', args: ['--no-progress'] },
];

const suites: Part = {
  title: fast ? 'tests without the slow suites' : 'tests',
  program: 'mocha',
  args: [
    'test/**/*.test.ts',
    '--reporter',
    inCheckout('scripts/test/spec-and-report.cjs'),
    ...(fast ? ['--ignore', 'test/**/*.e2e.test.ts'] : []),
  ],
};

/** The program of an installed package, run by this Node: no shell, no npx. */
async function executable(name: string): Promise<string> {
  const packages: Record<string, string> = { tsc: 'typescript', depcruise: 'dependency-cruiser' };
  const manifest = inCheckout('node_modules', packages[name] ?? name, 'package.json');
  const { bin } = z
    .object({ bin: z.union([z.string(), z.record(z.string(), z.string())]) })
    .parse(createRequire(import.meta.url)(manifest));
  const file = typeof bin === 'string' ? bin : bin[name];
  if (file === undefined) throw new Error(`the package of ${name} has no such program`);
  return join(dirname(manifest), file);
}

async function run(part: Part): Promise<boolean> {
  const started = performance.now();
  console.log(`\n── ${part.title}`);
  const program = await executable(part.program);
  const child = spawn(process.execPath, [program, ...part.args], {
    cwd: inCheckout(),
    stdio: ['ignore', 'inherit', 'inherit'],
    env: { ...process.env, TRADEWRIGHT_TEST_REPORT: report },
  });
  stopping.signal.addEventListener('abort', () => child.kill('SIGTERM'), { once: true });
  const ok = await new Promise<boolean>((resolve) => {
    child.once('error', () => resolve(false));
    child.once('exit', (code) => resolve(code === 0));
  });
  console.log(`${ok ? '✓' : '✗'} ${part.title} (${((performance.now() - started) / 1000).toFixed(1)} s)`);
  return ok;
}

const Counts = z.object({ stats: z.object({ passes: z.int(), failures: z.int() }) });

let passed = 0;
let failed = 0;
await mkdir(dirname(report), { recursive: true });
await rm(report, { force: true });
for (const gate of gates) {
  if (stopping.signal.aborted) break;
  if (await run(gate)) passed += 1;
  else failed += 1;
}
if (!stopping.signal.aborted) {
  const ok = await run(suites);
  const counts = await readFile(report, 'utf8').then(
    (text) => Counts.parse(JSON.parse(text)).stats,
    () => undefined,
  );
  passed += counts?.passes ?? 0;
  failed += counts?.failures ?? 0;
  // mocha that ends badly without a failed test (no test found, a crash while loading) is a failure all the same.
  if (!ok && (counts?.failures ?? 0) === 0) failed += 1;
} else failed += 1;
console.log(`\n${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;
