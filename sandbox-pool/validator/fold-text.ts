import { MAX_ITEMS, MAX_TEXT, numberValue, someText, textValue, unknown, type Value } from './values.ts';

/** Characters of a text as Python counts them. */
function characters(text: string): string[] {
  return Array.from(text);
}

export function sequenceOf(value: Value): Value[] | null {
  if (value.kind === 'text')
    return value.text.length > MAX_ITEMS ? null : characters(value.text).map(textValue);
  if (value.kind === 'bytes')
    return Array.from(value.text, (character) => numberValue(character.charCodeAt(0)));
  if (value.kind !== 'sequence') return null;
  const items: Value[] = [];
  for (const alternatives of value.items) {
    const [only] = alternatives;
    if (only === undefined || alternatives.length !== 1) return null;
    items.push(only);
  }
  return items;
}

export function sequenceValue(items: readonly Value[]): Value {
  return items.length > MAX_ITEMS ? unknown : { kind: 'sequence', items: items.map((item) => [item]) };
}

/** `value[index]` and `value[from:to:step]` as Python does it. */
export function indexed(value: Value, index: number): Value {
  const items = sequenceOf(value);
  const item = items?.[index < 0 ? items.length + index : index];
  if (item !== undefined) return item;
  return isText(value) ? someText : unknown;
}

export function sliced(value: Value, from: number | null, to: number | null, step: number): Value {
  const items = sequenceOf(value);
  if (items === null || step === 0 || !Number.isInteger(step)) return isText(value) ? someText : unknown;
  const length = items.length;
  const clamp = (at: number, low: number, high: number) =>
    Math.min(Math.max(at < 0 ? at + length : at, low), high);
  const picked: Value[] = [];
  if (step > 0) {
    const end = to === null ? length : clamp(to, 0, length);
    for (let at = from === null ? 0 : clamp(from, 0, length); at < end; at += step)
      picked.push(items[at] ?? unknown);
  } else {
    const end = to === null ? -1 : clamp(to, -1, length - 1);
    for (let at = from === null ? length - 1 : clamp(from, -1, length - 1); at > end; at += step)
      picked.push(items[at] ?? unknown);
  }
  if (value.kind !== 'text') return sequenceValue(picked);
  return textValue(picked.map((item) => (item.kind === 'text' ? item.text : '')).join(''));
}

export function isText(value: Value): boolean {
  return value.kind === 'text' || value.kind === 'some-text';
}

export function joined(separator: string, items: readonly Value[]): Value {
  let text = '';
  for (const [index, item] of items.entries()) {
    if (item.kind !== 'text' || text.length > MAX_TEXT) return someText;
    text += index === 0 ? item.text : separator + item.text;
  }
  return textValue(text);
}

export function repeated(text: string, times: number): Value {
  if (times <= 0) return textValue('');
  return text.length * times > MAX_TEXT ? someText : textValue(text.repeat(Math.floor(times)));
}

/** What `str(value)` and an empty format specification give. */
export function asText(value: Value): string | null {
  if (value.kind === 'text') return value.text;
  if (value.kind === 'number' && Number.isSafeInteger(value.number)) return String(value.number);
  return null;
}

/** `"…" % values`, for the plain conversions. */
export function percentFormatted(format: string, values: readonly Value[]): Value {
  let result = '';
  let used = 0;
  for (let at = 0; at < format.length; at += 1) {
    const character = format[at] ?? '';
    if (character !== '%') {
      result += character;
      continue;
    }
    at += 1;
    const conversion = format[at] ?? '';
    if (conversion === '%') {
      result += '%';
      continue;
    }
    const value = values[used];
    used += 1;
    if (value === undefined) return someText;
    const text =
      conversion === 'c' && value.kind === 'number'
        ? fromCodePoint(value.number)
        : 'scdi'.includes(conversion)
          ? asText(value)
          : null;
    if (text === null) return someText;
    result += text;
  }
  return textValue(result);
}

/** `"…".format(…)`, for plain fields: `{}`, `{0}`, `{name}`. */
export function braceFormatted(
  format: string,
  values: readonly Value[],
  named: ReadonlyMap<string, Value>,
): Value {
  let result = '';
  let next = 0;
  for (let at = 0; at < format.length; at += 1) {
    const character = format[at] ?? '';
    if ((character === '{' || character === '}') && format[at + 1] === character) {
      result += character;
      at += 1;
      continue;
    }
    if (character !== '{') {
      result += character;
      continue;
    }
    const close = format.indexOf('}', at);
    if (close < 0) return someText;
    const field = format.slice(at + 1, close);
    at = close;
    let value: Value | undefined;
    if (field === '') {
      value = values[next];
      next += 1;
    } else value = named.get(field) ?? values[Number(field)];
    const text = value === undefined ? null : asText(value);
    if (text === null) return someText;
    result += text;
  }
  return textValue(result);
}

export function fromCodePoint(code: number): string | null {
  if (!Number.isInteger(code) || code < 0 || code > 0x10ffff) return null;
  return String.fromCodePoint(code);
}

