import { expect } from 'chai';
import { printable } from '../../contracts/printable.ts';

describe('text for a terminal', () => {
  it('A22 text of models and programs cannot command the terminal, nor read otherwise than it is', () => {
    const hostile = 'a\u001b[2J\u001b]0;title\u0007b\u009bc\u202ed\u2066e\r\u0000';
    expect(printable(hostile)).to.equal(
      'a\\u001b[2J\\u001b]0;title\\u0007b\\u009bc\\u202ed\\u2066e\\u000d\\u0000',
    );
    expect(printable('# äöü 漢字 🙂\n\tnext')).to.equal('# äöü 漢字 🙂\n\tnext');
  });
});
