import { execFile } from 'node:child_process';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect } from 'chai';

const run = promisify(execFile);
const checkout = join(dirname(fileURLToPath(import.meta.url)), '..', '..');

/** The JSON objects among the lines that an example printed. */
async function printedBy(example: string): Promise<unknown[]> {
  const { stdout } = await run(process.execPath, ['--import', 'tsx', `examples/${example}`], {
    cwd: checkout,
    timeout: 50_000,
  });
  return stdout
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line): unknown => JSON.parse(line));
}

describe('the numbered examples', () => {
  it('S2 S3 01-order pays back and puts back', async () => {
    expect(await printedBy('01-order.ts')).to.deep.equal([
      { state: 'COMPENSATED', undone: ['charge', 'reserve'] },
    ]);
  });

  it('S17 S18 S19 02-trip goes on after a restart', async () => {
    expect(await printedBy('02-trip.ts')).to.deep.equal([
      { state: 'COMPLETED', outcome: 'booked', reason: 'approved by ada' },
    ]);
  });

  it('S16 03-tune is retried by a person, and forked', async () => {
    expect(await printedBy('03-tune.ts')).to.deep.equal([
      { state: 'COMPLETED', length: 30 },
      { state: 'COMPLETED', length: 30 },
    ]);
  });
});
