import { toFailure } from '../../contracts/errors.ts';

export interface Check {
  readonly part: string;
  readonly ok: boolean;
  /** Nothing runs without it. */
  readonly required: boolean;
  /** One line: version, where it was found, or what is wrong. */
  readonly found: string;
  /** What to do when it is not ok. */
  readonly fix?: string;
  readonly facts?: Readonly<Record<string, unknown>>;
}

export interface Finding {
  readonly ok?: boolean;
  readonly found: string;
  /** Where what to do depends on what was found. */
  readonly fix?: string;
  readonly facts?: Readonly<Record<string, unknown>>;
}

/** Looks at one part; whatever it throws is a finding too. */
export async function check(
  part: string,
  fix: string,
  look: () => Promise<Finding>,
  options: { readonly required?: boolean } = {},
): Promise<Check> {
  const { required = true } = options;
  try {
    const { ok = true, found, fix: better = fix, facts } = await look();
    return { part, ok, required, found, ...(ok ? {} : { fix: better }), ...(facts && { facts }) };
  } catch (error) {
    const { code, message } = toFailure(error);
    return { part, ok: false, required, found: message, fix, facts: { code } };
  }
}
