import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import { startOfflineAuthor } from '../../app/offline-author/index.ts';
import { OFFLINE_AUTHOR_LABEL } from '../../contracts/author.ts';
import { systemClock } from '../../contracts/ports/clock.ts';
import { tempDir } from '../support/temp-dir.ts';
import { aGenerateInput, aReasonInput, failureOf } from './agent-inputs.ts';
import { aCall, type AgentRig, agentRig } from './agent-rig.ts';
import { API_KEY } from './chats.ts';
import { recording, replaying } from './recordings/record.ts';

const author = { kind: 'offline', model: 'offline-author', label: OFFLINE_AUTHOR_LABEL } as const;

describe('recorded model traffic', function () {
  this.timeout(60_000);
  let rig: AgentRig;
  let dir: Awaited<ReturnType<typeof tempDir>>;
  before(async () => {
    rig = await agentRig();
    dir = await tempDir();
  });
  after(async () => {
    await rig.close();
    await dir.remove();
  });

  it('A9 what an endpoint answered is recorded and replayed to the same result, without the endpoint', async () => {
    const offline = await startOfflineAuthor({ clock: systemClock, chunkDelayMs: 0 });
    const proxy = await recording(offline.baseUrl, dir.path);
    const round = async (baseUrl: string) => {
      const agent = rig.agentOn(baseUrl, { author });
      const reasoned = await agent.reason(aReasonInput('RSI 14 below 30'), aCall());
      const { view, plan, confidence } = reasoned;
      const input = { ...aGenerateInput('RSI 14 below 30'), plan: { view, plan, confidence } };
      return { reasoned, generated: await agent.generate(input, aCall()) };
    };
    let live: Awaited<ReturnType<typeof round>>;
    try {
      live = await round(proxy.baseUrl);
    } finally {
      await proxy.stop();
      await offline.stop();
    }
    const files = await readdir(dir.path, { recursive: true });
    const json = files.filter((file) => file.endsWith('.json'));
    expect(json).to.have.length(2);
    for (const file of json) expect(await readFile(join(dir.path, file), 'utf8')).not.to.include(API_KEY);

    const replay = await replaying(dir.path);
    try {
      const again = await round(replay.baseUrl);
      for (const name of ['reasoned', 'generated'] as const) {
        // The fixture has the sums of tokens, but not how many of them were reasoning.
        const { reasoningTokens } = again[name].usage;
        const usage = { ...live[name].usage, reasoningTokens };
        expect(again[name]).to.deep.equal({ ...live[name], usage });
      }
      const unknown = rig.agentOn(replay.baseUrl, { author }).reason(aReasonInput('never recorded'), aCall());
      expect(await failureOf(unknown))
        .to.have.property('code')
        .that.matches(/^AGENT_/);
    } finally {
      await replay.stop();
    }
  });
});
