import type { Database } from './database.ts';
import { keys } from './keys.ts';

type LevelSnapshot = ReturnType<Database['level']['snapshot']>;

const SMALLEST_CHUNK = 16;
const LARGEST_CHUNK = 512;

/** The places in one index scope, in order; can jump ahead without reading what lies between. */
class ScopeReader {
  readonly #database: Database;
  readonly #snapshot: LevelSnapshot;
  readonly #scope: string;
  readonly #end: string | undefined;
  #places: string[] = [];
  #at = 0;
  #used = 0;
  #chunk = SMALLEST_CHUNK;
  #ended = false;

  constructor(database: Database, snapshot: LevelSnapshot, scope: string, end: string | undefined) {
    this.#database = database;
    this.#snapshot = snapshot;
    this.#scope = scope;
    this.#end = end;
  }

  /** The first place that is not before `place`; `place` may only grow from call to call. */
  async from(place: string): Promise<string | undefined> {
    this.#skipTo(place);
    if (this.#at === this.#places.length && !this.#ended) await this.#readFrom(place);
    this.#used += 1;
    return this.#places[this.#at];
  }

  #skipTo(place: string): void {
    for (;;) {
      const next = this.#places[this.#at];
      if (next === undefined || next >= place) return;
      this.#at += 1;
    }
  }

  /** Reads more at once while nearly all of it is used. */
  async #readFrom(place: string): Promise<void> {
    const dense = this.#used * 2 >= this.#places.length;
    this.#chunk = dense ? Math.min(this.#chunk * 2, LARGEST_CHUNK) : SMALLEST_CHUNK;
    const range = keys.listedFrom(this.#scope, place, this.#end);
    const found = await this.#database.level
      .keys({ ...range, limit: this.#chunk, snapshot: this.#snapshot })
      .all();
    this.#places = found.map((key) => keys.placeOf(this.#scope, key));
    this.#ended = found.length < this.#chunk;
    this.#at = 0;
    this.#used = 0;
  }
}

export interface ScanRange {
  readonly from: string;
  /** Not included. */
  readonly end: string | undefined;
}

export interface Scan {
  readonly places: readonly string[];
  /** Everything up to here has been looked at; undefined: everything there is. */
  readonly reached: string | undefined;
}

/** The first `limit` places that stand in every one of the scopes, looking at no more than `maxSteps`. */
export async function scanScopes(
  database: Database,
  snapshot: LevelSnapshot,
  scopes: readonly string[],
  { from, end }: ScanRange,
  { limit, maxSteps }: { readonly limit: number; readonly maxSteps: number },
): Promise<Scan> {
  const readers = scopes.map((scope) => new ScopeReader(database, snapshot, scope, end));
  const places: string[] = [];
  let target = from;
  let reached: string | undefined;
  for (let step = 0; step < maxSteps; step += 1) {
    const { place, next } = await agree(readers, target);
    if (place === undefined) return { places, reached: undefined };
    reached = place;
    if (next === undefined) {
      places.push(place);
      if (places.length === limit) break;
    }
    target = next ?? keys.placeAfter(place);
  }
  return { places, reached };
}

/** The first scope's next place; `next` is where to go on when another scope does not have it. No place: one of them has ended. */
async function agree(
  readers: readonly ScopeReader[],
  target: string,
): Promise<{ readonly place?: string; readonly next?: string }> {
  const [first, ...others] = readers;
  const place = await first?.from(target);
  if (place === undefined) return {};
  for (const other of others) {
    const next = await other.from(place);
    if (next === undefined) return {};
    if (next !== place) return { place, next };
  }
  return { place };
}
