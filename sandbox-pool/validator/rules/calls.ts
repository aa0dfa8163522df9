import { expressionMethods, fileMethods, methodsByName, tellingNameIn } from '../policy/attributes.ts';
import { attributeBuiltins } from '../policy/builtins.ts';
import { isForbiddenRoot } from '../policy/modules.ts';
import { report, type MemberCall, type ReviewContext } from '../review-context.ts';
import type { Visit } from '../scopes.ts';
import { pythonName, type Node, type NodeOf } from '../tree.ts';
import { membersOf, textsOf, unknownValues, type Value, type Values } from '../values.ts';
import { judgeNamedAttribute } from './attributes.ts';
import { judgeCodeFromData } from './code-from-data.ts';
import { whyUnsafeExpression } from './pandas-expressions.ts';

export function judgeCall({ node, visit, paths }: MemberCall, context: ReviewContext): void {
  for (const member of paths) judgeMemberCall(member, node, visit, context);
  judgeCodeFromData(paths, node, visit, context);
  for (const { arg, value } of node.keywords) {
    if (arg === 'aggfunc' || arg === 'func') judgeMethodNames(value, visit, context);
  }
  if (node.func.nodeType === 'Attribute')
    judgeMethodCall(pythonName(node.func.attr), node, node.func, visit, context);
}

function judgeMemberCall(member: string, node: NodeOf<'Call'>, visit: Visit, context: ReviewContext): void {
  const builtin = member.startsWith('builtins.') ? member.slice('builtins.'.length) : '';
  if (attributeBuiltins.has(builtin)) return judgeLookup(builtin, node, visit, context);
  switch (member) {
    case 'operator.attrgetter':
    case 'operator.methodcaller':
      return judgeGetter(member, node, visit, context);
    case 'functools.wraps':
      if (node.args.length > 1 || node.keywords.length > 0) judgeHiddenNames('wraps', visit, context);
      return;
    case 'numpy.lib.stride_tricks.as_strided':
      report(context, 'unsafe-memory', visit, {
        subject: member,
        message: 'as_strided reads memory outside of the array when its shape is wrong.',
        advice: 'Use sliding_window_view or rolling().',
      });
      return;
    case 'pandas.NamedAgg':
      for (const arg of argumentsOf(node)) judgeMethodNames(arg, visit, context);
      return;
    case 'pandas.set_option':
    case 'pandas.option_context':
      return judgeOptions(node, visit, context);
    default:
  }
}

/** getattr and its relatives: with known names they are judged like a dot, with unknown ones they can reach anything. */
function judgeLookup(builtin: string, node: NodeOf<'Call'>, visit: Visit, context: ReviewContext): void {
  const [object, name] = node.args;
  const message = `"${builtin}" reaches an attribute by a name that is data.`;
  report(context, 'reflection', visit, { subject: 'attributes', message, advice: 'Write object.attribute.' });
  const isPlain =
    object !== undefined && name !== undefined && [object, name].every((arg) => arg.nodeType !== 'Starred');
  const { texts, complete } = textsOf(isPlain ? context.evaluator.valuesOf(name) : unknownValues);
  const bases = isPlain ? context.evaluator.valuesOf(object) : unknownValues;
  for (const text of texts) {
    if (bases.every((base) => isOwnMethod(base, text))) continue;
    judgeMethodByName(text, visit, context, bases);
    if (builtin === 'setattr' || builtin === 'delattr') judgeModuleChange(text, bases, visit, context);
  }
  if (!complete) judgeHiddenNames(builtin, visit, context);
}

function judgeModuleChange(name: string, bases: Values, visit: Visit, context: ReviewContext): void {
  for (const path of membersOf(bases)) {
    report(context, 'restricted-member', visit, {
      subject: `${path}.${name}=`,
      message: `The program changes "${path}.${name}".`,
    });
  }
}

function judgeGetter(member: string, node: NodeOf<'Call'>, visit: Visit, context: ReviewContext): void {
  const names = member === 'operator.attrgetter' ? node.args : node.args.slice(0, 1);
  report(context, 'reflection', visit, {
    subject: 'attributes',
    message: `"${member}" reaches an attribute by a name that is data.`,
  });
  for (const name of names) {
    const { texts, complete } = textsOf(
      name.nodeType === 'Starred' ? unknownValues : context.evaluator.valuesOf(name),
    );
    for (const text of texts) for (const part of text.split('.')) judgeMethodByName(part, visit, context);
    if (!complete) judgeHiddenNames(member, visit, context);
  }
  if (names.length === 0 || node.keywords.length > 0) judgeHiddenNames(member, visit, context);
}

