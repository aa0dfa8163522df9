import {
  allBuiltins,
  attributeBuiltins,
  exitBuiltins,
  namespaceBuiltins,
  overridable,
  whyForbidden,
} from '../policy/builtins.ts';
import { isOrdinaryDunder } from '../policy/attributes.ts';
import { isModulePath, judgeMember } from '../policy/modules.ts';
import { report, type JudgeNode, type ReviewContext } from '../review-context.ts';
import { positionOf, resolve, type Visit } from '../scopes.ts';
import { pythonName, type Node } from '../tree.ts';
import { membersOf } from '../values.ts';

export const judgeName: JudgeNode<'Name'> = (node, visit, context) => {
  const name = pythonName(node.id);
  if (name !== node.id) judgeDisguise(node.id, name, visit, context);
  if (node.ctx.nodeType === 'Store') return judgeStoredName(name, visit, context);
  if (node.ctx.nodeType !== 'Load') return judgeBoundDunder(name, visit, context);
  const { bindings, mayBeBuiltin } = resolve(name, visit.scope, positionOf(node));
  if (mayBeBuiltin) judgeBuiltin(name, visit, context);
  if (mayBeBuiltin && bindings.length === 0) judgeStarImported(name, visit, context);
  judgeModuleAsValue(visit, context);
};

function judgeBuiltin(name: string, visit: Visit, context: ReviewContext): void {
  const why = whyForbidden(name);
  if (why !== undefined) {
    report(context, 'forbidden-builtin', visit, {
      subject: name,
      message: `"${name}" ${why}.`,
      advice: 'Write the calculation out as ordinary code.',
    });
    return;
  }
  if (name === 'open') {
    report(context, 'file-access', visit, {
      subject: 'open',
      message: '"open" reads or writes files.',
      advice: 'The bars are handed to generate_signals; a strategy needs no files.',
    });
  } else if (exitBuiltins.has(name)) {
    report(context, 'reflection', visit, {
      subject: 'exit',
      message: `"${name}" ends the interpreter.`,
      advice: 'Return, or raise an exception.',
    });
  } else if (namespaceBuiltins.has(name)) {
    const isOfSomething = name === 'vars' && calledWithArguments(visit);
    const message = `"${name}" hands out names as a dictionary, past every check.`;
    report(context, 'reflection', visit, { subject: name, message });
    if (!isOfSomething) report(context, 'dynamic-attribute', visit, { subject: name, message });
  } else if (name === 'dir') {
    report(context, 'reflection', visit, { subject: 'dir', message: '"dir" lists the inside of an object.' });
  } else if (attributeBuiltins.has(name) && !isCallee(visit)) {
    const message = `"${name}" is handed on as a value, so what it is going to reach cannot be told.`;
    report(context, 'reflection', visit, { subject: 'attributes', message });
    report(context, 'dynamic-attribute', visit, { subject: name, message });
  } else if (isDunder(name) && name !== '__name__' && name !== '__doc__' && name !== '__debug__') {
    report(context, 'interpreter-name', visit, {
      subject: name,
      message: `"${name}" belongs to the interpreter.`,
    });
  }
}

function judgeStarImported(name: string, visit: Visit, context: ReviewContext): void {
  const { starImports } = context.table;
  if (allBuiltins.has(name) || starImports.length === 0) return;
  const verdicts = starImports.map((path) => judgeMember(path, name));
  if (verdicts.includes('public') || !verdicts.includes('refused')) return;
  report(context, 'restricted-member', visit, {
    subject: `*.${name}`,
    message: `"${name}" can only come from a star import, and it is not on the list of what a strategy may use.`,
    advice: 'Import the module under its usual name: import numpy as np.',
  });
}

function judgeStoredName(name: string, visit: Visit, context: ReviewContext): void {
  if (overridable.has(name)) {
    const isModuleLevel = visit.scope.kind === 'module' || visit.scope.globals.has(name);
    if (isModuleLevel) judgeOverride(name, visit, context);
  }
  if (isDunder(name)) judgeStoredDunder(name, visit, context);
}

/** What an import renames, what is caught and what a pattern captures bind a name; `del` takes one away. */
export function judgeBoundDunder(rawName: string | undefined, visit: Visit, context: ReviewContext): void {
  const name = pythonName(rawName ?? '');
  if (isDunder(name)) judgeStoredDunder(name, visit, context);
}

/** Function and class statements bind a name too. */
export function judgeDefinedName(rawName: string, visit: Visit, context: ReviewContext): void {
  const name = pythonName(rawName);
  if (name !== rawName) judgeDisguise(rawName, name, visit, context);
  if (visit.scope.kind === 'module' && overridable.has(name)) judgeOverride(name, visit, context);
}

