import { z } from 'zod';
import { Failure } from '../../contracts/envelope.ts';

/** What a worker process tells the process that started it. */
export const WorkerMessage = z.discriminatedUnion('type', [
  z.object({ type: z.literal('progress'), text: z.string() }),
  z.object({ type: z.literal('ready'), gatewayUrl: z.string(), natsUrl: z.string() }),
  z.object({ type: z.literal('failed'), failure: Failure }),
]);
export type WorkerMessage = z.infer<typeof WorkerMessage>;
