import { expect } from 'chai';
import { answerPrompt } from '../../app/offline-author/author.ts';
import { type Fault, faults, readFaults } from '../../app/offline-author/faults.ts';
import { extractCode } from '../../actors/agent/extract-code.ts';
import { critiquePrompt, fixPrompt, generatePrompt } from '../../actors/agent/prompts/index.ts';
import { OFFLINE_AUTHOR_LABEL } from '../../contracts/author.ts';
import { Critique } from '../../contracts/effects/develop.ts';
import { reviewCode } from '../../sandbox-pool/validator/index.ts';
import { aGenerateInput } from './agent-inputs.ts';

const IDEA = 'momentum on the S&P 500 with a volatility filter';

const write = (idea: string): string =>
  extractCode(
    answerPrompt({ messages: generatePrompt.messages(aGenerateInput(idea)), seed: 1, wantsJson: false })
      .answer,
  );
const fix = (idea: string, code: string): string =>
  extractCode(
    answerPrompt({
      messages: fixPrompt.messages({ ...aGenerateInput(idea), code, problem: 'it fails' }),
      seed: 1,
      wantsJson: false,
    }).answer,
  );

describe('faults on request', () => {
  for (const fault of faults) {
    it(`A12 fault:${fault} is put in, named in a comment and said in the reasoning, and mended when asked`, () => {
      const idea = `${IDEA} fault:${fault}`;
      const faulty = write(idea);
      expect(faulty).to.include(`# deliberate fault 1 of 1, asked for: ${fault}`);
      expect(faulty).not.to.equal(write(IDEA));
      const { reasoning } = answerPrompt({
        messages: generatePrompt.messages(aGenerateInput(idea)),
        seed: 1,
        wantsJson: false,
      });
      expect(reasoning).to.include(OFFLINE_AUTHOR_LABEL).and.to.include(`fault to be seen: ${fault}`);
      expect(fix(idea, faulty), 'what the idea without the hint gives').to.equal(write(IDEA));
    });
  }

  it('A12 several come one after the other', () => {
    const idea = `${IDEA} fault:syntax,import and then fault:runtime`;
    const seen: string[] = [];
    let code = write(idea);
    for (let attempt = 0; attempt < 4; attempt += 1) {
      seen.push(/asked for: (.+)$/m.exec(code)?.[1] ?? 'none');
      code = fix(idea, code);
    }
    expect(seen).to.deep.equal(['syntax', 'import', 'runtime', 'none']);
  });

  it('A13 one with an exclamation mark stays for good', () => {
    const idea = `${IDEA} fault:dangerous!`;
    let code = write(idea);
    for (let attempt = 0; attempt < 5; attempt += 1) code = fix(idea, code);
    expect(reviewCode(code)).to.include({ blocked: true });
  });

  it('A12 an unknown fault is no fault, and a hint never leads to another strategy', () => {
    expect(write(`${IDEA} fault:everything`)).to.equal(write(IDEA));
    expect(readFaults('a fault: syntax').faults).to.deep.equal([]);
    const all: readonly Fault[] = readFaults(`fault:${faults.join(',')}`).faults;
    expect(all).to.deep.equal(faults);
  });

  it('A10 its critic finds signs of look-ahead and says what it cannot judge', () => {
    const criticise = (code: string) => {
      const messages = critiquePrompt.messages({ ...aGenerateInput(IDEA), code });
      const { answer, reasoning } = answerPrompt({ messages, seed: 1, wantsJson: true });
      expect(reasoning).to.include(OFFLINE_AUTHOR_LABEL);
      return Critique.parse(JSON.parse(answer));
    };
    expect(criticise(write(IDEA)).verdict).to.equal('pass');
    const { verdict, findings } = criticise(write(`${IDEA} fault:look-ahead`));
    expect(verdict).to.equal('revise');
    expect(findings[0]).to.include({ kind: 'look-ahead', severity: 'high' });
  });
});
