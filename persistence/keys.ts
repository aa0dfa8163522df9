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
const LONGEST_PART = 128;

/** Any text as part of a key. What is cut off at the end makes an index hold more than it should: the row itself is checked. */
const part = (text: string): string =>
  text
    .slice(0, LONGEST_PART)
    .replace(/[^A-Za-z0-9._-]/g, (unit) => `%${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
/** Newest first. */
const backwards = (at: number): string => digits(LAST_INSTANT - Math.min(Math.max(at, 0), LAST_INSTANT), 15);

export const keys = {
  event: (workflowId: string, seq: number) => `e!${workflowId}!${digits(seq, 10)}`,
  events: under('e'),
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
  /** Ended workflows, those that ended first before the others. */
  ended: (endedAt: number, workflowId: string) =>
    `z!${digits(Math.min(Math.max(endedAt, 0), LAST_INSTANT), 15)}!${workflowId}`,
  endedBefore: (at: number): KeyRange => ({
    gte: 'z!',
    lt: `z!${digits(Math.min(Math.max(Math.ceil(at), 0), LAST_INSTANT), 15)}`,
  }),
  endedAll: under('z'),
  summaries: under('s'),
  /**
   * Newest first, in scopes: all, a state, a definition, a label with its value. What follows the scope is the workflow's place,
   * the same in every scope: two scopes can be read side by side.
   */
  listed: (scope: string, startedAt: number, workflowId: string) =>
    `t!${scope}!${backwards(startedAt)}!${workflowId}`,
  listedFrom: (scope: string, place: string, endPlace?: string): KeyRange => ({
    gte: `t!${scope}!${place}`,
    lt: endPlace === undefined ? under(`t!${scope}`).lt : `t!${scope}!${endPlace}`,
  }),
  listedAll: under('t'),
  placeOf: (scope: string, key: string) => key.slice(`t!${scope}!`.length),
  /** The first place behind this one. */
  placeAfter: (place: string) => `${place}"`,
  /** The first place of what started before `at`, milliseconds. */
  placeBefore: (at: number) => `${backwards(at)}"`,
  definitionScope: (name: string) => `definition~${part(name)}`,
  labelScope: (name: string, value: string) => `label~${part(name)}~${part(value)}`,
  /** Which indexes are maintained. */
  indexes: 'm!indexes',
  workflowIn: (key: string) => key.slice(key.lastIndexOf('!') + 1),
  all: ALL,
  /** Where in the archive a retired workflow is. */
  archived: (workflowId: string) => `x!${workflowId}`,
  archivedAll: under('x'),
  /** How many bytes of an archive file count. */
  archiveFile: (file: string) => `y!${file}`,
  archiveFiles: under('y'),
  archiveFileIn: (key: string) => key.slice(2),
  snapshot: (workflowId: string) => `n!${workflowId}`,
  cursor: (name: string) => `u!${name}`,
  counters: 'm!counters',
  artifact: (sha256: string) => `a!${sha256}`,
  strategy: (strategyId: string, version: number) => `g!${strategyId}!${digits(version, 8)}`,
  strategyVersions: (strategyId: string): KeyRange => under(`g!${strategyId}`),
  activeStrategy: (symbol: string, at: number, strategyId: string, version: number) =>
    `h!${symbol}!${backwards(at)}!${strategyId}!${digits(version, 8)}`,
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
