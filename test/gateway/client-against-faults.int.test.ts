import { expect } from 'chai';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { WebSocket, WebSocketServer } from 'ws';
import { WsRequest } from '../../contracts/api.ts';
import { createClient } from '../../contracts/client/index.ts';
import { workflowIdFrom } from '../../contracts/ids.ts';
import { codeOf } from '../support/code-of.ts';
import { aBatch } from '../support/messages.ts';

const workflowId = workflowIdFrom('faulty');
const event = (seq: number) => ({ type: 'event', event: aBatch('faulty', 1, seq).events[0] });

/** A server that answers each subscription with the next of these lists of messages and then hangs up. */
async function faultyServer(rounds: readonly (readonly unknown[])[]) {
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1', handleProtocols: () => 'tradewright.v1' });
  const asked: WsRequest[] = [];
  server.on('connection', (socket) => {
    socket.on('message', (data) => {
      const messages = rounds[asked.length] ?? [];
      asked.push(WsRequest.parse(JSON.parse((data as Buffer).toString())));
      for (const message of messages)
        socket.send(typeof message === 'string' ? message : JSON.stringify(message));
      socket.close();
    });
  });
  await once(server, 'listening');
  const client = createClient({
    baseUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    WebSocket,
  });
  const follow = async (count: number): Promise<number[]> => {
    const seqs: number[] = [];
    for await (const message of client.follow(workflowId)) {
      if (message.type === 'event' && seqs.push(message.event.seq) === count) break;
    }
    return seqs;
  };
  return { asked, follow, close: () => server.close() };
}

describe('the client against a faulty gateway', () => {
  it('passes over repeats, does not skip a gap, and asks for what comes after the last event seen', async () => {
    const server = await faultyServer([
      [event(1), event(1), event(2)],
      [event(1), event(3), event(5)],
      [{ type: 'error', error: { code: 'NATS_UNAVAILABLE', kind: 'retryable', message: 'away' } }, event(9)],
      [event(4), event(5)],
    ]);
    try {
      expect(await server.follow(5)).to.deep.equal([1, 2, 3, 4, 5]);
      const afterSeqs = server.asked.map((request) => (request.type === 'subscribe' ? request.afterSeq : -1));
      expect(afterSeqs).to.deep.equal([0, 2, 3, 3]);
    } finally {
      server.close();
    }
  });

  it('ends with the code of a refusal that is final', async () => {
    const error = { code: 'SUBSCRIPTION_LIMIT', kind: 'terminal', message: 'full' };
    const server = await faultyServer([[event(1), { type: 'error', error }]]);
    try {
      expect(await codeOf(server.follow(2))).to.equal('SUBSCRIPTION_LIMIT');
    } finally {
      server.close();
    }
  });

  for (const nonsense of ['not json', '{"type":"shout"}', '{"type":"event","event":{}}']) {
    it(`ends with INTERNAL when it is told ${nonsense}`, async () => {
      const server = await faultyServer([[nonsense]]);
      try {
        expect(await codeOf(server.follow(1))).to.equal('INTERNAL');
      } finally {
        server.close();
      }
    });
  }
});
