import { expect } from 'chai';
import { explainReview, reviewCode } from '../../sandbox-pool/validator/index.ts';

function rulesOf(source: string): string[] {
  return reviewCode(source)
    .findings.filter(({ score }) => score > 0)
    .map(({ rule }) => rule);
}

function riskOf(source: string): number {
  return reviewCode(source).codeRisk;
}

describe('reviewCode', () => {
  it('X1 gives safe code no points', () => {
    const review = reviewCode(
      'import math\nimport numpy as np\n\ndef generate_signals(bars):\n    return np.sign(bars["close"].diff()) * math.pi\n',
    );
    expect(review).to.deep.include({ codeRisk: 0, blocked: false, findings: [] });
    expect(review.codeSha256).to.match(/^[0-9a-f]{64}$/);
    expect(review).to.not.have.property('syntaxError');
  });

  it('X2 gives an import of os and subprocess 60 points and blocks it', () => {
    const review = reviewCode('import os\nimport subprocess\nos.system("ls")\nsubprocess.run(["ls"])\n');
    expect(review.codeRisk).to.equal(60);
    expect(review.blocked).to.equal(true);
    expect(review.findings.map(({ rule, line, score }) => [rule, line, score])).to.deep.equal([
      ['forbidden-module', 1, 30],
      ['forbidden-module', 2, 30],
    ]);
  });

  it('X3 blocks eval, exec and compile', () => {
    for (const name of ['eval', 'exec', 'compile', '__import__']) {
      const review = reviewCode(`${name}("1 + 1")\n`);
      expect(review.codeRisk, name).to.equal(30);
      expect(review.blocked).to.equal(true);
    }
  });

  it('X3 adds 25 for a lambda around eval', () => {
    expect(riskOf('f = lambda text: eval(text)\n')).to.equal(55);
  });

  it('X4 blocks reading and writing files', () => {
    expect(riskOf('data = open("/etc/passwd")\n')).to.equal(30);
    expect(rulesOf('import pandas as pd\npd.read_csv("x.csv")\n')).to.deep.equal(['file-access']);
    expect(rulesOf('def f(bars):\n    bars.to_parquet("x")\n')).to.deep.equal(['file-access']);
    expect(rulesOf('def f(handle):\n    return handle.read()\n')).to.deep.equal(['file-access']);
    expect(rulesOf('from numpy import savetxt\n')).to.deep.equal(['file-access']);
  });

  it('X11 says clearly that there is no code', () => {
    for (const source of ['', '   \n\t\n', '# only a comment\n']) {
      const review = reviewCode(source);
      expect(review.blocked).to.equal(true);
      expect(review.findings.map(({ rule }) => rule)).to.deep.equal(['empty-code']);
      expect(explainReview(review)).to.include('There is no code.');
    }
  });

  it('X12 names the line of a syntax error, gives it 5 points and blocks it', () => {
    const review = reviewCode('import math\n\ndef f(:\n    pass\n');
    expect(review.codeRisk).to.equal(5);
    expect(review.blocked).to.equal(true);
    expect(review.syntaxError).to.include({ line: 3, column: 7 });
    expect(review.findings[0]).to.include({ rule: 'syntax-error', line: 3, score: 5 });
    expect(explainReview(review)).to.match(/^Blocked: line 3, column 7: /);
  });

  it('blocks at exactly 30 points and not below', () => {
    expect(reviewCode('getattr(x, "close")\nx.__class__\n')).to.include({ codeRisk: 35, blocked: true });
    expect(reviewCode('x.__class__\n')).to.include({ codeRisk: 20, blocked: false });
    expect(reviewCode('open("x")\n')).to.include({ codeRisk: 30, blocked: true });
  });

  it('scores the rest of the table', () => {
    expect(riskOf('getattr(bars, "close")\n')).to.equal(15);
    expect(riskOf('max = 3\n')).to.equal(10);
    expect(riskOf('while True:\n    pass\n')).to.equal(5);
    expect(riskOf('while True:\n    break\n')).to.equal(5);
    expect(riskOf('import talib\n')).to.equal(1);
    expect(riskOf('import re\npattern = re.compile(r"a+b")\n')).to.equal(0);
  });

  it('counts the same thing once and still lists each place', () => {
    const { findings, codeRisk } = reviewCode('import os\nx = 1\nimport os\n');
    expect(findings.map(({ line, score }) => [line, score])).to.deep.equal([
      [1, 30],
      [3, 0],
    ]);
    expect(codeRisk).to.equal(30);
  });

  it('does not mistake shadowing names for builtins', () => {
    expect(riskOf('def f(bars):\n    open = bars["open"]\n    return open.shift(1)\n')).to.equal(0);
    expect(riskOf('def f(eval):\n    return eval(1)\n')).to.equal(0);
    expect(riskOf('def open(level):\n    return level\n\nopen(3)\n')).to.equal(10);
    expect(
      riskOf('class Rule:\n    def eval(self, x):\n        return x\n\nRule().eval("os.system")\n'),
    ).to.equal(0);
  });

  it('follows names to what they stand for', () => {
    expect(rulesOf('import numpy as np\na = np\nb = a\nb.os\n')).to.deep.equal(['restricted-member']);
    expect(rulesOf('name = "_" * 2 + "glob" + "als__"\ngetattr(f, name)\n')).to.include.members([
      'reflection',
      'dangerous-attribute',
    ]);
  });

  it('tells calculations in query() and eval() from code', () => {
    expect(riskOf('def f(bars, limit):\n    return bars.query("close > @limit and volume > 0")\n')).to.equal(
      0,
    );
    expect(riskOf('def f(bars):\n    return bars.eval("(high + low) / 2")\n')).to.equal(0);
    expect(rulesOf('def f(bars):\n    return bars.eval("@pd.compat.os")\n')).to.deep.equal([
      'dynamic-expression',
    ]);
    expect(rulesOf('def f(bars, text):\n    return bars.query(text)\n')).to.deep.equal([
      'dynamic-expression',
    ]);
  });

  it('hints at look-ahead without blocking', () => {
    const source = [
      'import numpy as np',
      'def f(bars):',
      '    close = bars["close"]',
      '    a = close.shift(-1)',
      '    b = close.rolling(5, center=True).mean()',
      '    c = close.iloc[::-1].cumsum()',
      '    d = close.bfill() + close.fillna(method="bfill")',
      '    return (close - close.mean()) / close.std() + np.roll(close, -1)',
    ].join('\n');
    const review = reviewCode(source);
    expect(review.blocked).to.equal(false);
    expect(new Set(review.findings.map(({ rule }) => rule))).to.deep.equal(
      new Set([
        'look-ahead-shift',
        'look-ahead-window',
        'look-ahead-reversed',
        'look-ahead-fill',
        'look-ahead-normalisation',
      ]),
    );
    expect(riskOf('def f(bars):\n    return bars.close.shift(1) / bars.close.rolling(5).mean()\n')).to.equal(
      0,
    );
  });

  it('hints at what makes a run irreproducible', () => {
    expect(rulesOf('import numpy as np\nx = np.random.rand(3)\n')).to.deep.equal(['unseeded-random']);
    expect(rulesOf('import numpy as np\nnp.random.seed(1)\nx = np.random.rand(3)\n')).to.deep.equal([]);
    expect(rulesOf('from datetime import datetime\nx = datetime.now()\n')).to.deep.equal(['reads-clock']);
  });

  it('sees computations that cannot end well', () => {
    expect(rulesOf('x = 10 ** 10 ** 10\n')).to.deep.equal(['endless-computation']);
    expect(rulesOf('x = [0] * 10**9\n')).to.deep.equal(['huge-allocation']);
    expect(rulesOf('for i in range(10**9):\n    pass\n')).to.deep.equal(['huge-allocation']);
    expect(rulesOf('for i in range(10**12):\n    pass\n')).to.deep.equal(['huge-allocation']);
    expect(rulesOf('x = bytearray(4 * 1024**3)\n')).to.deep.equal(['impossible-allocation']);
    expect(rulesOf('x = 10 ** 9\ny = [0] * 100\n')).to.deep.equal([]);
  });

  it('explains a review to a person', () => {
    expect(explainReview(reviewCode('x = 1\n'))).to.equal('Allowed: no risk found.');
    const text = explainReview(reviewCode('import os\n'));
    expect(text).to.match(/^Blocked: code risk 30, the limit is 30\./);
    expect(text).to.include('line 1:1');
    expect(text).to.include('forbidden-module');
  });

  it('tells a pattern that doubles its time with each character from one that may be slow, and from a quick one', () => {
    const ruleOf = (pattern: string): readonly string[] =>
      rulesOf(`import re\nre.compile(r${JSON.stringify(pattern)})\n`);
    for (const pattern of ['(a+)+$', '(?:[a-z]*)*x', '((b+))+', '(?P<word>[^]x]+)*', '(x{2,})*'])
      expect(ruleOf(pattern), pattern).to.deep.equal(['endless-pattern']);
    for (const pattern of ['([0-9]+,)+', '(a+b)+', '(a*|b)*'])
      expect(ruleOf(pattern), pattern).to.deep.equal(['slow-pattern']);
    for (const pattern of ['a+b*', '(?:a|b)+', '(a+)?', '([(]a+)x', '[(a+)]+'])
      expect(ruleOf(pattern), pattern).to.deep.equal([]);
  });

  it('hints at the order of sets and at loops over all bars inside of one another, without blocking', () => {
    expect(rulesOf('for name in {"open", "close"}:\n    print(name)\n')).to.deep.equal(['set-order']);
    expect(rulesOf('names = list(set(["open", "close"]))\n')).to.deep.equal(['set-order']);
    expect(rulesOf('for month in {1, 2}:\n    print(month)\nnames = sorted({"a", "b"})\n')).to.deep.equal([]);
    const nested =
      'def f(bars):\n    for i in range(len(bars)):\n        for j in range(len(bars)):\n            print(i, j)\n';
    expect(rulesOf(nested)).to.deep.equal(['nested-bar-loops']);
    expect(
      rulesOf(
        'def f(bars):\n    for i in range(len(bars)):\n        for j in range(5):\n            print(i, j)\n',
      ),
    ).to.deep.equal([]);
  });
});
