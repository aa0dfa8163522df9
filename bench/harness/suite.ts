import type { Measured } from './rows.ts';

export interface SuiteOptions {
  /** Its own folder, deleted afterwards. */
  readonly dir: string;
  /** One small repetition: shows that it works, not how fast it is. */
  readonly quick: boolean;
  /** Also what takes many minutes. */
  readonly full: boolean;
  readonly signal: AbortSignal;
  /** A line for whoever waits. */
  readonly progress: (line: string) => void;
}

export type Suite = (options: SuiteOptions) => Promise<{
  /** Of each side, with the settings that matter. */
  readonly versions: Readonly<Record<string, string>>;
  readonly measured: readonly Measured[];
}>;
