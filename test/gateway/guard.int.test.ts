import { expect } from 'chai';
import { request } from 'node:http';
import { WebSocket } from 'ws';
import { createClient } from '../../contracts/client/index.ts';
import { workflowIdFrom } from '../../contracts/ids.ts';
import { bearerProtocol, WS_PROTOCOL } from '../../contracts/ws-protocol.ts';
import type { Gateway } from '../../gateway/index.ts';
import { codeOf } from '../support/code-of.ts';
import { type GatewayHarness, startHarness } from './gateway-harness.ts';
import { openSocket, refusalOf } from './test-socket.ts';

/** `fetch` does not let one set Host. */
function ask(gateway: Gateway, path: string, headers: Record<string, string>, method = 'GET') {
  return new Promise<{ status: number; text: string }>((resolve, reject) => {
    const asked = request(`${gateway.url}${path}`, { method, headers }, (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (piece: string) => (text += piece));
      response.on('end', () => resolve({ status: response.statusCode ?? 0, text }));
    });
    asked.on('error', reject);
    asked.end();
  });
}

describe('who may use the gateway', () => {
  let at: GatewayHarness;
  before(async () => {
    at = await startHarness();
  });
  after(() => at.stop());

  it('binds to this machine alone unless told otherwise, and to others only with a token', async () => {
    expect(at.gateway.url).to.equal(`http://127.0.0.1:${at.gateway.port}`);
    expect(await codeOf(at.open({ host: '0.0.0.0' }))).to.equal('CONFIG_INVALID');
    const open = await at.open({ host: '0.0.0.0', auth: { token: 't' } });
    expect((await fetch(`${open.url}/livez`)).status).to.equal(200);
  });

  it('answers only to its own names, against DNS rebinding', async () => {
    const { port } = at.gateway;
    for (const host of [`localhost:${port}`, `127.0.0.1:${port}`, `[::1]:${port}`]) {
      expect((await ask(at.gateway, '/v1/status', { host })).status, host).to.equal(200);
    }
    for (const host of [
      'evil.example',
      `evil.example:${port}`,
      'localhost.evil.example',
      'x@localhost',
      '127.0.0.1.evil.example',
    ]) {
      for (const path of ['/v1/status', '/livez', '/nowhere']) {
        const answer = await ask(at.gateway, path, { host });
        expect(answer.status, `${host}${path}`).to.equal(421);
        expect(answer.text).to.include('HOST_REFUSED');
      }
      expect(await refusalOf(at.gateway.url, { headers: { host } }), host).to.equal(421);
    }
    const named = await at.open({ allowedHosts: ['desk.example'] });
    expect((await ask(named, '/v1/status', { host: 'desk.example' })).status).to.equal(200);
  });

  it('refuses WebSockets and posts of foreign pages', async () => {
    const { url } = at.gateway;
    for (const origin of [
      'https://evil.example',
      'null',
      `${url}.evil.example`,
      'file://',
      'http://127.0.0.1:1',
    ]) {
      expect(await refusalOf(url, { origin }), origin).to.equal(403);
      expect((await ask(at.gateway, '/v1/workflows', { origin }, 'POST')).text, origin).to.include(
        'ORIGIN_REFUSED',
      );
    }
    for (const gateway of [at.gateway, await at.open({ allowedOrigins: ['https://desk.example'] })]) {
      const origin = gateway === at.gateway ? url : 'https://desk.example';
      const { ws } = await openSocket(gateway.url, { origin });
      ws.terminate();
    }
  });

  it('asks for the token everywhere but for liveness and readiness', async () => {
    const token = 'correct horse ÿ';
    const gateway = await at.open({ auth: { token } });
    const withToken = createClient({ baseUrl: gateway.url, WebSocket, token: 'open-sesame' });
    expect((await ask(gateway, '/livez', {})).status).to.equal(200);
    expect((await ask(gateway, '/readyz', {})).status).to.equal(200);
    for (const path of ['/v1/status', '/v1/workflows', '/openapi.json', '/nowhere']) {
      expect((await ask(gateway, path, {})).status, path).to.equal(401);
      expect((await ask(gateway, path, { authorization: 'Bearer wrong' })).status, path).to.equal(401);
    }
    expect(await codeOf(withToken.status())).to.equal('UNAUTHORIZED');
    expect(await refusalOf(gateway.url, {})).to.equal(401);
    expect(await refusalOf(gateway.url, {}, [WS_PROTOCOL, bearerProtocol('wrong')])).to.equal(401);
    const { ws } = await openSocket(gateway.url, {}, [WS_PROTOCOL, bearerProtocol(token)]);
    expect(ws.protocol).to.equal(WS_PROTOCOL);
    ws.terminate();
  });

  it('lets the client in with its token, over HTTP and WebSocket, and tells it when it is wrong', async () => {
    const gateway = await at.open({ auth: { token: 's3cret' } });
    const workflowId = workflowIdFrom('guarded');
    const right = createClient({ baseUrl: gateway.url, WebSocket, token: 's3cret' });
    expect((await right.status()).ready).to.equal(true);
    for await (const message of right.follow(workflowId)) {
      expect(message).to.deep.equal({ type: 'subscribed', workflowId });
      break;
    }
    const wrong = createClient({ baseUrl: gateway.url, WebSocket, token: 'guess' });
    const attempt = async (): Promise<void> => {
      for await (const _ of wrong.follow(workflowId)) throw new Error('was let in');
    };
    expect(await codeOf(attempt())).to.equal('UNAUTHORIZED');
  });

  it('limits the requests of one client, wrong tokens included', async () => {
    const gateway = await at.open({ auth: { token: 't' }, limits: { requestsPerMinute: 5 } });
    const answers = [];
    for (let visit = 0; visit < 7; visit++) answers.push(await fetch(`${gateway.url}/v1/status`));
    expect(answers.map(({ status }) => status)).to.deep.equal([401, 401, 401, 401, 401, 429, 429]);
    expect(answers.at(-1)?.headers.get('retry-after')).to.match(/^\d+$/);
    expect(await answers.at(-1)?.text()).to.include('RATE_LIMITED');
    expect((await fetch(`${gateway.url}/livez`)).status).to.equal(200);
  });

  it('lets nobody frame or sniff what it answers', async () => {
    const { headers } = await fetch(`${at.gateway.url}/livez`);
    expect(headers.get('content-security-policy')).to.include("default-src 'none'");
    expect(headers.get('x-content-type-options')).to.equal('nosniff');
    expect(headers.get('access-control-allow-origin')).to.equal(null);
  });

  it('says PORT_IN_USE, naming the port', async () => {
    const { port } = at.gateway;
    const attempt = at.open({ port });
    expect(await codeOf(attempt)).to.equal('PORT_IN_USE');
    expect(String(await attempt.catch((error: unknown) => error))).to.include(String(port));
  });
});
