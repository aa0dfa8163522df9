import type { Clock } from '../contracts/ports/clock.ts';
import type { Log } from '../contracts/ports/log.ts';
import type {
  EventFeed,
  LaneStatistics,
  LiveFeed,
  ProgramFeed,
  Queries,
  TaskProducer,
} from '../contracts/ports/messaging.ts';
import type { DeadLetterOffice, TaskDesk } from '../contracts/ports/task-store.ts';
import type { GatewayLimits } from './limits.ts';

/** What the routes for tasks, lanes and dead letters work on. */
export interface GatewayQueue {
  readonly desk: TaskDesk;
  readonly dead: DeadLetterOffice;
  readonly statistics: LaneStatistics;
}

export interface GatewayOptions {
  /** Default `127.0.0.1`. Any address but a loopback one needs `auth`. */
  readonly host?: string;
  /** 0 takes a free one. */
  readonly port: number;
  readonly tasks: TaskProducer;
  readonly queries: Queries;
  readonly events: EventFeed;
  readonly live: LiveFeed;
  readonly programs: ProgramFeed;
  /** Without it there are no routes for tasks, lanes and dead letters. */
  readonly queue?: GatewayQueue;
  /** This process's metrics in Prometheus' text format, for `GET /metrics`. */
  readonly metrics?: () => Promise<string>;
  readonly clock: Clock;
  readonly log: Log;
  /** The symbols that market data exists for, upper-cased. */
  readonly knownSymbols: () => readonly string[];
  /** With a token every route but /livez and /readyz asks for it. */
  readonly auth?: { readonly token: string } | undefined;
  /** Origins (`https://desk.example`) whose pages may use the gateway, beside its own. */
  readonly allowedOrigins?: readonly string[];
  /** Host names served beside the loopback ones while bound to a loopback address. */
  readonly allowedHosts?: readonly string[];
  readonly limits?: Partial<GatewayLimits>;
  /** A fresh random key: idempotency keys, request ids, trace ids. */
  readonly newKey: () => string;
}

/** What the routes work with: the options with their defaults filled in. */
export interface GatewayContext extends Omit<GatewayOptions, 'limits'> {
  readonly host: string;
  readonly limits: GatewayLimits;
}
