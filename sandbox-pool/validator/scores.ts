/** What each kind of risk is worth. A review of `CODE_RISK_LIMIT` (30) or more blocks. */
export const scores = {
  'forbidden-module': 30,
  'unknown-module': 1,
  'forbidden-builtin': 30,
  'file-access': 30,
  'dangerous-attribute': 20,
  /** Added to `dangerous-attribute` when that one attribute alone leads out of the program. */
  'interpreter-internals': 10,
  'interpreter-name': 30,
  'restricted-member': 30,
  'module-as-value': 30,
  'lambda-evaluates': 25,
  reflection: 15,
  /** Added to `reflection` when the name that is looked up cannot be worked out. */
  'dynamic-attribute': 15,
  'dynamic-expression': 30,
  'private-attribute': 30,
  'builtin-override': 10,
  'class-hook': 10,
  'unsafe-memory': 20,
  'forged-memory': 30,
  'code-from-data': 30,
  'disguised-name': 20,
  'hidden-text': 30,
  'too-complex': 30,
  'syntax-error': 5,
  'empty-code': 5,
  'endless-loop': 5,
  'endless-computation': 30,
  'huge-allocation': 10,
  /** More than any sandbox has. */
  'impossible-allocation': 30,
  'slow-pattern': 10,
  /** A repetition of nothing but a repetition: exponential for certain. */
  'endless-pattern': 30,
  'look-ahead-shift': 5,
  'look-ahead-window': 3,
  'look-ahead-fill': 3,
  'look-ahead-reversed': 3,
  'look-ahead-normalisation': 0,
  'nested-bar-loops': 3,
  'set-order': 2,
  'unseeded-random': 2,
  'reads-clock': 2,
} as const satisfies Record<string, number>;

export type Rule = keyof typeof scores;
