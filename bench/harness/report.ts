import { cpus, release, totalmem } from 'node:os';
import { readFile, writeFile } from 'node:fs/promises';
import type { Row } from './rows.ts';

/** The last line of stdout with `--json`. */
export interface Report {
  readonly suite: string;
  readonly machine: string;
  /** Of each side, with the settings that matter. */
  readonly versions: Readonly<Record<string, string>>;
  readonly rows: readonly Row[];
}

export const machine = (): string =>
  `${cpus().length} × ${cpus()[0]?.model.trim() ?? 'unknown'}, ${Math.round(totalmem() / 2 ** 30)} GiB, Linux ${release()}, Node ${process.version}`;

/** The report for people. */
export function markdown(
  { suite, machine: on, versions, rows }: Report,
  command: string,
  date: string,
): string {
  const peers = [...new Set(rows.flatMap((row) => Object.keys(row.peers)))];
  const cell = (
    value: number | null | undefined,
    range: { min: number; max: number } | null | undefined,
  ): string =>
    value === null || value === undefined
      ? '–'
      : `${value}${range && range.min !== range.max ? ` (${range.min}–${range.max})` : ''}`;
  const lines = rows.map((row) =>
    [
      `${row.figure}${row.note === undefined ? '' : `<br>_${row.note}_`}`,
      row.unit,
      cell(row.ours, row.oursRange),
      ...peers.map((peer) => cell(row.peers[peer], row.peersRange[peer])),
      row.ratio === null ? '–' : `${row.ratio} ×`,
      row.goal ?? '–',
      row.met === null ? '–' : row.met ? 'met' : '**not met**',
    ].join(' | '),
  );
  const head = ['figure', 'unit', 'ours', ...peers, 'ours ÷ best peer', 'goal', ''];
  return [
    `## ${suite}`,
    '',
    `\`${command}\`, ${date}, ${on}. Medians, with least and most beside them.`,
    '',
    ...Object.entries(versions).map(([name, says]) => `- **${name}**: ${says}`),
    '',
    `| ${head.join(' | ')} |`,
    `| ${head.map(() => '---').join(' | ')} |`,
    ...lines.map((line) => `| ${line} |`),
    '',
  ].join('\n');
}

/** Puts the section in the place of the one of its suite, or at the end. */
export function withSection(document: string, suite: string, section: string): string {
  const start = document.search(new RegExp(`^## ${suite}$`, 'm'));
  if (start < 0) return `${document.trimEnd()}\n\n${section}`;
  const next = document.slice(start + 3).search(/^## /m);
  const rest = next < 0 ? '' : document.slice(start + 3 + next);
  return `${document.slice(0, start)}${section}${rest === '' ? '' : `\n${rest}`}`;
}

export async function writeSection(file: string, suite: string, section: string): Promise<void> {
  await writeFile(file, withSection(await readFile(file, 'utf8'), suite, section));
}
