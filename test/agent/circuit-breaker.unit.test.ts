import { expect } from 'chai';
import { type BreakerState, createCircuitBreaker } from '../../actors/agent/circuit-breaker.ts';
import { manualClock } from './manual-clock.ts';

function breakerOn(clock = manualClock()) {
  const seen: BreakerState['state'][] = [];
  const breaker = createCircuitBreaker({
    clock,
    failures: 3,
    openMs: 10_000,
    longestOpenMs: 30_000,
    onChange: ({ state }) => seen.push(state),
  });
  const fail = (times: number): void => {
    for (let time = 0; time < times; time += 1) breaker.begin()('ill');
  };
  return { breaker, clock, seen, fail };
}

describe('circuit breaker', () => {
  it('A18 opens after so many failures in a row, says when to come again, and lets one probe through', async () => {
    const { breaker, clock, fail, seen } = breakerOn();
    fail(2);
    breaker.begin()('well');
    fail(3);
    expect(breaker.state()).to.deep.equal({ state: 'open', failures: 3, probeAt: clock.now() + 10_000 });
    expect(() => breaker.begin())
      .to.throw('failed 3 times in a row')
      .that.deep.includes({ code: 'AGENT_CIRCUIT_OPEN', kind: 'retryable' })
      .and.has.nested.property('details.retryAfterMs', 10_000);
    await clock.advance(10_000);
    expect(breaker.state().state).to.equal('half-open');
    const tell = breaker.begin();
    expect(() => breaker.begin(), 'only one probe').to.throw('in a row');
    tell('well');
    expect(breaker.state()).to.deep.equal({ state: 'closed', failures: 0, probeAt: null });
    breaker.begin()('well');
    expect(seen).to.deep.equal(['open', 'half-open', 'closed']);
  });

  it('A18 rests longer after each failed probe, up to a limit', async () => {
    const { breaker, clock, fail } = breakerOn();
    fail(3);
    for (const restMs of [20_000, 30_000, 30_000]) {
      await clock.advance(30_000);
      breaker.begin()('ill');
      expect(breaker.state().probeAt).to.equal(clock.now() + restMs);
    }
  });

  it('A18 a probe that was cancelled leaves the way free for another one', async () => {
    const { breaker, clock, fail } = breakerOn();
    fail(3);
    await clock.advance(10_000);
    breaker.begin()('unknown');
    expect(breaker.state().state).to.equal('half-open');
    breaker.begin()('well');
    expect(breaker.state().state).to.equal('closed');
  });

  it('A18 calls that were under way when it opened do not make it stay open longer', async () => {
    const { breaker, clock } = breakerOn();
    const tells = Array.from({ length: 6 }, () => breaker.begin());
    for (const tell of tells.slice(0, 3)) tell('ill');
    const { probeAt } = breaker.state();
    await clock.advance(5_000);
    for (const tell of tells.slice(3)) tell('ill');
    expect(breaker.state().probeAt).to.equal(probeAt);
  });
});
