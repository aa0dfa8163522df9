import { signalWorkflow } from './signal/signal-workflow.ts';
import { strategyWorkflow } from './strategy/strategy-workflow.ts';

/** The workflows that Tradewright itself runs. */
export const tradingWorkflows = [strategyWorkflow, signalWorkflow] as const;
