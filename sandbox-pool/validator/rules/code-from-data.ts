import { report, type JudgeNode, type ReviewContext } from '../review-context.ts';
import type { Visit } from '../scopes.ts';
import { pythonName, type Node, type NodeOf } from '../tree.ts';
import { membersOf, textsOf } from '../values.ts';

const classMakers = new Set(['builtins.type', 'abc.ABCMeta', 'enum.EnumMeta', 'enum.EnumType']);
const arrayMakers = new Set(['numpy.ndarray', 'numpy.recarray', 'numpy.matrix']);
const passOn = new Set([
  'functools.partial',
  'functools.partialmethod',
  'functools.reduce',
  'builtins.map',
  'itertools.starmap',
  'operator.call',
]);

/**
 * Calls that turn data into code or data into memory. Dataclasses write source text from field names and execute it, so a class
 * whose namespace is computed runs whatever its annotations say; an array over a foreign buffer reads and forges objects.
 */
export function judgeCodeFromData(
  members: readonly string[],
  node: NodeOf<'Call'>,
  visit: Visit,
  context: ReviewContext,
): void {
  const isUnpacked =
    node.args.some((arg) => arg.nodeType === 'Starred') || node.keywords.some(({ arg }) => arg === undefined);
  const isBig = node.args.length >= 3 || isUnpacked;
  const makesClass =
    members.some((member) => classMakers.has(member)) &&
    (isUnpacked || node.args.length + node.keywords.length !== 1);
  if (makesClass || (isBig && isTypeOf(node.func, context))) {
    say('code-from-data', 'type', 'A class is made from computed names.', visit, context);
  }
  const takesBuffer =
    node.args.length >= 3 || node.keywords.some(({ arg }) => arg === 'buffer' || arg === 'buf');
  const makesArray = members.some(
    (member) => arrayMakers.has(member) || (member.startsWith('numpy.') && member.endsWith('.__new__')),
  );
  if (makesArray && (takesBuffer || isBig)) {
    say('forged-memory', 'ndarray', 'An array laid over a buffer can forge objects.', visit, context);
  }
  const [first] = node.args;
  if (first !== undefined && members.some((member) => passOn.has(member))) {
    const handed = membersOf(context.evaluator.valuesOf(first));
    if (handed.some((member) => classMakers.has(member) || arrayMakers.has(member))) {
      say(
        'code-from-data',
        'type',
        'What makes classes or arrays is handed on, so its arguments cannot be seen.',
        visit,
        context,
      );
    }
  }
  if (members.includes('dataclasses.field') && !isFieldDeclaration(visit)) {
    say(
      'code-from-data',
      'field',
      'A dataclass field is kept where its name can be changed.',
      visit,
      context,
    );
  }
}

/** `type(x)(…)` and `x.__class__(…)`. */
function isTypeOf(callee: Node, context: ReviewContext): boolean {
  if (callee.nodeType === 'Attribute') return pythonName(callee.attr) === '__class__';
  return (
    callee.nodeType === 'Call' && membersOf(context.evaluator.valuesOf(callee.func)).includes('builtins.type')
  );
}

function isFieldDeclaration(visit: Visit): boolean {
  const statement = visit.parent;
  if (statement?.node.nodeType !== 'AnnAssign' || statement.node.value !== visit.node) return false;
  return statement.parent?.node.nodeType === 'ClassDef';
}

/** The name of a field becomes source text when a dataclass is derived; `series.name = "x"` is harmless. */
export function judgeStoredAttribute(name: string, visit: Visit, context: ReviewContext): void {
  if (name !== 'name' || !context.table.imported.has('dataclasses')) return;
  const { node, parent } = visit;
  const isOwn =
    node.nodeType === 'Attribute' &&
    context.evaluator.valuesOf(node.value).every((value) => value.kind === 'instance');
  if (isOwn) return;
  const value = parent?.node.nodeType === 'Assign' ? parent.node.value : undefined;
  const { texts, complete } =
    value === undefined ? { texts: [], complete: false } : textsOf(context.evaluator.valuesOf(value));
  if (complete && texts.every(isPlainLabel)) return;
  say(
    'code-from-data',
    'name',
    'A computed name is stored where a dataclass may turn it into code.',
    visit,
    context,
  );
}

function isPlainLabel(text: string): boolean {
  return !['(', '=', ':', '\n', ';', '['].some((mark) => text.includes(mark));
}

/** Metaclasses and classes of classes decide what a class body means. */
export const judgeClassMaking: JudgeNode<'ClassDef'> = (node, visit, context) => {
  for (const keyword of node.keywords) {
    if (keyword.arg !== undefined && keyword.arg !== 'metaclass') continue;
    const makers = context.evaluator.valuesOf(keyword.value);
    if (
      makers.every(
        (value) => value.kind === 'member' && value.path !== 'builtins.type' && classMakers.has(value.path),
      )
    )
      continue;
    say(
      'code-from-data',
      'metaclass',
      `The metaclass of "${node.name}" runs code where no call is written.`,
      visit,
      context,
    );
  }
  const bases = node.bases.flatMap((base) => membersOf(context.evaluator.valuesOf(base)));
  if (bases.some((base) => classMakers.has(base))) {
    say('code-from-data', 'metaclass', `"${node.name}" makes classes from computed names.`, visit, context);
  }
  if (bases.some((base) => arrayMakers.has(base))) {
    say('forged-memory', 'ndarray', `"${node.name}" takes over how arrays see their memory.`, visit, context);
  }
};

function say(
  rule: 'code-from-data' | 'forged-memory',
  subject: string,
  message: string,
  visit: Visit,
  context: ReviewContext,
): void {
  report(context, rule, visit, {
    subject,
    message,
    advice: 'Plain functions, plain classes and arrays of numbers are enough.',
  });
}
