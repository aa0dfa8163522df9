import { expect } from 'chai';
import { StrategyInput } from '../../contracts/api.ts';
import { WorkflowRegistry } from '../../workflows/engine/definition.ts';
import { tradingWorkflows } from '../../workflows/index.ts';

describe('versions of the strategy workflow', () => {
  const registry = new WorkflowRegistry(tradingWorkflows);
  const effects = (version: number) =>
    registry.get('strategy', version).steps.map((step) => (step.kind === 'step' ? step.effect : step.kind));

  it('S20 A13 new ones begin with the fix loop; those that began before it go on without', () => {
    expect(registry.latest('strategy').version).to.equal(2);
    expect(effects(1)[1]).to.equal('agent.generate');
    expect(effects(2)[1]).to.equal('agent.develop');
    expect(effects(2).with(1, 'agent.generate')).to.deep.equal(effects(1));
  });

  it('A15 an input that was journaled before the loop had settings has their defaults', () => {
    const old = {
      idea: 'momentum',
      symbol: 'SPX',
      mode: 'historical',
      seed: 1,
      signalBars: 1,
      decision: { deadlineMs: 0, onDeadline: 'reject' },
    };
    expect(StrategyInput.parse(old)).to.deep.include({ autoFix: true, maxAttempts: 3, critique: true });
    expect(StrategyInput.safeParse({ ...old, maxAttempts: 11 }).success).to.equal(false);
    expect(StrategyInput.safeParse({ ...old, maxAttempts: 0 }).success).to.equal(false);
  });
});
