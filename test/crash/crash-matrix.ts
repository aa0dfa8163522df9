import type { Input } from './crash-workflow.ts';
import { faultsOf, runWithKills } from './crash-run.ts';

/** A workflow that ends well or badly, and where its process dies: one point a life. */
export interface CrashCase {
  readonly ends: Input['ends'];
  readonly killAt: readonly string[];
}
export interface CrashResult extends CrashCase {
  readonly faults: readonly string[];
}

/** Second kills, while the next process takes the workflow up again. */
const duringRecovery = [
  'append 1 before',
  'append 1 after',
  'effect 1 before',
  'effect 1 after',
  'publish 1 after',
];
const AT_ONCE = 2;

/**
 * Every point that an undisturbed run passes, each of them once; and for a handful of them, a second kill during recovery.
 * @param share every nth case only: always the same ones
 */
export async function crashMatrix(options: {
  readonly share?: number;
  readonly done?: (result: CrashResult, of: number) => void;
}): Promise<readonly CrashResult[]> {
  const { share = 1, done } = options;
  const undisturbed = {
    well: await runWithKills('well', []),
    badly: await runWithKills('badly', []),
  };
  const cases = (['badly', 'well'] as const).flatMap((ends): CrashCase[] => [
    ...undisturbed[ends].points.map((point) => ({ ends, killAt: [point] })),
    ...duringRecovery.map((second) => ({ ends, killAt: ['effect 4 after', second] })),
  ]);
  const chosen = cases.filter((_, index) => index % share === 0);
  const results: CrashResult[] = [];
  const waiting = [...chosen];
  const work = async (): Promise<void> => {
    for (let next = waiting.shift(); next; next = waiting.shift()) {
      const { ends, killAt } = next;
      const faults = await runWithKills(ends, killAt).then(
        (remains) => faultsOf(remains, undisturbed[ends]),
        (error: unknown) => [String(error)],
      );
      const result = { ends, killAt, faults };
      results.push(result);
      done?.(result, chosen.length);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  return results;
}

export const titleOf = ({ ends, killAt }: CrashCase): string =>
  `ends ${ends}, killed at ${killAt.join(', then at ')}`;
