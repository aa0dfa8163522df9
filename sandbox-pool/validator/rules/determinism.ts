import { report, type JudgeNode, type MemberCall, type ReviewContext } from '../review-context.ts';
import type { Node } from '../tree.ts';
import type { Visit } from '../scopes.ts';
import { membersOf } from '../values.ts';

const clocks = new Set([
  'time.time',
  'time.time_ns',
  'time.perf_counter',
  'time.perf_counter_ns',
  'time.monotonic',
  'time.monotonic_ns',
  'time.process_time',
  'time.localtime',
  'time.gmtime',
  'time.ctime',
  'datetime.datetime.now',
  'datetime.datetime.utcnow',
  'datetime.datetime.today',
  'datetime.date.today',
  'pandas.Timestamp.now',
  'pandas.Timestamp.utcnow',
  'pandas.Timestamp.today',
]);

const seeds = new Set(['random.seed', 'numpy.random.seed']);
const generators = new Set([
  'numpy.random.default_rng',
  'numpy.random.RandomState',
  'random.Random',
  'numpy.random.SeedSequence',
]);
const notDraws = new Set([
  'random.getstate',
  'random.setstate',
  'numpy.random.get_state',
  'numpy.random.set_state',
  'numpy.random.Generator',
]);

/** The same bars must give the same positions: the clock and unseeded randomness break that. */
export function judgeDeterminism(members: readonly MemberCall[], context: ReviewContext): void {
  const isSeeded = members.some(
    ({ node, paths }) => paths.some((path) => seeds.has(path)) && node.args.length + node.keywords.length > 0,
  );
  for (const { node, visit, paths } of members) {
    for (const path of paths) {
      if (clocks.has(path)) {
        report(context, 'reads-clock', visit, {
          subject: 'clock',
          message: `"${path}" reads the clock, so the same bars may give other positions.`,
          advice: 'Take the time from the index of the bars.',
        });
      }
      const isBareGenerator = generators.has(path) && node.args.length + node.keywords.length === 0;
      const isDraw = path.startsWith('random.') || path.startsWith('numpy.random.');
      const isUnseeded =
        isDraw && !isSeeded && !generators.has(path) && !seeds.has(path) && !notDraws.has(path);
      if (isBareGenerator || isUnseeded) {
        report(context, 'unseeded-random', visit, {
          subject: 'random',
          message: `"${path}" gives other numbers at every run.`,
          advice: 'Seed it: rng = np.random.default_rng(7).',
        });
      }
    }
  }
}

/** What makes an ordered thing of whatever it is given. */
const ordering = new Set([
  'builtins.list',
  'builtins.tuple',
  'builtins.enumerate',
  'builtins.iter',
  'builtins.sum',
]);

export const judgeWalkedSet: JudgeNode<'For'> = (node, visit, context) => {
  if (isSetOfTexts(node.iter, context)) reportSetOrder(visit, context);
};

export function judgeOrderingOfSet({ node, visit, paths }: MemberCall, context: ReviewContext): void {
  const [first] = node.args;
  if (first === undefined || !paths.some((path) => ordering.has(path))) return;
  if (isSetOfTexts(first, context)) reportSetOrder(visit, context);
}

/** The order of a set of texts differs from one interpreter to the next: what is built in that order is not the same twice. */
function reportSetOrder(visit: Visit, context: ReviewContext): void {
  report(context, 'set-order', visit, {
    subject: 'set',
    message: 'A set of texts has another order in each run, so what is built in that order differs.',
    advice: 'Use a list, or sorted(…).',
  });
}

function isSetOfTexts(node: Node, context: ReviewContext): boolean {
  if (node.nodeType === 'Set')
    return node.elts.some((element) => element.nodeType === 'Constant' && typeof element.value === 'string');
  if (node.nodeType !== 'Call') return false;
  const isSet = membersOf(context.evaluator.valuesOf(node.func)).includes('builtins.set');
  const [first] = node.args;
  return isSet && first !== undefined && (first.nodeType === 'List' || first.nodeType === 'Tuple')
    ? first.elts.some((element) => element.nodeType === 'Constant' && typeof element.value === 'string')
    : false;
}
