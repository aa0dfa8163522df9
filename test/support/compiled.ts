import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from '../../scripts/build.mjs';

const checkout = fileURLToPath(new URL('../../', import.meta.url));

let made: Promise<{ readonly folder: string }> | undefined;

/** Arguments of Node that run a program of this checkout as users run it: compiled. */
export async function compiled(source: string): Promise<readonly string[]> {
  const { folder } = await (made ??= build(checkout));
  return ['--enable-source-maps', join(folder, source.replace(/\.ts$/, '.js'))];
}
