import { spawn } from 'node:child_process';
import { readFile, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { createRequire } from 'node:module';
import { z } from 'zod';
import { inCheckout } from '../app/doctor/surroundings.ts';

const fast = process.argv.includes('--fast');
const stopping = new AbortController();
for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, () => stopping.abort(name));

interface Part {
  readonly title: string;
  readonly program: string;
  readonly args: readonly string[];
  /** Where mocha leaves what became of each test. */
  readonly report?: string;
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

/** They work the container engine, and run beside everything else: a second core is there on nearly every machine. */
const withContainers = ['agent', 'attack', 'cli', 'e2e', 'sandbox', 'sandbox-actor'].map(
  (room) => `test/${room}/**/*.test.ts`,
);
const tests = (
  title: string,
  files: readonly string[],
  ignored: readonly string[],
): Part & { readonly report: string } => ({
  title: fast ? `${title}, without the slow suites` : title,
  program: 'mocha',
  args: [
    ...files,
    '--reporter',
    inCheckout('scripts/test/spec-and-report.cjs'),
    ...[...ignored, ...(fast ? ['test/**/*.e2e.test.ts'] : [])].flatMap((file) => ['--ignore', file]),
  ],
  report: inCheckout(`test/report-${title.replaceAll(' ', '-')}.json`),
});

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

/** Its output goes to stdout as it comes, or in one piece at the end where something else is writing there. */
async function run(part: Part, output: 'live' | 'at the end'): Promise<boolean> {
  const started = performance.now();
  if (output === 'live') console.log(`\n── ${part.title}`);
  const program = await executable(part.program);
  const child = spawn(process.execPath, [program, ...part.args], {
    cwd: inCheckout(),
    stdio: output === 'live' ? ['ignore', 'inherit', 'inherit'] : ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...(part.report === undefined ? {} : { TRADEWRIGHT_TEST_REPORT: part.report }) },
  });
  const lines: Buffer[] = [];
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk: Buffer) => lines.push(chunk));
  stopping.signal.addEventListener('abort', () => child.kill('SIGTERM'), { once: true });
  const ok = await new Promise<boolean>((resolve) => {
    child.once('error', () => resolve(false));
    child.once('close', (code) => resolve(code === 0));
  });
  if (output === 'at the end') console.log(`\n── ${part.title}\n${Buffer.concat(lines).toString()}`);
  console.log(`${ok ? '✓' : '✗'} ${part.title} (${((performance.now() - started) / 1000).toFixed(1)} s)`);
  return ok;
}

const Counts = z.object({ stats: z.object({ passes: z.int(), failures: z.int() }) });
interface Count {
  readonly passed: number;
  readonly failed: number;
}

async function runGates(): Promise<Count> {
  let [passed, failed] = [0, 0];
  for (const gate of gates) {
    if (stopping.signal.aborted) break;
    if (await run(gate, 'at the end')) passed += 1;
    else failed += 1;
  }
  return { passed, failed };
}

async function runTests(
  part: Part & { readonly report: string },
  output: Parameters<typeof run>[1],
): Promise<Count> {
  if (stopping.signal.aborted) return { passed: 0, failed: 1 };
  await rm(part.report, { force: true });
  const ok = await run(part, output);
  const counts = await readFile(part.report, 'utf8').then(
    (text) => Counts.parse(JSON.parse(text)).stats,
    () => undefined,
  );
  const { passes = 0, failures = 0 } = counts ?? {};
  // mocha that ends badly without a failed test (no test found, a crash while loading) is a failure all the same.
  return { passed: passes, failed: !ok && failures === 0 ? 1 : failures };
}

const counts = await Promise.all([
  runTests(tests('tests with containers', withContainers, []), 'live'),
  runGates().then(async (ofGates) => {
    const others = tests('tests without containers', ['test/**/*.test.ts'], withContainers);
    const count = await runTests(others, 'at the end');
    return { passed: ofGates.passed + count.passed, failed: ofGates.failed + count.failed };
  }),
]);
const passed = counts.reduce((sum, count) => sum + count.passed, 0);
const failed = counts.reduce((sum, count) => sum + count.failed, 0);
console.log(`\n${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;
