import helmet from '@fastify/helmet';
import rateLimit from '@fastify/rate-limit';
import swagger from '@fastify/swagger';
import fastify, { type FastifyReply, type FastifyRequest } from 'fastify';
import {
  jsonSchemaTransform,
  serializerCompiler,
  validatorCompiler,
  type ZodTypeProvider,
} from 'fastify-type-provider-zod';
import { TradewrightError } from '../../contracts/errors.ts';
import type { GatewayContext } from '../gateway-options.ts';
import type { App } from './app.ts';
import { failureAnswer } from './failures.ts';
import { jsonBody } from './json-body.ts';

/** The application with everything that holds for all routes; the caller adds the routes. */
export async function createApp(context: GatewayContext): Promise<App> {
  const { limits, log, newKey } = context;

  const answerFailure = (error: unknown, request: FastifyRequest, reply: FastifyReply): void => {
    const { status, failure, headers } = failureAnswer(error, request.id);
    const where = { requestId: request.id, method: request.method, route: request.routeOptions.url };
    if (status >= 500) log.error({ ...where, status, code: failure.code, err: error }, 'request failed');
    else log.debug({ ...where, status, code: failure.code }, 'request refused');
    // An upgrade that is refused has left the HTTP server's care: nobody else closes its connection.
    if (request.headers.upgrade !== undefined) reply.raw.once('finish', () => request.socket.destroy());
    void reply.code(status).headers(headers).send({ error: failure });
  };

  const app: App = fastify({
    logger: false,
    genReqId: newKey,
    requestTimeout: limits.requestTimeoutMs,
    frameworkErrors: answerFailure,
  }).withTypeProvider<ZodTypeProvider>();
  app.setValidatorCompiler(validatorCompiler);
  app.setSerializerCompiler(serializerCompiler);
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('application/json', jsonBody(limits));
  app.setErrorHandler(answerFailure);
  app.setNotFoundHandler(() => {
    throw new TradewrightError('NOT_FOUND', 'there is nothing at this address');
  });

  // What the gateway serves is data; nothing of it may be framed, sniffed or run.
  await app.register(helmet, {
    contentSecurityPolicy: {
      useDefaults: false,
      directives: { defaultSrc: ["'none'"], frameAncestors: ["'none'"] },
    },
    strictTransportSecurity: false,
  });
  await app.register(rateLimit, { global: false });
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'Tradewright',
        version: '1',
        description:
          'Turns trading ideas into proven strategies and signals. Events come over the WebSocket /v1/ws.',
      },
    },
    transform: jsonSchemaTransform,
  });
  return app;
}
