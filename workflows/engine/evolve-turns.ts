import type { WorkflowFactOf } from '../../contracts/workflow-event.ts';
import { inRound, neverStarted, stepOf, type StepStatus, type WorkflowData } from './state.ts';

/** Facts that take a workflow back or hold it up, evolved: rounds, retries, pauses. */

export function loopRoundStarted(
  data: WorkflowData,
  { loop, round, steps }: WorkflowFactOf<'LoopRoundStarted'>,
): WorkflowData {
  const anew = steps.filter((name) => data.steps[name] !== undefined);
  const innerLoops = steps.filter((name) => data.steps[name] === undefined);
  const finished = anew.flatMap((step) => {
    const { state, round: last, result } = stepOf(data, step);
    return state === 'completed' && last !== undefined ? [{ step, ...inRound(last), result }] : [];
  });
  return {
    ...data,
    past: [...data.past, ...finished],
    steps: {
      ...data.steps,
      ...Object.fromEntries(anew.map((name) => [name, begunAnew(stepOf(data, name))])),
    },
    loops: {
      ...data.loops,
      ...Object.fromEntries(innerLoops.map((name) => [name, { round: 0, ended: false }])),
      [loop]: { round, ended: false },
    },
  };
}

/** The attempts go on counting: a late result of an earlier round stays one of an old attempt. */
function begunAnew({ attempt, executions, round, result }: StepStatus): StepStatus {
  return {
    ...neverStarted,
    attempt,
    executions,
    round: (round ?? 0) + 1,
    ...(result === undefined ? {} : { result }),
  };
}

export function retryRequested(data: WorkflowData, name: string): WorkflowData {
  const { error: _, ...step } = stepOf(data, name);
  const again: StepStatus = {
    ...step,
    state: 'pending',
    failures: 0,
    interruptions: 0,
    retryAt: null,
    budgetFrom: null,
  };
  const next: WorkflowData = { ...data, steps: { ...data.steps, [name]: again } };
  if (Object.values(next.steps).some(({ state }) => state === 'failed')) return next;
  return {
    ...next,
    state: 'RUNNING',
    paused: null,
    rollback: null,
    endedAt: null,
    outcome: null,
    error: null,
    needsPerson: false,
  };
}

/** The pause does not count toward what steps may take in all. */
export function resumed(data: WorkflowData, time: number): WorkflowData {
  const heldMs = time - (data.paused?.since ?? time);
  const later = (step: StepStatus): StepStatus =>
    step.state === 'pending' && step.budgetFrom !== null
      ? { ...step, budgetFrom: step.budgetFrom + heldMs }
      : step;
  const steps = Object.fromEntries(Object.entries(data.steps).map(([name, step]) => [name, later(step)]));
  return { ...data, steps, paused: null };
}
