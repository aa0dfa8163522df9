import type { CodeFinding } from '../../contracts/code-review.ts';
import { scores, type Rule } from './scores.ts';

export interface Place {
  readonly line: number;
  readonly column: number;
}

export interface Observation {
  readonly rule: Rule;
  readonly place: Place;
  /** What it is about. The same rule on the same subject counts once; its further places are listed with score 0. */
  readonly subject: string;
  readonly message: string;
  readonly advice?: string;
}

const MAX_FINDINGS = 200;
const MAX_PLACES_PER_SUBJECT = 5;

/** Collects what the rules observe; bounded whatever the program looks like. */
export class Findings {
  readonly #placesBySubject = new Map<string, number>();
  readonly #findings: CodeFinding[] = [];

  add({ rule, place, subject, message, advice }: Observation): void {
    const key = `${rule} ${subject}`;
    const places = this.#placesBySubject.get(key) ?? 0;
    if (places >= MAX_PLACES_PER_SUBJECT) return;
    this.#placesBySubject.set(key, places + 1);
    const score = places === 0 ? scores[rule] : 0;
    this.#findings.push({ rule, ...place, score, message, ...(advice === undefined ? {} : { advice }) });
  }

  /** The findings in the order of the source; of too many, the gravest are kept. */
  list(): CodeFinding[] {
    const kept =
      this.#findings.length <= MAX_FINDINGS
        ? this.#findings
        : this.#findings.toSorted((a, b) => b.score - a.score).slice(0, MAX_FINDINGS);
    return kept.toSorted((a, b) => a.line - b.line || a.column - b.column);
  }
}
