/**
 * Every key of the one LevelDB, in one place. Plain prefixes rather than `sublevel()`: a commit touches several of them in one
 * batch, and the database object is reopened in place after a full disk. `!` separates; no part may hold it.
 */
const digits = (value: number, width: number): string => String(value).padStart(width, '0');

/** Larger than any instant in milliseconds, so that newer ones sort first. */
const LAST_INSTANT = 999_999_999_999_999;

export interface KeyRange {
  readonly gte: string;
  readonly lt: string;
}

/** `"` follows `!` in ASCII: everything that starts with the prefix. */
const under = (prefix: string): KeyRange => ({ gte: `${prefix}!`, lt: `${prefix}"` });

/** The index scope that holds all workflows. */
const ALL = '*';

export const keys = {
  event: (workflowId: string, seq: number) => `e!${workflowId}!${digits(seq, 10)}`,
  eventsAfter: (workflowId: string, seq: number): KeyRange => ({
    gte: `e!${workflowId}!${digits(seq + 1, 10)}`,
    lt: under(`e!${workflowId}`).lt,
  }),
  commit: (commit: number) => `c!${digits(commit, 14)}`,
  commits: under('c'),
  commitOf: (key: string) => Number(key.slice(2)),
  summary: (workflowId: string) => `s!${workflowId}`,
  openWorkflow: (workflowId: string) => `o!${workflowId}`,
  openWorkflows: under('o'),
  /** Newest first; in a scope of its own per state. */
  listed: (scope: string, startedAt: number, workflowId: string) =>
    `t!${scope}!${digits(LAST_INSTANT - startedAt, 15)}!${workflowId}`,
  listedIn: (scope: string): KeyRange => under(`t!${scope}`),
  listedAfter: (scope: string, place: string): KeyRange => ({
    gte: `t!${scope}!${place}"`,
    lt: under(`t!${scope}`).lt,
  }),
  placeOf: (scope: string, key: string) => key.slice(`t!${scope}!`.length),
  workflowIn: (key: string) => key.slice(key.lastIndexOf('!') + 1),
  all: ALL,
  snapshot: (workflowId: string) => `n!${workflowId}`,
  cursor: (name: string) => `u!${name}`,
  counters: 'm!counters',
  artifact: (sha256: string) => `a!${sha256}`,
  strategy: (strategyId: string, version: number) => `g!${strategyId}!${digits(version, 8)}`,
  activeStrategy: (symbol: string, at: number, strategyId: string, version: number) =>
    `h!${symbol}!${digits(LAST_INSTANT - at, 15)}!${strategyId}!${digits(version, 8)}`,
  activeStrategies: (symbol: string): KeyRange => under(`h!${symbol}`),
  reservation: (reservationId: string) => `r!${reservationId}`,
  reserved: (mode: string, at: number, reservationId: string) =>
    `q!${mode}!${digits(at, 15)}!${reservationId}`,
  reservedSince: (mode: string, since: number): KeyRange => ({
    gte: `q!${mode}!${digits(Math.max(since, 0), 15)}`,
    lt: under(`q!${mode}`).lt,
  }),
  reservationIn: (key: string) => key.slice(key.lastIndexOf('!') + 1),
};
