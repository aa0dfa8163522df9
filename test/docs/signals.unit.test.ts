import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import type { z } from 'zod';
import { errorCodes } from '../../contracts/errors.ts';
import { gateCodes } from '../../contracts/risk.ts';
import { SignalAnswer, SignalIn, SignalOut, SignalRejected } from '../../contracts/signal.ts';
import { workflowStates } from '../../contracts/workflow-view.ts';
import { checkout, fencesOf, page, type Page } from './markdown.ts';

const schemas: Readonly<Record<string, z.ZodObject>> = { SignalIn, SignalOut, SignalRejected, SignalAnswer };

/** Fields in the table under a heading `## <name>`. */
function documentedFields({ text }: Page, name: string): readonly string[] {
  const section = text.split(`\n## ${name}\n`)[1]?.split(/\n#{2,3} /)[0] ?? '';
  return [...section.matchAll(/^\| `([A-Za-z]+)`/gm)].map(([, field = '']) => field);
}

/** What looks like a code in the sources of the workflows and is neither an error code nor a state. */
async function rejectionCodes(): Promise<readonly string[]> {
  const folder = join(checkout, 'workflows');
  const files = (await readdir(folder, { recursive: true })).filter((name) => name.endsWith('.ts'));
  const sources = await Promise.all(files.map((name) => readFile(join(folder, name), 'utf8')));
  const known: readonly string[] = [...Object.keys(errorCodes), ...workflowStates];
  const found = sources.join('\n').matchAll(/'([A-Z]+(?:_[A-Z]+)+)'/g);
  const codes = [...found].map(([, code = '']) => code).filter((code) => !known.includes(code));
  return [...new Set([...codes, ...gateCodes.refusing.map((code) => `GATE_${code}`)])];
}

describe('docs/signals.md', () => {
  let signals: Page;
  before(async () => {
    signals = await page('docs/signals.md');
  });

  for (const [name, schema] of Object.entries(schemas)) {
    it(`shows a ${name} that its schema takes`, () => {
      const examples = fencesOf(signals).filter(({ info }) => info === `json ${name}`);
      expect(examples).to.have.length(1);
      expect(schema.safeParse(JSON.parse(examples[0]?.body ?? '')).error).to.equal(undefined);
    });

    it(`describes every field of ${name} and no other`, () => {
      expect([...documentedFields(signals, name)].sort()).to.deep.equal(Object.keys(schema.shape).sort());
    });
  }

  it('has no JSON example without a schema', () => {
    const unknown = fencesOf(signals).filter(({ info }) => !(info.replace(/^json /, '') in schemas));
    expect(unknown).to.deep.equal([]);
  });

  it('names every reason for which a rule refuses a signal', async () => {
    const codes = await rejectionCodes();
    expect(codes).to.include.members(['CODE_BLOCKED', 'DECISION_EXPIRED', 'GATE_COOLDOWN', 'LOOK_AHEAD']);
    expect(codes.filter((code) => !signals.text.includes(`| \`${code}\``))).to.deep.equal([]);
  });
});
