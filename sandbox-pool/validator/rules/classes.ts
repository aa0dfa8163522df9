import { isOrdinaryDunder } from '../policy/attributes.ts';
import { report, type JudgeNode, type ReviewContext } from '../review-context.ts';
import type { Visit } from '../scopes.ts';
import { pythonName, type NodeOf } from '../tree.ts';
import { judgeClassMaking } from './code-from-data.ts';
import { judgeDefinedName } from './names.ts';

export const judgeClass: JudgeNode<'ClassDef'> = (node, visit, context) => {
  judgeDefinedName(node.name, visit, context);
  judgeClassMaking(node, visit, context);
};

export function judgeFunction(
  node: NodeOf<'FunctionDef'> | NodeOf<'AsyncFunctionDef'>,
  visit: Visit,
  context: ReviewContext,
): void {
  judgeDefinedName(node.name, visit, context);
  const name = pythonName(node.name);
  if (!name.startsWith('__') || !name.endsWith('__') || isOrdinaryDunder(name)) return;
  if (hooks.has(name)) {
    report(context, 'class-hook', visit, {
      subject: name,
      message: `"${name}" runs where no call is written.`,
      advice: 'Use an ordinary method.',
    });
    return;
  }
  report(context, 'dangerous-attribute', visit, {
    subject: name,
    message: `Defining "${name}" changes how the interpreter treats objects.`,
  });
  if (takeovers.has(name))
    report(context, 'interpreter-internals', visit, {
      subject: name,
      message: `"${name}" takes over the interpreter's own work.`,
    });
}

/** Hooks that are seldom needed, though harmless by themselves. */
const hooks = new Set(
  `__getattr__ __setattr__ __delattr__ __get__ __set__ __delete__ __del__ __class_getitem__ __prepare__ __instancecheck__
  __subclasscheck__ __init_subclass__ __dir__ __sizeof__ __getstate__ __setstate__ __array_ufunc__ __array_function__
  __array_wrap__ __array_finalize__ __mro_entries__ __fspath__ __buffer__`.split(/\s+/),
);

const takeovers = new Set(
  '__reduce__ __reduce_ex__ __getattribute__ __array_interface__ __array_struct__ __import__ __build_class__ __class__ __builtins__'.split(
    ' ',
  ),
);

export const judgeLambda: JudgeNode<'Lambda'> = (node, visit, context) => {
  const { body } = node;
  if (body.nodeType !== 'Call' || body.func.nodeType !== 'Name') return;
  const name = pythonName(body.func.id);
  if (name !== 'eval' && name !== 'exec') return;
  report(context, 'lambda-evaluates', visit, {
    subject: name,
    message: `A lambda hides a call of "${name}".`,
  });
};
