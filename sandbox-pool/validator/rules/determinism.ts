import { report, type ReviewContext } from '../review-context.ts';
import type { NodeOf } from '../tree.ts';
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
export function judgeDeterminism(
  calls: readonly { node: NodeOf<'Call'>; visit: Visit }[],
  context: ReviewContext,
): void {
  const members = calls.map(({ node, visit }) => ({
    node,
    visit,
    paths: membersOf(context.evaluator.valuesOf(node.func)),
  }));
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
