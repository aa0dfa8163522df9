import { expect } from 'chai';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { WebSocket } from 'ws';
import type { WsMessage } from '../../contracts/api.ts';
import { createClient, type FollowOptions } from '../../contracts/client/index.ts';
import { workflowIdFrom, type WorkflowId } from '../../contracts/ids.ts';
import { codeOf } from '../support/code-of.ts';
import { eventually } from '../support/eventually.ts';
import { storeCommits } from '../support/events.ts';
import { aCommit } from '../support/messages.ts';
import { type GatewayHarness, startHarness } from './gateway-harness.ts';

/** A relay in front of the gateway whose connections can be cut. */
async function wireTo(port: number) {
  const sockets = new Set<Socket>();
  const server: Server = createServer((near) => {
    const far = connect(port, '127.0.0.1');
    for (const [one, other] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(one);
      one.pipe(other);
      one.on('error', () => other.destroy());
      one.on('close', () => {
        sockets.delete(one);
        other.destroy();
      });
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const cut = (): void => sockets.forEach((socket) => socket.destroy());
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    cut,
    close: () => {
      cut();
      server.close();
    },
  };
}

describe('the client follows a workflow', () => {
  let at: GatewayHarness;
  before(async () => {
    at = await startHarness();
  });
  after(() => at.stop());

  /** Follows in the background; `done` settles when the loop ends. */
  function following(baseUrl: string, workflowId: WorkflowId, options: FollowOptions = {}) {
    const aborter = new AbortController();
    const messages: WsMessage[] = [];
    const client = createClient({ baseUrl, WebSocket });
    const run = async (): Promise<void> => {
      for await (const message of client.follow(workflowId, { signal: aborter.signal, ...options })) {
        messages.push(message);
      }
    };
    const done = run();
    done.catch(() => undefined);
    return {
      messages,
      done,
      seqs: () => messages.flatMap((message) => (message.type === 'event' ? [message.event.seq] : [])),
      connections: () => messages.filter(({ type }) => type === 'subscribed').length,
      stop: () => aborter.abort(),
    };
  }

  it('from the beginning or after a sequence, and ends when told', async () => {
    const workflowId = workflowIdFrom('f1');
    await storeCommits(at.messaging.events, aCommit('f1', 1, 1, 5));
    const all = following(at.gateway.url, workflowId);
    const tail = following(at.gateway.url, workflowId, { afterSeq: 3 });
    await eventually(() => all.seqs().length === 5 && tail.seqs().length === 2);
    expect(all.seqs()).to.deep.equal([1, 2, 3, 4, 5]);
    expect(tail.seqs()).to.deep.equal([4, 5]);
    all.stop();
    tail.stop();
    await Promise.all([all.done, tail.done]);
    await eventually(() => at.gateway.stats().sockets === 0);
  });

  it('lets the socket go when the caller leaves the loop', async () => {
    const workflowId = workflowIdFrom('f2');
    await storeCommits(at.messaging.events, aCommit('f2', 2, 1, 3));
    for await (const message of at.client.follow(workflowId)) {
      if (message.type === 'event' && message.event.seq === 2) break;
    }
    await eventually(() => at.gateway.stats().sockets === 0);
  });

  it('sees each event once although its connection is cut again and again', async () => {
    const wire = await wireTo(at.gateway.port);
    const workflowId = workflowIdFrom('f3');
    const seen = following(wire.url, workflowId);
    for (let round = 0; round < 5; round++) {
      await storeCommits(at.messaging.events, aCommit('f3', 10 + round, round * 20 + 1, 20));
      // Cut while the events are on their way, at another place each time.
      await eventually(() => seen.seqs().length >= round * 20 + round);
      wire.cut();
    }
    await eventually(() => seen.seqs().length === 100, { withinMs: 20_000 });
    expect(seen.seqs()).to.deep.equal(Array.from({ length: 100 }, (_, n) => n + 1));
    expect(seen.connections()).to.be.greaterThan(1);
    seen.stop();
    await seen.done;
    wire.close();
  });

  it('survives a gateway that ends and starts again on its port', async () => {
    const first = await at.open();
    const workflowId = workflowIdFrom('f4');
    await storeCommits(at.messaging.events, aCommit('f4', 20, 1, 3));
    const seen = following(first.url, workflowId);
    await eventually(() => seen.seqs().length === 3);
    await first.close();
    await storeCommits(at.messaging.events, aCommit('f4', 21, 4, 3));
    const second = await at.open({ port: first.port });
    await eventually(() => seen.seqs().length === 6, { withinMs: 20_000 });
    expect(seen.seqs()).to.deep.equal([1, 2, 3, 4, 5, 6]);
    seen.stop();
    await seen.done;
    await second.close();
  });

  it('waits for a gateway that is not there yet, but no longer than it was told', async () => {
    const gone = await at.open();
    await gone.close();
    const patient = following(gone.url, workflowIdFrom('f5'));
    const hasty = following(gone.url, workflowIdFrom('f5'), { maxOutageMs: 300 });
    expect(await codeOf(hasty.done)).to.equal('GATEWAY_UNAVAILABLE');
    patient.stop();
    await patient.done;
  });

  it('ends with the failure when events are missing for good', async () => {
    const workflowId = workflowIdFrom('f6');
    await storeCommits(at.messaging.events, aCommit('f6', 30, 2, 2));
    expect(await codeOf(following(at.gateway.url, workflowId).done)).to.equal('FEED_GAP');
  });
});
