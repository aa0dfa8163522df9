import { Readable } from 'node:stream';
import Docker from 'dockerode';
import { z } from 'zod';
import { TradewrightError } from '../../contracts/errors.ts';
import type { EngineAddress } from './engine-address.ts';
import { engineHas } from './engine-http.ts';

const mostTailLines = 30;

export interface ImageBuild {
  /** A tar archive with a `Dockerfile`. */
  readonly context: Buffer;
  readonly tag: string;
  readonly buildArgs?: Readonly<Record<string, string>>;
  /** `none` for a build that must work offline. */
  readonly network: 'none' | 'host';
  readonly signal: AbortSignal;
  readonly onLine?: (line: string) => void;
}

export async function hasImage(address: EngineAddress, tag: string, signal?: AbortSignal): Promise<boolean> {
  return engineHas(address, `/images/${tag}/json`, { timeoutMs: 10_000, signal });
}

/** Whether the engine can reach the registry that has this image, asked in a bounded time. */
export async function registryAnswers(
  address: EngineAddress,
  image: string,
  timeoutMs: number,
): Promise<boolean> {
  return engineHas(address, `/distribution/${image}/json`, { timeoutMs }).catch(() => false);
}

/** @throws INTERNAL with the build's last lines when a step fails. */
export async function buildImage(address: EngineAddress, build: ImageBuild): Promise<void> {
  const docker = new Docker(address);
  const stream = await docker.buildImage(Readable.from([build.context]), {
    t: build.tag,
    networkmode: build.network,
    rm: true,
    forcerm: true,
    abortSignal: build.signal,
    ...(build.buildArgs && { buildargs: { ...build.buildArgs } }),
  });
  await follow(stream, `building ${build.tag}`, build.onLine);
}

/** Makes an image of a root file system. `changes` are Dockerfile lines such as `CMD ["python3"]`. */
export async function importImage(
  address: EngineAddress,
  image: {
    readonly rootfs: NodeJS.ReadableStream;
    readonly tag: string;
    readonly changes: readonly string[];
  },
): Promise<void> {
  const [repo = '', tag = ''] = image.tag.split(':');
  const stream = await new Docker(address).importImage(image.rootfs, {
    repo,
    tag,
    changes: [...image.changes],
  });
  await follow(stream, `importing ${image.tag}`);
}

const Progress = z.object({
  stream: z.string().optional(),
  status: z.string().optional(),
  error: z.string().optional(),
});

/** The engine answers 200 and reports a failure in the stream: only reading it to its end tells. */
async function follow(
  stream: NodeJS.ReadableStream,
  what: string,
  onLine?: (line: string) => void,
): Promise<void> {
  const tail: string[] = [];
  let rest = '';
  for await (const chunk of stream) {
    const lines = (rest + String(chunk)).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) note(line);
  }
  note(rest);

  function note(line: string): void {
    if (line.trim() === '') return;
    const { stream: text, status, error } = Progress.parse(JSON.parse(line));
    if (error !== undefined) {
      throw new TradewrightError('INTERNAL', `${what} failed: ${error}\n${tail.join('\n')}`);
    }
    const said = (text ?? status ?? '').trim();
    if (said === '') return;
    tail.push(said);
    if (tail.length > mostTailLines) tail.shift();
    onLine?.(said);
  }
}
