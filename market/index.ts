/** Market arithmetic: pure, no clock, no files. `market/data` (which reads files) is not part of it. */
export { backtest, type BacktestResult, type Simulation } from './backtest/index.ts';
export { metricsOf, type MetricOptions } from './metrics/index.ts';
export {
  compareTruncated,
  truncationPoints,
  type CompareOptions,
  type TruncatedRun,
  type TruncationOptions,
} from './look-ahead/index.ts';
export { actionOf, signalCandidates, type SignalOptions } from './signals/index.ts';
export {
  checkGates,
  decisionRisk,
  defaultRiskLimits,
  emptyRiskState,
  notionalOf,
  withPublished,
  type DecisionRiskInput,
} from './risk/index.ts';
