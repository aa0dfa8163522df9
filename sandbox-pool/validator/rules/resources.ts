import { report, type JudgeNode, type MemberCall, type ReviewContext } from '../review-context.ts';
import type { Visit } from '../scopes.ts';
import { childrenOf, type Node, type NodeOf } from '../tree.ts';
import { membersOf, numberOf, textsOf, type Values } from '../values.ts';
import { hasNestedRepetition, repeatsOnlyARepetition } from './pattern-cost.ts';

/** More elements than this do not fit the sandbox's memory beside pandas, or take longer than its clock. */
const HUGE = 50_000_000;
/** So many elements of one byte and more fit no sandbox. */
const IMPOSSIBLE = 2 ** 30;
const LONGEST_RESULT_BITS = 50_000_000;

export const judgeWhile: JudgeNode<'While'> = (node, visit, context) => {
  const isAlwaysTrue = node.test.nodeType === 'Constant' && Boolean(node.test.value);
  if (!isAlwaysTrue) return;
  const hasExit = leavesLoop(node);
  report(context, 'endless-loop', visit, {
    subject: 'while True',
    message: hasExit
      ? 'A "while True" loop ends only by a break or return inside of it.'
      : 'This loop never ends; the sandbox is going to stop it at its time limit.',
    advice: 'Loop over the bars, or give the loop a bound.',
  });
};

function leavesLoop(loop: NodeOf<'While'>): boolean {
  const open: { node: Node; isInner: boolean }[] = loop.body.map((node) => ({ node, isInner: false }));
  for (let item = open.pop(); item !== undefined; item = open.pop()) {
    const { node, isInner } = item;
    switch (node.nodeType) {
      case 'Return':
      case 'Raise':
      case 'Yield':
      case 'YieldFrom':
      case 'Await':
        return true;
      case 'Break':
        if (!isInner) return true;
        break;
      case 'FunctionDef':
      case 'AsyncFunctionDef':
      case 'Lambda':
      case 'ClassDef':
        continue;
      default:
    }
    const isLoop = node.nodeType === 'While' || node.nodeType === 'For' || node.nodeType === 'AsyncFor';
    for (const child of childrenOf(node)) open.push({ node: child, isInner: isInner || isLoop });
  }
  return false;
}

export const judgeArithmetic: JudgeNode<'BinOp'> = (node, visit, context) => {
  const operator = node.op.nodeType;
  if (operator !== 'Pow' && operator !== 'LShift' && operator !== 'Mult') return;
  const right = numberOf(context.evaluator.valuesOf(node.right));
  const left = numberOf(context.evaluator.valuesOf(node.left));
  if (operator === 'Mult') {
    const times = isContainer(node.left) ? right : isContainer(node.right) ? left : null;
    if (times !== null && times > HUGE) reportHuge(times, visit, context, times >= IMPOSSIBLE);
    return;
  }
  if (left === null || right === null || !Number.isInteger(left)) return;
  const bits = operator === 'Pow' ? right * Math.log2(Math.abs(left) + 1) : right;
  if (Math.abs(left) < (operator === 'Pow' ? 2 : 1) || bits < LONGEST_RESULT_BITS) return;
  report(context, 'endless-computation', visit, {
    subject: operator,
    message: 'This number has more digits than can be computed in the sandbox.',
    advice: 'Use floating-point numbers: 1e9.',
  });
};

function isContainer(node: Node): boolean {
  if (node.nodeType === 'Constant') return typeof node.value === 'string';
  return node.nodeType === 'List' || node.nodeType === 'Tuple';
}

const allocators = new Set([
  'builtins.range',
  'builtins.bytearray',
  'builtins.bytes',
  'numpy.zeros',
  'numpy.ones',
  'numpy.empty',
  'numpy.full',
  'numpy.arange',
  'numpy.eye',
  'numpy.identity',
  'numpy.linspace',
  'numpy.random.rand',
  'numpy.random.randn',
  'itertools.repeat',
]);

/** Keywords by which the allocators are told how much. */
const sizes = new Set(['shape', 'stop', 'num', 'N', 'M']);

const lazyAllocators = new Set(['builtins.range', 'itertools.repeat']);

export function judgeAllocation({ node, visit, paths: members }: MemberCall, context: ReviewContext): void {
  if (members.length === 0) return;
  if (members.some((member) => allocators.has(member))) {
    const largest = Math.max(
      0,
      ...node.args.slice(0, 3).map((arg) => magnitude(context.evaluator.valuesOf(arg))),
      ...node.keywords
        .filter(({ arg }) => arg !== undefined && sizes.has(arg))
        .map(({ value }) => magnitude(context.evaluator.valuesOf(value))),
    );
    const isLazy = members.every((member) => lazyAllocators.has(member));
    if (largest > HUGE) reportHuge(largest, visit, context, largest >= IMPOSSIBLE && !isLazy);
  }
  const isPattern = members.some((member) => member.startsWith('re.'));
  const [first] = node.args;
  if (!isPattern || first === undefined) return;
  for (const text of textsOf(context.evaluator.valuesOf(first)).texts) {
    if (repeatsOnlyARepetition(text)) {
      report(context, 'endless-pattern', visit, {
        subject: text,
        message:
          'This regular expression repeats nothing but a repetition: the time it takes doubles with each character.',
        advice: 'Repeat only once: a+ instead of (a+)+.',
      });
      continue;
    }
    if (!hasNestedRepetition(text)) continue;
    report(context, 'slow-pattern', visit, {
      subject: text,
      message: 'This regular expression repeats a repetition; on some texts it runs for ever.',
      advice: 'Repeat only one of the two.',
    });
  }
}

