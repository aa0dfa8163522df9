import { judgeImport, rootOf } from '../policy/modules.ts';
import { report, type JudgeNode, type ReviewContext } from '../review-context.ts';
import type { Visit } from '../scopes.ts';
import { pythonName } from '../tree.ts';
import { judgeNamedAttribute } from './attributes.ts';
import { judgeBoundDunder } from './names.ts';

export const judgeImportStatement: JudgeNode<'Import'> = (node, visit, context) => {
  for (const alias of node.names) {
    judgeModule(pythonName(alias.name), visit, context);
    judgeBoundDunder(alias.asname, visit, context);
  }
};

export const judgeImportFrom: JudgeNode<'ImportFrom'> = (node, visit, context) => {
  if ((node.level ?? 0) > 0) {
    report(context, 'forbidden-module', visit, {
      subject: 'relative',
      message: 'A relative import has no package to look in: a strategy is one file.',
    });
    return;
  }
  for (const alias of node.names) judgeBoundDunder(alias.asname, visit, context);
  const from = pythonName(node.module ?? '');
  if (!judgeModule(from, visit, context)) return;
  for (const alias of node.names) {
    const name = pythonName(alias.name);
    if (name !== '*') judgeNamedAttribute(name, [{ kind: 'member', path: from }], visit, context);
  }
};

function judgeModule(path: string, visit: Visit, context: ReviewContext): boolean {
  const verdict = judgeImport(path);
  if (verdict.kind === 'allowed') return true;
  const root = rootOf(path);
  if (verdict.kind === 'forbidden') {
    report(context, 'forbidden-module', visit, {
      subject: root,
      message: `"${path}" must not be imported: it ${verdict.why}.`,
      advice:
        'A strategy computes positions from the bars it is given, with numpy, pandas and the pure part of the standard library.',
    });
  } else {
    report(context, 'unknown-module', visit, {
      subject: root,
      message: `"${root}" is not installed in the sandbox, so this import is going to fail.`,
      advice: 'Write the indicator with numpy and pandas.',
    });
  }
  return false;
}
