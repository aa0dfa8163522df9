import { z } from 'zod';

/** W3C trace context, as it travels in NATS headers and inside stored messages. */
export const TraceParent = z.string().regex(/^00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$/);

/** `live` may be traded, `paper` only on paper, `historical` never: it belongs to the past of a data set. */
export const Mode = z.enum(['live', 'paper', 'historical']);
export type Mode = z.infer<typeof Mode>;

/** Milliseconds since the epoch, UTC. */
export const EpochMs = z.number().int().nonnegative();

export const Failure = z.object({
  code: z.string(),
  kind: z.enum(['terminal', 'retryable', 'defect']),
  message: z.string(),
  details: z.record(z.string(), z.unknown()).optional(),
});
