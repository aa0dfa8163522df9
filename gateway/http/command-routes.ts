import {
  CommandAccepted,
  ForkAccepted,
  PostCommand,
  PostDecision,
  PostFork,
  type WorkflowCommandTask,
  WorkflowQuery,
} from '../../contracts/api.ts';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { workflowIdFrom } from '../../contracts/ids.ts';
import type { GatewayContext } from '../gateway-options.ts';
import type { AcceptedWorkflows } from './accepted.ts';
import type { App } from './app.ts';
import type { Questions } from './ask.ts';
import { idempotencyKey } from './idempotency.ts';
import { publishWithin } from './publishing.ts';
import { errorResponses } from './responses.ts';
import { traceparentFrom } from './trace.ts';
import { assertAccepts, assertHasStep, workflowCommand } from './workflow-command.ts';
import { findWorkflow } from './workflow-routes.ts';

/** Commands that need no more than who and why. */
const plainCommands = {
  cancel: 'Cancel a workflow: it undoes what it did',
  pause: 'Pause a workflow: what runs may finish, nothing new starts',
  resume: 'Let a paused workflow go on',
  retry: 'Try the step that failed for good again, while nothing has been undone',
} as const;
type PlainCommand = keyof typeof plainCommands;

/** What people tell a workflow. */
export function commandRoutes(
  app: App,
  context: GatewayContext,
  ask: Questions,
  accepted: AcceptedWorkflows,
): void {
  const { clock, newKey, tasks, limits } = context;
  const find = findWorkflow(ask, accepted);

  const send = async (
    command: WorkflowCommandTask,
    keyInBody: string | undefined,
    request: Pick<FastifyRequest, 'headers'>,
    reply: Pick<FastifyReply, 'code'>,
  ): Promise<CommandAccepted> => {
    assertAccepts(await find(command.workflowId), command.type);
    const key = idempotencyKey(keyInBody, request.headers['idempotency-key']) ?? newKey();
    const traceparent = traceparentFrom(request.headers['traceparent'], newKey);
    const task = workflowCommand(command, key, { now: clock.now(), traceparent });
    const { kind } = await publishWithin(clock, limits.publishTimeoutMs, tasks, task);
    reply.code(202);
    return { workflowId: command.workflowId, command: command.type, duplicate: kind === 'duplicate' };
  };
  const response = { 202: CommandAccepted, ...errorResponses };

  for (const [type, summary] of Object.entries(plainCommands) as [PlainCommand, string][]) {
    app.post(
      `/v1/workflows/:workflowId/${type}`,
      {
        schema: { summary, params: WorkflowQuery, body: PostCommand, response },
        preValidation: async (request) => {
          request.body ??= PostCommand.parse({});
        },
      },
      (request, reply) => {
        const { idempotencyKey: key, ...said } = request.body;
        const { workflowId } = request.params;
        return send({ type, workflowId, ...said }, key, request, reply);
      },
    );
  }

  app.post(
    '/v1/workflows/:workflowId/fork',
    {
      schema: {
        summary: 'Start another workflow that takes over what this one recorded before a step',
        params: WorkflowQuery,
        body: PostFork,
        response: { 202: ForkAccepted, ...errorResponses },
      },
    },
    async (request, reply) => {
      const { idempotencyKey: keyInBody, step, ...said } = request.body;
      const { workflowId: forkedFrom } = request.params;
      assertHasStep(await find(forkedFrom), step);
      const key = idempotencyKey(keyInBody, request.headers['idempotency-key']) ?? newKey();
      const forkKey = `fork:${forkedFrom}:${step}:${key}`;
      const command = { type: 'fork', workflowId: forkedFrom, step, forkKey, ...said } as const;
      const { duplicate } = await send(command, key, request, reply);
      const workflowId = workflowIdFrom(forkKey);
      const location = `/v1/workflows/${workflowId}`;
      void reply.header('location', location);
      return { workflowId, forkedFrom, step, location, duplicate };
    },
  );

  app.post(
    '/v1/workflows/:workflowId/decision',
    {
      schema: {
        summary: 'Approve or reject a workflow that waits for a person',
        params: WorkflowQuery,
        body: PostDecision,
        response,
      },
    },
    (request, reply) => {
      const { idempotencyKey: key, ...said } = request.body;
      const { workflowId } = request.params;
      return send({ type: 'decide', workflowId, ...said }, key, request, reply);
    },
  );
}
