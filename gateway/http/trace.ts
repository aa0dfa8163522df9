import { createHash } from 'node:crypto';
import { TraceParent } from '../../contracts/envelope.ts';

const refused = /^00-0{32}-|^00-[0-9a-f]{32}-0{16}-/;

/** The request's W3C trace context, or a new one where it has none that is valid. */
export function traceparentFrom(header: unknown, newKey: () => string): string {
  const offered = TraceParent.safeParse(header);
  if (offered.success && !refused.test(offered.data)) return offered.data;
  const random = createHash('sha256').update(newKey()).digest('hex');
  return `00-${random.slice(0, 32)}-${random.slice(32, 48)}-01`;
}
