import { expect } from 'chai';
import type { DecideResult } from '../../contracts/effects/publish.ts';
import { decisionRejection, decisionRequest } from '../../workflows/gates.ts';

const result = (verdict: 'approve' | 'ask' | 'reject', candidates = 1): DecideResult => ({
  decisionRisk: { score: 50, components: [], verdict },
  gates: [],
  candidates: Array.from({ length: candidates }, () => ({
    barTime: '2024-01-01T00:00:00Z',
    action: 'buy' as const,
    side: 'long' as const,
    targetPosition: 1,
    previousPosition: 0,
    priceReference: 1,
    validFrom: '2024-01-02T00:00:00Z',
    validUntil: '2024-01-03T00:00:00Z',
  })),
  reservationId: null,
});

describe('workflow gates', () => {
  it('asks a person only where the risk says so', () => {
    const policy = { deadlineMs: 1, onDeadline: 'reject' } as const;
    expect(decisionRequest(result('approve'), policy, 'live')).to.equal(undefined);
    expect(decisionRequest(result('ask'), policy, 'paper')).to.include(policy);
  });

  it('never lets silence move money, whatever the request asked for', () => {
    const policy = { deadlineMs: 0, onDeadline: 'approve' } as const;
    expect(decisionRequest(result('ask'), policy, 'live')?.onDeadline).to.equal('reject');
    expect(decisionRequest(result('ask'), policy, 'historical')?.onDeadline).to.equal('approve');
  });

  it('rejects too high a risk, and a run without a signal', () => {
    expect(decisionRejection(result('reject'))?.code).to.equal('DECISION_RISK');
    expect(decisionRejection(result('approve', 0))?.code).to.equal('NO_SIGNAL');
    expect(decisionRejection(result('ask'))).to.equal(undefined);
  });
});
