import { type Author } from '../author.ts';
import { type Mode } from '../envelope.ts';
import { type ReservationId, type StrategyId, type WorkflowId } from '../ids.ts';

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
  /** `draft` until its signals are published; `withdrawn` when its workflow was rolled back. */
  readonly status: 'draft' | 'active' | 'withdrawn';
  readonly createdAt: number;
  readonly updatedAt: number;
}

export interface StrategyStore {
  /** Idempotent per strategyId and version. */
  put(strategy: StoredStrategy): Promise<void>;
  get(strategyId: StrategyId, version: number): Promise<StoredStrategy | undefined>;
  setStatus(
    strategyId: StrategyId,
    version: number,
    status: StoredStrategy['status'],
    now: number,
  ): Promise<void>;
  /** The one activated last for the symbol. */
  latestActive(symbol: string): Promise<StoredStrategy | undefined>;
}

/** What is held of a symbol's limits by workflows that are about to publish. */
export interface Reservation {
  readonly reservationId: ReservationId;
  readonly workflowId: WorkflowId;
  readonly symbol: string;
  readonly mode: Mode;
  /** Notional in quote currency that the signals would move. */
  readonly notional: number;
  readonly state: 'held' | 'used' | 'released';
  readonly createdAt: number;
}

/** The last target each strategy published, and how much was moved: what the risk gates look at. */
export interface PublishedPosition {
  readonly symbol: string;
  readonly mode: Mode;
  readonly strategyId: StrategyId;
  readonly targetPosition: number;
  readonly at: number;
}

export interface RiskBook {
  reserve(reservation: Reservation): Promise<void>;
  settle(reservationId: ReservationId, state: 'used' | 'released'): Promise<void>;
  reservation(reservationId: ReservationId): Promise<Reservation | undefined>;
  /** Held and used notional of the symbol since `since`, in this mode. */
  notionalSince(symbol: string, mode: Mode, since: number): Promise<number>;
  recordPosition(position: PublishedPosition): Promise<void>;
  lastPosition(symbol: string, mode: Mode): Promise<PublishedPosition | undefined>;
}
