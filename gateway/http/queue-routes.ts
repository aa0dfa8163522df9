import { taskIdFrom } from '../../contracts/ids.ts';
import { type Lane, lanes } from '../../contracts/lanes.ts';
import { TradewrightError } from '../../contracts/errors.ts';
import type { DeadFilter } from '../../contracts/ports/task-store.ts';
import {
  DeadLetter,
  type DeadLetterFilter,
  DeadLetterList,
  DeadLetterListQuery,
  DeadLetterQuery,
  LaneAccepted,
  LaneQuery,
  PostPurge,
  PostReplay,
  PostReplayAll,
  PostTask,
  PostWord,
  Purged,
  QueueStatus,
  Replayed,
  TaskAccepted,
  TaskCancelled,
  TaskQuery,
  TaskRecord,
} from '../../contracts/queue-api.ts';
import { queueWarnings } from '../../contracts/queue-health.ts';
import { taskDefaults } from '../../contracts/task.ts';
import type { GatewayContext, GatewayQueue } from '../gateway-options.ts';
import type { App } from './app.ts';
import { idempotencyKey } from './idempotency.ts';
import { publishWithin } from './publishing.ts';
import { errorResponses } from './responses.ts';
import { traceparentFrom } from './trace.ts';

/** Tasks, lanes and dead letters: all of it works on the server's streams, with or without a worker. */
export function queueRoutes(app: App, context: GatewayContext, queue: GatewayQueue): void {
  taskRoutes(app, context, queue);
  laneRoutes(app, context, queue);
  deadLetterRoutes(app, queue);
}

function taskRoutes(
  app: App,
  { clock, newKey, tasks, limits }: GatewayContext,
  { desk }: GatewayQueue,
): void {
  app.post(
    '/v1/tasks',
    {
      schema: {
        summary: 'Add a task: 202 once it is stored',
        body: PostTask,
        response: { 202: TaskAccepted, ...errorResponses },
      },
    },
    async (request, reply) => {
      const { dedupKey: given, delayMs, maxRetries, timeoutMs, dedupForMs, replyTo, ...rest } = request.body;
      const key = idempotencyKey(given, request.headers['idempotency-key']) ?? newKey();
      const dedupKey = `task:${rest.type}:${key}`;
      const taskId = taskIdFrom(dedupKey);
      const { kind } = await publishWithin(clock, limits.publishTimeoutMs, tasks, {
        schema: 'tradewright.task/1',
        id: taskId,
        ...rest,
        createdAt: clock.now(),
        dedupKey,
        maxRetries: maxRetries ?? taskDefaults.maxRetries,
        timeoutMs: timeoutMs ?? taskDefaults.timeoutMs,
        ...(delayMs === undefined ? {} : { notBefore: clock.now() + delayMs }),
        ...(dedupForMs === undefined ? {} : { dedupForMs }),
        ...(replyTo === undefined ? {} : { replyTo }),
        traceparent: traceparentFrom(request.headers['traceparent'], newKey),
      });
      const location = `/v1/tasks/${taskId}`;
      void reply.code(202).headers({ location });
      return { taskId, duplicate: kind === 'duplicate', location };
    },
  );

  app.get(
    '/v1/tasks/:taskId',
    {
      schema: {
        summary: 'State, progress and result of a task that has keepResult',
        params: TaskQuery,
        response: { 200: TaskRecord, ...errorResponses },
      },
    },
    async ({ params: { taskId } }) => {
      const record = await desk.get(taskId);
      if (record !== undefined) return record;
      throw new TradewrightError(
        'NOT_FOUND',
        `nothing is kept of task ${taskId}: only tasks with keepResult are`,
      );
    },
  );

  app.post(
    '/v1/tasks/:taskId/cancel',
    {
      schema: {
        summary: 'Cancel a task that waits, abort one that runs',
        params: TaskQuery,
        body: PostWord,
        response: { 202: TaskCancelled, ...errorResponses },
      },
    },
    async ({ params: { taskId }, body: { by, reason } }, reply) => {
      const outcome = await desk.cancel(taskId, by, reason);
      void reply.code(202);
      return { taskId, outcome };
    },
  );
}