const asciiNames = new Map<string, string>([
  ['LOW LINE', '_'],
  ['FULL STOP', '.'],
  ['SPACE', ' '],
  ['COMMERCIAL AT', '@'],
  ['LEFT PARENTHESIS', '('],
  ['RIGHT PARENTHESIS', ')'],
  ['SOLIDUS', '/'],
  ['HYPHEN-MINUS', '-'],
  ...['ZERO', 'ONE', 'TWO', 'THREE', 'FOUR', 'FIVE', 'SIX', 'SEVEN', 'EIGHT', 'NINE'].map(
    (name, digit) => [`DIGIT ${name}`, String(digit)] as const,
  ),
]);

/** Decodes `\N{…}`, which the parser leaves as it is written; null when it names a character that we do not know. */
export function decodeNamedCharacters(text: string): string | null {
  let result = '';
  let from = 0;
  for (let at = text.indexOf('\\N{'); at >= 0; at = text.indexOf('\\N{', from)) {
    const close = text.indexOf('}', at);
    if (close < 0) return null;
    const name = text.slice(at + 3, close).toUpperCase();
    const character = asciiNames.get(name) ?? letterOf(name);
    if (character === null) return null;
    result += text.slice(from, at) + character;
    from = close + 1;
  }
  return result + text.slice(from);
}

function splitOnBlanks(text: string): string[] {
  const blanksAsSpaces = Array.from(text, (character) => (character.trim() === '' ? ' ' : character)).join(
    '',
  );
  return blanksAsSpaces.split(' ').filter((part) => part !== '');
}

function letterOf(name: string): string | null {
  const letter = name.at(-1) ?? '';
  if (name === `LATIN SMALL LETTER ${letter}`) return letter.toLowerCase();
  return name === `LATIN CAPITAL LETTER ${letter}` ? letter : null;
}

/** A method of str or bytes on known arguments; `undefined` when it is none that we follow. */
export function textMethod(self: Value, method: string, args: readonly Value[]): Value | undefined {
  if (self.kind === 'bytes') {
    if (method === 'decode') return decoded(self.text, args);
    return method === 'hex' ? someText : undefined;
  }
  if (self.kind === 'some-text') return textMethods.has(method) ? someText : undefined;
  if (self.kind !== 'text') return undefined;
  const { text } = self;
  const words = args.map((arg) => (arg.kind === 'text' ? arg.text : null));
  const [first = null, second = null] = words;
  // Python's case and white-space rules beyond ASCII differ from ours; a wrong answer would be worse than none.
  if (!isPlain(text) && !exactMethods.has(method)) return textMethods.has(method) ? someText : undefined;
  switch (method) {
    case 'lower':
    case 'casefold':
      return textValue(text.toLowerCase());
    case 'upper':
      return textValue(text.toUpperCase());
    case 'swapcase':
      return textValue(
        Array.from(text, (c) => (c === c.toLowerCase() ? c.toUpperCase() : c.toLowerCase())).join(''),
      );
    case 'capitalize':
      return textValue(text.slice(0, 1).toUpperCase() + text.slice(1).toLowerCase());
    case 'strip':
    case 'lstrip':
    case 'rstrip':
      return stripped(text, method, args.length === 0 ? ' \t\r\n' : first);
    case 'replace':
      return first === null || second === null || args.length > 2 || text.length * second.length > 1e6
        ? someText
        : textValue(text.replaceAll(first, () => second));
    case 'removeprefix':
      return first === null ? someText : textValue(text.startsWith(first) ? text.slice(first.length) : text);
    case 'removesuffix':
      return first === null
        ? someText
        : textValue(text.endsWith(first) ? text.slice(0, text.length - first.length) : text);
    case 'split':
      if (args.length === 0) return sequenceValue(splitOnBlanks(text).map(textValue));
      return first === null || first === '' || args.length > 1
        ? unknown
        : sequenceValue(text.split(first).map(textValue));
    case 'encode':
      return args.length === 0 ? { kind: 'bytes', text } : unknown;
    default:
      return textMethods.has(method) ? someText : undefined;
  }
}

const exactMethods = new Set(['replace', 'removeprefix', 'removesuffix', 'encode']);

function isPlain(text: string): boolean {
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code > 0x7e || (code < 0x20 && code !== 0x09 && code !== 0x0a && code !== 0x0d)) return false;
  }
  return true;
}

/** Methods of str that give a str. */
const textMethods = new Set(
  'capitalize casefold center expandtabs format format_map join ljust lower lstrip removeprefix removesuffix replace rjust rstrip strip swapcase title translate upper zfill'.split(
    ' ',
  ),
);

function decoded(text: string, args: readonly Value[]): Value {
  if (args.length > 0) {
    const [encoding] = args;
    if (
      encoding?.kind !== 'text' ||
      !['utf-8', 'utf8', 'ascii', 'latin-1', 'latin1'].includes(encoding.text.toLowerCase())
    )
      return someText;
  }
  for (let at = 0; at < text.length; at += 1) if (text.charCodeAt(at) > 0x7f) return someText;
  return textValue(text);
}

function stripped(text: string, method: string, drop: string | null): Value {
  if (drop === null) return someText;
  let from = 0;
  let to = text.length;
  if (method !== 'rstrip') while (from < to && drop.includes(text[from] ?? '')) from += 1;
  if (method !== 'lstrip') while (to > from && drop.includes(text[to - 1] ?? '')) to -= 1;
  return textValue(text.slice(from, to));
}