function judgeHiddenNames(subject: string, visit: Visit, context: ReviewContext): void {
  report(context, 'reflection', visit, {
    subject: 'attributes',
    message: `"${subject}" reaches attributes by names that are data.`,
  });
  report(context, 'dynamic-attribute', visit, {
    subject,
    message: `The name that "${subject}" looks up cannot be worked out, so it may be any.`,
    advice: 'Write the names out, or choose between functions with an if.',
  });
}

function judgeMethodByName(name: string, visit: Visit, context: ReviewContext, bases: Values = []): void {
  judgeNamedAttribute(name, bases, visit, context);
  if (methodsByName.has(name)) judgeHiddenNames(name, visit, context);
  if (expressionMethods.has(name)) {
    report(context, 'dynamic-expression', visit, {
      subject: name,
      message: `"${name}", called by its name, runs text as an expression.`,
    });
  }
}

/** Options that make pandas import a module by its name. */
function judgeOptions(node: NodeOf<'Call'>, visit: Visit, context: ReviewContext): void {
  for (const arg of node.args.filter((_, index) => index % 2 === 0)) {
    const { texts, complete } = textsOf(context.evaluator.valuesOf(arg));
    const isHarmless = (text: string) =>
      ['display.', 'mode.', 'compute.', 'future.', 'max_', 'precision', 'expand_'].some((start) =>
        text.startsWith(start),
      );
    if (complete && texts.every(isHarmless)) continue;
    report(context, 'restricted-member', visit, {
      subject: 'pandas options',
      message: 'This option of pandas reaches beyond display and computation.',
    });
  }
}

function judgeMethodCall(
  method: string,
  node: NodeOf<'Call'>,
  func: NodeOf<'Attribute'>,
  visit: Visit,
  context: ReviewContext,
): void {
  const bases = context.evaluator.valuesOf(func.value);
  if (bases.every((base) => isOwnMethod(base, method))) return;
  if (fileMethods.has(method) && !bases.every(isSettledElsewhere)) {
    report(context, 'file-access', visit, {
      subject: `.${method}`,
      message: `".${method}(…)" is how files are read and written.`,
      advice: 'The bars are handed to generate_signals; a strategy needs no files.',
    });
  }
  if (expressionMethods.has(method) && !bases.every(isSettledElsewhere))
    judgeExpression(method, node, visit, context);
  if (methodsByName.has(method)) judgeMethodsByName(method, node, visit, context);
  if (method === '__setattr__' || method === '__delattr__') judgeRawLookup(method, node, visit, context);
  if (method === 'format' || method === 'format_map') judgeFormat(bases, visit, context);
  if (method === 'plot' && node.keywords.some(({ arg }) => arg === 'backend' || arg === undefined)) {
    report(context, 'restricted-member', visit, {
      subject: 'backend',
      message: 'A plotting backend is a module that pandas imports by name.',
    });
  }
}

/** What a module's function of that name is has been said at the attribute. */
function isSettledElsewhere(base: Value): boolean {
  return (
    base.kind === 'member' &&
    !base.path.startsWith('builtins.') &&
    (isForbiddenRoot(base.path) || base.path.split('.').length === 1)
  );
}

export function isOwnMethod(base: Value, method: string): boolean {
  if (base.kind !== 'instance' && base.kind !== 'class') return false;
  return base.node.body.some(
    (statement) =>
      (statement.nodeType === 'FunctionDef' || statement.nodeType === 'AsyncFunctionDef') &&
      pythonName(statement.name) === method,
  );
}

function judgeExpression(method: string, node: NodeOf<'Call'>, visit: Visit, context: ReviewContext): void {
  if (node.args.length === 0 && node.keywords.length === 0) return;
  const [first] = node.args;
  const named = node.keywords.find(({ arg }) => arg === 'expr')?.value;
  const expression = first ?? named;
  const extra = node.keywords.filter(({ arg }) => arg !== 'expr' && arg !== 'inplace');
  const { texts, complete } = textsOf(
    expression === undefined ? unknownValues : context.evaluator.valuesOf(expression),
  );
  const why =
    extra.length > 0 || node.args.length > 1
      ? 'is given names or an engine from outside'
      : complete
        ? firstReason(texts)
        : 'cannot be worked out';
  if (why === null) return;
  report(context, 'dynamic-expression', visit, {
    subject: method,
    message: `".${method}(…)" runs text as an expression, and this text ${why}.`,
    advice: 'Select with a boolean mask: frame[frame["close"] > limit].',
  });
}

