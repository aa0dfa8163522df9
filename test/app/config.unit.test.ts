import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import { readConfig } from '../../app/config/config.ts';
import { tempDir } from '../support/temp-dir.ts';

describe('configuration of the model', () => {
  let dir: Awaited<ReturnType<typeof tempDir>>;
  before(async () => {
    dir = await tempDir();
  });
  after(() => dir.remove());
  const file = async (content: unknown): Promise<string> => {
    const path = join(dir.path, `${Math.abs(JSON.stringify(content).length)}.json`);
    await writeFile(path, typeof content === 'string' ? content : JSON.stringify(content));
    return path;
  };
  const llm = (environment: Record<string, string>) => {
    const { llm: read } = readConfig({ TRADEWRIGHT_LLM_API_KEY: 'k', ...environment });
    if (read.kind === 'offline') throw new Error('offline');
    return read;
  };

  it('A1 takes DeepSeek with its prices when nothing but a key is given, and the offline author without one', () => {
    expect(readConfig({}).llm).to.deep.equal({ kind: 'offline' });
    expect(llm({})).to.deep.include({ baseUrl: 'https://api.deepseek.com/v1', model: 'deepseek-flash' });
    expect(llm({}).entry.price).to.deep.equal({ cacheHit: 0.006, cacheMiss: 0.3, output: 1.2 });
    expect(llm({ TRADEWRIGHT_LLM_MODEL: 'deepseek-v4-pro' }).entry.price).to.include({ output: 3.96 });
    expect(llm({ TRADEWRIGHT_LLM_MODEL: 'a-local-one' }).entry.price).to.equal(undefined);
  });

  it('A1 models, prices and limits are a table that users can edit', async () => {
    const table = await file({
      mine: {
        price: { cacheHit: 0, cacheMiss: 1, output: 2 },
        maxTokens: 8_000,
        requestsPerMinute: 7,
        concurrency: 2,
        extraBody: { thinking: { type: 'enabled' }, top_p: 1 },
      },
      'deepseek-flash': { price: { cacheHit: 9, cacheMiss: 9, output: 9 } },
    });
    const mine = llm({
      TRADEWRIGHT_LLM_MODELS: table,
      TRADEWRIGHT_LLM_MODEL: 'mine',
      TRADEWRIGHT_LLM_EXTRA_BODY: '{"top_p":0.5}',
    });
    expect(mine.entry).to.deep.equal({
      price: { cacheHit: 0, cacheMiss: 1, output: 2 },
      maxTokens: 8_000,
      requestsPerMinute: 7,
      concurrency: 2,
      extraBody: { thinking: { type: 'enabled' }, top_p: 0.5 },
    });
    expect(llm({ TRADEWRIGHT_LLM_MODELS: table }).entry.price).to.include({ output: 9 });
  });

  it('A1 says what of the table does not fit, and where', async () => {
    const wrong = await file({ mine: { price: { cacheHit: -1, cacheMiss: 1, output: 2 }, speed: 3 } });
    expect(() => llm({ TRADEWRIGHT_LLM_MODELS: wrong }))
      .to.throw(/TRADEWRIGHT_LLM_MODELS.*mine\.price\.cacheHit.*speed/)
      .with.property('code', 'CONFIG_INVALID');
    const torn = await file('{');
    expect(() => llm({ TRADEWRIGHT_LLM_MODELS: torn }))
      .to.throw('JSON')
      .with.property('code', 'CONFIG_INVALID');
    expect(() => llm({ TRADEWRIGHT_LLM_MODELS: join(dir.path, 'none') })).to.throw('ENOENT');
  });

  it('A19 refuses a budget that cannot be kept because nobody entered a price', () => {
    const budget = { TRADEWRIGHT_LLM_BUDGET_DAY_USD: '5' };
    expect(readConfig({ TRADEWRIGHT_LLM_API_KEY: 'k', ...budget }).budget).to.deep.equal({
      usdPerDay: 5,
      usdPerWorkflow: null,
    });
    expect(() => llm({ ...budget, TRADEWRIGHT_LLM_MODEL: 'a-local-one' }))
      .to.throw('a-local-one')
      .with.property('code', 'CONFIG_INVALID');
    expect(() => readConfig(budget)).not.to.throw();
  });
});

describe('configuration of the queue', () => {
  const weights = (text: string) => readConfig({ TRADEWRIGHT_LANE_WEIGHTS: text }).queue.weights;

  it('Q2 takes the weights of the lanes from the operator, and refuses one that would starve a lane', () => {
    expect(readConfig({}).queue.weights).to.deep.equal({ critical: 8, high: 4, normal: 2, low: 1 });
    expect(weights('10:5:3:2')).to.deep.equal({ critical: 10, high: 5, normal: 3, low: 2 });
    for (const wrong of ['8:4:2', '8:4:2:0', '8:4:2:-1', 'a:b:c:d', '1000:1:1:1'])
      expect(() => weights(wrong), wrong).to.throw(/TRADEWRIGHT_LANE_WEIGHTS: expected four numbers/);
  });
});