function laneRoutes(app: App, { clock }: GatewayContext, { desk, statistics }: GatewayQueue): void {
  app.get(
    '/v1/lanes',
    {
      schema: {
        summary: 'How the queue stands, and what stands still in it',
        response: { 200: QueueStatus, ...errorResponses },
      },
    },
    async () => {
      const [depths, pauses, deadLetters, delayed, streams] = await Promise.all([
        statistics.all(),
        desk.pauses(),
        statistics.deadDepth(),
        statistics.delayed(),
        statistics.fullness(),
      ]);
      const each = Object.fromEntries(
        lanes.map((lane) => {
          const pause = pauses[lane];
          const paused = pause?.paused ? { by: pause.by, reason: pause.reason, since: pause.at } : null;
          return [lane, { ...depths[lane], paused }];
        }),
      ) as Record<Lane, QueueStatus['lanes'][Lane]>;
      const status = { lanes: each, delayed, deadLetters, streams: [...streams] };
      return { ...status, warnings: [...queueWarnings(status, clock.now())] };
    },
  );

  for (const paused of [true, false]) {
    app.post(
      `/v1/lanes/:lane/${paused ? 'pause' : 'resume'}`,
      {
        schema: {
          summary: paused
            ? 'Take nothing more from the lane, on any worker, until it is resumed'
            : 'Let a paused lane go on',
          params: LaneQuery,
          body: PostWord,
          response: { 200: LaneAccepted, ...errorResponses },
        },
      },
      async ({ params: { lane }, body: { by, reason } }) => {
        await (paused ? desk.pause(lane, by, reason) : desk.resume(lane, by));
        return { lane, paused };
      },
    );
  }
}

function deadLetterRoutes(app: App, { dead }: GatewayQueue): void {
  app.get(
    '/v1/dead-letters',
    {
      schema: {
        summary: 'Dead letters that fit, the oldest first, a page at a time',
        querystring: DeadLetterListQuery,
        response: { 200: DeadLetterList, ...errorResponses },
      },
    },
    async ({ query: { after, limit, ...filter } }) => {
      const { entries, next } = await dead.list(after, limit, filterOf(filter));
      return { items: [...entries], ...(next === undefined ? {} : { after: next }) };
    },
  );

  app.get(
    '/v1/dead-letters/:streamSeq',
    {
      schema: {
        summary: 'One dead letter: cause, stack, attempts, times and the original',
        params: DeadLetterQuery,
        response: { 200: DeadLetter, ...errorResponses },
      },
    },
    async ({ params: { streamSeq } }) => {
      const entry = await dead.get(streamSeq);
      if (entry !== undefined) return entry;
      throw new TradewrightError('NOT_FOUND', `there is no dead letter ${streamSeq}`);
    },
  );

  app.post(
    '/v1/dead-letters/:streamSeq/replay',
    {
      schema: {
        summary: 'Put one dead letter back into its lane',
        params: DeadLetterQuery,
        body: PostReplay,
        response: { 200: Replayed, ...errorResponses },
      },
    },
    async ({ params: { streamSeq }, body: { force } }) => {
      await dead.replay(streamSeq, force);
      return { replayed: 1, capped: 0, left: 0 };
    },
  );

  app.post(
    '/v1/dead-letters/replay',
    {
      schema: {
        summary: 'Put all dead letters that fit back into their lanes',
        body: PostReplayAll,
        response: { 200: Replayed, ...errorResponses },
      },
    },
    ({ body: { filter, limit, force } }) => dead.replayAll(filterOf(filter), limit, force),
  );

  app.post(
    '/v1/dead-letters/:streamSeq/purge',
    {
      schema: {
        summary: 'Throw one dead letter away',
        params: DeadLetterQuery,
        response: { 200: Purged, ...errorResponses },
      },
    },
    async ({ params: { streamSeq } }) => {
      if (await dead.purge(streamSeq)) return { purged: 1 };
      throw new TradewrightError('NOT_FOUND', `there is no dead letter ${streamSeq}`);
    },
  );

  app.post(
    '/v1/dead-letters/purge',
    {
      schema: {
        summary: 'Throw all dead letters away that fit',
        body: PostPurge,
        response: { 200: Purged, ...errorResponses },
      },
    },
    async ({ body: { filter } }) => ({ purged: await dead.purgeAll(filterOf(filter)) }),
  );
}

function filterOf({ diedFrom, diedBefore, ...rest }: DeadLetterFilter): DeadFilter {
  return {
    ...rest,
    diedFrom: diedFrom === undefined ? undefined : Date.parse(diedFrom),
    diedBefore: diedBefore === undefined ? undefined : Date.parse(diedBefore),
  };
}