/** What takes all that it is given before it answers. */
const exhausting = new Set(
  'list tuple set frozenset sorted sum max min all any dict'.split(' ').map((name) => `builtins.${name}`),
);
/** What gives without end; `repeat` when it is not told how often. */
const endless = new Set(['itertools.count', 'itertools.cycle', 'itertools.repeat']);
const factorials = new Set(['math.factorial', 'math.perm', 'math.comb']);
const LARGEST_FACTORIAL = 10_000_000;

export function judgeEndlessCall({ node, visit, paths }: MemberCall, context: ReviewContext): void {
  if (paths.length === 0) return;
  const [first] = node.args;
  if (first?.nodeType === 'Call' && paths.some((path) => exhausting.has(path))) {
    const given = membersOf(context.evaluator.valuesOf(first.func));
    const isTold = given.includes('itertools.repeat') && first.args.length + first.keywords.length > 1;
    if (given.some((path) => endless.has(path)) && !isTold) {
      report(context, 'endless-computation', visit, {
        subject: 'endless',
        message: 'This takes everything from something that never ends.',
        advice: 'Take a part of it: itertools.islice(…, n).',
      });
    }
  }
  const isTooLarge = (arg: Node): boolean =>
    (numberOf(context.evaluator.valuesOf(arg)) ?? 0) > LARGEST_FACTORIAL;
  if (paths.some((path) => factorials.has(path)) && node.args.some(isTooLarge)) {
    report(context, 'endless-computation', visit, {
      subject: 'factorial',
      message: 'This number has more digits than can be computed in the sandbox.',
      advice: 'Use math.lgamma for the logarithm of a factorial.',
    });
  }
}

/** Of a number, itself; of a shape, the product of its parts. */
function magnitude(values: Values): number {
  const [value] = values;
  if (values.length !== 1 || value === undefined) return 0;
  if (value.kind === 'number') return value.number;
  if (value.kind !== 'sequence') return 0;
  return value.items.reduce((product, item) => product * (numberOf(item) ?? 1), 1);
}

function reportHuge(count: number, visit: Visit, context: ReviewContext, isImpossible: boolean): void {
  report(context, isImpossible ? 'impossible-allocation' : 'huge-allocation', visit, {
    subject: 'huge',
    message: `About ${count.toExponential(0)} elements are asked for; the sandbox has 256 MiB and a few seconds.`,
    advice: 'Work on the bars with vectorised operations.',
  });
}

export const judgeLiteral: JudgeNode<'Constant'> = (node, visit, context) => {
  const value = node.value as unknown;
  if (typeof value !== 'bigint' || value < 10n ** 400n) return;
  report(context, 'huge-allocation', visit, {
    subject: 'literal',
    message: 'A number of more than 400 digits is written out.',
  });
};

/** A loop over the bars inside of a loop over the bars takes the square of their number. */
export const judgeBarLoops: JudgeNode<'For'> = (node, visit, context) => {
  if (!walksBars(node.iter)) return;
  for (let outer = visit.parent; outer !== null; outer = outer.parent) {
    const { nodeType } = outer.node;
    if (nodeType === 'FunctionDef' || nodeType === 'AsyncFunctionDef' || nodeType === 'ClassDef') return;
    if (nodeType !== 'For' || !walksBars(outer.node.iter)) continue;
    report(context, 'nested-bar-loops', visit, {
      subject: 'bars',
      message: 'This loop over all bars runs once for each bar: 5,000 bars are 25 million turns.',
      advice: 'Use rolling(), cumulative or vectorised operations.',
    });
    return;
  }
};

/** `range(len(x))`, `x.iterrows()`, `x.itertuples()`, `x.index`. */
function walksBars(iterated: Node): boolean {
  if (iterated.nodeType === 'Attribute') return iterated.attr === 'index';
  if (iterated.nodeType !== 'Call') return false;
  const { func, args } = iterated;
  if (func.nodeType === 'Attribute')
    return func.attr === 'iterrows' || func.attr === 'itertuples' || func.attr === 'items';
  if (func.nodeType !== 'Name' || (func.id !== 'range' && func.id !== 'enumerate')) return false;
  return args.some(
    (argument) =>
      (func.id === 'enumerate' && walksBars(argument)) ||
      (argument.nodeType === 'Call' && argument.func.nodeType === 'Name' && argument.func.id === 'len'),
  );
}
