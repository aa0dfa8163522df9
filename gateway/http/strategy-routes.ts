import type { FastifyReply, FastifyRequest } from 'fastify';
import {
  PostAnalyse,
  PostExplain,
  PostRefactor,
  StrategyRef,
  type StudyInput,
  type StudyKind,
  WorkflowAccepted,
} from '../../contracts/api.ts';
import { TradewrightError } from '../../contracts/errors.ts';
import { Evolution } from '../../contracts/evolution.ts';
import type { Lane } from '../../contracts/lanes.ts';
import type { GatewayContext } from '../gateway-options.ts';
import type { AcceptedWorkflows } from './accepted.ts';
import type { App } from './app.ts';
import type { Questions } from './ask.ts';
import { idempotencyKey } from './idempotency.ts';
import { publishWithin } from './publishing.ts';
import { errorResponses } from './responses.ts';
import { startStudy } from './start-study.ts';
import { traceparentFrom } from './trace.ts';

const loopOff = { autoFix: true, maxAttempts: 1, critique: false };

/** What is done with a strategy that exists: each is a workflow of its own. */
export function strategyRoutes(
  app: App,
  context: GatewayContext,
  ask: Questions,
  accepted: AcceptedWorkflows,
): void {
  const { clock, newKey, tasks, limits } = context;

  app.get(
    '/v1/strategies/:strategyId/evolution',
    {
      schema: {
        summary: 'The versions of a strategy with their code, their back-tests and what changed',
        params: StrategyRef,
        response: { 200: Evolution, ...errorResponses },
      },
    },
    (request) => ask.evolution(request.params.strategyId),
  );

  const begin = async (
    kind: StudyKind,
    input: StudyInput,
    post: { readonly lane: Lane; readonly idempotencyKey?: string | undefined },
    request: Pick<FastifyRequest, 'headers'>,
    reply: Pick<FastifyReply, 'code' | 'headers'>,
  ): Promise<WorkflowAccepted> => {
    const { versions } = await ask.evolution(input.strategyId);
    if (input.version !== undefined && !versions.some(({ version }) => version === input.version)) {
      throw new TradewrightError(
        'STRATEGY_NOT_FOUND',
        `strategy ${input.strategyId} has no version ${input.version}`,
        { details: { versions: versions.map(({ version }) => version).join(', ') } },
      );
    }
    const key = idempotencyKey(post.idempotencyKey, request.headers['idempotency-key']) ?? newKey();
    const traceparent = traceparentFrom(request.headers['traceparent'], newKey);
    const { workflowId, task, pending } = startStudy(kind, input, post.lane, key, {
      now: clock.now(),
      traceparent,
    });
    const stored = await publishWithin(clock, limits.publishTimeoutMs, tasks, task);
    const duplicate = stored.kind === 'duplicate' || accepted.get(workflowId) !== undefined;
    accepted.remember(pending);
    const location = `/v1/workflows/${workflowId}`;
    void reply.code(202).headers({ location, traceparent });
    return { workflowId, state: 'PENDING', location, duplicate };
  };
  const params = StrategyRef;
  const response = { 202: WorkflowAccepted, ...errorResponses };
  const emptyBody = async (request: { body: unknown }): Promise<void> => {
    request.body ??= {};
  };

  app.post(
    '/v1/strategies/:strategyId/explain',
    {
      schema: {
        summary: 'Have the model explain a strategy, or answer a question about it',
        params,
        body: PostExplain,
        response,
      },
      preValidation: emptyBody,
    },
    (request, reply) => {
      const { version, seed, question } = request.body;
      const input = { ...request.params, version, seed, question, ...loopOff };
      return begin('explain', input, request.body, request, reply);
    },
  );

  app.post(
    '/v1/strategies/:strategyId/analyse',
    {
      schema: {
        summary: 'Back-test a strategy anew and have the model say what the results are worth',
        params,
        body: PostAnalyse,
        response,
      },
      preValidation: emptyBody,
    },
    (request, reply) => {
      const { version, seed } = request.body;
      const input = { ...request.params, version, seed, ...loopOff };
      return begin('analyse', input, request.body, request, reply);
    },
  );

  app.post(
    '/v1/strategies/:strategyId/refactor',
    {
      schema: {
        summary: 'Have the model rewrite a strategy: its next version, judged and measured, as a draft',
        params,
        body: PostRefactor,
        response,
      },
      preValidation: emptyBody,
    },
    (request, reply) => {
      const { version, seed, goal, autoFix, maxAttempts, critique } = request.body;
      const input = { ...request.params, version, seed, goal, autoFix, maxAttempts, critique };
      return begin('refactor', input, request.body, request, reply);
    },
  );
}
