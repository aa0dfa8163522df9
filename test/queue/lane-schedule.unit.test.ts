import { expect } from 'chai';
import fc from 'fast-check';
import { laneWeights, nextPull, withTaken } from '../../actors/queue/lane-schedule.ts';
import { type Lane, lanes } from '../../contracts/lanes.ts';

/** Takes one task at a time from lanes that hold `depths` tasks, as a worker with one place does. */
function drain(depths: Record<Lane, number>, count: number): Lane[] {
  const left = { ...depths };
  const order: Lane[] = [];
  let credits = laneWeights as Record<Lane, number>;
  while (order.length < count) {
    const next = nextPull(credits, new Set(lanes.filter((lane) => left[lane] > 0)), 1);
    if (next === undefined) break;
    const { lane } = next.pull;
    left[lane]--;
    order.push(lane);
    credits = withTaken(next.credits, lane, 1);
  }
  return order;
}

describe('lane schedule', () => {
  it('Q2 takes the urgent first: added low, critical, normal, high', () => {
    expect(drain({ low: 1, critical: 1, normal: 1, high: 1 }, 4)).to.deep.equal([
      'critical',
      'high',
      'normal',
      'low',
    ]);
  });

  it('Q2 gives every lane its weight of each round under a flood', () => {
    const round = drain({ critical: 999, high: 999, normal: 999, low: 999 }, 30);
    for (const half of [round.slice(0, 15), round.slice(15)]) {
      expect(lanes.map((lane) => half.filter((taken) => taken === lane).length)).to.deep.equal([8, 4, 2, 1]);
    }
  });

  it('Q2 never lets a lane with work wait longer than one round, whatever the depths', () => {
    const depth = fc.nat({ max: 40 });
    fc.assert(
      fc.property(fc.record({ critical: depth, high: depth, normal: depth, low: depth }), (depths) => {
        const total = lanes.reduce((sum, lane) => sum + depths[lane], 0);
        const order = drain(depths, total);
        expect(order).to.have.length(total);
        for (const lane of lanes.filter((each) => depths[each] > 0)) {
          expect(order.indexOf(lane)).to.be.lessThan(15);
        }
      }),
    );
  });

  it('asks for no more than there are free places, and for nothing without any', () => {
    expect(nextPull(laneWeights, new Set(lanes), 3)?.pull).to.deep.equal({ lane: 'critical', max: 3 });
    expect(nextPull(laneWeights, new Set(lanes), 100)?.pull).to.deep.equal({ lane: 'critical', max: 8 });
    expect(nextPull(laneWeights, new Set(lanes), 0)).to.equal(undefined);
    expect(nextPull(laneWeights, new Set(), 5)).to.equal(undefined);
  });
});
