import type { CodeReview } from '../../contracts/code-review.ts';

const MOST_REVIEWS = 256;
const MOST_CHARACTERS = 4 * 1024 * 1024;

/**
 * The same reviewer, which gives the verdict on a text that it has seen lately without reading it again: a run has its code reviewed
 * at its own step and again before each container. A verdict depends on nothing but the text and on the rules, which are part of
 * this process, so the text itself is the key, exactly as it is; nothing is taken for the same by a digest. A review that was given up
 * is not remembered.
 */
export function rememberReviews(review: (source: string) => CodeReview): (source: string) => CodeReview {
  const known = new Map<string, CodeReview>();
  let characters = 0;

  const forget = (source: string): void => {
    if (known.delete(source)) characters -= source.length;
  };

  return (source) => {
    const seen = known.get(source);
    if (seen !== undefined) {
      // A map keeps the order of insertion: what was asked for last goes last.
      known.delete(source);
      known.set(source, seen);
      return seen;
    }
    const fresh = frozen(review(source));
    if (fresh.findings.some(({ rule }) => rule === 'too-complex')) return fresh;
    known.set(source, fresh);
    characters += source.length;
    for (const oldest of known.keys()) {
      if (known.size <= MOST_REVIEWS && characters <= MOST_CHARACTERS) break;
      forget(oldest);
    }
    return fresh;
  };
}

/** Many callers get the same one, so none may change it. */
function frozen(review: CodeReview): CodeReview {
  for (const finding of review.findings) Object.freeze(finding);
  Object.freeze(review.findings);
  return Object.freeze(review);
}
