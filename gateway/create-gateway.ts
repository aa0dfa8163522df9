import type { Duplex } from 'node:stream';
import { TradewrightError } from '../contracts/errors.ts';
import type { Clock } from '../contracts/ports/clock.ts';
import { guard } from './auth/guard.ts';
import { isLoopback } from './auth/hosts.ts';
import type { GatewayContext, GatewayOptions } from './gateway-options.ts';
import { AcceptedWorkflows } from './http/accepted.ts';
import type { App } from './http/app.ts';
import { questions } from './http/ask.ts';
import { commandRoutes } from './http/command-routes.ts';
import { createApp } from './http/create-app.ts';
import { journalRoutes } from './http/journal-routes.ts';
import { sandboxRoutes } from './http/sandbox-routes.ts';
import { queueRoutes } from './http/queue-routes.ts';
import { statusRoutes } from './http/status-routes.ts';
import { strategyRoutes } from './http/strategy-routes.ts';
import { traceRoutes } from './http/trace-routes.ts';
import { workflowRoutes } from './http/workflow-routes.ts';
import { defaultLimits } from './limits.ts';
import { Sessions } from './ws/sessions.ts';
import { registerWebSocket, webSocketRoute } from './ws/ws-route.ts';

export interface Gateway {
  /** Where it is reached from this machine, without a slash at the end. */
  readonly url: string;
  readonly port: number;
  stats(): { readonly sockets: number; readonly subscriptions: number; readonly accepted: number };
  /** Takes no more requests, lets those under way finish, closes the sockets with 1001. */
  close(): Promise<void>;
}

/**
 * The HTTP and WebSocket API. It speaks to the rest of the system through the messaging ports alone.
 * @throws PORT_IN_USE; CONFIG_INVALID for an address that cannot be bound, or one that others reach without a token
 */
export async function createGateway(options: GatewayOptions): Promise<Gateway> {
  const { host = '127.0.0.1', port, auth, clock, log, events, live, queries } = options;
  const limits = { ...defaultLimits, ...options.limits };
  if (!isLoopback(host) && auth === undefined) {
    throw new TradewrightError('CONFIG_INVALID', `a gateway on ${host} is open to others: it needs a token`);
  }
  const context: GatewayContext = { ...options, host, limits };
  const accepted = new AcceptedWorkflows(clock, limits);
  const sessions = new Sessions({ events, live, clock, log, limits });
  const ask = questions(queries, limits.queryTimeoutMs);

  const app = await createApp(context);
  await registerWebSocket(app, sessions, limits);
  app.addHook('onRequest', guard(app, context));
  webSocketRoute(app, sessions);
  workflowRoutes(app, context, ask, accepted);
  commandRoutes(app, context, ask, accepted);
  journalRoutes(app, ask);
  traceRoutes(app, ask, log);
  strategyRoutes(app, context, ask, accepted);
  sandboxRoutes(app, context, ask);
  if (options.queue !== undefined) queueRoutes(app, context, options.queue);
  statusRoutes(app, ask, limits, options.metrics);
  const closing = closer(app, clock, limits.drainMs);
  await listen(app, host, port);

  const bound = app.server.address();
  const boundPort = typeof bound === 'object' && bound !== null ? bound.port : port;
  const url = `http://${reachableName(host)}:${boundPort}`;
  log.info({ url }, 'gateway listens');
  return {
    url,
    port: boundPort,
    stats: () => ({
      sockets: sessions.sockets,
      subscriptions: sessions.subscriptions,
      accepted: accepted.size,
    }),
    close: closing,
  };
}

/** Closes gracefully, and with force whatever is still connected after `withinMs`. */
function closer(app: App, clock: Clock, withinMs: number): () => Promise<void> {
  const upgraded = new Set<Duplex>();
  app.server.on('upgrade', (_request, socket) => {
    upgraded.add(socket);
    socket.once('close', () => upgraded.delete(socket));
  });
  return async () => {
    const disarm = clock.schedule(withinMs, () => {
      app.server.closeAllConnections();
      for (const socket of upgraded) socket.destroy();
    });
    await app.close();
    disarm();
  };
}

function reachableName(host: string): string {
  if (host === '0.0.0.0') return '127.0.0.1';
  if (host === '::') return '[::1]';
  return host.includes(':') ? `[${host}]` : host;
}

async function listen(app: App, host: string, port: number): Promise<void> {
  try {
    await app.listen({ host, port });
  } catch (cause) {
    await app.close();
    const code = cause instanceof Error && 'code' in cause ? cause.code : undefined;
    if (code === 'EADDRINUSE') {
      throw new TradewrightError('PORT_IN_USE', `port ${port} on ${host} is taken by another program`, {
        cause,
        details: { host, port },
      });
    }
    if (code === 'EADDRNOTAVAIL' || code === 'EACCES' || code === 'ENOTFOUND') {
      throw new TradewrightError('CONFIG_INVALID', `cannot listen on ${host} port ${port} (${code})`, {
        cause,
      });
    }
    throw cause;
  }
}
