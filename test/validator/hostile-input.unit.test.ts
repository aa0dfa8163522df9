import { expect } from 'chai';
import fc from 'fast-check';
import { CodeReview } from '../../contracts/code-review.ts';
import { reviewCode } from '../../sandbox-pool/validator/index.ts';

const DEEP = 12_000;

function everyNameOfAll(count: number): string {
  const names = Array.from({ length: count }, (_, i) => `v${i}`);
  const lines = names.map(
    (name) => `        ${name} = ${names.map((other) => `0.1 * ${other}`).join(' + ')}`,
  );
  return ['def f(bars):', '    v0 = 0.0', '    for i in range(9):', ...lines, '    return v0'].join('\n');
}

/** Shapes that bring recursive judges down. */
const deepPrograms: Record<string, string> = {
  parentheses: `${'('.repeat(DEEP)}1${')'.repeat(DEEP)}`,
  brackets: `x = ${'['.repeat(DEEP)}${']'.repeat(DEEP)}`,
  calls: `${'f('.repeat(DEEP)}1${')'.repeat(DEEP)}`,
  attributes: `x = a${'.b'.repeat(DEEP)}`,
  additions: `x = 1${' + 1'.repeat(DEEP)}`,
  'added texts': `getattr(a, "b"${' + "b"'.repeat(DEEP)})`,
  subscripts: `x = a${'[0]'.repeat(DEEP)}`,
  lambdas: `x = ${'lambda: '.repeat(6_000)}1`,
  negations: `x = ${'not '.repeat(DEEP)}1`,
  conditions: `x = ${'1 if a else '.repeat(4_000)}1`,
  aliases: Array.from({ length: 2_000 }, (_, i) => `a${i + 1} = a${i}`).join('\n'),
  'alias web': Array.from({ length: 60 }, (_, i) =>
    Array.from({ length: 60 }, (_, j) => `a${i}=a${j}`).join(';'),
  ).join('\n'),
  'doubling text': `x = "ab"\n${'x = x + x\n'.repeat(3_000)}getattr(a, x)`,
  'joined alternatives': `x = a if a else "b"\n${'y = f"{x}{x}{x}{x}"\nx = y\n'.repeat(500)}`,
  'names that all depend on one another': everyNameOfAll(40),
  'numbers that fold': `x = ${Array.from({ length: 6_000 }, (_, i) => `${i} * 3`).join(' + ')}`,
  'parts of a text': `x = f"${'{a}b'.repeat(12_000)}"`,
  'many names': Array.from({ length: 5_500 }, (_, i) => `n${i} = n0`).join('\n'),
  'one name bound and read over and over': 'x = x\n'.repeat(10_000),
  'deep blocks':
    Array.from({ length: 90 }, (_, i) => `${' '.repeat(i)}if a:`).join('\n') + `\n${' '.repeat(90)}pass`,
  'many findings': 'import os\n'.repeat(5_000),
  'many kinds of findings': Array.from({ length: 4_000 }, (_, i) => `a._x${i}`).join('\n'),
};

function checkShape(source: string): void {
  const review = reviewCode(source);
  expect(CodeReview.safeParse(review).success).to.equal(true);
  const lines = source.split('\n').length;
  for (const { line, column } of review.findings) {
    expect(line).to.be.within(1, lines);
    expect(column).to.be.at.least(1);
  }
  if (review.syntaxError !== undefined) expect(review.syntaxError.line).to.be.within(1, lines);
  expect(review.findings.length).to.be.at.most(200);
  expect(review.codeRisk).to.equal(review.findings.reduce((sum, { score }) => sum + score, 0));
  if (review.codeRisk >= 30) expect(review.blocked).to.equal(true);
}

describe('reviewCode on hostile input', () => {
  it('refuses a line of 1 MB by its size, without reading it', () => {
    const review = reviewCode(`x = "${'a'.repeat(1024 * 1024)}"`);
    expect(review.blocked).to.equal(true);
    expect(review.findings.map(({ rule, line }) => [rule, line])).to.deep.equal([['too-complex', 1]]);
  });

  for (const [name, source] of Object.entries(deepPrograms)) {
    it(`judges or refuses ${name} in bounded time`, () => checkShape(source)).timeout(10_000);
  }

  it('never lets a module slip through a long chain of aliases', () => {
    const chain = Array.from({ length: 1_000 }, (_, i) => `a${i + 1} = a${i}`).join('\n');
    expect(reviewCode(`import numpy as a0\n${chain}\na1000.os\n`).blocked).to.equal(true);
  });

  it('sees through names that depend on one another: honest ones pass, and a module among them is found', () => {
    const honest = reviewCode(everyNameOfAll(12));
    expect(honest).to.include({ codeRisk: 0, blocked: false });
    const hostile = everyNameOfAll(12).replace('v0 = 0.0', 'import numpy; v0 = numpy');
    expect(reviewCode(`${hostile}.os`).blocked).to.equal(true);
    const spelled = everyNameOfAll(6).replace('v0 = 0.0', 'v0 = "__cl"; v1 = v0 + "ass__"; v0 = v1');
    expect(reviewCode(spelled).blocked).to.equal(true);
  });

  it('never throws on any text', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary', maxLength: 300 }), checkShape), { numRuns: 300 });
  });

  it('never throws on shuffled pieces of Python', () => {
    const piece = fc.constantFrom(
      ...'import os|\n|    |def f(x):|class A:|x = |eval|getattr|(|)|[|]|{|}|"__class__"|f"{x}"|.|,|:|lambda |for x in |if |else |np|1|**|+|@|return |yield |await |match x:|case |*|\t|#|\\|try:|except |global x|nonlocal x|del x|with |as |not |\'|"""'.split(
        '|',
      ),
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 60 }), (pieces) => checkShape(pieces.join(''))),
      { numRuns: 1_000 },
    );
  }).timeout(20_000);

  it('finds eval however the harmless code around it looks', () => {
    const line = fc.constantFrom(
      'x = 1',
      'y = [i for i in range(3)]',
      'def g(a):\n    return a',
      'class B:\n    c = 2',
      '# eval',
    );
    fc.assert(
      fc.property(fc.array(line, { maxLength: 20 }), fc.array(line, { maxLength: 20 }), (before, after) => {
        const source = [...before, 'z = eval("1")', ...after].join('\n');
        const review = reviewCode(source);
        expect(review.codeRisk).to.equal(30);
        expect(review.findings[0]?.line).to.equal(
          before.join('\n').split('\n').length + (before.length === 0 ? 0 : 1),
        );
      }),
    );
  });
});
