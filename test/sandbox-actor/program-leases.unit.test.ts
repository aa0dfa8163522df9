import { expect } from 'chai';
import type { Clock } from '../../contracts/ports/clock.ts';
import type { LeaseRequest, SandboxLease, SandboxPool } from '../../contracts/ports/sandbox.ts';
import { ProgramLeases } from '../../actors/sandbox/program-leases.ts';

/** Hands out `size` leases at a time and counts what is out. */
class CountingPool implements Pick<SandboxPool, 'lease' | 'stats'> {
  readonly released: string[] = [];
  #out = 0;
  #made = 0;
  readonly #size: number;

  constructor(size: number) {
    this.#size = size;
  }

  lease(_request: LeaseRequest): Promise<SandboxLease> {
    if (this.#out >= this.#size) return Promise.reject(new Error('everybody would wait for ever here'));
    this.#out += 1;
    const id = `lease-${++this.#made}`;
    let open = true;
    return Promise.resolve({
      id,
      containerId: id,
      run: () => Promise.reject(new Error('not run in this test')),
      release: () => {
        if (open) {
          open = false;
          this.#out -= 1;
          this.released.push(id);
        }
        return Promise.resolve();
      },
    });
  }

  stats() {
    const warm = this.#size - this.#out;
    return { warm, creating: 0, leased: this.#out, waiting: 0, served: 0, failedCreations: 0 };
  }
}

/** Time that passes when told. */
function manualClock(): Clock & { pass(ms: number): void } {
  let now = 0;
  const due: { at: number; callback: () => void }[] = [];
  return {
    now: () => now,
    schedule(ms, callback) {
      const entry = { at: now + ms, callback };
      due.push(entry);
      return () => void due.splice(due.indexOf(entry), due.includes(entry) ? 1 : 0);
    },
    pass(ms) {
      now += ms;
      for (const entry of due.filter(({ at }) => at <= now)) {
        due.splice(due.indexOf(entry), 1);
        entry.callback();
      }
    },
  };
}

function leasesOver(size: number) {
  const pool = new CountingPool(size);
  const clock = manualClock();
  const leases = new ProgramLeases({ pool: pool as unknown as SandboxPool, clock, idleMs: 1_000 });
  return { pool, clock, leases };
}

describe('ProgramLeases', () => {
  it('gives a program its own container back, and another program a fresh one', async () => {
    const { leases, pool } = leasesOver(2);
    const { lease } = await leases.take('a', { code: 'x = 1' });
    leases.keep('a', 'x = 1', lease);
    const again = await leases.take('a', { code: 'x = 1' });
    expect(again).to.deep.equal({ lease, reused: true });
    leases.keep('a', 'x = 1', lease);
    const other = await leases.take('a', { code: 'x = 2' });
    expect(other.reused).to.equal(false);
    expect(pool.released).to.deep.equal([lease.id]);
  });

  it('lets go of a kept container before somebody has to wait for one', async () => {
    const { leases, pool } = leasesOver(2);
    for (const owner of ['a', 'b', 'c', 'd']) {
      const { lease } = await leases.take(owner, { code: owner });
      leases.keep(owner, owner, lease);
    }
    expect(pool.released).to.deep.equal(['lease-1', 'lease-2']);
  });

  it('lets go of what nobody comes back for, and of everything at the end', async () => {
    const { leases, pool, clock } = leasesOver(3);
    for (const owner of ['a', 'b'])
      leases.keep(owner, owner, (await leases.take(owner, { code: owner })).lease);
    clock.pass(1_000);
    expect(pool.released).to.have.length(2);
    leases.keep('c', 'c', (await leases.take('c', { code: 'c' })).lease);
    await leases.releaseAll();
    expect(pool.released).to.have.length(3);
  });
});
