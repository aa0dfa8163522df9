import type { Envelope } from './ref.ts';
import type { NactContext, NactHandler, NactProperties, NactRef } from './nact.ts';

/** The kernel's own first message to every actor. */
export const START = { message: 'kernel: start' } as const;
export const isStart = (envelope: Envelope): boolean => envelope === START;

/** What differs between a plain and a persistent actor; the cell does the rest. */
export interface Behaviour {
  spawnInNact(parent: NactRef, handler: NactHandler, properties: NactProperties): NactRef;
  /** Handles one message, or `START`, and gives the next state. */
  work(state: unknown, envelope: Envelope, nactContext: NactContext): Promise<unknown>;
  /** A stored message during recovery. */
  replay(state: unknown, stored: unknown): unknown;
  /** True when no restart may follow the crash that just happened. */
  mustEnd(): boolean;
  /** Prepares the next incarnation; nact is reset right after. */
  reopen(): Promise<void>;
  /** Runs `onStop` on the last state, once per incarnation. */
  release(): Promise<void>;
}
