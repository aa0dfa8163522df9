import {
  PostWorkflow,
  ReplayQuery,
  WorkflowAccepted,
  WorkflowList,
  WorkflowListQuery,
  WorkflowQuery,
} from '../../contracts/api.ts';
import { TradewrightError } from '../../contracts/errors.ts';
import type { WorkflowId } from '../../contracts/ids.ts';
import { ReplayReport } from '../../contracts/replay.ts';
import { WorkflowView } from '../../contracts/workflow-view.ts';
import type { GatewayContext } from '../gateway-options.ts';
import type { AcceptedWorkflows } from './accepted.ts';
import type { App } from './app.ts';
import type { Questions } from './ask.ts';
import { idempotencyKey } from './idempotency.ts';
import { publishWithin } from './publishing.ts';
import { errorResponses } from './responses.ts';
import { assertKnownSymbol, startStrategy } from './start-strategy.ts';
import { traceparentFrom } from './trace.ts';

/** The workflow as the worker knows it, else as it was accepted here. @throws NOT_FOUND, NATS_UNAVAILABLE */
export const findWorkflow =
  (ask: Questions, accepted: AcceptedWorkflows) =>
  async (workflowId: WorkflowId): Promise<WorkflowView> => {
    const view = await ask.workflow(workflowId);
    if (view !== null) {
      accepted.forget(workflowId);
      return view;
    }
    const pending = accepted.get(workflowId);
    if (pending !== undefined) return pending;
    throw new TradewrightError('NOT_FOUND', `there is no workflow ${workflowId}`);
  };

/** Posting, reading and listing workflows. */
export function workflowRoutes(
  app: App,
  context: GatewayContext,
  ask: Questions,
  accepted: AcceptedWorkflows,
): void {
  const { clock, newKey, tasks, knownSymbols, limits } = context;
  const find = findWorkflow(ask, accepted);

  app.post(
    '/v1/workflows',
    {
      schema: {
        summary: 'Turn an idea into a strategy: 202 once the task is stored',
        body: PostWorkflow,
        response: { 202: WorkflowAccepted, ...errorResponses },
      },
    },
    async (request, reply) => {
      const post = request.body;
      const key = idempotencyKey(post.idempotencyKey, request.headers['idempotency-key']) ?? newKey();
      assertKnownSymbol(post.symbol, knownSymbols());
      const traceparent = traceparentFrom(request.headers['traceparent'], newKey);
      const { workflowId, task, pending } = startStrategy(post, key, { now: clock.now(), traceparent });

      const { kind } = await publishWithin(clock, limits.publishTimeoutMs, tasks, task);
      const duplicate = kind === 'duplicate' || accepted.get(workflowId) !== undefined;
      accepted.remember(pending);

      // The task is stored, so the answer is 202 whatever becomes of this question.
      const state = duplicate
        ? await find(workflowId).then(
            (view) => view.state,
            () => 'PENDING' as const,
          )
        : 'PENDING';
      const location = `/v1/workflows/${workflowId}`;
      void reply.code(202).headers({ location, traceparent });
      return { workflowId, state, location, duplicate };
    },
  );

  app.get(
    '/v1/workflows/:workflowId',
    {
      schema: {
        summary: 'A workflow as its events add up to; PENDING until it runs',
        params: WorkflowQuery,
        response: { 200: WorkflowView, ...errorResponses },
      },
    },
    (request) => find(request.params.workflowId),
  );

  app.get(
    '/v1/workflows/:workflowId/replay',
    {
      schema: {
        summary:
          'Go through a workflow again with what it recorded: what differs under the code and prompts of today',
        params: WorkflowQuery,
        querystring: ReplayQuery,
        response: { 200: ReplayReport, ...errorResponses },
      },
    },
    (request) => ask.replay(request.params.workflowId, request.query),
  );

  app.get(
    '/v1/workflows',
    {
      schema: {
        summary: 'Workflows that have started, a page at a time',
        querystring: WorkflowListQuery,
        response: { 200: WorkflowList, ...errorResponses },
      },
    },
    (request) => ask.workflows(request.query),
  );
}