function firstReason(texts: readonly string[]): string | null {
  for (const text of texts) {
    const why = whyUnsafeExpression(text);
    if (why !== null) return why;
  }
  return null;
}

const harmlessOptions = new Set([
  'func',
  'axis',
  'raw',
  'engine',
  'engine_kwargs',
  'result_type',
  'by_row',
  'min_periods',
  'include_groups',
]);

/** `frame.agg("to_pickle", …)` calls the method of that name; a name that nobody knows must at least come without arguments. */
function judgeMethodsByName(
  method: string,
  node: NodeOf<'Call'>,
  visit: Visit,
  context: ReviewContext,
): void {
  for (const arg of argumentsOf(node)) judgeMethodNames(arg, visit, context);
  const first = node.args[0] ?? node.keywords.find(({ arg }) => arg === 'func')?.value;
  if (first === undefined && node.keywords.every(({ arg }) => arg !== undefined)) return;
  const mayBeName = first === undefined || context.evaluator.valuesOf(first).some(mayHideText);
  if (mayBeName && passesArguments(method, node, context)) judgeHiddenNames(method, visit, context);
}

function mayHideText(value: Value): boolean {
  return (
    value.kind === 'unknown' ||
    (value.kind === 'sequence' && value.items.flat().some((item) => item.kind === 'unknown'))
  );
}

/** Whether a method called by its name would get arguments; a program's own `apply` may take a few of its own. */
function passesArguments(method: string, node: NodeOf<'Call'>, context: ReviewContext): boolean {
  const isOwnName = context.ownNames.has(method);
  const positional = isOwnName ? 2 : 1;
  return (
    node.args.length > positional ||
    node.args.some((arg) => arg.nodeType === 'Starred') ||
    node.keywords.some(({ arg }) => {
      if (arg === undefined) return true;
      return isOwnName ? methodArguments.has(arg) : !harmlessOptions.has(arg);
    })
  );
}

const methodArguments = new Set([
  'args',
  'kwargs',
  'expr',
  'path_or_buf',
  'path_or_buffer',
  'path',
  'buf',
  'func',
]);

/** `object.__setattr__(self, "x", value)` as frozen classes need it; with a computed name it is setattr. */
function judgeRawLookup(method: string, node: NodeOf<'Call'>, visit: Visit, context: ReviewContext): void {
  const isUnbound = node.args.length === (method === '__setattr__' ? 3 : 2);
  const name = node.args[isUnbound ? 1 : 0];
  const isKnown =
    name !== undefined &&
    node.args.every((arg) => arg.nodeType !== 'Starred') &&
    textsOf(context.evaluator.valuesOf(name)).complete;
  if (!isKnown) judgeHiddenNames(method, visit, context);
}

function argumentsOf(node: NodeOf<'Call'>): Node[] {
  return [...node.args, ...node.keywords.map(({ value }) => value)];
}

/** `frame.agg("to_pickle", …)` calls the method of that name; names may also stand in a list or a dictionary. */
function judgeMethodNames(arg: Node, visit: Visit, context: ReviewContext): void {
  const parts = arg.nodeType === 'Dict' ? arg.values : [arg];
  for (const part of parts) {
    for (const value of context.evaluator.valuesOf(part)) {
      const items = value.kind === 'sequence' ? value.items.flat() : [value];
      for (const item of items) {
        if (item.kind === 'text') judgeMethodByName(item.text, visit, context);
        else if (item.kind === 'some-text') judgeHiddenNames('agg', visit, context);
      }
    }
  }
}

/** A field of a format string may read attributes: `"{0.__class__}"`. */
function judgeFormat(bases: Values, visit: Visit, context: ReviewContext): void {
  for (const base of bases) {
    if (base.kind !== 'text') continue;
    const name = tellingNameIn(base.text);
    if (name === undefined) continue;
    report(context, 'dangerous-attribute', visit, {
      subject: name,
      message: `The format text reads "${name}" of its argument.`,
    });
    report(context, 'interpreter-internals', visit, {
      subject: name,
      message: `"${name}" shows the inside of the interpreter.`,
    });
  }
}
