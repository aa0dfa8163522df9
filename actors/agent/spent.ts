import { Usage } from '../../contracts/author.ts';
import { TradewrightError } from '../../contracts/errors.ts';
import { addUsage, noUsage } from './usage.ts';

/** What a failed call cost, where the endpoint told. */
export function spentBy(thrown: unknown): Usage {
  const usage = thrown instanceof TradewrightError ? thrown.details?.['usage'] : undefined;
  return Usage.safeParse(usage).data ?? noUsage;
}

/** The same error, with `usage` added to what its details already count. */
export function withSpent(thrown: unknown, usage: Usage): TradewrightError {
  return withDetails(thrown, { usage: addUsage(usage, spentBy(thrown)) });
}

export function withDetails(thrown: unknown, more: Readonly<Record<string, unknown>>): TradewrightError {
  if (!(thrown instanceof TradewrightError)) {
    return new TradewrightError('INTERNAL', 'the model call failed', { cause: thrown, details: { ...more } });
  }
  const { code, message, details, cause } = thrown;
  return new TradewrightError(code, message, { cause, details: { ...details, ...more } });
}
