// Gets from a bare checkout to a running command: `node scripts/bootstrap.mjs <command> [arguments]`.
// It runs before node_modules exists, so it uses Node's own modules only. stdout belongs to the command; progress goes to stderr.
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { constants } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from './build.mjs';

const oldestNode = 20;
const checkout = dirname(dirname(fileURLToPath(import.meta.url)));

/** What each command runs once packages are there, in order; `args` marks the one that gets the arguments. */
const commands = {
  setup: [{ script: 'scripts/setup.ts', args: true }],
  doctor: [{ script: 'app/doctor/main.ts', args: true }],
  demo: [{ script: 'scripts/setup.ts' }, { script: 'app/demo/main.ts', args: true }],
  test: [{ script: 'scripts/setup.ts' }, { script: 'scripts/test.ts', args: true }],
  verify: [{ script: 'scripts/setup.ts' }, { script: 'scripts/test.ts', args: true, prefix: ['--fast'] }],
  'test-crash': [{ script: 'scripts/setup.ts' }, { script: 'test/crash/main.ts', args: true }],
  bench: [{ script: 'scripts/setup.ts' }, { script: 'bench/main.ts', args: true }],
  // `start` runs the worker in this very process: see manyTasks in app/program.ts.
  cli: [{ script: 'cli/main.ts', args: true, node: ['--max-semi-space-size=32'] }],
  'seccomp-audit': [{ script: 'scripts/setup.ts' }, { script: 'scripts/seccomp-audit.ts', args: true }],
  'engine-stop': [{ script: 'scripts/engine-stop.ts', args: true }],
};

let running;
let stoppedBy;
for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
  process.on(name, () => {
    stoppedBy = name;
    running?.kill(name);
  });
}

const say = (text) => process.stderr.write(`${text}\n`);
const [name = '', ...args] = process.argv.slice(2);
process.exitCode = await main();

async function main() {
  const steps = Object.hasOwn(commands, name) ? commands[name] : undefined;
  if (steps === undefined) {
    say(`usage: node scripts/bootstrap.mjs <${Object.keys(commands).join('|')}> [arguments]`);
    return 2;
  }
  if (Number(process.versions.node.split('.')[0]) < oldestNode) {
    say(`Node ${oldestNode} or newer is needed; this is ${process.version} (${process.execPath}).`);
    return 1;
  }
  const installed = await installPackages();
  if (installed !== 0) return installed;
  const built = await compile();
  if (built === undefined) return 1;
  for (const step of steps) {
    const own = step.args ? [...(step.prefix ?? []), ...args] : [];
    const program = join(built, step.script.replace(/\.ts$/, '.js'));
    const code = await run(
      process.execPath,
      [...(step.node ?? []), '--enable-source-maps', program, ...own],
      'inherit',
    );
    if (code !== 0) return code;
  }
  return 0;
}

/** The folder of the compiled program; undefined when there is none, and why has been said. */
async function compile() {
  const started = performance.now();
  try {
    const { folder, made } = await build(checkout);
    if (made) say(`✓ compiled (${((performance.now() - started) / 1000).toFixed(1)} s)`);
    return folder;
  } catch (error) {
    say(`✗ the sources cannot be compiled: ${error.message}`);
    return undefined;
  }
}

/** `npm ci`, but only when the lock file is not the one that the present packages were installed from. */
async function installPackages() {
  const lockfile = await readFile(join(checkout, 'package-lock.json'));
  const wanted = createHash('sha256').update(lockfile).update(process.versions.modules).digest('hex');
  const stamp = join(checkout, 'node_modules/.tradewright-lock');
  const isInstalled = async () => (await readFile(stamp, 'utf8').catch(() => '')).trim() === wanted;
  if (await isInstalled()) return 0;
  const lock = join(checkout, '.tradewright/npm-ci.lock');
  await mkdir(dirname(lock), { recursive: true });
  const release = await takeLock(lock);
  if (release === undefined) return exitCode(1, stoppedBy);
  try {
    if (await isInstalled()) return 0;
    say('… npm packages');
    const started = performance.now();
    const code = await npm(['ci', '--no-audit', '--no-fund', '--loglevel=error']);
    const seconds = ((performance.now() - started) / 1000).toFixed(1);
    say(`${code === 0 ? '✓' : '✗'} npm packages (${seconds} s)`);
    if (code === 0) {
      await writeFile(`${stamp}.new`, `${wanted}\n`);
      await rename(`${stamp}.new`, stamp);
    }
    return code;
  } finally {
    await release();
  }
}

/** npm that came with this Node, so that no shell and no PATH decides; its output goes to stderr. */
function npm(npmArgs) {
  const known = [
    process.env.npm_execpath,
    join(dirname(process.execPath), '../lib/node_modules/npm/bin/npm-cli.js'),
    join(dirname(process.execPath), 'node_modules/npm/bin/npm-cli.js'),
  ];
  const cli = known.find((path) => path?.endsWith('npm-cli.js') && existsSync(path));
  return cli ? run(process.execPath, [cli, ...npmArgs], 2) : run('npm', npmArgs, 2);
}

/** Two commands started at once on a fresh checkout must not both rewrite node_modules. */
async function takeLock(path) {
  let told = false;
  while (stoppedBy === undefined) {
    try {
      await writeFile(path, String(process.pid), { flag: 'wx' });
      return () => rm(path, { force: true });
    } catch (error) {
      if (error.code !== 'EEXIST') throw error;
    }
    const owner = Number(await readFile(path, 'utf8').catch(() => ''));
    const age =
      Date.now() -
      (await stat(path).then(
        ({ mtimeMs }) => mtimeMs,
        () => Date.now(),
      ));
    if (owner ? !isAlive(owner) : age > 5_000) await rm(path, { force: true });
    else if (!told) {
      say(`another npm ci (pid ${owner}) is at work; waiting for it`);
      told = true;
    }
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  return undefined;
}

function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
}

/** Runs a program in the checkout and gives its exit code. Signals sent to us reach it through the handlers above. */
function run(program, programArgs, stdout) {
  if (stoppedBy !== undefined) return Promise.resolve(exitCode(null, stoppedBy));
  return new Promise((resolve) => {
    const child = spawn(program, programArgs, { cwd: checkout, stdio: ['inherit', stdout, 'inherit'] });
    running = child;
    child.once('error', (error) => {
      say(`${program} cannot be run: ${error.message}`);
      resolve(1);
    });
    child.once('exit', (code, signal) => {
      running = undefined;
      resolve(exitCode(code, signal));
    });
  });
}

function exitCode(code, signal) {
  return signal ? 128 + (constants.signals[signal] ?? 0) : (code ?? 1);
}
