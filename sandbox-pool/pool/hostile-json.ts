const deepest = 64;

export type HostileJson =
  | { readonly kind: 'value'; readonly value: unknown }
  | { readonly kind: 'refused'; readonly why: string }
  | { readonly kind: 'not-json' };

/**
 * Reads JSON that a program wrote. Its depth is counted before it is parsed, and the key `__proto__` is refused: whoever
 * copies the value on must not change a prototype by it.
 */
export function hostileJson(bytes: Buffer): HostileJson {
  if (depthOf(bytes) > deepest) return refused(`is nested deeper than ${deepest} levels`);
  let value: unknown;
  let hasPrototypeKey = false;
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    value = JSON.parse(text, (name, part: unknown) => {
      hasPrototypeKey ||= name === '__proto__';
      return part;
    });
  } catch {
    return { kind: 'not-json' };
  }
  return hasPrototypeKey ? refused('has a key "__proto__"') : { kind: 'value', value };
}

const refused = (why: string): HostileJson => ({ kind: 'refused', why });

/** Of the brackets outside of texts; broken JSON gets some number, and is refused when it is parsed. */
function depthOf(bytes: Buffer): number {
  let depth = 0;
  let most = 0;
  let inText = false;
  for (let at = 0; at < bytes.length; at++) {
    const byte = bytes[at];
    if (inText) {
      if (byte === backslash) at++;
      else if (byte === quote) inText = false;
    } else if (byte === quote) inText = true;
    else if (byte === openBracket || byte === openBrace) most = Math.max(most, ++depth);
    else if (byte === closeBracket || byte === closeBrace) depth--;
  }
  return most;
}

const [quote, backslash, openBracket, closeBracket, openBrace, closeBrace] = [
  0x22, 0x5c, 0x5b, 0x5d, 0x7b, 0x7d,
];
