import { once } from 'node:events';
import { createServer } from 'node:http';
import { z } from 'zod';

const Call = z.object({
  kind: z.enum(['do', 'undo']),
  step: z.string(),
  key: z.string(),
  /** What the step that is undone had given. */
  id: z.string().optional(),
});
export type Call = z.infer<typeof Call>;

/** The world that steps act upon, as the process under test sees it. */
export interface Calls {
  call(call: Call): Promise<'done' | 'failed'>;
}

/** The world itself. It lives in another process than what is killed, and has every call in its list before it answers. */
export interface Recorder {
  readonly url: string;
  /** In the order of arrival. */
  readonly calls: readonly Call[];
  close(): Promise<void>;
}

/** The first call of `insure` is answered with a failure. */
export async function startRecorder(): Promise<Recorder> {
  const calls: Call[] = [];
  const server = createServer((request, response) => {
    void (async () => {
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(chunk as Buffer);
      const call = Call.parse(JSON.parse(Buffer.concat(chunks).toString('utf8')));
      const first = !calls.some(({ kind, step }) => kind === 'do' && step === 'insure');
      calls.push(call);
      response.end(call.kind === 'do' && call.step === 'insure' && first ? 'failed' : 'done');
    })();
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the recorder has no port');
  return {
    url: `http://127.0.0.1:${address.port}`,
    calls,
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

export const callsAt = (url: string): Calls => ({
  async call(call) {
    const response = await fetch(url, { method: 'POST', body: JSON.stringify(call) });
    return (await response.text()) === 'failed' ? 'failed' : 'done';
  },
});
