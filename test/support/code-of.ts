import { TradewrightError } from '../../contracts/errors.ts';

/** The stable code of the failure that the promise ends in; throws when it succeeds or fails with a foreign error. */
export async function codeOf(attempt: Promise<unknown>): Promise<string> {
  try {
    await attempt;
  } catch (error) {
    if (error instanceof TradewrightError) return error.code;
    throw error;
  }
  throw new Error('expected a failure, but it succeeded');
}
