import { isUtf8 } from 'node:buffer';
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
  if (opens(bytes, MAX_DEPTH) && depthOf(bytes) > MAX_DEPTH) {
    throw new TradewrightError('INPUT_INVALID', `the message is nested deeper than ${MAX_DEPTH} levels`);
  }
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new TradewrightError('JSON_MALFORMED', 'the message is not JSON', { cause: error });
  }
}

function decode(bytes: Uint8Array): string {
  if (!isUtf8(bytes)) throw new TradewrightError('JSON_MALFORMED', 'the message is not UTF-8 text');
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8');
}

const [QUOTE, BACKSLASH, OPEN_LIST, CLOSE_LIST, OPEN_OBJECT, CLOSE_OBJECT] = [
  0x22, 0x5c, 0x5b, 0x5d, 0x7b, 0x7d,
];

/** Whether it opens more than `most` lists and objects; most messages do not, and need no closer look. */
function opens(bytes: Uint8Array, most: number): boolean {
  let count = 0;
  for (const bracket of [OPEN_LIST, OPEN_OBJECT])
    for (let at = bytes.indexOf(bracket); at >= 0; at = bytes.indexOf(bracket, at + 1))
      if ((count += 1) > most) return true;
  return false;
}

/** In UTF-8 no byte of a longer character looks like one of these. */
function depthOf(bytes: Uint8Array): number {
  let depth = 0;
  let deepest = 0;
  let inString = false;
  for (let at = 0; at < bytes.length; at++) {
    const byte = bytes[at];
    if (inString) {
      if (byte === BACKSLASH) at++;
      else if (byte === QUOTE) inString = false;
    } else if (byte === QUOTE) inString = true;
    else if (byte === OPEN_LIST || byte === OPEN_OBJECT) deepest = Math.max(deepest, ++depth);
    else if (byte === CLOSE_LIST || byte === CLOSE_OBJECT) depth--;
  }
  return deepest;
}
