import type { Author } from '../author.ts';
import type { Mode } from '../envelope.ts';
import type { GateSignal } from '../risk.ts';
import type { ReservationId, StrategyId, WorkflowId } from '../ids.ts';

/** Bytes under their SHA-256 (hex): what is too large for an event. Storing the same bytes twice is one entry. */
export interface ArtifactStore {
  put(bytes: Uint8Array, contentType: string): Promise<string>;
  get(sha256: string): Promise<{ readonly bytes: Uint8Array; readonly contentType: string } | undefined>;
}

export interface StoredStrategy {
  readonly strategyId: StrategyId;
  readonly version: number;
  readonly symbol: string;
  readonly idea: string;
  readonly code: string;
  readonly codeSha256: string;
  readonly author: Author;
  /** The author's own confidence, 0–1. */
  readonly confidence: number;
  readonly workflowId: WorkflowId;
  /** The version that this one was made from. */
  readonly parentVersion?: number | undefined;
  /** `draft` until its signals are published; `withdrawn` when its workflow was rolled back. */
  readonly status: 'draft' | 'active' | 'withdrawn';
  readonly createdAt: number;
  readonly updatedAt: number;
}

export interface StrategyStore {
  /** Idempotent per strategyId and version. */
  put(strategy: StoredStrategy): Promise<void>;
  get(strategyId: StrategyId, version: number): Promise<StoredStrategy | undefined>;
  /** All of them, the first version first. */
  versions(strategyId: StrategyId): Promise<readonly StoredStrategy[]>;
  setStatus(
    strategyId: StrategyId,
    version: number,
    status: StoredStrategy['status'],
    now: number,
  ): Promise<void>;
  /** The one activated last for the symbol. */
  latestActive(symbol: string): Promise<StoredStrategy | undefined>;
}

/** Signals that a workflow holds limits for: `held` until they are published (`used`) or given back (`released`). */
export interface Reservation {
  readonly reservationId: ReservationId;
  readonly workflowId: WorkflowId;
  readonly mode: Mode;
  readonly signals: readonly GateSignal[];
  readonly state: 'held' | 'used' | 'released';
  /** Milliseconds since the epoch. */
  readonly createdAt: number;
}

/** What counts against the risk limits: the state of the gates is rebuilt from it. */
export interface RiskBook {
  /** One per reservationId: a second time replaces the signals of a held one, and leaves one that was settled as it is. */
  reserve(reservation: Reservation): Promise<void>;
  /** Harmless when there is no such reservation. */
  settle(reservationId: ReservationId, state: 'used' | 'released'): Promise<void>;
  /** Of one mode, held or used, made at `since` or later, oldest first. */
  reservations(mode: Mode, since: number): Promise<readonly Reservation[]>;
}
