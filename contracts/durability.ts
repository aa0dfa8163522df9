import { z } from 'zod';

/** What "accepted" promises of tasks and signals: docs/queue.md. The saga journal has an fsync of its own for each commit. */
export const Durability = z.object({
  /** `interval`: a power cut may cost what was accepted within `syncInterval`. */
  mode: z.enum(['always', 'interval', 'unknown']),
  /** `sync_interval` of the nats-server that runs; null where it is not ours to know. */
  syncInterval: z.string().nullable(),
  survives: z.string(),
});
export type Durability = z.infer<typeof Durability>;

/** @param syncInterval a NATS duration, `always`, or null for a server of the user's own, which does not say */
export function durabilityOf(syncInterval: string | null): Durability {
  const processes = 'the death of workers and of nats-server';
  if (syncInterval === null)
    return {
      mode: 'unknown',
      syncInterval,
      survives: `${processes}; a power cut as the server's own sync_interval says (two minutes by default)`,
    };
  if (syncInterval === 'always')
    return {
      mode: 'always',
      syncInterval,
      survives: `${processes}, and a power cut: fsync comes before "accepted"`,
    };
  return {
    mode: 'interval',
    syncInterval,
    survives: `${processes}; a power cut may cost what was accepted in the last ${syncInterval} or so`,
  };
}
