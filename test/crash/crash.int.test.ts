import { expect } from 'chai';
import { crashMatrix, type CrashResult, titleOf } from './crash-matrix.ts';

/** Every third point here, always the same ones; all of them with `npm run test:crash`. */
const SHARE = 3;

describe('killed at an event boundary', function () {
  this.timeout(240_000);
  let results: readonly CrashResult[];
  before(async () => {
    results = await crashMatrix({ share: SHARE });
  });

  it('S12 S13 goes on and ends as if nothing had happened: no completed step runs again, none is undone without its result', () => {
    const faults = results.flatMap((result) => result.faults.map((fault) => `${titleOf(result)}: ${fault}`));
    expect(faults).to.deep.equal([]);
  });

  it('S12 was killed on either side of appends, effects, publishes, snapshots and cursor writes', () => {
    const kinds = new Set(
      results.flatMap(({ killAt }) => killAt.map((point) => point.replace(/ \d+ /, ' '))),
    );
    for (const what of ['append', 'effect', 'publish', 'snapshot', 'cursor'])
      expect(
        [...kinds].some((kind) => kind.startsWith(what)),
        what,
      ).to.equal(true);
    expect(results.length).to.be.greaterThan(40);
  });
});
