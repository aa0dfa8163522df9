import type { Idea } from './idea.ts';

/** A named number at the top of the module. */
export interface Constant {
  readonly name: string;
  readonly value: number;
  readonly meaning: string;
}

/** A rule made concrete: Python that gives a target position per bar. */
export interface Draft {
  readonly constants: readonly Constant[];
  /** The body of `def <name>_target(bars)`, indented by nothing; it returns a float Series, NaN-free or zeroed by the warm-up. */
  readonly body: string;
  readonly warmupBars: number;
  /** One sentence for people: when it is long, short, flat. */
  readonly rule: string;
  /** Whether the body calls `hold`. */
  readonly holds?: boolean;
}

export interface Cue {
  readonly pattern: RegExp;
  /** How surely the words mean this family. */
  readonly weight: number;
}

/** One kind of strategy. `LONG` and `SHORT` in its code are the targets of either side: 0.0 where a side is not traded. */
export interface Family {
  /** A Python identifier. */
  readonly name: string;
  readonly title: string;
  /** Why such a rule may earn money, and when it fails. */
  readonly view: string;
  readonly cues: readonly Cue[];
  design(idea: Idea): Draft;
}
