import type { SealedCommit } from '../contracts/workflow-event.ts';

/** Of serialised events, in characters. */
const MOST_CHARACTERS = 8 * 1024 * 1024;

/** The latest commits as they travel, so that whoever follows closely does not have to read and parse them again. */
export class CommitTail {
  #commits: SealedCommit[] = [];
  /** How many at the front no longer count. */
  #gone = 0;
  #characters = 0;

  /** The next commit; it may not be durable yet. */
  add(commit: SealedCommit): void {
    this.#commits.push(commit);
    this.#characters += commit.json.length;
    while (this.#characters > MOST_CHARACTERS) {
      this.#characters -= this.#commits[this.#gone]?.json.length ?? 0;
      this.#gone += 1;
    }
    if (this.#gone > this.#commits.length / 2) {
      this.#commits = this.#commits.slice(this.#gone);
      this.#gone = 0;
    }
  }

  /** Those after `afterCommit` up to `lastCommit`, at most `limit`; undefined when it does not go back that far. */
  read(afterCommit: number, lastCommit: number, limit: number): readonly SealedCommit[] | undefined {
    const first = this.#commits[this.#gone]?.commit;
    if (first === undefined || first > afterCommit + 1) return undefined;
    const from = this.#gone + afterCommit + 1 - first;
    return this.#commits.slice(from, Math.min(from + limit, this.#gone + lastCommit + 1 - first));
  }

  /** After a failed write: what is on disk counts. */
  forget(): void {
    this.#commits = [];
    this.#gone = 0;
    this.#characters = 0;
  }
}
