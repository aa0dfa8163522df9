import { asText, fromCodePoint, sequenceOf, sequenceValue } from './fold-text.ts';
import {
  MAX_ITEMS,
  numberValue,
  someText,
  textsOf,
  textValue,
  unknown,
  unknownValues,
  type Value,
  type Values,
} from './values.ts';

/**
 * Calls of builtins that make texts, numbers and sequences, or reach attributes.
 * @returns `undefined` for those that are not followed
 */
export function foldBuiltin(name: string, args: readonly Values[]): Values | undefined {
  const [first = unknownValues, second = unknownValues] = args;
  switch (name) {
    case 'chr':
      return first.map((value) => {
        const text = value.kind === 'number' ? fromCodePoint(value.number) : null;
        return text === null ? someText : textValue(text);
      });
    case 'ord':
      return first.map((value) =>
        value.kind === 'text' ? numberValue(value.text.codePointAt(0) ?? 0) : unknown,
      );
    case 'len':
      return first.map((value) => {
        const items = value.kind === 'sequence' ? value.items : sequenceOf(value);
        return items === null || items.length >= MAX_ITEMS ? unknown : numberValue(items.length);
      });
    case 'str':
      return first.map((value) => {
        const text = args.length === 1 ? asText(value) : null;
        return text === null ? someText : textValue(text);
      });
    case 'repr':
    case 'ascii':
    case 'format':
    case 'hex':
    case 'bin':
    case 'oct':
      return [someText];
    case 'list':
    case 'tuple':
      return first.map((value) => {
        const items = sequenceOf(value);
        return items === null ? unknown : sequenceValue(items);
      });
    case 'reversed':
      return first.map((value) => {
        const items = sequenceOf(value);
        return items === null ? unknown : sequenceValue(items.toReversed());
      });
    case 'bytes':
    case 'bytearray':
      return first.map((value) => {
        if (value.kind === 'bytes') return value;
        const codes = sequenceOf(value)?.map((item) => (item.kind === 'number' ? item.number : -1));
        const isKnown = value.kind === 'sequence' && codes?.every((code) => code >= 0 && code <= 255);
        return isKnown === true && codes !== undefined
          ? { kind: 'bytes', text: String.fromCharCode(...codes) }
          : unknown;
      });
    case 'map':
      return mapped(first, second);
    case 'type':
      return args.length === 1 ? first.map(typeOf) : undefined;
    case 'getattr': {
      const { texts, complete } = textsOf(second);
      if (!complete) return undefined;
      return [...(args[2] ?? []), ...first.flatMap((base) => texts.map((text) => attributeOf(base, text)))];
    }
    default:
      return undefined;
  }
}

function mapped(functions: Values, sequences: Values): Values | undefined {
  const [callee] = functions;
  if (functions.length !== 1 || callee?.kind !== 'member') return undefined;
  const items = sequences.length === 1 ? sequenceOf(sequences[0] ?? unknown) : null;
  if (items === null) return undefined;
  if (callee.path === 'builtins.chr') {
    const texts = items.map((item) => (item.kind === 'number' ? fromCodePoint(item.number) : null));
    return [sequenceValue(texts.map(textOrSome))];
  }
  return callee.path === 'builtins.str'
    ? [sequenceValue(items.map((item) => textOrSome(asText(item))))]
    : undefined;
}

/** `type(x)`: of an instance its class, of a class what makes classes. */
function typeOf(value: Value): Value {
  if (value.kind === 'instance') return { kind: 'class', node: value.node };
  return value.kind === 'class' || value.kind === 'member' ? member('builtins.type') : unknown;
}

function textOrSome(text: string | null): Value {
  return text === null ? someText : textValue(text);
}

export function member(path: string): Value {
  return path.length > 200 ? unknown : { kind: 'member', path };
}

export function attributeOf(base: Value, name: string): Value {
  return base.kind === 'member' ? member(`${base.path}.${name}`) : unknown;
}
