import { createAgent, type Agent } from '../../actors/agent/agent.ts';
import { createModelClient } from '../../actors/agent/model-client.ts';
import { OFFLINE_AUTHOR_LABEL, type Author } from '../../contracts/author.ts';
import type { Clock } from '../../contracts/ports/clock.ts';
import type { Log } from '../../contracts/ports/log.ts';
import type { Config } from '../config/config.ts';
import { startOfflineAuthor } from '../offline-author/index.ts';
import type { Shutdown } from './shutdown.ts';

const offlineAuthor: Author = { kind: 'offline', model: 'offline-author', label: OFFLINE_AUTHOR_LABEL };

/** The agent on the configured endpoint; with none, on an offline author of our own, over the same HTTP. */
export async function openAgent(config: Config, clock: Clock, log: Log, shutdown: Shutdown): Promise<Agent> {
  const { llm, requestsPerMinute } = config;
  const limits = { requestsPerWindow: requestsPerMinute };
  if (llm.kind === 'endpoint') {
    const author: Author = { kind: 'llm', model: llm.model, label: llm.model };
    return closedWith(
      shutdown,
      createAgent({ client: createModelClient({ ...llm, clock }), author, limits, clock, log }),
    );
  }
  const offline = await startOfflineAuthor({ clock });
  shutdown.add('offline author', () => offline.stop());
  const { model } = offlineAuthor;
  const client = createModelClient({ baseUrl: offline.baseUrl, apiKey: '', model, prices: {}, clock });
  return closedWith(shutdown, createAgent({ client, author: offlineAuthor, limits, clock, log }));
}

function closedWith(shutdown: Shutdown, agent: Agent): Agent {
  shutdown.add('agent', () => agent.close());
  return agent;
}
