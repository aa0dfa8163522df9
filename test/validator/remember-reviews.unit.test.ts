import { expect } from 'chai';
import type { CodeReview } from '../../contracts/code-review.ts';
import { rememberReviews, reviewCode } from '../../sandbox-pool/validator/index.ts';

function counted(): { review: (source: string) => CodeReview; read: string[] } {
  const read: string[] = [];
  const review = rememberReviews((source) => {
    read.push(source);
    return reviewCode(source);
  });
  return { review, read };
}

describe('rememberReviews', () => {
  it('reads a text once and gives the same verdict again', () => {
    const { review, read } = counted();
    const first = review('import os\n');
    expect(review('import os\n')).to.equal(first);
    expect(first).to.deep.equal(reviewCode('import os\n'));
    expect(read).to.have.length(1);
  });

  it('takes no text for another: not by white space, nor by what looks the same, nor by what UTF-8 cannot tell apart', () => {
    const { review, read } = counted();
    const texts = ['x = 1', 'x = 1\n', 'x = "\ufffd"', 'x = "\ud800"', 'x = "\u00e9"', 'x = "e\u0301"'];
    for (const text of texts) expect(review(text)).to.deep.equal(reviewCode(text));
    expect(read).to.deep.equal(texts);
    expect(review('x = "\ud800"').blocked).to.equal(true);
    expect(review('x = "\ufffd"').blocked).to.equal(false);
  });

  it('does not remember a review that was given up', () => {
    const { review, read } = counted();
    const tangled = `x = 1${' + 1'.repeat(5_000)}`;
    expect(review(tangled).findings.map(({ rule }) => rule)).to.include('too-complex');
    review(tangled);
    expect(read).to.have.length(2);
  });

  it('keeps a bounded number of texts and of characters, those asked for last', () => {
    const { review, read } = counted();
    for (let at = 0; at < 300; at += 1) {
      review(`x = ${at}`);
      review('x = 0');
    }
    expect(read).to.have.length(300);
    review('x = 1');
    expect(read).to.have.length(301);
    const long = (at: number): string => `x = ${at}\n#${'a'.repeat(60_000)}`;
    for (let at = 0; at < 80; at += 1) review(long(at));
    read.length = 0;
    review(long(79));
    expect(read).to.have.length(0);
    review(long(0));
    expect(read).to.have.length(1);
  });

  it('gives nobody a verdict that can be changed', () => {
    const { review } = counted();
    const verdict = review('import os\n') as { blocked: boolean; findings: { score: number }[] };
    expect(() => (verdict.blocked = false)).to.throw(TypeError);
    expect(() => verdict.findings.pop()).to.throw(TypeError);
    expect(() => (verdict.findings[0] = { score: 0 })).to.throw(TypeError);
  });
});
