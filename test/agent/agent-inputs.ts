import type { Author } from '../../contracts/author.ts';
import { GenerateInput } from '../../contracts/effects/generate.ts';
import { ReasonInput } from '../../contracts/effects/reason.ts';
import { strategyIdFrom, workflowIdFrom } from '../../contracts/ids.ts';

export const aBarsInfo = {
  symbol: 'SPX',
  source: 'test',
  timeframe: '1d',
  count: 5_105,
  from: '2000-01-03T00:00:00.000Z',
  to: '2020-04-17T00:00:00.000Z',
  sha256: '0'.repeat(64),
};

export const anAuthor: Author = { kind: 'llm', model: 'stub-model', label: 'stub-model' };

export const aReasonInput = (idea: string, seed = 1): ReasonInput =>
  ReasonInput.parse({ idea, symbol: 'SPX', seed, bars: aBarsInfo });

export const aGenerateInput = (idea: string, seed = 1): GenerateInput =>
  GenerateInput.parse({
    ...aReasonInput(idea, seed),
    strategyId: strategyIdFrom(workflowIdFrom('test')),
    version: 1,
    plan: { view: 'a view', plan: 'a plan', confidence: 0.5 },
  });

/** The failure of a promise that must not succeed. */
export async function failureOf(promise: Promise<unknown>): Promise<unknown> {
  try {
    await promise;
  } catch (thrown) {
    return thrown;
  }
  throw new Error('expected a failure');
}
