import { report, type JudgeNode, type MemberCall, type ReviewContext } from '../review-context.ts';
import type { Visit } from '../scopes.ts';
import { pythonName, type Node, type NodeOf } from '../tree.ts';
import { numberOf, textsOf } from '../values.ts';
import type { Rule } from '../scores.ts';

// Hints only: the look-ahead test at run time, on truncated bars, is the judge.

const shifting = new Set(['shift', 'diff', 'pct_change']);

export function judgeLookAheadCall({ node, visit, paths }: MemberCall, context: ReviewContext): void {
  const { func } = node;
  if (paths.includes('numpy.roll') && isNegative(node.args[1] ?? keyword(node, 'shift'), context)) {
    hint(
      'look-ahead-shift',
      'np.roll by a negative number brings later bars to earlier ones.',
      visit,
      context,
    );
  }
  if (func.nodeType !== 'Attribute') return;
  const method = pythonName(func.attr);
  if (shifting.has(method) && isNegative(node.args[0] ?? keyword(node, 'periods'), context)) {
    hint(
      'look-ahead-shift',
      `"${method}" by a negative number reads bars that are not known yet.`,
      visit,
      context,
    );
  }
  if (isTrue(keyword(node, 'center'))) {
    hint('look-ahead-window', 'A centred window averages over bars that come later.', visit, context);
  }
  const fillsBack =
    backwardFills.has(method) ||
    mayBeBackwardFill(keyword(node, 'method'), context) ||
    mayBeBackwardFill(keyword(node, 'limit_direction'), context);
  if (fillsBack) hint('look-ahead-fill', 'Gaps are filled with values that come later.', visit, context);
}

const backwardFills = new Set(['bfill', 'backfill']);
const backwardWays = new Set(['bfill', 'backfill', 'backward', 'both']);

function mayBeBackwardFill(node: Node | undefined, context: ReviewContext): boolean {
  return (
    node !== undefined &&
    textsOf(context.evaluator.valuesOf(node)).texts.some((text) => backwardWays.has(text))
  );
}

export const judgeReversal: JudgeNode<'Subscript'> = (node, visit, context) => {
  const { slice } = node;
  const steps = slice.nodeType === 'Slice' ? slice.step : undefined;
  if (steps === undefined || !isNegative(steps, context)) return;
  const holdsText = context.evaluator
    .valuesOf(node.value)
    .some((value) => value.kind === 'text' || value.kind === 'some-text');
  if (!holdsText)
    hint(
      'look-ahead-reversed',
      'The series is read backwards, so a running calculation starts at the end.',
      visit,
      context,
    );
};

/** `(x - x.mean()) / x.std()` over everything uses the future's mean. */
export const judgeNormalisation: JudgeNode<'BinOp'> = (node, visit, context) => {
  if (node.op.nodeType !== 'Div' || node.left.nodeType !== 'BinOp' || node.left.op.nodeType !== 'Sub') return;
  if (!isPlainStatistic(node.right, 'std') || !isPlainStatistic(node.left.right, 'mean')) return;
  hint(
    'look-ahead-normalisation',
    'Mean and deviation are taken over all bars, later ones included.',
    visit,
    context,
  );
};

function isPlainStatistic(node: Node, name: string): boolean {
  if (node.nodeType !== 'Call' || node.func.nodeType !== 'Attribute' || pythonName(node.func.attr) !== name)
    return false;
  return node.func.value.nodeType === 'Name' || node.func.value.nodeType === 'Subscript';
}

function hint(rule: Rule, message: string, visit: Visit, context: ReviewContext): void {
  report(context, rule, visit, {
    subject: 'look-ahead',
    message,
    advice: "Decide from what is known at the bar's close: rolling(), expanding(), ewm(), shift(1).",
  });
}

function keyword(node: NodeOf<'Call'>, name: string): Node | undefined {
  if (node.keywords.length === 0) return undefined;
  return node.keywords.find(({ arg }) => arg === name)?.value;
}

function isNegative(node: Node | undefined, context: ReviewContext): boolean {
  if (node === undefined) return false;
  const number = numberOf(context.evaluator.valuesOf(node));
  return number !== null && number < 0;
}

function isTrue(node: Node | undefined): boolean {
  return node?.nodeType === 'Constant' && node.value === true;
}
