import { tellingNameIn } from '../policy/attributes.ts';
import { report, type ReviewContext } from '../review-context.ts';
import type { Visit } from '../scopes.ts';

/** A text that spells a name of the interpreter, written out or put together, is there to be looked up somewhere. */
export function judgeText(visit: Visit, context: ReviewContext): void {
  // A text that stands alone as a statement is a docstring or a comment.
  if (visit.parent?.kind === 'Expr') return;
  if (visit.kind === 'Constant' && typeof visit.node.value !== 'string') return;
  for (const value of context.evaluator.valuesOf(visit.node)) {
    if (value.kind !== 'text') continue;
    const name = tellingNameIn(value.text);
    if (name === undefined) continue;
    const said = {
      subject: `text ${name}`,
      message: `A text spells "${name}", a name of the interpreter's inside.`,
    };
    report(context, 'dangerous-attribute', visit, said);
    report(context, 'interpreter-internals', visit, said);
  }
}
