import { createAgent, type Agent, type AgentLimits, defaultAgentLimits } from '../../actors/agent/agent.ts';
import type { CodeJudge } from '../../actors/agent/code-judge.ts';
import { createModelClient, type ModelClient } from '../../actors/agent/model-client.ts';
import { secretRedactor } from '../../actors/agent/redact.ts';
import { OFFLINE_AUTHOR_LABEL, type Author } from '../../contracts/author.ts';
import { randomKey, traceIdFrom } from '../../contracts/ids.ts';
import type { Clock } from '../../contracts/ports/clock.ts';
import type { Log } from '../../contracts/ports/log.ts';
import type { Store } from '../../persistence/index.ts';
import type { Config } from '../config/config.ts';
import { startOfflineAuthor } from '../offline-author/index.ts';
import type { Shutdown } from './shutdown.ts';

const offlineAuthor: Author = { kind: 'offline', model: 'offline-author', label: OFFLINE_AUTHOR_LABEL };

/** The offline author is ours and takes as many as come. */
const OFFLINE_REQUESTS_PER_MINUTE = 6_000;

/** The agent on the configured endpoint; with none, on an offline author of our own, over the same HTTP. */
export async function openAgent(options: {
  readonly config: Config;
  readonly store: Pick<Store, 'traces' | 'answers'>;
  readonly judge: CodeJudge;
  readonly clock: Clock;
  readonly log: Log;
  readonly shutdown: Shutdown;
}): Promise<Agent> {
  const { config, store, judge, clock, log, shutdown } = options;
  const { client, author, limits, secrets } = await endpointOf(config, clock, shutdown);
  const agent = createAgent({
    client,
    author,
    limits,
    judge,
    traces: store.traces,
    // The offline author costs nothing, and another release of it may write something better.
    answers: config.answerCache && author.kind === 'llm' ? store.answers : undefined,
    newTraceId: () => traceIdFrom(randomKey()),
    redact: secretRedactor(secrets),
    clock,
    log,
  });
  shutdown.add('agent', () => agent.close());
  return agent;
}

async function endpointOf(
  config: Config,
  clock: Clock,
  shutdown: Shutdown,
): Promise<{
  readonly client: ModelClient;
  readonly author: Author;
  readonly limits: Partial<AgentLimits>;
  readonly secrets: readonly string[];
}> {
  const { llm, budget, requestsPerMinute, gateway } = config;
  const secrets = gateway.token === undefined ? [] : [gateway.token];
  if (llm.kind === 'offline') {
    const offline = await startOfflineAuthor({ clock });
    shutdown.add('offline author', () => offline.stop());
    const client = createModelClient({
      baseUrl: offline.baseUrl,
      apiKey: '',
      model: offlineAuthor.model,
      clock,
    });
    const limits = { requestsPerWindow: requestsPerMinute ?? OFFLINE_REQUESTS_PER_MINUTE };
    return { client, author: offlineAuthor, limits, secrets };
  }
  const { model, baseUrl, apiKey, entry } = llm;
  const { price, extraBody = {} } = entry;
  return {
    client: createModelClient({ baseUrl, apiKey, model, price, extraBody, clock }),
    author: { kind: 'llm', model, label: model },
    limits: {
      requestsPerWindow: requestsPerMinute ?? entry.requestsPerMinute ?? defaultAgentLimits.requestsPerWindow,
      concurrency: entry.concurrency ?? defaultAgentLimits.concurrency,
      maxTokens: entry.maxTokens ?? defaultAgentLimits.maxTokens,
      budget,
    },
    secrets: [...secrets, apiKey],
  };
}
