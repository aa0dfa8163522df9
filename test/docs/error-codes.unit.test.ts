import { readFile } from 'node:fs/promises';
import { expect } from 'chai';
import { errorCodes } from '../../contracts/errors.ts';

const page = new URL('../../docs/error-codes.md', import.meta.url);

interface Row {
  readonly code: string;
  readonly kind: string;
  readonly meaning: string;
  readonly advice: string;
}

/** The rows of the page's table: those whose first cell looks like a code. */
function rowsOf(markdown: string): readonly Row[] {
  return markdown
    .split('\n')
    .map((line) => line.split('|').map((cell) => cell.trim()))
    .filter(([, code = '']) => /^[A-Z][A-Z_]+$/.test(code))
    .map(([, code = '', kind = '', meaning = '', advice = '']) => ({ code, kind, meaning, advice }));
}

describe('docs/error-codes.md', () => {
  let rows: readonly Row[] = [];
  before(async () => {
    rows = rowsOf(await readFile(page, 'utf8'));
  });

  it('lists exactly the codes of contracts/errors.ts, each once, sorted', () => {
    expect(rows.map(({ code }) => code)).to.deep.equal(Object.keys(errorCodes).sort());
  });

  it('gives each code its kind', () => {
    const documented = Object.fromEntries(rows.map(({ code, kind }) => [code, kind]));
    const actual = Object.fromEntries(Object.entries(errorCodes).map(([code, { kind }]) => [code, kind]));
    expect(documented).to.deep.equal(actual);
  });

  it('says of each what it means and what to do', () => {
    expect(rows.filter(({ meaning, advice }) => meaning === '' || advice === '')).to.deep.equal([]);
  });
});
