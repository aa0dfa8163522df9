import type { Agent } from '../../actors/agent/agent.ts';
import type { AgentStatus } from '../../contracts/api.ts';

/** The agent as `GET /v1/status` shows it. */
export async function agentStatus(agent: Agent): Promise<AgentStatus> {
  const { today, budget, usage, breaker, ...counts } = await agent.stats();
  return {
    model: agent.author.model,
    ...counts,
    usage: { ...usage },
    breaker: { ...breaker },
    budget: { ...today, ...budget },
  };
}
