import { createConnection } from 'node:net';
import { z } from 'zod';

const Info = z.object({
  server_name: z.string(),
  version: z.string(),
  port: z.int(),
  jetstream: z.boolean().default(false),
  max_payload: z.int().optional(),
});
export type NatsInfo = z.infer<typeof Info>;

const longestInfoBytes = 64 * 1024;

/** The greeting every NATS server sends first: who it is and what it can do. @throws when none comes within `timeoutMs`. */
export async function readNatsInfo(
  host: string,
  port: number,
  timeoutMs: number,
  signal?: AbortSignal,
): Promise<NatsInfo> {
  signal?.throwIfAborted();
  return new Promise((resolve, reject) => {
    const socket = createConnection({ host, port });
    let text = '';
    const end = (settle: () => void): void => {
      signal?.removeEventListener('abort', onAbort);
      socket.destroy();
      settle();
    };
    const fail = (error: Error): void => end(() => reject(error));
    const onAbort = (): void => fail(new Error('aborted', { cause: signal?.reason }));
    signal?.addEventListener('abort', onAbort, { once: true });
    socket.setTimeout(timeoutMs, () =>
      fail(new Error(`no NATS greeting on ${host}:${port} within ${timeoutMs} ms`)),
    );
    socket.setEncoding('utf8');
    socket.on('error', fail);
    socket.on('close', () =>
      fail(new Error(`${host}:${port} closed the connection without a NATS greeting`)),
    );
    socket.on('data', (chunk: string) => {
      text += chunk;
      const lineEnd = text.indexOf('\r\n');
      if (lineEnd >= 0) {
        end(() => {
          try {
            resolve(parseInfo(text.slice(0, lineEnd)));
          } catch (error) {
            reject(error instanceof Error ? error : new Error(String(error)));
          }
        });
      } else if (text.length > longestInfoBytes) fail(new Error(`${host}:${port} is no NATS server`));
    });
  });
}

function parseInfo(line: string): NatsInfo {
  if (!line.startsWith('INFO ')) throw new Error('not a NATS greeting');
  return Info.parse(JSON.parse(line.slice('INFO '.length)));
}
