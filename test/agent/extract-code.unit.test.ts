import { expect } from 'chai';
import fc from 'fast-check';
import { CODE_LIMIT_CHARS, extractCode } from '../../actors/agent/extract-code.ts';
import { TradewrightError } from '../../contracts/errors.ts';

const strategy = `import pandas as pd

WARMUP_BARS = 1


def generate_signals(bars: pd.DataFrame) -> pd.Series:
    """Always long."""
    return pd.Series(1.0, index=bars.index)
`;
const other = strategy.replace('1.0', '0.5');
const fence = (code: string, language = 'python', mark = '```'): string =>
  `${mark}${language}\n${code}${mark}`;

const empty = (answer: string): void => {
  expect(() => extractCode(answer))
    .to.throw(TradewrightError)
    .with.property('code', 'AGENT_ANSWER_EMPTY');
};

describe('extracting code', () => {
  const cases: readonly [string, string][] = [
    ['a fence', fence(strategy)],
    ['prose around a fence', `Here it is:\n\n${fence(strategy)}\n\nIt is always long.`],
    ['a fence of tildes', fence(strategy, 'py', '~~~')],
    ['a longer fence around backticks', fence(strategy, 'python', '`````')],
    ['a fence without a language', fence(strategy, '')],
    ['an info string after the language', fence(strategy, 'python title="s.py"')],
    ['an unclosed fence', `\`\`\`python\n${strategy}`],
    ['Windows line ends', fence(strategy).replaceAll('\n', '\r\n')],
    ['an indented fence, as in a list', `1. Code:\n${fence(strategy).replace(/^(?=.)/gm, '   ')}`],
    ['no fence at all', strategy],
    ['no fence, prose before and after', `Sure! The code:\n\n${strategy}\nThis strategy is always long.`],
    ['a JSON object', JSON.stringify({ code: strategy })],
    ['a JSON object with a fence in it', JSON.stringify({ code: fence(strategy) })],
    ['thinking left in the answer', `<think>${fence(other)}</think>\n${fence(strategy)}`],
    ['another language beside it', `${fence('pip install pandas\n', 'bash')}\n${fence(strategy)}`],
    ['an example without the entry point', `${fence(strategy)}\nUse it so:\n${fence('x = 1\n')}`],
    ['a byte order mark', fence(`\uFEFF${strategy}`)],
  ];
  for (const [what, answer] of cases) {
    it(`A5 finds the code: ${what}`, () => expect(extractCode(answer)).to.equal(strategy));
  }

  it('A5 takes the last of several complete blocks', () => {
    expect(extractCode(`First:\n${fence(other)}\nBetter:\n${fence(strategy)}`)).to.equal(strategy);
  });

  it('A5 takes the longest Python block when none defines the entry point', () => {
    expect(extractCode(`${fence('x = 1\n')}\n${fence('y = 22\nz = 3\n')}\n${fence('w = 1\n')}`)).to.equal(
      'y = 22\nz = 3\n',
    );
  });

  it('A5 keeps prose in a docstring of bare code', () => {
    const code = `"""Buys low.\n\nThis is prose at the margin.\n"""\n${strategy}`;
    expect(extractCode(`Here:\n${code}\nGood luck with it`)).to.equal(code);
  });

  it('A5 answers without code, or with too much of it, are AGENT_ANSWER_EMPTY', () => {
    empty('');
    empty('I cannot do that.');
    empty(fence('', 'python'));
    empty(fence('ls -l\n', 'bash'));
    empty('{"code": 1}');
    empty(fence(`${strategy}# ${'x'.repeat(CODE_LIMIT_CHARS)}\n`));
    empty('x'.repeat(2_000_000));
  });

  it('A5 never fails otherwise and stays within its limit, whatever the text', () => {
    const piece = fc.constantFrom(
      '```',
      '~~~',
      'python',
      '\n',
      '"""',
      '{',
      'def generate_signals(',
      ' ',
      'x = 1',
      '<think>',
      '</think>',
    );
    fc.assert(
      fc.property(fc.array(fc.oneof(piece, fc.string()), { maxLength: 60 }), (pieces) => {
        try {
          const code = extractCode(pieces.join(''));
          expect(code.trim()).not.to.equal('');
          expect(code.length).to.be.at.most(CODE_LIMIT_CHARS);
        } catch (thrown) {
          expect(thrown).to.include({ code: 'AGENT_ANSWER_EMPTY' });
        }
      }),
      { numRuns: 500 },
    );
  });
});
