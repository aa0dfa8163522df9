import { expect } from 'chai';
import { DecideRequest } from '../../contracts/effects/publish.ts';
import { signalIdFrom, strategyIdFrom, workflowIdFrom } from '../../contracts/ids.ts';
import { systemClock } from '../../contracts/ports/clock.ts';
import type { Reservation, RiskBook } from '../../contracts/ports/stores.ts';
import type { GateSignal } from '../../contracts/risk.ts';
import type { SignalCandidate } from '../../contracts/signal-candidate.ts';
import { RiskDesk } from '../../actors/router/risk-desk.ts';
import { backtest, defaultRiskLimits, metricsOf } from '../../market/index.ts';

const identity = {
  strategyId: strategyIdFrom(workflowIdFrom('desk')),
  version: 1,
  symbol: 'SPX',
  timeframe: '1d',
};
const CAPITAL = 100_000;
const DAY_MS = 86_400_000;
const now = Date.parse('2024-03-01T12:00:00Z');
const clock = { ...systemClock, now: () => now };

class Book implements RiskBook {
  readonly held: Reservation[] = [];
  reserve(reservation: Reservation): Promise<void> {
    if (!this.held.some(({ reservationId }) => reservationId === reservation.reservationId))
      this.held.push(reservation);
    return Promise.resolve();
  }
  settle(): Promise<void> {
    return Promise.resolve();
  }
  reservations(): Promise<readonly Reservation[]> {
    return Promise.resolve(this.held);
  }
}

/** A candidate of so many hours ago, valid for two days. */
function candidate(hoursAgo: number, from: number, to: number): SignalCandidate {
  const barMs = now - hoursAgo * 3_600_000;
  const action = to === from ? 'hold' : to > from ? 'buy' : 'sell';
  return {
    barTime: new Date(barMs).toISOString(),
    action,
    side: to > 0 ? 'long' : to < 0 ? 'short' : 'flat',
    targetPosition: to,
    previousPosition: from,
    priceReference: 100,
    validFrom: new Date(barMs).toISOString(),
    validUntil: new Date(barMs + 2 * DAY_MS).toISOString(),
  };
}

function metrics() {
  const time = Float64Array.from({ length: 300 }, (_, at) => now - (300 - at) * DAY_MS);
  const price = Float64Array.from({ length: 300 }, (_, at) => 100 + at + (at % 7));
  const bars = { time, open: price, high: price, low: price, close: price, volume: price };
  const positions = Float64Array.from({ length: 300 }, (_, at) => (Math.floor(at / 5) % 2 === 0 ? 1 : 0));
  return metricsOf(bars, backtest(bars, positions), { timeframe: '1d' });
}

function request(
  candidates: readonly SignalCandidate[],
  mode: 'paper' | 'historical' = 'paper',
): DecideRequest {
  const workflowId = workflowIdFrom('desk');
  return DecideRequest.parse({
    workflowId,
    strategyId: strategyIdFrom(workflowId),
    version: 1,
    symbol: 'SPX',
    timeframe: '1d',
    mode,
    candidates,
    codeRisk: 0,
    metrics: metrics(),
    lookAheadPassed: true,
    confidence: 0.8,
  });
}

function desk(
  options: {
    book?: Book;
    published?: (signal: GateSignal) => boolean;
    killed?: boolean;
    cooldownMs?: number;
  } = {},
) {
  return new RiskDesk({
    clock,
    book: options.book ?? new Book(),
    capital: CAPITAL,
    limits: { ...defaultRiskLimits(CAPITAL), cooldownMs: options.cooldownMs ?? 0 },
    killSwitch: () => ({ engaged: options.killed ?? false, reason: 'test' }),
    published: async (signal) => options.published?.(signal) ?? false,
  });
}

describe('RiskDesk', () => {
  it('passes signals and holds their limits once, also when the step runs twice', async () => {
    const book = new Book();
    const subject = desk({ book });
    const first = await subject.decide(request([candidate(2, 0, 1)]), 'key');
    const second = await subject.decide(request([candidate(2, 0, 1)]), 'key');
    expect(first.candidates).to.have.length(1);
    expect(second).to.deep.equal(first);
    expect(book.held).to.have.length(1);
  });

  it('holds nothing when every signal is refused, and says why', async () => {
    const book = new Book();
    const result = await desk({ book, killed: true }).decide(request([candidate(2, 0, 1)]), 'key');
    expect(result).to.include({ reservationId: null });
    expect(result.candidates).to.deep.equal([]);
    expect(result.gates.find((gate) => !gate.passed)?.code).to.equal('KILL_SWITCH');
    expect(book.held).to.deep.equal([]);
  });

  it('counts what other workflows hold against the day’s limit', async () => {
    const book = new Book();
    const subject = desk({ book });
    // Five times the capital is the day's limit: five entries of the whole capital fit, a sixth does not.
    for (let at = 0; at < 5; at += 1) await subject.decide(request([candidate(2 + at, 0, 1)]), `other-${at}`);
    const sixth = await subject.decide(request([candidate(8, 0, 1)]), 'sixth');
    expect(sixth.gates.find((gate) => !gate.passed)?.code).to.equal('MAX_NOTIONAL');
    const replayed = await subject.decide(request([candidate(8, 0, 1)], 'historical'), 'historical');
    expect(replayed.candidates).to.have.length(1);
  });

  it('lets the next signal start from the last published one when one between was refused', async () => {
    // The cooldown refuses the second entry right after the first; the way out is always free.
    const result = await desk({ cooldownMs: 3_600_000 }).decide(
      request([candidate(30, 0, 0.5), candidate(29, 0.5, 1), candidate(28, 1, 0)]),
      'key',
    );
    expect(result.gates.find((gate) => !gate.passed)?.code).to.equal('COOLDOWN');
    expect(
      result.candidates.map(({ previousPosition, targetPosition }) => [previousPosition, targetPosition]),
    ).to.deep.equal([
      [0, 0.5],
      [0.5, 0],
    ]);
  });

  it('stops what has expired, or what the kill switch caught, between the decision and the publish', () => {
    const { validUntil } = candidate(72, 0, 1);
    const signal = {
      signalId: signalIdFrom({ ...identity, barTime: 'x', action: 'buy', mode: 'live' }),
      validUntil,
    };
    expect(() => desk().assertStillAllowed({ ...signal, mode: 'live' })).to.throw(/was valid until/);
    expect(() => desk().assertStillAllowed({ ...signal, mode: 'historical' })).not.to.throw();
    const valid = { ...signal, validUntil: candidate(2, 0, 1).validUntil, mode: 'live' } as const;
    expect(() => desk().assertStillAllowed(valid)).not.to.throw();
    expect(() => desk({ killed: true }).assertStillAllowed(valid)).to.throw(/kill switch/);
  });

  it('takes a signal that another workflow published for given', async () => {
    const out = candidate(30, 0, 1);
    const result = await desk({ published: ({ barTime }) => barTime === out.barTime }).decide(
      request([out, candidate(28, 1, 0)]),
      'key',
    );
    expect(result.gates.find((gate) => !gate.passed)?.code).to.equal('DUPLICATE');
    expect(
      result.candidates.map(({ previousPosition, targetPosition }) => [previousPosition, targetPosition]),
    ).to.deep.equal([[1, 0]]);
  });
});
