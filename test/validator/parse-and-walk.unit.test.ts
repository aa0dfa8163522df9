import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { expect } from 'chai';
import type { parse } from 'py-ast';
import { parsePython } from '../../sandbox-pool/validator/parse-python.ts';
import { addEveryField, childrenOf, type Node } from '../../sandbox-pool/validator/tree.ts';

const folder = new URL('corpus/', import.meta.url);
const sources = ['honest/', 'hostile/'].flatMap((name) =>
  readdirSync(new URL(name, folder)).map((file) => readFileSync(new URL(name + file, folder), 'utf8')),
);
const odd = [
  '\u212b = 1',
  'x\u0301y = \u00e9 + 1',
  "b'a' + rb\"b\" + f'{x}' + Rb'c' + u'd' + f_('e')",
  'match x:\n    case None: pass',
  'match = case = type = _ = 1',
  'async def f(): await x',
  'a.if',
  '1if x else 2',
  'x=1;y=2\n\tz',
  '# \u{1f600}\nname\u{1f600}',
  'lambda:0',
  '__debug__',
  '0xfor x in y',
  '"\u{1f600}" + name',
];

/** The parser's other build is a module of its own, so its lexer is as it came. */
const untouched = createRequire(import.meta.url)('py-ast') as { parse: typeof parse };

function outcome(read: () => unknown): string {
  try {
    return JSON.stringify(read(), (_, value: unknown) => (typeof value === 'bigint' ? `${value}n` : value));
  } catch (error) {
    return String(error);
  }
}

describe('parsePython', () => {
  it('reads every program, and every beginning of one, as the parser does without the faster lexer', () => {
    expect(untouched.parse).to.not.equal(parsePython);
    for (const source of [...sources, ...odd]) {
      const cuts = [source, source.slice(0, source.length / 2), source.slice(0, source.length / 3)];
      for (const cut of cuts)
        expect(outcome(() => parsePython(cut))).to.equal(outcome(() => untouched.parse(cut)));
    }
  });
});

describe('childrenOf', () => {
  it('gives what looking at every field gives, for every kind of node in the corpora', () => {
    const kinds = new Set<string>();
    for (const source of sources) {
      let open: Node[] = [];
      try {
        open = [parsePython(source)];
      } catch {
        continue;
      }
      for (let node = open.pop(); node !== undefined; node = open.pop()) {
        kinds.add(node.nodeType);
        const children = childrenOf(node);
        expect(children, node.nodeType).to.deep.equal(addEveryField(node, []));
        open.push(...children);
      }
    }
    expect(kinds.size).to.be.at.least(60);
  });
});
