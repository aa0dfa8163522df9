import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from '../../scripts/build.mjs';

const checkout = fileURLToPath(new URL('../../', import.meta.url));

/** Arguments of Node that run a program of this checkout as users run it: compiled. */
export async function compiled(source: string): Promise<readonly string[]> {
  const { folder } = await build(checkout);
  return ['--enable-source-maps', join(folder, source.replace(/\.ts$/, '.js'))];
}
