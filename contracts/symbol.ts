import { z } from 'zod';

/** A trading symbol as people write it (`SPX`, `BRK.B`, `BTC/USDT`, `^GSPC`), upper-cased. */
export const Symbol = z
  .string()
  .trim()
  .min(1)
  .max(32)
  .regex(/^[A-Za-z0-9^][A-Za-z0-9.\-/^=:]*$/, 'expected letters, digits and . - / ^ = :')
  .transform((raw) => raw.toUpperCase())
  .brand('Symbol');
export type Symbol = z.infer<typeof Symbol>;

/** A symbol as one NATS subject token: every byte outside A–Z a–z 0–9 - becomes `_` and two hex digits. */
export function toSubjectToken(symbol: string): string {
  return Array.from(Buffer.from(symbol, 'utf8'), (byte) => {
    const character = String.fromCharCode(byte);
    return /[A-Za-z0-9-]/.test(character)
      ? character
      : `_${byte.toString(16).padStart(2, '0').toUpperCase()}`;
  }).join('');
}

/** The inverse of {@link toSubjectToken}; undefined where the token is not one it could have made. */
export function fromSubjectToken(token: string): string | undefined {
  if (!/^(?:[A-Za-z0-9-]|_[0-9A-F]{2})+$/.test(token)) return undefined;
  const text = token.replace(/(?:_[0-9A-F]{2})+/g, (run) =>
    Buffer.from(run.replaceAll('_', ''), 'hex').toString('utf8'),
  );
  return toSubjectToken(text) === token ? text : undefined;
}
