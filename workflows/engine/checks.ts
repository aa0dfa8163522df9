import { TradewrightError } from '../../contracts/errors.ts';

const nameShape = /^[a-z][a-z0-9-]{0,47}$/;

/** @throws CONFIG_INVALID always */
export function invalid(what: string): never {
  throw new TradewrightError('CONFIG_INVALID', `workflow definition: ${what}`);
}

/** @throws CONFIG_INVALID */
export function checkName(what: string, name: string): void {
  if (!nameShape.test(name)) invalid(`${what} "${name}" must be lower-case letters, digits and -`);
}
