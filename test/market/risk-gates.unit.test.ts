import { expect } from 'chai';
import { signalIdFrom, strategyIdFrom, workflowIdFrom } from '../../contracts/ids.ts';
import {
  gateCodes,
  gateNames,
  GateSignal,
  GateVerdict,
  type RiskState,
  RiskState as RiskStateSchema,
} from '../../contracts/risk.ts';
import { Symbol } from '../../contracts/symbol.ts';
import {
  checkGates,
  defaultRiskLimits,
  emptyRiskState,
  REMEMBERED_IDS,
  withPublished,
} from '../../market/risk/index.ts';

const NOW = Date.parse('2024-03-06T10:00:00.000Z');
const HOUR = 3_600_000;

function signalOf(overrides: Partial<GateSignal> & { name?: string } = {}): GateSignal {
  const { name = 'first', ...fields } = overrides;
  return GateSignal.parse({
    signalId: signalIdFrom({
      strategyId: strategyIdFrom(workflowIdFrom('test')),
      version: 1,
      symbol: 'SPX',
      timeframe: '1d',
      barTime: name,
      action: 'buy',
      mode: 'live',
    }),
    symbol: Symbol.parse('SPX'),
    mode: 'live',
    action: 'buy',
    barTime: '2024-03-05T00:00:00.000Z',
    targetPosition: 0.5,
    previousPosition: 0,
    validFrom: '2024-03-06T00:00:00.000Z',
    validUntil: '2024-03-07T00:00:00.000Z',
    ...fields,
  });
}

const calm = emptyRiskState(100_000);
const limits = { maxPosition: 0.8, maxNotionalPerDay: 120_000, cooldownMs: HOUR, maxDailyLoss: 2_000 };
const today = (state: Partial<RiskState>): RiskState => ({ ...calm, day: '2024-03-06', ...state });

/** The codes other than OK. */
const codes = (signal: GateSignal, state: RiskState = calm, nowMs = NOW): string[] =>
  checkGates(signal, state, limits, nowMs)
    .map((verdict) => GateVerdict.parse(verdict).code)
    .filter((code) => code !== 'OK');
const passes = (signal: GateSignal, state: RiskState = calm): boolean =>
  checkGates(signal, state, limits, NOW).every(({ passed }) => passed);

