import { spawn } from 'node:child_process';
import { readFile, rm, writeFile } from 'node:fs/promises';
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
  report: inCheckout(`test/report.${title.replaceAll(' ', '-')}.json`),
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

/** What is read of mocha's report; the rest goes through as it is. */
const MochaReport = z.looseObject({
  stats: z.looseObject({ tests: z.int(), passes: z.int(), pending: z.int(), failures: z.int() }),
  tests: z.array(z.unknown()),
  passes: z.array(z.unknown()),
  pending: z.array(z.unknown()),
  failures: z.array(z.unknown()),
});
type MochaReport = z.infer<typeof MochaReport>;

interface Count {
  readonly passed: number;
  readonly failed: number;
  readonly reports: readonly MochaReport[];
}

async function runGates(): Promise<Count> {
  let [passed, failed] = [0, 0];
  for (const gate of gates) {
    if (stopping.signal.aborted) break;
    if (await run(gate, 'at the end')) passed += 1;
    else failed += 1;
  }
  return { passed, failed, reports: [] };
}

async function runTests(
  part: Part & { readonly report: string },
  output: Parameters<typeof run>[1],
): Promise<Count> {
  if (stopping.signal.aborted) return { passed: 0, failed: 1, reports: [] };
  await rm(part.report, { force: true });
  const ok = await run(part, output);
  const reports = await readFile(part.report, 'utf8').then(
    (text) => [MochaReport.parse(JSON.parse(text))],
    () => [],
  );
  await rm(part.report, { force: true });
  const passed = reports[0]?.stats.passes ?? 0;
  const failed = reports[0]?.stats.failures ?? 0;
  // mocha that ends badly without a failed test (no test found, a crash while loading) is a failure all the same.
  return { passed, failed: !ok && failed === 0 ? 1 : failed, reports };
}

/** One report of mocha's form over all that ran. */
function merged(reports: readonly MochaReport[]): MochaReport {
  const sum = (name: 'tests' | 'passes' | 'pending' | 'failures'): number =>
    reports.reduce((total, { stats }) => total + stats[name], 0);
  return {
    stats: { tests: sum('tests'), passes: sum('passes'), pending: sum('pending'), failures: sum('failures') },
    tests: reports.flatMap(({ tests }) => tests),
    passes: reports.flatMap(({ passes }) => passes),
    pending: reports.flatMap(({ pending }) => pending),
    failures: reports.flatMap(({ failures }) => failures),
  };
}

await rm(report, { force: true });
const counts = await Promise.all([
  runTests(tests('tests with containers', withContainers, []), 'live'),
  runGates().then(async (ofGates) => {
    const others = tests('tests without containers', ['test/**/*.test.ts'], withContainers);
    return [ofGates, await runTests(others, 'at the end')];
  }),
]);
const all = counts.flat();
await writeFile(report, JSON.stringify(merged(all.flatMap(({ reports }) => reports))));
const passed = all.reduce((sum, count) => sum + count.passed, 0);
const failed = all.reduce((sum, count) => sum + count.failed, 0);
console.log(`\n${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;
