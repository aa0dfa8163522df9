import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { expect } from 'chai';
import { z } from 'zod';
import type { SandboxPool } from '../../contracts/ports/sandbox.ts';
import { reviewCode } from '../../sandbox-pool/validator/index.ts';
import { parsePython } from '../../sandbox-pool/validator/parse-python.ts';
import { buildSymbolTable, type Scope } from '../../sandbox-pool/validator/scopes.ts';
import { childrenOf, type Node, pythonName } from '../../sandbox-pool/validator/tree.ts';
import { assaults } from '../attack/assaults.ts';
import { files } from '../attack/files.ts';
import { systemCalls } from '../attack/system-calls.ts';
import { sandboxHost, type SandboxHost } from '../sandbox/sandbox-host.ts';

interface Program {
  readonly name: string;
  readonly source: string;
}
interface Reading {
  readonly error: string | null;
  readonly tree: string;
  readonly scopes: string;
  readonly full: readonly string[];
}

/** Valid Python that our parser refuses: nothing is hidden by it, the program is only turned away. By what the parser says. */
const refusedThoughValid: readonly (readonly [says: RegExp, why: string])[] = [
  [
    /: Unexpected character '[\ud800-\udbff]'$/,
    'a name in letters beyond U+FFFF, which only look-alikes are made of',
  ],
];

const reader = readFileSync(new URL('read-by-cpython.py', import.meta.url), 'utf8');

function corpus(folder: string): Program[] {
  const at = new URL(`corpus/${folder}/`, import.meta.url);
  return readdirSync(at).map((file) => ({
    name: `${folder}/${file}`,
    source: readFileSync(new URL(file, at), 'utf8'),
  }));
}

/** The same mutants at every run: tokens dropped, doubled and swapped, lines moved in and out. */
function mutantsOf(programs: readonly Program[], each: number): Program[] {
  let state = 20_260_401;
  const below = (bound: number): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * bound);
  };
  const changed = (source: string): string => {
    const tokens: readonly string[] = source.match(/\w+|\s+|[^\w\s]/g) ?? [];
    const at = below(tokens.length);
    const other = below(tokens.length);
    const lines = source.split('\n');
    const line = below(lines.length);
    switch (below(6)) {
      case 0:
        return tokens.toSpliced(at, 1).join('');
      case 1:
        return tokens.toSpliced(at, 0, tokens[other] ?? '').join('');
      case 2:
        return tokens
          .with(at, tokens[other] ?? '')
          .with(other, tokens[at] ?? '')
          .join('');
      case 3:
        return lines.with(line, `    ${lines[line] ?? ''}`).join('\n');
      case 4:
        return lines.with(line, (lines[line] ?? '').replace(/^ {1,4}/, '')).join('\n');
      default:
        return tokens.toSpliced(at, 0, '()[]{}:,.=*@\\\'"#;\n\t'[below(19)] ?? '').join('');
    }
  };
  return programs.flatMap(({ name, source }) =>
    Array.from({ length: each }, (_, index) => ({
      name: `${name} mutant ${index}`,
      source: changed(source),
    })),
  );
}

const units = (text: string): string => Buffer.from(text, 'utf16le').toString('hex');
const named = (raw: string | undefined): string => units(pythonName(raw ?? ''));

