import { z } from 'zod';

/** Lanes of the task queue with their priority; a higher one is served first. */
export const lanePriority = { critical: 100, high: 75, normal: 50, low: 25 } as const;
export const Lane = z.enum(['critical', 'high', 'normal', 'low']);
export type Lane = z.infer<typeof Lane>;
/** From the most urgent lane to the least. */
export const lanes: readonly Lane[] = Lane.options;
