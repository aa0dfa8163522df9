import { createHash } from 'node:crypto';
import { endianness } from 'node:os';
import type { BarColumns } from '../../contracts/bars.ts';

const columnOrder = [
  'time',
  'open',
  'high',
  'low',
  'close',
  'volume',
] as const satisfies readonly (keyof BarColumns)[];

/** SHA-256, hex, over the columns in the order time, open, high, low, close, volume, each as little-endian float64. */
export function barsSha256(bars: BarColumns): string {
  const hash = createHash('sha256');
  for (const name of columnOrder) {
    const bytes = Buffer.from(bars[name].slice().buffer);
    hash.update(endianness() === 'BE' ? bytes.swap64() : bytes);
  }
  return hash.digest('hex');
}
