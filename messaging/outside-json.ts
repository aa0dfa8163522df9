import { TradewrightError } from '../contracts/errors.ts';

/** Deeper than any of our messages; far below where serialising recursively would overflow the stack. */
const MAX_DEPTH = 64;

/**
 * Bytes from outside as JSON.
 * @throws INPUT_TOO_LARGE, JSON_MALFORMED (also for text that is not UTF-8), INPUT_INVALID (nested too deep)
 */
export function parseOutsideJson(bytes: Uint8Array, limitBytes: number): unknown {
  if (bytes.byteLength > limitBytes) {
    throw new TradewrightError(
      'INPUT_TOO_LARGE',
      `the message has ${bytes.byteLength} bytes, at most ${limitBytes} are taken`,
    );
  }
  const text = decode(bytes);
  if (depthOf(text) > MAX_DEPTH) {
    throw new TradewrightError('INPUT_INVALID', `the message is nested deeper than ${MAX_DEPTH} levels`);
  }
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new TradewrightError('JSON_MALFORMED', 'the message is not JSON', { cause: error });
  }
}

function decode(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (error) {
    throw new TradewrightError('JSON_MALFORMED', 'the message is not UTF-8 text', { cause: error });
  }
}

function depthOf(text: string): number {
  let depth = 0;
  let deepest = 0;
  let inString = false;
  for (let at = 0; at < text.length; at++) {
    const character = text[at];
    if (inString) {
      if (character === '\\') at++;
      else if (character === '"') inString = false;
    } else if (character === '"') inString = true;
    else if (character === '[' || character === '{') deepest = Math.max(deepest, ++depth);
    else if (character === ']' || character === '}') depth--;
  }
  return deepest;
}
