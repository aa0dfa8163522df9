import type { FastifyRequest, onRequestAsyncHookHandler } from 'fastify';
import { TradewrightError } from '../../contracts/errors.ts';
import type { GatewayContext } from '../gateway-options.ts';
import type { App } from '../http/app.ts';
import { hostAllowed, originAllowed } from './hosts.ts';
import { offeredToken, tokenCheck } from './token.ts';

const openPaths = ['/livez', '/readyz'];

/** Who may come in, in this order: the right host, not too often, from an allowed page, with the token. */
export function guard(app: App, context: GatewayContext): onRequestAsyncHookHandler {
  const { host, auth, allowedHosts = [], allowedOrigins = [], limits } = context;
  const visits = app.createRateLimit({ max: limits.requestsPerMinute, timeWindow: 60_000 });
  const tokenOk = auth === undefined ? () => true : tokenCheck(auth.token);

  return async (request: FastifyRequest) => {
    const { headers } = request;
    if (!hostAllowed(headers.host, host, allowedHosts)) {
      throw new TradewrightError(
        'HOST_REFUSED',
        'this gateway is not known under the name in the Host header',
      );
    }
    if (openPaths.includes(request.routeOptions.url ?? '')) return;
    const visit = await visits(request);
    if (!visit.isAllowed && visit.isExceeded) {
      throw new TradewrightError('RATE_LIMITED', `more than ${visit.max} requests in a minute`, {
        details: { retryAfterS: visit.ttlInSeconds },
      });
    }
    const mayChange = headers.upgrade !== undefined || !['GET', 'HEAD'].includes(request.method);
    if (mayChange && !originAllowed(headers.origin, headers.host, allowedOrigins)) {
      throw new TradewrightError('ORIGIN_REFUSED', 'pages of this origin may not use the gateway');
    }
    if (!tokenOk(offeredToken(headers))) {
      throw new TradewrightError('UNAUTHORIZED', 'send the token as Authorization: Bearer …');
    }
  };
}
