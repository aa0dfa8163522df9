import type { CodeReview } from '../contracts/code-review.ts';
import type { AssessResult } from '../contracts/effects/backtest.ts';
import type { DecideResult } from '../contracts/effects/publish.ts';
import type { Mode } from '../contracts/envelope.ts';
import type { DecisionRequest, Rejection, RetryPolicy } from './engine/definition.ts';

/** Gates that both workflows share: each says why a run ends here, or nothing. */

export function blockedCode({ blocked, codeRisk, findings, syntaxError }: CodeReview): Rejection | undefined {
  if (syntaxError) {
    const { line, column, message } = syntaxError;
    return {
      code: 'CODE_SYNTAX',
      reason: `the code does not parse: line ${line}, column ${column}: ${message}`,
    };
  }
  if (!blocked) return undefined;
  const [worst] = [...findings].sort((a, b) => b.score - a.score);
  const example = worst ? `; line ${worst.line}: ${worst.message}` : '';
  return {
    code: 'CODE_BLOCKED',
    reason: `the validator scored the code ${codeRisk}, 30 and above is blocked${example}`,
  };
}

export function lookAheadRejection({ lookAhead }: AssessResult): Rejection | undefined {
  return lookAhead.passed ? undefined : { code: 'LOOK_AHEAD', reason: lookAhead.why };
}

export function decisionRejection({ decisionRisk, candidates, gates }: DecideResult): Rejection | undefined {
  if (decisionRisk.verdict === 'reject') {
    const why = decisionRisk.components.map(({ name, points }) => `${name} ${points}`).join(', ');
    return { code: 'DECISION_RISK', reason: `decision risk ${decisionRisk.score} is above 70: ${why}` };
  }
  if (candidates.length > 0) return undefined;
  const refused = gates.find((gate) => !gate.passed);
  return refused
    ? {
        code: `GATE_${refused.code}`,
        reason: `no signal passed the risk gates; ${refused.gate}: ${refused.why}`,
      }
    : { code: 'NO_SIGNAL', reason: 'the strategy gave no signal' };
}

/** A person is asked where the risk says so. Silence never moves money: in `live` it rejects, whatever was asked for. */
export function decisionRequest(
  { decisionRisk, candidates }: DecideResult,
  { deadlineMs, onDeadline }: { readonly deadlineMs: number; readonly onDeadline: 'approve' | 'reject' },
  mode: Mode,
): DecisionRequest | undefined {
  if (decisionRisk.verdict !== 'ask') return undefined;
  return {
    deadlineMs,
    onDeadline: mode === 'live' ? 'reject' : onDeadline,
    summary: { decisionRisk, signals: candidates.length },
  };
}

/** Undoing waits for NATS to come back: half an hour of attempts, up to a minute apart, before a person is asked. */
export const patient: Partial<RetryPolicy> = { maxAttempts: 35, maxMs: 60_000 };
