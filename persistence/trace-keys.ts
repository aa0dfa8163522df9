import type { KeyRange } from './keys.ts';

/** Larger than any instant in milliseconds, so that newer ones sort first. */
const LAST_INSTANT = 999_999_999_999_999;
const LONGEST_PART = 128;

const digits = (value: number): string =>
  String(Math.min(Math.max(Math.ceil(value), 0), LAST_INSTANT)).padStart(15, '0');
const backwards = (at: number): string => digits(LAST_INSTANT - Math.min(Math.max(at, 0), LAST_INSTANT));

/** Any text as part of a key; what is cut off makes an index hold more than it should: the row itself is checked. */
const part = (text: string): string =>
  text
    .slice(0, LONGEST_PART)
    .replace(/[^A-Za-z0-9._-]/g, (unit) => `%${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);

/** `"` follows `!` in ASCII. */
const within = (scope: string, from: string, to: string | undefined): KeyRange => ({
  gte: `${scope}!${from}`,
  lt: to === undefined ? `${scope}"` : `${scope}!${to}`,
});

/**
 * The keys of traces and of cached answers, under `k!` and `l!` in the one LevelDB. A trace's place, newest first, is the same in every
 * index: two of them can be read side by side.
 */
export const traceKeys = {
  row: (traceId: string) => `k!r!${traceId}`,
  place: (startedAt: number, traceId: string) => `${backwards(startedAt)}!${traceId}`,
  /** The row of the list. */
  listed: (place: string) => `k!t!${place}`,
  scopes: {
    all: 'k!t',
    workflow: (workflowId: string) => `k!w!${workflowId}`,
    strategy: (strategyId: string) => `k!s!${strategyId}`,
    model: (model: string) => `k!m!${part(model)}`,
    word: (word: string) => `k!x!${part(word)}`,
  },
  in: (scope: string, place: string) => `${scope}!${place}`,
  within,
  placeIn: (scope: string, key: string) => key.slice(scope.length + 1),
  traceIn: (place: string) => place.slice(place.indexOf('!') + 1),
  /** The first place behind this one. */
  after: (place: string) => `${place}"`,
  /** The first place of what was asked before `at`. */
  before: (at: number) => `${backwards(at)}"`,
  answer: (key: string) => `l!r!${key}`,
  answerAt: (at: number, key: string) => `l!t!${digits(at)}!${key}`,
  answersBefore: (at: number): KeyRange => ({ gte: 'l!t!', lt: `l!t!${digits(at)}` }),
  answerIn: (key: string) => key.slice(key.lastIndexOf('!') + 1),
} as const;
