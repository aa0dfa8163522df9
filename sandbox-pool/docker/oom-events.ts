import type Docker from 'dockerode';
import { z } from 'zod';

const OomEvent = z.object({ Action: z.literal('oom'), id: z.string() });
const mostRemembered = 1_000;
const longestLine = 64 * 1024;

/** Which containers ran out of memory, as the engine tells it while they end: one that removes itself cannot be asked any more. */
export class OomEvents {
  readonly #docker: Docker;
  readonly #seen = new Set<string>();
  #stream: NodeJS.ReadableStream | null = null;
  #opening: Promise<void> | null = null;
  #closed = false;

  constructor(docker: Docker) {
    this.#docker = docker;
  }

  /** Listens from now on; once more after the engine has been away. A failure shows when the next call to the engine fails. */
  async listen(): Promise<void> {
    if (this.#stream !== null || this.#closed) return;
    this.#opening ??= this.#open().finally(() => (this.#opening = null));
    await this.#opening;
  }

  has(containerId: string): boolean {
    return this.#seen.has(containerId);
  }

  close(): void {
    this.#closed = true;
    if (this.#stream !== null && 'destroy' in this.#stream) (this.#stream.destroy as () => void)();
    this.#stream = null;
  }

  async #open(): Promise<void> {
    const filters = { type: ['container' as const], event: ['oom'] };
    const stream = await this.#docker.getEvents({ filters }).catch(() => null);
    if (stream === null) return;
    this.#stream = stream;
    let rest = '';
    const lost = (): void => {
      if (this.#stream === stream) this.#stream = null;
    };
    stream.on('data', (chunk: Buffer) => {
      const lines = (rest + chunk.toString('utf8')).slice(-longestLine).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) this.#note(line);
    });
    for (const end of ['end', 'close', 'error']) stream.on(end, lost);
    if (this.#closed) this.close();
  }

  #note(line: string): void {
    let said: unknown;
    try {
      said = JSON.parse(line);
    } catch {
      return;
    }
    const event = OomEvent.safeParse(said);
    if (!event.success) return;
    this.#seen.add(event.data.id);
    const [oldest] = this.#seen;
    if (this.#seen.size > mostRemembered && oldest !== undefined) this.#seen.delete(oldest);
  }
}
