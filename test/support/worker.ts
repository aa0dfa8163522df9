import { join } from 'node:path';
import { WebSocket } from 'ws';
import { startWorkerProcess, type WorkerProcess } from '../../app/worker/worker-process.ts';
import { type Client, createClient } from '../../contracts/client/index.ts';
import type { WorkflowId } from '../../contracts/ids.ts';
import type { WorkflowEvent, WorkflowFact } from '../../contracts/workflow-event.ts';

export interface WorkerRig {
  readonly worker: WorkerProcess;
  readonly client: Client;
  /** Follows the workflow until an event of this type, and gives all events up to it. */
  readonly until: (workflowId: WorkflowId, type: WorkflowFact['type']) => Promise<readonly WorkflowEvent[]>;
}

/** A real worker in a process of its own, on its own folder and ports; set-up must have run. */
export async function startWorker(
  dir: string,
  environment: Readonly<Record<string, string>> = {},
): Promise<WorkerRig> {
  const worker = await startWorkerProcess({
    environment: {
      ...process.env,
      NATS_URL: '',
      TRADEWRIGHT_LLM_BASE_URL: '',
      TRADEWRIGHT_LLM_API_KEY: '',
      TRADEWRIGHT_DATA_DIR: join(dir, 'data'),
      TRADEWRIGHT_GATEWAY_PORT: '0',
      ...environment,
    },
    progress: () => undefined,
  });
  const client = createClient({ baseUrl: worker.gatewayUrl, WebSocket });
  return {
    worker,
    client,
    async until(workflowId, type) {
      const events: WorkflowEvent[] = [];
      for await (const message of client.follow(workflowId, { live: false, maxOutageMs: 30_000 })) {
        if (message.type !== 'event') continue;
        events.push(message.event);
        if (message.event.fact.type === type) return events;
      }
      return events;
    },
  };
}
