import * as untyped from 'nact';
import { Actor } from 'nact/lib/actor.js';

/** nact copies the children, and seven things more, for each message; the kernel's handlers get a context of their own. */
const nothing = Object.freeze({});
Actor.prototype.createContext = () => nothing;

/**
 * The part of nact 7.6.2 the kernel uses, as it really behaves; its own type declarations leave the references structurally
 * empty and get the persistence port wrong.
 */
export interface NactRef {
  readonly type: 'actor' | 'system';
}

export interface NactContext {
  /** Only in a persistent actor, while its stored messages are replayed through the handler. */
  readonly recovering?: boolean;
  /** Only in a persistent actor. */
  readonly persist?: (data: unknown) => Promise<void>;
}

export interface NactStopContext {
  readonly mailbox: readonly { readonly message: unknown }[];
}

/** nact runs two handlers of one actor at once after `escalate` and `resume`, so nothing but these two is ever answered. */
export type NactDecision = symbol;
export interface NactCrashContext {
  readonly stop: NactDecision;
  readonly reset: NactDecision;
}

export interface NactProperties {
  readonly initialState?: unknown;
  readonly initialStateFunc?: () => unknown;
  readonly onCrash: (message: unknown, error: unknown, context: NactCrashContext) => Promise<NactDecision>;
  readonly afterStop: (state: unknown, context: NactStopContext) => void;
}

export interface NactPersistentProperties extends NactProperties {
  readonly snapshotEvery?: number;
  readonly snapshotEncoder?: (state: unknown) => unknown;
  readonly snapshotDecoder?: (data: unknown) => unknown;
}

export type NactHandler = (state: unknown, message: unknown, context: NactContext) => unknown;

export interface NactStored {
  readonly data: unknown;
  readonly sequenceNumber: number;
  readonly key: string;
}

/** nact's persistence port. */
export interface NactPersistenceEngine {
  latestSnapshot(key: string): Promise<NactStored | undefined>;
  events(
    key: string,
    afterSeq: number,
  ): {
    reduce<A>(
      step: (accumulated: Promise<A>, stored: NactStored, index: number) => Promise<A>,
      initial: Promise<A>,
    ): Promise<A>;
  };
  persist(stored: NactStored): Promise<void>;
  takeSnapshot(stored: NactStored): Promise<void>;
}

interface Nact {
  start(options: { readonly name: string }, ...plugins: readonly unknown[]): NactRef;
  configurePersistence(engine: NactPersistenceEngine): unknown;
  spawn(parent: NactRef, handler: NactHandler, name: string, properties: NactProperties): NactRef;
  spawnPersistent(
    parent: NactRef,
    handler: NactHandler,
    key: string,
    name: string,
    properties: NactPersistentProperties,
  ): NactRef;
  dispatch(actor: NactRef, message: unknown): void;
  stop(actor: NactRef): void;
}

export const nact = untyped as unknown as Nact;
