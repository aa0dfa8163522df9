import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { dirname, join, normalize } from 'node:path';
import { expect } from 'chai';
import { z } from 'zod';
import { allPages, anchorsOf, checkout, linksOf, type Page, page } from './markdown.ts';

const Manifest = z.object({ scripts: z.record(z.string(), z.string()) });

/** What npm runs without `run`. */
const shortcuts = ['test', 'start'];

/** npm scripts that a page tells its reader to run. */
function scriptsNamedIn({ text }: Page): readonly string[] {
  const run = [...text.matchAll(/\bnpm run (?:--silent |-s )?([a-z][a-z:-]*)/g)].map(([, name = '']) => name);
  return [...run, ...shortcuts.filter((name) => new RegExp(`\\bnpm ${name}\\b`).test(text))];
}

/** Where a link of a page leads, when it leads to a file of ours. */
function brokenLinks(from: Page, anchors: ReadonlyMap<string, ReadonlySet<string>>): readonly string[] {
  return linksOf(from).filter((target) => {
    if (/^[a-z]+:/.test(target)) return false;
    const [file = '', anchor] = target.split('#');
    const path = file === '' ? from.path : normalize(join(dirname(from.path), decodeURIComponent(file)));
    if (!existsSync(join(checkout, path))) return true;
    return anchor !== undefined && anchors.get(path)?.has(anchor) !== true;
  });
}

/** Variables of the schema in app/config/config.ts. */
async function configuredVariables(): Promise<readonly string[]> {
  const source = await readFile(join(checkout, 'app/config/config.ts'), 'utf8');
  return [...source.matchAll(/^ {2}([A-Z][A-Z_]+): (?:optional|withDefault)\(/gm)].map(
    ([, name = '']) => name,
  );
}

describe('the pages', () => {
  let pages: readonly Page[] = [];
  before(async () => {
    pages = await allPages();
    expect(pages.map(({ path }) => path)).to.include.members(['README.md', join('docs', 'signals.md')]);
  });

  it('name only npm scripts that exist', async () => {
    const { scripts } = Manifest.parse(JSON.parse(await readFile(join(checkout, 'package.json'), 'utf8')));
    const named = pages.flatMap((one) => scriptsNamedIn(one).map((script) => ({ page: one.path, script })));
    expect(named.map(({ script }) => script)).to.include.members([
      'demo',
      'setup',
      'doctor',
      'verify',
      'test',
    ]);
    expect(named.filter(({ script }) => !Object.hasOwn(scripts, script))).to.deep.equal([]);
  });

  it('link to files and headings that exist', () => {
    const anchors = new Map(pages.map((one) => [one.path, anchorsOf(one)]));
    const broken = pages.flatMap((one) =>
      brokenLinks(one, anchors).map((target) => `${one.path}: ${target}`),
    );
    expect(pages.flatMap(linksOf).length).to.be.greaterThan(10);
    expect(broken).to.deep.equal([]);
  });

  it('show no path of the machine they were written on', () => {
    const paths = /(?:^|[\s"'`(=:/])\/(?:root|home|work|tmp\/[a-z])[/\w-]*/m;
    expect(pages.filter(({ text }) => paths.test(text)).map(({ path }) => path)).to.deep.equal([]);
  });
});

describe('README.md', () => {
  it('explains every environment variable and no other', async () => {
    const { text } = await page('README.md');
    const explained = [...text.matchAll(/^\| `([A-Z][A-Z_]+)` /gm)].map(([, name = '']) => name);
    expect([...explained].sort()).to.deep.equal([...(await configuredVariables())].sort());
  });

  it('names only folders that exist where it says what to change', async () => {
    const { text } = await page('README.md');
    const table = text.split('## Where do I change')[1]?.split('\n## ')[0] ?? '';
    const rows = table.split('\n').filter((line) => line.startsWith('| '));
    const named = rows.flatMap((row) =>
      [...(row.split('|')[2] ?? '').matchAll(/`([^`]+)`/g)].map(([, path = '']) => path),
    );
    expect(named.length).to.be.greaterThan(15);
    expect(named.filter((path) => !existsSync(join(checkout, path)))).to.deep.equal([]);
  });
});
