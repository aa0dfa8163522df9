import { OFFLINE_AUTHOR_LABEL } from '../../contracts/author.ts';
import { z } from 'zod';

/** What can be said about code by looking for known words in it, and about results by comparing numbers: no more than that. */

const lookAheadSigns: readonly (readonly [RegExp, string])[] = [
  [/\.(?:shift|diff|pct_change)\(\s*-/, 'shifts by a negative number: shift by a positive one'],
  [/center\s*=\s*True/, 'uses a centred window: let it end at its own bar'],
  [/\bbfill\b|backfill/, 'fills gaps from later bars: fill forward'],
  [/\[\s*::\s*-\s*1\s*\]/, 'reads the series backwards: read it forwards'],
];
const MANY_CONSTANTS = 12;

export function criticise(code: string): { reasoning: string; answer: object } {
  const lines = code.split('\n');
  const findings = lookAheadSigns.flatMap(([sign, message]) => {
    const at = lines.findIndex((line) => sign.test(line));
    return at < 0
      ? []
      : [{ kind: 'look-ahead', severity: 'high', line: at + 1, message: `the code ${message}` }];
  });
  const constants = constantsOf(code).length;
  const many =
    constants > MANY_CONSTANTS
      ? [{ kind: 'over-fitting', severity: 'low', line: null, message: `${constants} constants are many` }]
      : [];
  return {
    reasoning: `I am the ${OFFLINE_AUTHOR_LABEL}: I look for ${lookAheadSigns.length} known signs of look-ahead and count constants (${constants}). I cannot judge meaning.\n`,
    answer: {
      verdict: findings.length > 0 ? 'revise' : 'pass',
      findings: [...findings, ...many],
      confidence: 0.3,
    },
  };
}

export function explain(code: string, view: string): { reasoning: string; answer: object } {
  const { title, rules } = docstringOf(code);
  const constants = constantsOf(code).map(({ name, value, meaning }) => `${name} = ${value}: ${meaning}`);
  return {
    reasoning: `I am the ${OFFLINE_AUTHOR_LABEL}: I read the module's own description and its constants.\n`,
    answer: {
      summary: `${OFFLINE_AUTHOR_LABEL}: by its own description the strategy is: ${title}. ${view}`,
      rules: [...rules, ...constants].slice(0, 40),
      risks: ['What the code does beyond its description was not read: look at it yourself.'],
      confidence: 0.4,
    },
  };
}

const Figures = z.object({
  totalReturn: z.number(),
  annualReturn: z.number().nullable(),
  sharpe: z.number().nullable(),
  maxDrawdown: z.number(),
  trades: z.number(),
});
const Results = z.object({
  strategy: Figures,
  buyAndHold: Figures,
  lookAhead: z.object({ passed: z.boolean(), why: z.string() }),
});

export function analyse(results: string): { reasoning: string; answer: object } {
  const { strategy, buyAndHold, lookAhead } = Results.parse(JSON.parse(results));
  const percent = (value: number): string => `${(100 * value).toFixed(1)} %`;
  const ratio = (value: number | null): string => (value === null ? 'undefined' : value.toFixed(2));
  const compared: readonly (readonly [boolean, string])[] = [
    [
      (strategy.sharpe ?? -Infinity) > (buyAndHold.sharpe ?? -Infinity),
      `Sharpe ratio ${ratio(strategy.sharpe)} against ${ratio(buyAndHold.sharpe)} of buy and hold`,
    ],
    [
      strategy.maxDrawdown < buyAndHold.maxDrawdown,
      `deepest fall ${percent(strategy.maxDrawdown)} against ${percent(buyAndHold.maxDrawdown)}`,
    ],
    [
      strategy.totalReturn > buyAndHold.totalReturn,
      `total return ${percent(strategy.totalReturn)} against ${percent(buyAndHold.totalReturn)}`,
    ],
    [lookAhead.passed, lookAhead.why],
    [strategy.trades >= 30, `${strategy.trades} trades to judge by`],
  ];
  const better = compared.filter(([good]) => good).map(([, what]) => what);
  const worse = compared.filter(([good]) => !good).map(([, what]) => what);
  return {
    reasoning: `I am the ${OFFLINE_AUTHOR_LABEL}: I compare five figures with those of buy and hold.\n`,
    answer: {
      assessment: `${OFFLINE_AUTHOR_LABEL}: ${better.length} of ${compared.length} figures speak for the strategy. One symbol and one history prove little.`,
      strengths: better,
      weaknesses: worse,
      suggestions: ['Run it on another symbol and another decade before you believe it.'],
      confidence: 0.2,
    },
  };
}

function docstringOf(code: string): { title: string; rules: string[] } {
  const text = /"""([\s\S]*?)"""/.exec(code)?.[1] ?? '';
  const [title = ''] = text.trim().split('\n');
  const rules = [...text.matchAll(/^- (.+)$/gm)].map(([, rule = '']) => rule.slice(0, 2_000));
  return { title: title.slice(0, 500).replace(/\.$/, '') || 'it has none', rules };
}

function constantsOf(code: string): { name: string; value: string; meaning: string }[] {
  return [...code.matchAll(/^([A-Z][A-Z0-9_]*) *= *([^\n#]{1,200})(?:# *(.{0,500}))?$/gm)].map(
    ([, name = '', value = '', meaning = 'no comment']) => ({ name, value: value.trim(), meaning }),
  );
}
