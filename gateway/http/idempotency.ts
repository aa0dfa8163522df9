import { z } from 'zod';
import { TradewrightError } from '../../contracts/errors.ts';

// A key ends up in a message header, which knows no control characters and no blanks at its ends.
const IdempotencyKey = z
  .string()
  .trim()
  .min(1)
  .max(200)
  .refine((key) => !/\p{Cc}/u.test(key), 'control characters are not allowed');

/**
 * The caller's key, from the body or the header `Idempotency-Key`; undefined where neither has one.
 * @throws INPUT_INVALID when the key is not usable or the two differ
 */
export function idempotencyKey(inBody: string | undefined, inHeader: unknown): string | undefined {
  const keys = [inBody, inHeader].filter((key) => key !== undefined).map((key) => parsed(key));
  const [first, second] = keys;
  if (second !== undefined && first !== second) {
    throw invalid('the key in the body and the header Idempotency-Key differ');
  }
  return first;
}

function parsed(key: unknown): string {
  const result = IdempotencyKey.safeParse(key);
  if (result.success) return result.data;
  throw invalid(result.error.issues.map(({ message }) => message).join('; '));
}

const invalid = (message: string): TradewrightError =>
  new TradewrightError('INPUT_INVALID', `idempotencyKey: ${message}`, {
    details: { fields: [{ field: 'idempotencyKey', message }] },
  });
