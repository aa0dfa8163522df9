import { signalWorkflow } from './signal/signal-workflow.ts';
import { strategyWorkflow1, strategyWorkflow2 } from './strategy/strategy-workflow.ts';
import { analyseWorkflow, explainWorkflow, refactorWorkflow } from './study/study-workflows.ts';

/** The workflows that Tradewright itself runs; old versions stay for what began with them. */
export const tradingWorkflows = [
  strategyWorkflow1,
  strategyWorkflow2,
  signalWorkflow,
  explainWorkflow,
  analyseWorkflow,
  refactorWorkflow,
] as const;
