import { expect } from 'chai';
import { EngineLimits, inabilitiesOf } from '../../sandbox-pool/docker/engine-limits.ts';

const all = { MemoryLimit: true, SwapLimit: true, PidsLimit: true, CpuCfsPeriod: true, CpuCfsQuota: true };
const namesOf = (info: object): string[] => inabilitiesOf(EngineLimits.parse(info)).map(({ what }) => what);

describe('inabilitiesOf', () => {
  it('finds none where the engine can keep every limit', () => expect(namesOf(all)).to.deep.equal([]));

  for (const [field, what] of [
    ['MemoryLimit', 'memory'],
    ['SwapLimit', 'swap'],
    ['PidsLimit', 'processes'],
    ['CpuCfsQuota', 'processor time'],
    ['CpuCfsPeriod', 'processor time'],
  ] as const) {
    it(`names ${what} for ${field}: false, and what to do`, () => {
      expect(namesOf({ ...all, [field]: false })).to.deep.equal([what]);
      expect(inabilitiesOf({ ...all, [field]: false })[0]?.fix).to.match(/kernel/);
    });
  }

  it('names each of several', () =>
    expect(namesOf({ ...all, MemoryLimit: false, SwapLimit: false, PidsLimit: false })).to.deep.equal([
      'memory',
      'swap',
      'processes',
    ]));

  it('leaves what an engine does not say to the look at its containers', () =>
    expect(namesOf({ OSType: 'linux', Warnings: null })).to.deep.equal([]));
});
