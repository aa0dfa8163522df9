import websocket from '@fastify/websocket';
import { TradewrightError } from '../../contracts/errors.ts';
import { WS_PROTOCOL } from '../../contracts/ws-protocol.ts';
import type { App } from '../http/app.ts';
import type { GatewayLimits } from '../limits.ts';
import type { Sessions } from './sessions.ts';

/** To be registered before any other hook and route: it marks the upgrades among the requests. */
export async function registerWebSocket(app: App, sessions: Sessions, limits: GatewayLimits): Promise<void> {
  await app.register(websocket, {
    options: {
      maxPayload: 16 * limits.wsMessageBytes,
      perMessageDeflate: false,
      handleProtocols: (offered: Set<string>) => (offered.has(WS_PROTOCOL) ? WS_PROTOCOL : false),
    },
    errorHandler: (_error, socket) => socket.terminate(),
    preClose: () => sessions.closeAll(),
  });
}

/** `/v1/ws` */
export function webSocketRoute(app: App, sessions: Sessions): void {
  app.route({
    method: 'GET',
    url: '/v1/ws',
    schema: { hide: true },
    preHandler: async (request) => {
      if (request.ws && sessions.full) {
        throw new TradewrightError('RATE_LIMITED', 'there are as many sockets open as the gateway takes');
      }
    },
    handler: () => {
      throw new TradewrightError('NOT_FOUND', 'connect here with a WebSocket');
    },
    wsHandler: (socket) => sessions.add(socket),
  });
}
