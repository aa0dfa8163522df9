import type { Clock } from '../../contracts/ports/clock.ts';

/** The wall clock may be set while a timer runs: it is looked at again after that long. */
const LONGEST_SLEEP_MS = 30_000;

interface Entry<K> {
  readonly at: number;
  readonly key: K;
}

/** One instant for each key, and one timer for all of them: a binary heap, in which outdated entries stay until their time comes. */
export class Alarms<K> {
  readonly #clock: Clock;
  readonly #due: (key: K) => void;
  readonly #at = new Map<K, number>();
  #heap: Entry<K>[] = [];
  #armed: { readonly at: number; readonly cancel: () => void } | undefined;

  constructor(clock: Clock, due: (key: K) => void) {
    this.#clock = clock;
    this.#due = due;
  }

  get size(): number {
    return this.#at.size;
  }

  /** Replaces what was set for the key; undefined takes it back. Milliseconds since the epoch. */
  set(key: K, at: number | undefined): void {
    if (at === this.#at.get(key)) return;
    if (at === undefined) {
      this.#at.delete(key);
      return;
    }
    this.#at.set(key, at);
    if (this.#heap.length > 2 * this.#at.size + 64) this.#sweep();
    this.#push({ at, key });
    this.#arm();
  }

  stop(): void {
    this.#armed?.cancel();
    this.#armed = undefined;
    this.#at.clear();
    this.#heap = [];
  }

  #arm(): void {
    const first = this.#heap[0];
    if (first === undefined || (this.#armed !== undefined && this.#armed.at <= first.at)) return;
    this.#armed?.cancel();
    const { at } = first;
    const inMs = Math.min(at - this.#clock.now(), LONGEST_SLEEP_MS);
    this.#armed = { at, cancel: this.#clock.schedule(inMs, () => this.#ring()) };
  }

  #ring(): void {
    this.#armed = undefined;
    const now = this.#clock.now();
    for (let first = this.#heap[0]; first !== undefined && first.at <= now; first = this.#heap[0]) {
      this.#pop();
      if (this.#at.get(first.key) !== first.at) continue;
      this.#at.delete(first.key);
      this.#due(first.key);
    }
    this.#arm();
  }

  /** Drops what was replaced or taken back. */
  #sweep(): void {
    const kept = this.#heap.filter(({ at, key }) => this.#at.get(key) === at);
    this.#heap = [];
    for (const entry of kept) this.#push(entry);
  }

  #push(entry: Entry<K>): void {
    const heap = this.#heap;
    let index = heap.push(entry) - 1;
    while (index > 0) {
      const above = (index - 1) >> 1;
      const parent = heap[above];
      if (parent === undefined || parent.at <= entry.at) break;
      heap[index] = parent;
      index = above;
    }
    heap[index] = entry;
  }

  #pop(): void {
    const heap = this.#heap;
    const last = heap.pop();
    if (last === undefined || heap.length === 0) return;
    let index = 0;
    for (;;) {
      const left = 2 * index + 1;
      const [a, b] = [heap[left], heap[left + 1]];
      const child = b !== undefined && a !== undefined && b.at < a.at ? left + 1 : left;
      const next = heap[child];
      if (next === undefined || next.at >= last.at) break;
      heap[index] = next;
      index = child;
    }
    heap[index] = last;
  }
}
