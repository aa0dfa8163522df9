export { decisionRisk, type DecisionRiskInput } from './decision-risk.ts';
export { checkGates } from './gates.ts';
export {
  defaultRiskLimits,
  emptyRiskState,
  gateTimeMs,
  notionalOf,
  onDay,
  REMEMBERED_IDS,
  withPublished,
} from './risk-state.ts';
