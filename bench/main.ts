// `npm run bench -- <suite> [--json] [--quick] [--full] [--write]`
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Command } from 'commander';
import { machine, markdown, type Report, writeSection } from './harness/report.ts';
import { rowOf } from './harness/rows.ts';
import type { Suite } from './harness/suite.ts';

const suites: Readonly<Record<string, () => Promise<Suite>>> = {
  queue: async () => (await import('./queue/suite.ts')).queue,
  saga: async () => (await import('./saga/suite.ts')).saga,
  sandbox: async () => (await import('./sandbox/suite.ts')).sandbox,
};
const results = fileURLToPath(new URL('RESULTS.md', import.meta.url));

const program = new Command('bench')
  .description('Ours beside its peers, measured in one run on this machine.')
  .argument('<suite>', Object.keys(suites).join(', '))
  .option('--json', 'print the report as one JSON object, the last line of stdout', false)
  .option('--quick', 'one small repetition: shows that it works, not how fast it is', false)
  .option('--full', 'also what takes many minutes', false)
  .option('--write', 'put the figures into bench/RESULTS.md', false)
  .parse();
const [name = ''] = program.args;
const { json, quick, full, write } = program.opts<{
  json: boolean;
  quick: boolean;
  full: boolean;
  write: boolean;
}>();
const load =
  suites[name] ?? program.error(`there is no suite ${name}; there are: ${Object.keys(suites).join(', ')}`);

const stopping = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stopping.abort(signal));
const dir = await mkdtemp(join(tmpdir(), `tradewright-bench-${name}-`));
// Some servers run as a user of their own.
await chmod(dir, 0o755);
try {
  const suite = await load();
  const progress = (line: string): void => void process.stderr.write(`${line}\n`);
  const { versions, measured } = await suite({ dir, quick, full, signal: stopping.signal, progress });
  const report: Report = { suite: name, machine: machine(), versions, rows: measured.map(rowOf) };
  const command = `npm run bench -- ${name}${full ? ' --full' : ''}${quick ? ' --quick' : ''} --json`;
  const section = markdown(report, command, new Date().toISOString().slice(0, 10));
  if (write) await writeSection(results, name, section);
  process.stdout.write(json ? `${JSON.stringify(report)}\n` : section);
} finally {
  await rm(dir, { recursive: true, force: true });
}
process.exit(0);
