import { randomUUID } from 'node:crypto';
import { WebSocket } from 'ws';
import { WorkflowListQuery, WorkflowQuery } from '../../contracts/api.ts';
import { createClient, type Client } from '../../contracts/client/index.ts';
import { systemClock } from '../../contracts/ports/clock.ts';
import { silentLog } from '../../contracts/ports/log.ts';
import { subjects } from '../../contracts/subjects.ts';
import type { Task } from '../../contracts/task.ts';
import type { WorkflowView } from '../../contracts/workflow-view.ts';
import { createGateway, type Gateway, type GatewayOptions } from '../../gateway/index.ts';
import type { Messaging, MessagingOptions } from '../../messaging/index.ts';
import { messagingOn, startNats, type TestNats } from '../support/nats.ts';

export const status = {
  ready: true,
  version: '0.1.0',
  pid: 1,
  nats: { version: '2.10.0', adopted: false, url: 'nats://127.0.0.1:4222' },
  runtime: { engine: 'docker', version: '20.10', image: 'sandbox', seccomp: { sha256: 'ab', proven: true } },
  author: 'a test',
  pool: { warm: 2, creating: 0, leased: 0, waiting: 0, isOpen: true, restarts: 0, lastFailure: null },
  journal: { events: 0, lastCommit: 0 },
  dataDir: 'data',
  sagas: {
    started: 0,
    completed: 0,
    failed: 0,
    compensated: 0,
    cancelled: 0,
    stepsExecuted: 0,
    attemptsFailed: 0,
    inMemory: 0,
    quarantined: 0,
  },
};

/** A gateway on a real nats-server; the views it is answered with are those of `workflows`. */
export interface GatewayHarness {
  readonly nats: TestNats;
  readonly messaging: Messaging;
  readonly gateway: Gateway;
  readonly client: Client;
  readonly workflows: Map<string, WorkflowView>;
  readonly worker: { ready: boolean; listQueries: WorkflowListQuery[] };
  /** Another gateway on the same messaging; closed by `stop`. */
  open(options?: Partial<GatewayOptions>): Promise<Gateway>;
  /** Tasks waiting on a lane, taken off it. */
  taken(lane: Task['lane']): Promise<Task[]>;
  post(body: unknown, headers?: Record<string, string>): Promise<Response>;
  stop(): Promise<void>;
}

export async function startHarness(
  options: Partial<GatewayOptions> = {},
  messagingOptions: Partial<MessagingOptions> = {},
): Promise<GatewayHarness> {
  const nats = await startNats();
  const messaging = await messagingOn(nats, messagingOptions);
  const gateways: Gateway[] = [];
  const open = async (more: Partial<GatewayOptions> = {}): Promise<Gateway> => {
    const { tasks, queries, events, live, programs } = messaging;
    const queue = messaging;
    const gateway = await createGateway({
      port: 0,
      tasks,
      queries,
      events,
      live,
      programs,
      queue,
      clock: systemClock,
      log: silentLog,
      knownSymbols: () => ['SPX', 'BTC/USDT'],
      newKey: randomUUID,
      ...options,
      ...more,
    });
    gateways.push(gateway);
    return gateway;
  };
  const workflows = new Map<string, WorkflowView>();
  const worker = { ready: true, listQueries: [] as WorkflowListQuery[] };
  messaging.queries.answer(subjects.query('workflow-get'), async (question) => {
    return workflows.get(WorkflowQuery.parse(question).workflowId) ?? null;
  });
  messaging.queries.answer(subjects.query('workflow-list'), async (question) => {
    worker.listQueries.push(WorkflowListQuery.parse(question));
    return { items: [...workflows.values()], cursor: 'next' };
  });
  messaging.queries.answer(subjects.query('status'), async () => ({ ...status, ready: worker.ready }));
  const gateway = await open();
  return {
    nats,
    messaging,
    gateway,
    client: createClient({ baseUrl: gateway.url, WebSocket }),
    workflows,
    worker,
    open,
    async taken(lane) {
      const deliveries = await messaging.lanes.pull(lane, 100, 500, new AbortController().signal);
      await Promise.all(deliveries.map((delivery) => delivery.ack()));
      return deliveries.map(({ bytes }) => JSON.parse(Buffer.from(bytes).toString()) as Task);
    },
    post: (body, headers = {}) =>
      fetch(`${gateway.url}/v1/workflows`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...headers },
        body: typeof body === 'string' ? body : JSON.stringify(body),
      }),
    async stop() {
      await Promise.all(gateways.map((each) => each.close()));
      await messaging.close();
      await nats.stop();
    },
  };
}

/** A workflow as the worker would describe it. */
export function aView(
  workflowId: WorkflowView['workflowId'],
  rest: Partial<WorkflowView> = {},
): WorkflowView {
  return {
    workflowId,
    definition: { name: 'strategy', version: 1 },
    state: 'RUNNING',
    needsPerson: false,
    labels: { symbol: 'SPX' },
    startedAt: 1_700_000_000_000,
    seq: 1,
    steps: [],
    compensations: [],
    ...rest,
  };
}
