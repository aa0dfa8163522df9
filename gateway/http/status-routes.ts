import { z } from 'zod';
import { SystemStatus } from '../../contracts/api.ts';
import { asyncApi } from '../../contracts/async-api.ts';
import { TradewrightError } from '../../contracts/errors.ts';
import type { GatewayLimits } from '../limits.ts';
import type { App } from './app.ts';
import type { Questions } from './ask.ts';
import { errorResponses } from './responses.ts';

/** Whether it lives, whether it can work, and what it runs on. */
export function statusRoutes(
  app: App,
  ask: Questions,
  limits: GatewayLimits,
  metrics: (() => Promise<string>) | undefined,
): void {
  app.get(
    '/livez',
    { schema: { summary: 'This process answers', response: { 200: z.object({ live: z.literal(true) }) } } },
    async () => ({ live: true as const }),
  );

  app.get(
    '/readyz',
    {
      schema: {
        summary: 'NATS answers and the worker is ready',
        response: { 200: z.object({ ready: z.literal(true) }), ...errorResponses },
      },
    },
    async () => {
      const { ready } = await ask.status(limits.readyTimeoutMs);
      if (!ready) throw new TradewrightError('NOT_READY', 'the worker is not ready');
      return { ready: true as const };
    },
  );

  app.get(
    '/v1/status',
    {
      schema: { summary: 'What runs, where, on what', response: { 200: SystemStatus, ...errorResponses } },
    },
    () => ask.status(limits.queryTimeoutMs),
  );

  if (metrics !== undefined) {
    app.get('/metrics', { schema: { hide: true } }, async (_request, reply) => {
      void reply.type('text/plain; version=0.0.4; charset=utf-8').serializer(String);
      return metrics();
    });
  }

  app.get('/asyncapi.json', { schema: { hide: true } }, async () => asyncApi());

  app.get('/openapi.json', { schema: { hide: true } }, async () => app.swagger());
}
