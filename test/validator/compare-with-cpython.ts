import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { reviewCode } from '../../sandbox-pool/validator/index.ts';

// Compares the validator's syntax verdict with that of the machine's own Python, over the corpora and over any files or folders
// that are named: `npx tsx test/validator/compare-with-cpython.ts [path…]`. A script and not a test, because users of the project
// need no Python. What counts is the first list: code that Python would run and the validator took for something else.

const MAX_BYTES = 64 * 1024;

const judgeInPython = `
import sys, json, warnings
warnings.simplefilter('ignore')
verdicts = []
for source in json.load(sys.stdin):
    try:
        compile(source, 'strategy', 'exec', dont_inherit=True)
        verdicts.append(None)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        verdicts.append(str(error))
print(json.dumps(verdicts))
`;

function pythonFiles(path: string): string[] {
  if (statSync(path).isFile()) return path.endsWith('.py') ? [path] : [];
  return readdirSync(path).flatMap((entry) => pythonFiles(join(path, entry)));
}

/** Every n-th character dropped, doubled or swapped: programs that are nearly right. */
function mutantsOf(source: string): string[] {
  const step = Math.max(1, Math.floor(source.length / 12));
  const mutants: string[] = [];
  for (let at = step; at < source.length; at += step) {
    mutants.push(source.slice(0, at) + source.slice(at + 1));
    mutants.push(source.slice(0, at) + ')' + source.slice(at));
  }
  return mutants;
}

const here = new URL('corpus/', import.meta.url).pathname;
const paths = process.argv.length > 2 ? process.argv.slice(2) : [here];
const originals = paths
  .flatMap(pythonFiles)
  .map((file) => ({ name: file, source: readFileSync(file, 'utf8') }))
  .filter(({ source }) => Buffer.byteLength(source) <= MAX_BYTES);
const programs = originals.flatMap(({ name, source }) => [
  { name, source },
  ...mutantsOf(source).map((mutant, index) => ({ name: `${name} mutant ${index}`, source: mutant })),
]);

const python = spawnSync('python3', ['-I', '-c', judgeInPython], {
  input: JSON.stringify(programs.map(({ source }) => source)),
  encoding: 'utf8',
  maxBuffer: 1 << 28,
});
if (python.status !== 0)
  throw new Error(`python3 is needed for this comparison: ${python.stderr || String(python.error)}`);
const verdicts = JSON.parse(python.stdout) as (string | null)[];

const refusedValid: string[] = [];
const acceptedInvalid: string[] = [];
for (const [index, { name, source }] of programs.entries()) {
  const review = reviewCode(source);
  const isHidden = review.findings.some(({ rule }) => rule === 'hidden-text');
  const isValidHere = review.syntaxError === undefined && !isHidden;
  const isValidThere = verdicts[index] === null;
  if (isValidThere && !isValidHere && !isHidden)
    refusedValid.push(`${name}: ${review.syntaxError?.message ?? ''}`);
  if (!isValidThere && isValidHere) acceptedInvalid.push(`${name}: ${verdicts[index] ?? ''}`);
}
console.log(
  JSON.stringify(
    {
      programs: programs.length,
      refusedValid,
      acceptedInvalid: acceptedInvalid.slice(0, 20),
      acceptedInvalidCount: acceptedInvalid.length,
    },
    null,
    2,
  ),
);
