import { readdirSync, readFileSync } from 'node:fs';
import { expect } from 'chai';
import { CODE_RISK_LIMIT, CodeReview } from '../../contracts/code-review.ts';
import { explainReview, reviewCode } from '../../sandbox-pool/validator/index.ts';

function corpus(name: string): { file: string; source: string }[] {
  const folder = new URL(`corpus/${name}/`, import.meta.url);
  return readdirSync(folder)
    .filter((file) => file.endsWith('.py'))
    .map((file) => ({ file, source: readFileSync(new URL(file, folder), 'utf8') }));
}

describe('validator corpora', () => {
  const honest = corpus('honest');
  const hostile = corpus('hostile');

  it('hold enough programs to mean something', () => {
    expect(honest.length).to.be.at.least(60);
    expect(hostile.length).to.be.at.least(120);
  });

  for (const { file, source } of honest) {
    it(`lets the honest strategy ${file} pass`, () => {
      const review = reviewCode(source);
      expect(review.codeRisk, explainReview(review)).to.be.below(CODE_RISK_LIMIT);
      expect(review.blocked).to.equal(false);
      expect(CodeReview.safeParse(review).success).to.equal(true);
    });
  }

  for (const { file, source } of hostile) {
    it(`X6 blocks the hostile program ${file}`, () => {
      const review = reviewCode(source);
      expect(review.blocked, explainReview(review)).to.equal(true);
      expect(review.findings).to.not.have.length(0);
      // A syntax verdict blocks too, but says little: only where the parser is stricter than Python may it stand alone.
      if (review.syntaxError === undefined) expect(review.codeRisk).to.be.at.least(CODE_RISK_LIMIT);
      expect(CodeReview.safeParse(review).success).to.equal(true);
    });
  }
});
