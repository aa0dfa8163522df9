import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { Transform } from 'node:stream';
import { tempDir } from '../support/temp-dir.ts';

/** A door to an engine that hands on everything later, or nothing any more. */
export interface SlowEngine {
  readonly socketPath: string;
  delayMs: number;
  stalled: boolean;
  /** Ends every connection that is open. */
  cut(): void;
  close(): Promise<void>;
}

export async function slowEngine(behind: string, delayMs: number): Promise<SlowEngine> {
  const dir = await tempDir();
  const sockets = new Set<Socket>();
  const slow: SlowEngine = {
    socketPath: join(dir.path, 'engine.sock'),
    delayMs,
    stalled: false,
    cut() {
      for (const socket of sockets) socket.destroy();
    },
    async close() {
      server.close();
      this.cut();
      await dir.remove();
    },
  };
  const later = (): Transform =>
    new Transform({
      transform(chunk, _, done) {
        if (!slow.stalled) setTimeout(() => done(null, chunk), slow.delayMs);
      },
    });
  const server = createServer({ allowHalfOpen: true }, (client) => {
    const engine = connect({ path: behind, allowHalfOpen: true });
    for (const socket of [client, engine]) {
      sockets.add(socket);
      socket.on('error', () => undefined);
      socket.once('close', () => {
        client.destroy();
        engine.destroy();
      });
    }
    client.pipe(later()).pipe(engine);
    engine.pipe(later()).pipe(client);
  });
  server.listen(slow.socketPath);
  await once(server, 'listening');
  return slow;
}
