import { CODE_RISK_LIMIT } from '../../contracts/code-review.ts';
import type { Mode } from '../../contracts/envelope.ts';
import type { MetricSet, Metrics } from '../../contracts/metrics.ts';
import {
  DECISION_ASK_FROM,
  DECISION_REJECT_ABOVE,
  type DecisionRisk,
  type RiskComponent,
} from '../../contracts/risk.ts';

export interface DecisionRiskInput {
  /** Of the validator, 0 and up; 30 blocks. */
  readonly codeRisk: number;
  readonly metrics: Metrics;
  readonly lookAheadPassed: boolean;
  /** The author's own, 0–1. */
  readonly confidence: number;
  readonly mode: Mode;
}

/**
 * How risky it is to act on a run. The points are a policy of this project, not a measure from the literature; each says in words where
 * it comes from. Look-ahead or blocked code alone reject. `live` alone reaches the threshold of asking a person: money is
 * never moved without one.
 */
export function decisionRisk(input: DecisionRiskInput): DecisionRisk {
  const { strategy, buyAndHold } = input.metrics;
  const findings: RiskComponent[] = [
    lookAhead(input.lookAheadPassed),
    codeRisk(input.codeRisk),
    drawdown(strategy),
    sharpe(strategy, buyAndHold),
    fewTrades(strategy),
    costDrag(strategy),
    confidence(input.confidence),
  ];
  const before = findings.reduce((sum, component) => sum + component.points, 0);
  const components = [...findings, mode(input.mode, before)];
  const sum = components.reduce((total, component) => total + component.points, 0);
  const score = Math.min(100, Math.max(0, tenth(sum)));
  const verdict = score < DECISION_ASK_FROM ? 'approve' : score <= DECISION_REJECT_ABOVE ? 'ask' : 'reject';
  return { score, components, verdict };
}

function lookAhead(passed: boolean): RiskComponent {
  return passed
    ? component('look-ahead', 0, 'runs on fewer bars decided the same as the full run')
    : component('look-ahead', 100, 'the look-ahead test failed: the back-test proves nothing');
}

/** Half a point for each point of the validator's; what it blocks is rejected here as well. */
function codeRisk(risk: number): RiskComponent {
  return risk < CODE_RISK_LIMIT
    ? component(
        'code-risk',
        risk / 2,
        `the validator gave the code ${risk} of ${CODE_RISK_LIMIT} allowed points`,
      )
    : component('code-risk', 100, `the validator gave the code ${risk} points; ${CODE_RISK_LIMIT} block`);
}

/** 0 up to a fall of 10 %, then evenly up to 15 at 50 %; ruin is 60. */
function drawdown({ maxDrawdown, ruinedAt }: MetricSet): RiskComponent {
  if (ruinedAt !== null) return component('drawdown', 60, `the account was ruined at ${ruinedAt}`);
  const points = ramp(maxDrawdown, 0.1, 0.5, 15);
  return component(
    'drawdown',
    points,
    `largest fall from a peak ${percent(maxDrawdown)}; 10 % is free, 50 % costs 15`,
  );
}

/** Up to 15 for what the Sharpe ratio lacks to buy and hold (0.5 or more), and 15 for one that is not above 0. */
function sharpe(strategy: MetricSet, buyAndHold: MetricSet): RiskComponent {
  const own = strategy.sharpe ?? 0;
  const other = buyAndHold.sharpe ?? 0;
  const points = ramp(other - own, 0, 0.5, 15) + (own <= 0 ? 15 : 0);
  const figures = `Sharpe ratio ${ratio(strategy.sharpe)} beside ${ratio(buyAndHold.sharpe)} of buy and hold`;
  return component('sharpe', points, own <= 0 ? `${figures}; nothing was earned for the risk` : figures);
}

/** 0 from 30 closed trades on, evenly up to 15 for none; never having traded at all is 40. */
function fewTrades({ trades, closedTrades }: MetricSet): RiskComponent {
  if (trades === 0) return component('few-trades', 40, 'it never traded, so nothing is known of it');
  const points = ramp(30 - closedTrades, 0, 30, 15);
  const weight = closedTrades < 30 ? 'too few to tell skill from luck' : 'enough for a first judgement';
  return component('few-trades', points, `${closedTrades} closed trades: ${weight}`);
}

/** 0 up to 0.5 % of equity a year, then evenly up to 10 at 3 %. */
function costDrag({ costs }: MetricSet): RiskComponent {
  const drag = costs.annualDrag ?? 0;
  return component(
    'cost-drag',
    ramp(drag, 0.005, 0.03, 10),
    `costs take ${percent(drag)} of the equity a year`,
  );
}

/** Up to 10 for none. What is not a number counts as none. */
function confidence(value: number): RiskComponent {
  const known = Number.isFinite(value) ? Math.min(1, Math.max(0, value)) : 0;
  return component('confidence', (1 - known) * 10, `the author's own confidence is ${percent(known)}`);
}

function mode(value: Mode, before: number): RiskComponent {
  switch (value) {
    case 'historical':
      return component(
        'mode',
        -Math.min(10, before),
        'historical: a study of the past, nothing is traded on it',
      );
    case 'paper':
      return component('mode', 0, "paper: today's data without money");
    case 'live':
      return component('mode', DECISION_ASK_FROM, 'live: money moves, so a person is always asked');
  }
}

const tenth = (points: number): number => Math.round(points * 10) / 10;
const component = (name: RiskComponent['name'], points: number, why: string): RiskComponent => ({
  name,
  // "+ 0" turns −0 into 0.
  points: tenth(points) + 0,
  why,
});
/** 0 up to `from`, then evenly up to `most` at `to`, and no more. */
const ramp = (value: number, from: number, to: number, most: number): number =>
  Math.min(1, Math.max(0, (value - from) / (to - from))) * most;
const percent = (fraction: number): string => `${(fraction * 100).toFixed(1)} %`;
const ratio = (value: number | null): string => (value === null ? 'undefined' : value.toFixed(2));
