import {
  expressionMethods,
  isSensitiveMethod,
  isAboutFiles,
  judgeAttribute,
  methodsByName,
  textGivingWriters,
} from '../policy/attributes.ts';
import { isForbiddenRoot, judgeMember } from '../policy/modules.ts';
import { report, type JudgeNode, type ReviewContext } from '../review-context.ts';
import type { Visit } from '../scopes.ts';
import { pythonName } from '../tree.ts';
import type { Values } from '../values.ts';
import { judgeStoredAttribute } from './code-from-data.ts';
import { isCallee, judgeBoundDunder, judgeDisguise, judgeModuleAsValue } from './names.ts';

export const judgeAttributeNode: JudgeNode<'Attribute'> = (node, visit, context) => {
  const name = pythonName(node.attr);
  if (name !== node.attr) judgeDisguise(node.attr, name, visit, context);
  const bases = context.evaluator.valuesOf(node.value);
  if (node.ctx.nodeType === 'Store') judgeStoredAttribute(name, visit, context);
  if (node.ctx.nodeType !== 'Load') judgeChangedModule(name, bases, visit, context);
  else judgeMethodAsValue(name, bases, visit, context);
  if (context.ownNames.has(name) && bases.every((base) => base.kind === 'instance' || base.kind === 'class'))
    return;
  if (textGivingWriters.has(name) && givesText(visit)) return;
  judgeNamedAttribute(name, bases, visit, context);
  if (node.ctx.nodeType === 'Load') judgeModuleAsValue(visit, context);
  else judgeBoundDunder(name, visit, context);
};

/** What is judged at its call must be called where it is named: `run = frame.query` would come around that. */
function judgeMethodAsValue(name: string, bases: Values, visit: Visit, context: ReviewContext): void {
  const { ownNames } = context;
  const isOwn = bases.every((base) => base.kind === 'instance' || base.kind === 'class');
  if (
    isOwn &&
    bases.some((base) => base.kind === 'class') &&
    [...ownNames].some(isSensitiveMethod) &&
    ownNames.has(name)
  ) {
    sayHidden(name, 'A method is taken from its class and may be given another object.', visit, context);
    return;
  }
  if (
    isOwn ||
    isCallee(visit) ||
    (methodsByName.has(name) && ownNames.has(name)) ||
    (!expressionMethods.has(name) && !methodsByName.has(name))
  )
    return;
  sayHidden(
    name,
    `".${name}" is handed on as a value, so what it is going to be given cannot be seen.`,
    visit,
    context,
  );
}

function sayHidden(name: string, message: string, visit: Visit, context: ReviewContext): void {
  report(context, 'reflection', visit, { subject: 'attributes', message });
  report(context, 'dynamic-attribute', visit, {
    subject: name,
    message,
    advice: 'Call the method where you name it.',
  });
}

/** `case C(name=x)` reads attributes by keyword. */
export const judgeClassPattern: JudgeNode<'MatchClass'> = (node, visit, context) => {
  for (const name of node.kwd_attrs) judgeNamedAttribute(pythonName(name), [], visit, context);
};

/** Judges the reading of one attribute, however it is written. */
export function judgeNamedAttribute(name: string, bases: Values, visit: Visit, context: ReviewContext): void {
  let settled = 0;
  for (const base of bases) {
    if (base.kind !== 'member') continue;
    const verdict = judgeMember(base.path, name);
    // The import of a forbidden module has been counted; what is done with it adds nothing.
    const isCounted =
      verdict === 'not-a-module' && isForbiddenRoot(base.path) && !base.path.startsWith('builtins.');
    if (verdict === 'public' || isCounted) settled += 1;
    if (verdict !== 'refused' || isHarmlessOfModule(name)) continue;
    // Where the name itself tells that files are read or written, that is said, and not that it is on no list.
    if (isAboutFiles(name)) continue;
    settled += 1;
    report(context, 'restricted-member', visit, {
      subject: `${base.path}.${name}`,
      message: `"${name}" of ${base.path} is not on the list of what a strategy may use.`,
      advice: memberAdvice(base.path),
    });
  }
  if (settled > 0 && settled === bases.length) return;
  const verdict = judgeAttribute(name, (own) => context.ownNames.has(own));
  if (verdict === null) return;
  for (const rule of verdict.rules) {
    const advice = verdict.advice === undefined ? {} : { advice: verdict.advice };
    report(context, rule, visit, { subject: name, message: verdict.why, ...advice });
  }
}

function isHarmlessOfModule(name: string): boolean {
  return name === '__name__' || name === '__version__' || name === '__doc__';
}

/** `frame.to_csv()` without a target gives a text and touches no file. */
function givesText(visit: Visit): boolean {
  const call = visit.parent?.node;
  if (call?.nodeType !== 'Call' || call.func !== visit.node || call.args.length > 0) return false;
  return call.keywords.every(
    ({ arg }) =>
      arg !== undefined &&
      !['path_or_buf', 'path_or_buffer', 'buf', 'path', 'filepath_or_buffer'].includes(arg),
  );
}

function judgeChangedModule(name: string, bases: Values, visit: Visit, context: ReviewContext): void {
  for (const base of bases) {
    if (base.kind !== 'member' || isDisplayOption(base.path)) continue;
    report(context, 'restricted-member', visit, {
      subject: `${base.path}.${name}=`,
      message: `The program changes "${base.path}.${name}", which everything else in the sandbox uses.`,
      advice: 'Write a function of your own.',
    });
  }
}

function isDisplayOption(path: string): boolean {
  return path.startsWith('pandas.options.') && !path.startsWith('pandas.options.plotting');
}

function memberAdvice(module: string): string {
  return module === 'pandas' || module === 'numpy'
    ? `Use the functions of ${module} that compute; those that read, write or evaluate are refused.`
    : 'Use the documented, computing part of the module.';
}
