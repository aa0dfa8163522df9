import { z } from 'zod';
import { SignalIn } from '../signal.ts';

/** `signal.accept`: is the incoming signal still valid by the clock? Its undoing is `router.refuse`. */
export const AcceptSignalRequest = z.object({ signal: SignalIn });
export const AcceptSignalResult = z.object({ accepted: z.boolean(), why: z.string() });
export type AcceptSignalResult = z.infer<typeof AcceptSignalResult>;
