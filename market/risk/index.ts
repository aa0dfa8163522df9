export { decisionRisk, type DecisionRiskInput } from './decision-risk.ts';
export { checkGates } from './gates.ts';
export {
  defaultRiskLimits,
  emptyRiskState,
  notionalOf,
  REMEMBERED_IDS,
  withPublished,
} from './risk-state.ts';