function treeOf(module: Node): string[] {
  const said: string[] = [];
  const inJoined = new Set<Node>();
  const open: Node[] = [module];
  for (let node = open.pop(); node !== undefined; node = open.pop()) {
    open.push(...childrenOf(node));
    switch (node.nodeType) {
      case 'JoinedStr':
        for (const part of node.values) inJoined.add(part);
        break;
      case 'Name':
        said.push(`name ${named(node.id)} ${node.ctx.nodeType}`);
        break;
      case 'Attribute':
        said.push(`attribute ${named(node.attr)} ${node.ctx.nodeType}`);
        break;
      case 'Call':
        said.push(`call ${node.args.length} ${node.keywords.length}`);
        break;
      case 'Keyword':
        said.push(`keyword ${named(node.arg)}`);
        break;
      case 'Alias':
        said.push(`alias ${named(node.name)} ${named(node.asname)}`);
        break;
      case 'ImportFrom':
        said.push(`from ${named(node.module)} ${node.level ?? 0}`);
        break;
      case 'FunctionDef':
      case 'AsyncFunctionDef':
      case 'ClassDef':
        said.push(`${node.nodeType} ${named(node.name)} ${node.decorator_list.length}`);
        break;
      case 'Arg':
        said.push(`arg ${named(node.arg)}`);
        break;
      case 'Global':
      case 'Nonlocal':
        said.push(`${node.nodeType} ${node.names.map(named).join(' ')}`);
        break;
      case 'MatchClass':
        said.push(`pattern ${node.kwd_attrs.map(named).join(' ')}`);
        break;
      case 'MatchAs':
      case 'MatchStar':
      case 'ExceptHandler':
        said.push(`${node.nodeType} ${named(node.name)}`);
        break;
      case 'Lambda':
      case 'Subscript':
      case 'BinOp':
      case 'Yield':
      case 'Await':
      case 'For':
      case 'While':
      case 'With':
      case 'Try':
      case 'Starred':
        said.push(node.nodeType);
        break;
      case 'Constant': {
        const isBytes = node.quote_style?.toLowerCase().includes('b') === true;
        // `...` is a text without quotes to the parser.
        const isText =
          typeof node.value === 'string' && (node.quote_style !== undefined || node.value !== '...');
        if (isText && !isBytes && !inJoined.has(node)) said.push(`text ${units(String(node.value))}`);
        break;
      }
      default:
    }
  }
  return said.sort();
}

function scopesOf(module: Parameters<typeof buildSymbolTable>[0]): string[] {
  const scopes = new Set<Scope>(buildSymbolTable(module).visits.map(({ scope }) => scope));
  const everywhere = new Set([...scopes].flatMap((scope) => [...scope.globals]));
  return [...scopes]
    .map((scope) => {
      const names = new Set([...scope.bindings.keys(), ...scope.deleted]);
      const kept = [...names].filter(
        (name) =>
          !everywhere.has(name) && name !== '__class__' && (!name.includes('__') || name.endsWith('__')),
      );
      return `${scope.kind} ${kept.map(units).sort().join(' ')}`;
    })
    .sort();
}

const digest = (lines: readonly string[]): string =>
  createHash('sha256').update(lines.join('\n')).digest('hex').slice(0, 16);

const Readings = z.array(
  z
    .tuple([z.string().nullable(), z.string(), z.string(), z.array(z.string())])
    .transform(([error, tree, scopes, full]): Reading => ({ error, tree, scopes, full })),
);

interface Comparison {
  readonly accepted: number;
  readonly refused: number;
  readonly hidden: string[];
  readonly scopesDiffer: string[];
  readonly refusedValid: string[];
  readonly acceptedInvalid: Program[];
}

function compared(programs: readonly Program[], readings: readonly Reading[]): Comparison {
  const found = {
    accepted: 0,
    refused: 0,
    hidden: [] as string[],
    scopesDiffer: [] as string[],
    refusedValid: [] as string[],
    acceptedInvalid: [] as Program[],
  };
  expect(readings).to.have.length(programs.length);
  for (const [index, program] of programs.entries()) {
    const { error, tree, scopes } = readings[index] ?? { error: 'not read', tree: '', scopes: '' };
    found[error === null ? 'accepted' : 'refused'] += 1;
    const review = reviewCode(program.source);
    // What is refused by its characters or its size is never parsed, and blocked.
    if (review.findings.some(({ rule }) => rule === 'hidden-text')) continue;
    if (review.syntaxError !== undefined) {
      if (error === null) found.refusedValid.push(`${program.name}: ${review.syntaxError.message}`);
      continue;
    }
    if (error !== null) {
      if (!review.blocked) found.acceptedInvalid.push(program);
      continue;
    }
    const module = parsePython(program.source);
    // The parser leaves \N{…} for the validator to decode.
    if (!program.source.includes('\\N{') && digest(treeOf(module)) !== tree) found.hidden.push(program.name);
    if (digest(scopesOf(module)) !== scopes) found.scopesDiffer.push(program.name);
  }
  return found;
}

