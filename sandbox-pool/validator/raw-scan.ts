import type { Findings } from './findings.ts';

/** A strategy is a page or ten of code; this is far beyond, and far below what would take long to judge. */
export const MAX_SOURCE_BYTES = 64 * 1024;

/** Characters that make what a person reads differ from what Python runs. */
const hidden: readonly (readonly [from: number, to: number, name: string])[] = [
  [0x00, 0x00, 'NUL'],
  [0x01, 0x08, 'control character'],
  [0x0b, 0x0b, 'vertical tab'],
  [0x0c, 0x0c, 'form feed'],
  [0x0e, 0x1f, 'control character'],
  [0x7f, 0x9f, 'control character'],
  [0xad, 0xad, 'soft hyphen'],
  [0x61c, 0x61c, 'bidirectional mark'],
  [0x180e, 0x180e, 'invisible separator'],
  [0x200b, 0x200d, 'zero-width character'],
  [0x200e, 0x200f, 'bidirectional mark'],
  [0x2028, 0x2029, 'line separator'],
  [0x202a, 0x202e, 'bidirectional override'],
  [0x2060, 0x2064, 'invisible operator'],
  [0x2066, 0x2069, 'bidirectional isolate'],
  [0x206a, 0x206f, 'format character'],
  [0xd800, 0xdfff, 'lone surrogate'],
  [0xfeff, 0xfeff, 'byte order mark'],
  [0xfff9, 0xfffb, 'annotation mark'],
  [0xe0000, 0xe007f, 'tag character'],
];

/**
 * Looks at the characters before any parser does: parsers disagree on exactly these.
 * @returns whether the text may be parsed at all.
 */
export function scanRawText(source: string, findings: Findings): boolean {
  if (Buffer.byteLength(source, 'utf8') > MAX_SOURCE_BYTES) {
    findings.add({
      rule: 'too-complex',
      place: { line: 1, column: 1 },
      subject: 'size',
      message: `The code is larger than ${MAX_SOURCE_BYTES / 1024} KB and was not read.`,
      advice: 'Keep the strategy to a few hundred lines; data does not belong into the code.',
    });
    return false;
  }
  const clean = scanCharacters(source, findings);
  return scanEncodingCookie(source, findings) && clean;
}

function scanCharacters(source: string, findings: Findings): boolean {
  let clean = true;
  let line = 1;
  let lineStart = 0;
  for (let at = 0; at < source.length; at += 1) {
    const unit = source.charCodeAt(at);
    if (unit >= 0x20 && unit < 0x7f) continue;
    const code = source.codePointAt(at) ?? 0;
    if (code === 0x0a) {
      line += 1;
      lineStart = at + 1;
      continue;
    }
    if (code === 0x09) continue;
    const place = { line, column: at - lineStart + 1 };
    if (code === 0x0d) {
      if (source.charCodeAt(at + 1) === 0x0a) continue;
      clean = false;
      findings.add({
        rule: 'hidden-text',
        place,
        subject: 'CR',
        message: 'A bare carriage return hides the code behind it.',
      });
      continue;
    }
    const range = hidden.find(([from, to]) => code >= from && code <= to);
    if (range !== undefined) {
      clean = false;
      findings.add({
        rule: 'hidden-text',
        place,
        subject: range[2],
        message: `The code holds an invisible character: ${range[2]} U+${code.toString(16).toUpperCase().padStart(4, '0')}.`,
        advice: 'Remove it; write such a character as an escape inside a string if you need it.',
      });
    }
    if (code > 0xffff) at += 1;
  }
  return clean;
}

/** PEP 263: a comment in the first two lines can make Python read the same bytes as other text. */
function scanEncodingCookie(source: string, findings: Findings): boolean {
  const lines = source.slice(0, 4096).split('\n', 2);
  for (const [index, text] of lines.entries()) {
    const comment = text.trimStart();
    if (comment !== '' && !comment.startsWith('#')) return true;
    const encoding = cookieOf(comment);
    if (encoding === null) continue;
    const plain = encoding.toLowerCase().replaceAll('_', '-');
    if (plain === 'utf-8' || plain === 'utf8' || plain === 'ascii' || plain === 'us-ascii') return true;
    findings.add({
      rule: 'hidden-text',
      place: { line: index + 1, column: 1 },
      subject: 'cookie',
      message: `The code declares the encoding "${encoding.slice(0, 40)}"; only UTF-8 is read.`,
      advice: 'Remove the coding comment.',
    });
    return false;
  }
  return true;
}

function cookieOf(comment: string): string | null {
  for (let from = comment.indexOf('coding'); from >= 0; from = comment.indexOf('coding', from + 1)) {
    const mark = comment[from + 6];
    if (mark !== ':' && mark !== '=') continue;
    const rest = comment.slice(from + 7).trimStart();
    let end = 0;
    while (end < rest.length && isEncodingCharacter(rest.charCodeAt(end))) end += 1;
    if (end > 0) return rest.slice(0, end);
  }
  return null;
}

function isEncodingCharacter(code: number): boolean {
  const isDigit = code >= 0x30 && code <= 0x39;
  const isLetter = (code >= 0x41 && code <= 0x5a) || (code >= 0x61 && code <= 0x7a);
  return isDigit || isLetter || code === 0x2d || code === 0x2e || code === 0x5f;
}
