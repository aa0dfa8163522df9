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

/**
 * Whether a group that holds one repeated atom and nothing else is itself repeated without bound: `(a+)+`, `([a-z]*)*`, `((x+))+`.
 * No text between two turns tells them apart, so a match that fails is tried in exponentially many ways.
 */
export function repeatsOnlyARepetition(pattern: string): boolean {
  const text = pattern.slice(0, 5_000);
  const opened: { from: number; isOne: boolean }[] = [];
  for (let at = 0; at < text.length; at += 1) {
    const character = text[at];
    if (character === '\\') at += 1;
    else if (character === '[') at = endOfClass(text, at) - 1;
    else if (character === '(') opened.push({ from: at, isOne: false });
    else if (character === ')') {
      const group = opened.pop();
      if (group === undefined) return false;
      const body = withoutPrefix(text.slice(group.from + 1, at));
      const isRepetition = group.isOne || isRepeatedAtom(body);
      if (isRepetition && isUnbounded(text, at + 1)) return true;
      // Brackets around a repetition and nothing else are that repetition.
      const outer = opened.at(-1);
      if (outer !== undefined && isRepetition && isWhole(text, outer.from, group.from, at))
        outer.isOne = true;
    }
  }
  return false;
}

function isRepeatedAtom(body: string): boolean {
  const end = body[0] === '\\' ? 2 : body[0] === '[' ? endOfClass(body, 0) : 1;
  if (body === '' || '()|^$*+?{'.includes(body[0] ?? '') || !isUnbounded(body, end)) return false;
  const rest = body.slice(body[end] === '{' ? body.indexOf('}', end) + 1 : end + 1);
  return rest === '' || rest === '?';
}

const isWhole = (text: string, outer: number, inner: number, end: number): boolean =>
  withoutPrefix(text.slice(outer + 1, inner + 1)) === '(' && text[end + 1] === ')';

const withoutPrefix = (body: string): string => body.replace(/^\?(?::|P<\w{1,64}>)/, '');

function endOfClass(text: string, from: number): number {
  let at = from + (text[from + 1] === '^' ? 2 : 1);
  if (text[at] === ']') at += 1;
  while (at < text.length && text[at] !== ']') at += text[at] === '\\' ? 2 : 1;
  return at + 1;
}
