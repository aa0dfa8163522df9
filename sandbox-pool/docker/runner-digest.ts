import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';

const runnerFolder = fileURLToPath(new URL('../runner/', import.meta.url));

/** SHA-256 over the runner's Python files by name, hex. The runner in the image says its own: they must agree. */
export async function runnerDigest(folder = runnerFolder): Promise<string> {
  const hash = createHash('sha256');
  const names = (await readdir(folder)).filter((name) => name.endsWith('.py')).sort();
  for (const name of names)
    hash
      .update(`${name}\0`)
      .update(await readFile(`${folder}/${name}`))
      .update('\0');
  return hash.digest('hex');
}
