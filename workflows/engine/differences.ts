/** One place where two JSON values differ; `undefined` where one of them has nothing. */
export interface Difference {
  /** Such as `/plan/steps/0`; empty for the whole value. */
  readonly path: string;
  readonly was: unknown;
  readonly now: unknown;
}

const MOST = 50;
const LONGEST_TEXT = 200;

/** Where two JSON values differ, at most 50 places; long texts are cut. */
export function differences(was: unknown, now: unknown): readonly Difference[] {
  const found: Difference[] = [];
  compare(was, now, '', found);
  return found;
}

function compare(was: unknown, now: unknown, path: string, found: Difference[]): void {
  if (found.length >= MOST || was === now) return;
  if (isObject(was) && isObject(now) && Array.isArray(was) === Array.isArray(now)) {
    for (const key of new Set([...Object.keys(was), ...Object.keys(now)]))
      compare(was[key], now[key], `${path}/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`, found);
    return;
  }
  found.push({ path, was: shortened(was), now: shortened(now) });
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null;

function shortened(value: unknown): unknown {
  const text = typeof value === 'string' ? value : isObject(value) ? JSON.stringify(value) : undefined;
  if (text === undefined || text.length <= LONGEST_TEXT) return value;
  return `${text.slice(0, LONGEST_TEXT)}… (${text.length} characters)`;
}
