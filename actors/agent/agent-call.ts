import type { WorkflowId } from '../../contracts/ids.ts';

/** On whose behalf the agent works, and who listens. */
export interface AgentCall {
  readonly workflowId: WorkflowId;
  readonly step: string;
  /** Of the step, as the journal counts. */
  readonly stepAttempt: number;
  /** A higher one goes first: the lane's, 25–100. */
  readonly priority: number;
  /** Aborting it closes the HTTP call. */
  readonly signal: AbortSignal;
  /** Waits for something that is not this step's fault: its time-out stands still. */
  readonly waiting: <T>(wait: Promise<T>) => Promise<T>;
  readonly onReasoning?: (text: string) => void;
  readonly onAnswer?: (text: string) => void;
  /** What the program prints that is tried. */
  readonly onOutput?: (text: string) => void;
}
