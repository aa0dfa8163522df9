import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const imageFolder = fileURLToPath(new URL('.', import.meta.url));
export const runnerFolder = fileURLToPath(new URL('../runner/', import.meta.url));

const baseRecipe = ['base.Dockerfile', 'packages.txt', 'strip.sh'];

export interface SandboxImageTags {
  /** Debian's Python with numpy and pandas; changes with the package recipe alone. */
  readonly base: string;
  /** The base plus this checkout's runner: what containers are made of. */
  readonly image: string;
}

/** The names of the images that belong to the files of this checkout; another content has another name. */
export async function sandboxImageTags(): Promise<SandboxImageTags> {
  const base = await digest(baseRecipe.map((name) => join(imageFolder, name)));
  const runner = (await runnerFiles()).map((name) => join(runnerFolder, name));
  const image = await digest([join(imageFolder, 'Dockerfile'), ...runner], base);
  return { base: `tradewright-sandbox-base:${base}`, image: `tradewright-sandbox:${image}` };
}

/** The runner's files that go into the image, sorted. */
export async function runnerFiles(): Promise<string[]> {
  const names = await readdir(runnerFolder).catch(() => []);
  return names.filter((name) => name.endsWith('.py')).sort();
}

async function digest(paths: readonly string[], seed = ''): Promise<string> {
  const hash = createHash('sha256').update(seed);
  for (const path of paths) {
    const content = await readFile(path);
    hash.update(`${basename(path)}\0${content.length}\0`).update(content);
  }
  return hash.digest('hex').slice(0, 16);
}
