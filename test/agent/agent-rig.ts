import { join } from 'node:path';
import type { AgentCall } from '../../actors/agent/agent-call.ts';
import { type Agent, type AgentLimits, createAgent } from '../../actors/agent/agent.ts';
import type { CodeJudge } from '../../actors/agent/code-judge.ts';
import { createModelClient, type ModelClientOptions } from '../../actors/agent/model-client.ts';
import type { ModelPrice } from '../../actors/agent/models.ts';
import { secretRedactor } from '../../actors/agent/redact.ts';
import type { Author } from '../../contracts/author.ts';
import { randomKey, traceIdFrom, workflowIdFrom } from '../../contracts/ids.ts';
import { type Clock, systemClock } from '../../contracts/ports/clock.ts';
import { silentLog } from '../../contracts/ports/log.ts';
import type { AnswerStore } from '../../contracts/ports/traces.ts';
import type { Trace, TraceQuery } from '../../contracts/trace.ts';
import { openStore, type Store } from '../../persistence/index.ts';
import { reviewCode } from '../../sandbox-pool/validator/index.ts';
import { tempDir } from '../support/temp-dir.ts';
import { anAuthor } from './agent-inputs.ts';
import { API_KEY } from './chats.ts';

export const prices: ModelPrice = { cacheHit: 1, cacheMiss: 2, output: 3 };

export interface RigOptions {
  readonly limits?: Partial<AgentLimits>;
  readonly clock?: Clock;
  readonly judge?: CodeJudge;
  readonly author?: Author;
  readonly cache?: boolean;
  readonly client?: Partial<ModelClientOptions>;
}

/** Agents on real endpoints, with their traces in a LevelDB of their own. */
export interface AgentRig {
  readonly store: Store;
  agentOn(baseUrl: string, options?: RigOptions): Agent;
  /** What was kept, oldest first. */
  traces(query?: Partial<TraceQuery>): Promise<readonly Trace[]>;
  close(): Promise<void>;
}

/** For tests in which no code is tried: the validator is the real one. */
export const untried: CodeJudge = {
  review: reviewCode,
  trial: () => Promise.reject(new Error('no code is tried in this test')),
};

export async function agentRig(): Promise<AgentRig> {
  const dir = await tempDir();
  const store = await openStore({ dir: join(dir.path, 'journal'), clock: systemClock, log: silentLog });
  const agents: Agent[] = [];
  return {
    store,
    agentOn(baseUrl, options = {}) {
      const { limits, clock = systemClock, judge = untried, author = anAuthor, cache = false } = options;
      const answers: AnswerStore | undefined = cache ? store.answers : undefined;
      const agent = createAgent({
        client: createModelClient({
          baseUrl,
          apiKey: API_KEY,
          model: author.model,
          price: prices,
          clock,
          ...options.client,
        }),
        author,
        limits: { requestsPerWindow: 100_000, ...limits },
        judge,
        traces: store.traces,
        answers,
        newTraceId: () => traceIdFrom(randomKey()),
        redact: secretRedactor([API_KEY]),
        clock,
        log: silentLog,
      });
      agents.push(agent);
      return agent;
    },
    async traces(query = {}) {
      const found: Trace[] = [];
      let cursor: string | undefined;
      do {
        const page = await store.traces.page({ limit: 200, ...query, ...(cursor && { cursor }) }, 64_000_000);
        found.push(...page.items);
        cursor = page.cursor;
      } while (cursor !== undefined);
      return found.reverse();
    },
    async close() {
      await Promise.all(agents.map((agent) => agent.close()));
      await store.close();
      await dir.remove();
    },
  };
}

export const aCall = (more: Partial<AgentCall> = {}): AgentCall => ({
  workflowId: workflowIdFrom('a test'),
  step: 'generate',
  stepAttempt: 1,
  priority: 50,
  signal: new AbortController().signal,
  waiting: (wait) => wait,
  ...more,
});
