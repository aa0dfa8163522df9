import { mkdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { readConfig } from '../../../app/config/config.ts';
import { aGenerateInput, aReasonInput } from '../agent-inputs.ts';
import { aCall, agentRig } from '../agent-rig.ts';
import { recording } from './record.ts';

/**
 * Records the configured model's answers to a few ideas as fixtures: `npm run record:model -- [folder]`. They hold prompts and answers,
 * not the key. Replay them with `replaying(folder)`.
 */
const ideas = [
  'momentum on the S&P 500 with a volatility filter, long only',
  'buy when RSI(2) is below 10, sell when it is above 90',
  'Donchian breakout of 55 days, leave at the 20-day low, long and short',
];

const { llm } = readConfig();
if (llm.kind === 'offline') {
  console.error('no model is configured: set TRADEWRIGHT_LLM_API_KEY (and _BASE_URL, _MODEL)');
  process.exit(2);
}
const folder = resolve(process.argv[2] ?? join('.tradewright', 'recordings', llm.model));
await mkdir(folder, { recursive: true });
const rig = await agentRig();
const proxy = await recording(llm.baseUrl, folder);
try {
  const { model, apiKey, entry } = llm;
  const agent = rig.agentOn(proxy.baseUrl, {
    author: { kind: 'llm', model, label: model },
    client: { apiKey, model, price: entry.price, extraBody: entry.extraBody ?? {} },
  });
  for (const idea of ideas) {
    console.error(idea);
    const { view, plan, confidence } = await agent.reason(aReasonInput(idea), aCall());
    await agent.generate({ ...aGenerateInput(idea), plan: { view, plan, confidence } }, aCall());
  }
  const { usage } = await agent.stats();
  console.error(`${usage.calls} calls, $${usage.costUsd.toFixed(4)}, recorded in ${folder}`);
} finally {
  await proxy.stop();
  await rig.close();
}