/** Puts the counts beside the test's name. */
function say({ test }: Mocha.Context, counts: string): void {
  if (test !== undefined) test.title += counts;
}

const unexplained = (refused: readonly string[]): string[] =>
  refused.filter((said) => !refusedThoughValid.some(([says]) => says.test(said)));

const honest = corpus('honest');
const programs: readonly Program[] = [
  ...honest,
  ...corpus('hostile'),
  ...[...files, ...systemCalls, ...assaults].map(({ name, code }) => ({
    name: `attack/${name}`,
    source: code,
  })),
  ...mutantsOf(honest, 16),
].filter(({ source }) => Buffer.byteLength(source) <= 64 * 1024);

describe(`the validator's reading of ${programs.length} programs beside CPython's`, function () {
  this.timeout(180_000);

  describe("the sandbox image's", () => {
    let host: SandboxHost;
    let pool: SandboxPool;
    let found: Comparison;

    const read = async (sources: readonly string[], full = false): Promise<Reading[]> => {
      const code = `SOURCES = INPUT["sources"]\nFULL = INPUT["full"]\n${reader}`;
      const { value, error } = await pool.execute({ code, input: { sources, full }, timeoutMs: 60_000 });
      expect(error).to.equal(null);
      return Readings.parse(value);
    };

    before(async () => {
      host = await sandboxHost();
      pool = await host.startedPool({ min: 2, max: 4, limits: { memoryBytes: 512 * 2 ** 20 } });
      const readings: Reading[] = [];
      for (let at = 0; at < programs.length; at += 100)
        readings.push(...(await read(programs.slice(at, at + 100).map(({ source }) => source))));
      found = compared(programs, readings);
    });
    after(() => host.close());

    it('X12 hides nothing: each program that both accept has the same names, calls, attributes and texts in both', function () {
      expect(found.hidden).to.deep.equal([]);
      expect(found.accepted).to.be.at.least(500);
      expect(found.refused).to.be.at.least(300);
      say(this, ` (${found.accepted} accepted, ${found.refused} refused by CPython)`);
    });

    it("binds the same names in the same scopes as CPython's symtable", () =>
      expect(found.scopesDiffer).to.deep.equal([]));

    it('X12 turns no valid program away, but for what is listed with its reason', () =>
      expect(unexplained(found.refusedValid)).to.deep.equal([]));

    it('X12 lets nothing that CPython refuses run: where it is the laxer one, the runner refuses', async function () {
      const some = found.acceptedInvalid.slice(0, 12);
      for (const { name, source } of some) {
        const { success, errorKind } = await pool.execute({ code: source, timeoutMs: 20_000 });
        expect({ success, errorKind }, name).to.deep.equal({ success: false, errorKind: 'syntax' });
      }
      say(this, ` (${found.acceptedInvalid.length} of ${found.refused}, ${some.length} tried)`);
    });
  });

  it("hides nothing from this machine's Python either, where there is one", function () {
    const python = spawnSync(
      'python3',
      [
        '-I',
        '-c',
        `import json, sys\nif sys.version_info < (3, 11): sys.exit(3)\nSOURCES = json.load(sys.stdin)\nFULL = False\n${reader}\njson.dump([sys.version.split()[0], RESULT], sys.stdout)`,
      ],
      {
        input: JSON.stringify(programs.map(({ source }) => source)),
        encoding: 'utf8',
        maxBuffer: 1 << 28,
      },
    );
    if (python.error !== undefined || python.status === 3) return this.skip();
    expect(python.stderr).to.equal('');
    const [version, readings] = z.tuple([z.string(), Readings]).parse(JSON.parse(python.stdout));
    const { hidden, accepted, refused } = compared(programs, readings);
    expect(hidden).to.deep.equal([]);
    say(this, ` (Python ${version}: ${accepted} accepted, ${refused} refused)`);
  });
});
