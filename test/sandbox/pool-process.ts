import { systemClock } from '../../contracts/ports/clock.ts';
import { silentLog } from '../../contracts/ports/log.ts';
import { createSandboxPool } from '../../sandbox-pool/index.ts';

/** A process of its own with a pool, for a test to kill: one container spins in a lease, one is warm. Prints a line at each step. */
const [socketPath = '', image = ''] = process.argv.slice(2);
const pool = createSandboxPool({
  engine: { socketPath },
  image,
  clock: systemClock,
  log: silentLog,
  min: 1,
  max: 2,
});
process.stdout.write('starting\n');
await pool.start();
process.stdout.write('warm\n');
const running = pool.execute({
  code: 'print("spinning", flush=True)\nwhile True: pass',
  timeoutMs: 600_000,
  onOutput: () => process.stdout.write('spinning\n'),
});
await running;
