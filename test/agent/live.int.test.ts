import { expect } from 'chai';
import { readConfig } from '../../app/config/config.ts';
import { GenerateResult } from '../../contracts/effects/generate.ts';
import { ReasonResult } from '../../contracts/effects/reason.ts';
import { aGenerateInput, aReasonInput } from './agent-inputs.ts';
import { aCall, type AgentRig, agentRig } from './agent-rig.ts';

/** Asks a real model, where one is configured (TRADEWRIGHT_LLM_API_KEY or _BASE_URL); it may cost a cent. */
describe('a live model', function () {
  this.timeout(600_000);
  let rig: AgentRig;
  before(async () => {
    rig = await agentRig();
  });
  after(() => rig.close());

  it('A9 reasons and writes a strategy, and tells its tokens', async function () {
    const { llm } = readConfig();
    if (llm.kind === 'offline') return this.skip();
    const { baseUrl, apiKey, model, entry } = llm;
    const agent = rig.agentOn(baseUrl, {
      author: { kind: 'llm', model, label: model },
      client: { apiKey, model, price: entry.price, extraBody: entry.extraBody ?? {} },
      limits: { maxTokens: entry.maxTokens ?? 32_768, budget: { usdPerWorkflow: 1, usdPerDay: 1 } },
    });
    const idea = 'momentum on the S&P 500 with a volatility filter, long only';
    const reasoned = await agent.reason(aReasonInput(idea), aCall());
    expect(ReasonResult.parse(reasoned).plan).not.to.equal('');
    const { view, plan, confidence } = reasoned;
    const generated = await agent.generate(
      { ...aGenerateInput(idea), plan: { view, plan, confidence } },
      aCall(),
    );
    expect(GenerateResult.parse(generated).code).to.include('def generate_signals');
    const { usage } = await agent.stats();
    expect(usage.calls).to.be.at.least(2);
    expect(usage.completionTokens).to.be.above(0);
  });
});