describe('risk gates', () => {
  it('let a fresh signal within all limits pass, with a verdict of each gate and its reason', () => {
    const verdicts = checkGates(signalOf(), calm, limits, NOW);
    expect(verdicts.map(({ gate }) => gate)).to.deep.equal([...gateNames]);
    for (const verdict of verdicts)
      expect(verdict).to.include({ passed: true, code: 'OK', signalId: signalOf().signalId });
    for (const { why } of verdicts) expect(why).not.to.equal('');
  });

  it('pass and refuse by the code alone', () => {
    const all = [...gateCodes.passing, ...gateCodes.refusing];
    expect(new Set(all).size).to.equal(all.length);
    const [verdict] = checkGates(
      signalOf(),
      today({ killSwitch: { engaged: true, reason: 'drill' } }),
      limits,
      NOW,
    );
    expect(verdict).to.deep.include({ gate: 'kill-switch', passed: false, code: 'KILL_SWITCH' });
    expect(verdict?.why).to.include('drill');
  });

  it('kill switch: stops everything, an exit and a historical signal too', () => {
    const state = today({ killSwitch: { engaged: true, reason: 'drill' } });
    expect(codes(signalOf({ previousPosition: 0.5, targetPosition: 0 }), state)).to.deep.equal([
      'KILL_SWITCH',
    ]);
    expect(codes(signalOf({ mode: 'historical' }), state)).to.include('KILL_SWITCH');
  });

  it('staleness: from the end of its validity on, in live and in paper', () => {
    const end = Date.parse('2024-03-07T00:00:00.000Z');
    expect(codes(signalOf(), calm, end - 1)).to.deep.equal([]);
    expect(codes(signalOf(), calm, end)).to.deep.equal(['STALE']);
    expect(codes(signalOf({ mode: 'paper' }), calm, end)).to.deep.equal(['STALE']);
  });

  it('staleness: a bar that has not begun is refused', () => {
    expect(codes(signalOf(), calm, Date.parse('2024-03-04T23:59:59.999Z'))).to.deep.equal([
      'FROM_THE_FUTURE',
    ]);
  });

  it('staleness: a historical signal is exempt, and the verdict says so', () => {
    const old = signalOf({ mode: 'historical' });
    expect(codes(old, calm, NOW + 1e12)).to.deep.equal(['EXEMPT_HISTORICAL']);
    expect(passes(old)).to.equal(true);
    const verdict = checkGates(old, calm, limits, NOW).find(({ gate }) => gate === 'staleness');
    expect(verdict?.why).to.match(/not held against the wall clock/);
  });

  it('duplicate: the same id once only', () => {
    const state = withPublished(calm, signalOf({ targetPosition: 0.1 }), NOW - 2 * HOUR);
    expect(codes(signalOf(), state)).to.deep.equal(['DUPLICATE']);
    expect(codes(signalOf({ name: 'second' }), state)).to.deep.equal([]);
  });

  it('max position: on both sides, the limit itself is allowed', () => {
    expect(codes(signalOf({ targetPosition: 0.8 }))).to.deep.equal([]);
    expect(codes(signalOf({ targetPosition: 0.81 }))).to.deep.equal(['MAX_POSITION']);
    expect(codes(signalOf({ targetPosition: -0.81 }))).to.deep.equal(['MAX_POSITION']);
  });

  it('max notional: today and now together, 70,000 + 50,000 of 120,000', () => {
    expect(codes(signalOf(), today({ notionalToday: 70_000 }))).to.deep.equal([]);
    expect(codes(signalOf(), today({ notionalToday: 70_001 }))).to.deep.equal(['MAX_NOTIONAL']);
    expect(codes(signalOf(), today({ notionalToday: 70_001, day: '2024-03-05' }))).to.deep.equal([]);
    // A turn from −0.7 to 0.7 trades 140,000.
    expect(codes(signalOf({ previousPosition: -0.7, targetPosition: 0.7 }))).to.deep.equal(['MAX_NOTIONAL']);
  });

  it('cooldown: per symbol, over when its time has passed, and not undone by a clock set back', () => {
    const state = (agoMs: number) => today({ lastTradeAtMs: { SPX: NOW - agoMs } });
    expect(codes(signalOf(), state(HOUR - 1))).to.deep.equal(['COOLDOWN']);
    expect(codes(signalOf(), state(HOUR))).to.deep.equal([]);
    expect(codes(signalOf(), state(-HOUR))).to.deep.equal(['COOLDOWN']);
    expect(codes(signalOf({ symbol: Symbol.parse('NDX') }), state(0))).to.deep.equal([]);
  });

  it('max daily loss: reached is refused, a new day begins at 0', () => {
    expect(codes(signalOf(), today({ pnlToday: -1_999 }))).to.deep.equal([]);
    expect(codes(signalOf(), today({ pnlToday: -2_000 }))).to.deep.equal(['MAX_DAILY_LOSS']);
    expect(codes(signalOf(), today({ pnlToday: -2_000, day: '2024-03-05' }))).to.deep.equal([]);
  });

  it('never lock anyone into a position: what only reduces it passes the limits', () => {
    const state = today({ notionalToday: 120_000, pnlToday: -5_000, lastTradeAtMs: { SPX: NOW } });
    const exempt = Array<string>(3).fill('EXEMPT_REDUCES_RISK');
    expect(codes(signalOf({ previousPosition: 1, targetPosition: 0 }), state)).to.deep.equal(exempt);
    expect(codes(signalOf({ previousPosition: -0.5, targetPosition: -0.2 }), state)).to.deep.equal(exempt);
    expect(codes(signalOf({ previousPosition: 1, targetPosition: 0.9 }), state)).to.deep.equal([
      'EXEMPT_REDUCES_RISK',
      ...exempt,
    ]);
    // Turning round opens a new position, however small.
    expect(codes(signalOf({ previousPosition: 1, targetPosition: -0.1 }), state)).to.deep.equal([
      'MAX_NOTIONAL',
      'COOLDOWN',
      'MAX_DAILY_LOSS',
    ]);
  });

  it('do not hold a limit against a signal that trades nothing', () => {
    const state = today({ notionalToday: 130_000, pnlToday: -5_000, lastTradeAtMs: { SPX: NOW } });
    const hold = signalOf({ action: 'hold', previousPosition: 0.5, targetPosition: 0.5 });
    expect(codes(hold, state)).to.deep.equal(Array(3).fill('EXEMPT_NO_TRADE'));
  });

  it('the published fold: sums the notional of a UTC day, remembers trades, takes a repeat for nothing', () => {
    const one = withPublished(calm, signalOf(), NOW);
    expect(one).to.deep.include({ notionalToday: 50_000, day: '2024-03-06', lastTradeAtMs: { SPX: NOW } });
    expect(withPublished(one, signalOf(), NOW + 1)).to.equal(one);
    const two = withPublished(one, signalOf({ name: 'second', targetPosition: 0.2 }), NOW + 1);
    expect(two.notionalToday).to.be.closeTo(70_000, 1e-9);
    const later = withPublished(two, signalOf({ name: 'third', targetPosition: 0.1 }), NOW + 24 * HOUR);
    expect(later).to.deep.include({ notionalToday: 10_000, day: '2024-03-07' });
    const hold = signalOf({ name: 'fourth', action: 'hold', previousPosition: 0.5 });
    expect(withPublished(later, hold, NOW + 25 * HOUR)).to.deep.include({
      notionalToday: 10_000,
      lastTradeAtMs: later.lastTradeAtMs,
    });
    expect(RiskStateSchema.parse(JSON.parse(JSON.stringify(later)))).to.deep.equal(later);
  });

  it('the published fold: a historical signal counts on its own day', () => {
    const state = withPublished(
      calm,
      signalOf({ mode: 'historical', validFrom: '2020-01-02T00:00:00.000Z' }),
      NOW,
    );
    expect(state).to.deep.include({ day: '2020-01-02', lastTradeAtMs: { SPX: Date.UTC(2020, 0, 2) } });
    const next = { mode: 'historical', name: 'second' } as const;
    expect(codes(signalOf({ ...next, validFrom: '2020-01-02T00:30:00.000Z' }), state)).to.include('COOLDOWN');
    expect(codes(signalOf({ ...next, validFrom: '2020-01-03T00:00:00.000Z' }), state)).to.deep.equal([
      'EXEMPT_HISTORICAL',
    ]);
  });

  it('the published fold: stays bounded', () => {
    const full = { ...calm, publishedIds: Array<string>(REMEMBERED_IDS).fill('old') };
    const after = withPublished(full, signalOf(), NOW);
    expect(after.publishedIds).to.have.length(REMEMBERED_IDS);
    expect(after.publishedIds.at(-1)).to.equal(signalOf().signalId);
    const quiet = { ...calm, lastTradeAtMs: { OLD: NOW - 31 * 24 * HOUR, NEW: NOW - 24 * HOUR } };
    expect(Object.keys(withPublished(quiet, signalOf(), NOW).lastTradeAtMs)).to.deep.equal(['NEW', 'SPX']);
  });

  it('come with limits that let a full turn a day pass', () => {
    const turn = signalOf({ previousPosition: -1, targetPosition: 1 });
    expect(checkGates(turn, calm, defaultRiskLimits(100_000), NOW).every(({ passed }) => passed)).to.equal(
      true,
    );
  });
});
