import pc from 'picocolors';
import type { MetricSet } from '../../contracts/metrics.ts';
import type { SystemStatus } from '../../contracts/api.ts';
import type { DemoResult } from './result.ts';
import type { Print } from './terminal.ts';

const percent = (value: number | null): string => (value === null ? '–' : `${(100 * value).toFixed(1)} %`);
const ratio = (value: number | null): string => (value === null ? '–' : value.toFixed(2));
const money = (value: number): string => value.toFixed(0);

const rows: readonly (readonly [string, (set: MetricSet) => string])[] = [
  ['total return', (set) => percent(set.totalReturn)],
  ['annual return', (set) => percent(set.annualReturn)],
  ['volatility', (set) => percent(set.volatility)],
  ['Sharpe', (set) => ratio(set.sharpe)],
  ['Sortino', (set) => ratio(set.sortino)],
  ['max drawdown', (set) => percent(set.maxDrawdown)],
  ['exposure', (set) => percent(set.exposure)],
  ['trades', (set) => String(set.trades)],
  ['win rate', (set) => percent(set.winRate)],
  ['costs', (set) => money(set.costs.total)],
];

/** What came out, for a person. */
export function printSummary(
  result: DemoResult,
  status: SystemStatus,
  gatewayUrl: string,
  print: Print,
): void {
  const { metrics, bars, codeRisk, decisionRisk, signals, received, runtime } = result;
  print('');
  print(
    `${pc.bold(result.state)}${result.outcome ? `, ${result.outcome}` : ''}${result.reason ? `: ${result.reason}` : ''}`,
  );
  print(`author: ${result.author}`);
  if (bars && metrics) {
    print(
      `bars: ${bars.count} from ${bars.source}, ${metrics.basis.from.slice(0, 10)} to ${metrics.basis.to.slice(0, 10)}`,
    );
    print('');
    print(pc.dim(`${''.padEnd(16)}${'strategy'.padStart(12)}${'buy and hold'.padStart(15)}`));
    for (const [name, show] of rows) {
      print(
        `${name.padEnd(16)}${show(metrics.strategy).padStart(12)}${show(metrics.buyAndHold).padStart(15)}`,
      );
    }
    print('');
  }
  if (codeRisk !== null) print(`code risk: ${codeRisk} (30 and above is blocked)`);
  if (decisionRisk !== null) print(`decision risk: ${decisionRisk} (below 30 automatic, above 70 rejected)`);
  print(`signals: ${signals.length} published, ${received} received by a separate NATS client`);
  for (const { step, order, state } of result.compensations) print(`undone ${order}: ${step} ${state}`);
  const { sha256, proven } = runtime.seccomp;
  print(
    `sandbox: ${runtime.engine} ${runtime.version}, ${runtime.image}, seccomp ${sha256.slice(0, 12)} ${proven ? 'proven' : 'NOT proven'}`,
  );
  print(`journal, NATS store and log: ${status.dataDir}`);
  print(`gateway: ${gatewayUrl}/v1/workflows/${result.workflowId}`);
}

/** Whether the scenario showed what it claims to show. */
export function holds(scenario: string, result: DemoResult): boolean {
  const { state, outcome, signals, received, steps, compensations, crash } = result;
  const published = signals.length > 0 && received === signals.length;
  switch (scenario) {
    case 'failing':
      return (
        state === 'COMPENSATED' &&
        compensations.length > 0 &&
        compensations.every((undo) => undo.state === 'completed')
      );
    case 'crash': {
      const before = steps.slice(
        0,
        Math.max(
          0,
          steps.findIndex(({ name }) => name === crash?.duringStep),
        ),
      );
      return (
        state === 'COMPLETED' &&
        outcome === 'published' &&
        published &&
        before.length > 0 &&
        before.every(({ executions }) => executions === 1)
      );
    }
    case 'signal':
      return state === 'COMPLETED' && result.answer !== undefined && received === signals.length;
    default:
      return state === 'COMPLETED' && (outcome === 'rejected' || published);
  }
}
