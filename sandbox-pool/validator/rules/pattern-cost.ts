/**
 * Whether a regular expression repeats a group without bound that itself contains an unbounded repetition, as `(a+)+` does:
 * the classic shape of exponential matching. Reads the pattern once, character by character.
 */
export function hasNestedRepetition(pattern: string): boolean {
  const groups: boolean[] = [];
  let current: boolean = false;
  let isInClass = false;
  for (let at = 0; at < pattern.length && at < 5_000; at += 1) {
    const character = pattern[at];
    if (character === '\\') {
      at += 1;
      continue;
    }
    if (isInClass) {
      isInClass = character !== ']';
      continue;
    }
    if (character === '[') {
      isInClass = true;
      if (pattern[at + 1] === ']') at += 1;
    } else if (character === '(') {
      groups.push(current);
      current = false;
    } else if (character === ')') {
      const inner: boolean = current;
      if (inner && isUnbounded(pattern, at + 1)) return true;
      current = (groups.pop() ?? false) || inner;
    } else if (isUnbounded(pattern, at) && pattern[at - 1] !== '(') current = true;
  }
  return false;
}

function isUnbounded(pattern: string, at: number): boolean {
  const character = pattern[at];
  if (character === '*' || character === '+') return true;
  if (character !== '{') return false;
  const close = pattern.indexOf('}', at);
  return close > 0 && pattern[close - 1] === ',';
}