function judgeOverride(name: string, visit: Visit, context: ReviewContext): void {
  report(context, 'builtin-override', visit, {
    subject: 'builtin',
    message: `"${name}" is given a new meaning for the whole program.`,
    advice: `Choose another name, ${name}_ for instance.`,
  });
}

function judgeStoredDunder(name: string, visit: Visit, context: ReviewContext): void {
  if (name === '__match_args__') return judgeMatchArguments(visit, context);
  if (isOrdinaryDunder(name)) return;
  report(context, 'dangerous-attribute', visit, {
    subject: name,
    message: `"${name}" changes how the interpreter treats the program.`,
  });
  report(context, 'interpreter-internals', visit, {
    subject: name,
    message: `Nothing a strategy computes needs "${name}".`,
  });
}

/** `match` reads the attributes that this tuple names. */
function judgeMatchArguments(visit: Visit, context: ReviewContext): void {
  const statement = visit.parent?.node;
  const values = statement?.nodeType === 'Assign' ? context.evaluator.valuesOf(statement.value) : [];
  const isKnown =
    values.length === 1 &&
    values.every(
      (value) =>
        value.kind === 'sequence' && value.items.every((item) => item.every((one) => one.kind === 'text')),
    );
  if (isKnown) return;
  report(context, 'reflection', visit, {
    subject: '__match_args__',
    message: 'A computed "__match_args__" reads attributes by a hidden name.',
  });
  report(context, 'dynamic-attribute', visit, {
    subject: '__match_args__',
    message: 'The names in "__match_args__" cannot be worked out.',
  });
}

export function judgeDisguise(raw: string, name: string, visit: Visit, context: ReviewContext): void {
  if (raw === name || !isAscii(name)) return;
  report(context, 'disguised-name', visit, {
    subject: name,
    message: `A name written with look-alike characters is "${name}" to Python.`,
    advice: 'Write names in plain letters.',
  });
}

/** A module may be called by its name and renamed; kept in a container or handed on, nobody can follow what is reached in it. */
export function judgeModuleAsValue(visit: Visit, context: ReviewContext): void {
  const { parent } = visit;
  if (parent === null || parent.kind === 'Attribute' || parent.kind === 'Expr') return;
  const modules = membersOf(context.evaluator.valuesOf(visit.node)).filter(isModulePath);
  const [module] = modules;
  if (module === undefined || isRenaming(visit)) return;
  report(context, 'module-as-value', visit, {
    subject: module,
    message: `The module "${module}" is passed around as a value.`,
    advice: 'Call its functions by name where you need them.',
  });
}

function isRenaming(visit: Visit): boolean {
  let { node, parent }: Visit = visit;
  for (let hops = 0; parent !== null && hops < 8; hops += 1) {
    switch (parent.kind) {
      case 'Attribute':
        return true;
      case 'Assign':
        return parent.node.targets.every((target) => canRename(target, node));
      case 'NamedExpr':
        break;
      case 'IfExp':
        if (parent.node.test === node) return false;
        break;
      case 'BoolOp':
        break;
      case 'Tuple':
        if (parent.parent?.kind !== 'Assign') return false;
        break;
      case 'Call': {
        // getattr(np, "mean") is judged as np.mean.
        const { func, args } = parent.node;
        const isLookup = func.nodeType === 'Name' && attributeBuiltins.has(pythonName(func.id));
        return isLookup && args[0] === node;
      }
      default:
        return false;
    }
    node = parent.node;
    parent = parent.parent;
  }
  return false;
}

function canRename(target: Node, value: Node): boolean {
  if (target.nodeType === 'Name') return value.nodeType !== 'Tuple';
  if (target.nodeType !== 'Tuple' || value.nodeType !== 'Tuple') return false;
  return (
    target.elts.length === value.elts.length && target.elts.every((element) => element.nodeType === 'Name')
  );
}

export function isCallee(visit: Visit): boolean {
  return visit.parent?.kind === 'Call' && visit.parent.node.func === visit.node;
}

function calledWithArguments(visit: Visit): boolean {
  return (
    visit.parent?.kind === 'Call' &&
    visit.parent.node.func === visit.node &&
    visit.parent.node.args.length > 0
  );
}

function isDunder(name: string): boolean {
  return name.length > 4 && name.startsWith('__') && name.endsWith('__');
}

function isAscii(text: string): boolean {
  for (let at = 0; at < text.length; at += 1) if (text.charCodeAt(at) > 0x7f) return false;
  return true;
}
