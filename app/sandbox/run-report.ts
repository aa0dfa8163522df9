import type { SandboxResult } from '../../contracts/ports/sandbox.ts';

export interface Spread {
  readonly min: number;
  readonly median: number;
  readonly p95: number;
  readonly max: number;
}

/** What several runs gave, computed from their results and nothing else. */
export interface RunReport {
  readonly runs: number;
  readonly succeeded: number;
  /** How many ended in each kind of error. */
  readonly errorKinds: Readonly<Record<string, number>>;
  /** Of those that ran; null when none did. */
  readonly durationMs: Spread | null;
  readonly cpuMs: Spread | null;
  readonly peakMemoryBytes: Spread | null;
  readonly truncated: number;
  /** Whether all that succeeded printed and returned the same: a program that does not is not reproducible. */
  readonly reproducible: boolean | null;
}

export function runReport(results: readonly SandboxResult[]): RunReport {
  const ran = results.filter(({ verdict }) => verdict !== 'refused');
  const succeeded = results.filter(({ success }) => success);
  const errorKinds: Record<string, number> = {};
  for (const { errorKind } of results)
    if (errorKind !== null) errorKinds[errorKind] = (errorKinds[errorKind] ?? 0) + 1;
  const said = new Set(succeeded.map(({ stdout, stderr, value }) => JSON.stringify([stdout, stderr, value])));
  return {
    runs: results.length,
    succeeded: succeeded.length,
    errorKinds,
    durationMs: spreadOf(ran.map(({ durationMs }) => durationMs)),
    cpuMs: spreadOf(ran.flatMap(({ resources }) => resources.cpuMs ?? [])),
    peakMemoryBytes: spreadOf(ran.flatMap(({ resources }) => resources.peakMemoryBytes ?? [])),
    truncated: ran.filter(({ stdoutTruncated, stderrTruncated }) => stdoutTruncated || stderrTruncated)
      .length,
    reproducible: succeeded.length < 2 ? null : said.size === 1,
  };
}

/** The report as a page. */
export function reportPage(report: RunReport): readonly string[] {
  const { runs, succeeded, errorKinds, durationMs, cpuMs, peakMemoryBytes, truncated, reproducible } = report;
  const line = (name: string, spread: Spread | null, unit: string, per = 1): readonly string[] =>
    spread === null
      ? []
      : [
          `${name.padEnd(10)} ${[spread.median, spread.min, spread.p95, spread.max]
            .map((value) => (value / per).toFixed(1))
            .map((value, at) => `${['median', 'min', 'p95', 'max'][at] ?? ''} ${value}`)
            .join(', ')} ${unit}`,
        ];
  return [
    `${succeeded} of ${runs} succeeded`,
    ...Object.entries(errorKinds).map(([kind, count]) => `${String(count).padStart(4)} × ${kind}`),
    ...line('duration', durationMs, 'ms'),
    ...line('processor', cpuMs, 'ms'),
    ...line('memory', peakMemoryBytes, 'MiB', 2 ** 20),
    ...(truncated > 0 ? [`${truncated} printed more than is kept`] : []),
    ...(reproducible === null
      ? []
      : [reproducible ? 'all gave the same' : 'they did not give the same: the program is not reproducible']),
  ];
}

function spreadOf(values: readonly number[]): Spread | null {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (share: number): number =>
    sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? Number.NaN;
  return sorted.length === 0 ? null : { min: at(0), median: at(0.5), p95: at(0.95), max: at(1) };
}
