import type { Command } from 'commander';
import { toFailure } from '../contracts/errors.ts';
import { printable } from '../contracts/printable.ts';

/** Refused or wrong: the caller must change something. Nothing held, or something failed. */
export const exitCodes = { failed: 1, usage: 2 } as const;

/**
 * What a command says: a page for people on stdout, or with `--json` one JSON object as its last line; progress goes to stderr.
 */
export function say(command: Command, answer: object, page: (print: (line: string) => void) => void): void {
  if (wantsJson(command)) process.stdout.write(`${JSON.stringify(answer)}\n`);
  else page((line) => process.stdout.write(`${printable(line)}\n`));
}

export const progress = (line: string): void => void process.stderr.write(`${line}\n`);

export const wantsJson = (command: Command): boolean =>
  command.optsWithGlobals<{ json?: boolean }>().json === true;

/** Code, what and where; with `--json` as an object too. */
export function sayFailure(error: unknown, json: boolean): void {
  const failure = toFailure(error);
  const { code, message, details } = failure;
  process.stderr.write(`${code}: ${message}\n`);
  for (const [name, value] of Object.entries(details ?? {}))
    process.stderr.write(`  ${name}: ${String(value)}\n`);
  if (json) process.stdout.write(`${JSON.stringify({ error: failure })}\n`);
}

/** A command that was not understood, for a program that reads the last line. */
export function sayUsage(message: string): void {
  const error = { code: 'INPUT_INVALID', kind: 'terminal', message: message.replace(/^error: /, '') };
  process.stdout.write(`${JSON.stringify({ error })}\n`);
}

/** Columns as wide as their longest cell. */
export function table(rows: readonly (readonly string[])[]): readonly string[] {
  const widths = rows.reduce<number[]>(
    (all, row) => row.map((cell, at) => Math.max(all[at] ?? 0, cell.length)),
    [],
  );
  return rows.map((row) =>
    row
      .map((cell, at) => cell.padEnd(widths[at] ?? 0))
      .join('  ')
      .trimEnd(),
  );
}
