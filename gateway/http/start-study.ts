import type { StartStudy, StudyInput, StudyKind } from '../../contracts/api.ts';
import { taskIdFrom, workflowIdFrom } from '../../contracts/ids.ts';
import type { z } from 'zod';
import type { Lane } from '../../contracts/lanes.ts';
import { ownTaskLimits, taskTypes } from '../../contracts/task.ts';
import type { StartStrategy } from './start-strategy.ts';

/** The start task of a study. The workflow id follows from kind, strategy and key. */
export function startStudy(
  kind: StudyKind,
  input: StudyInput,
  lane: Lane,
  key: string,
  circumstances: { readonly now: number; readonly traceparent: string },
): StartStrategy {
  const dedupKey = `${kind}:${input.strategyId}:${key}`;
  const workflowId = workflowIdFrom(dedupKey);
  const payload: z.input<typeof StartStudy> = { kind, input };
  return {
    workflowId,
    task: {
      schema: 'tradewright.task/1',
      id: taskIdFrom(dedupKey),
      type: taskTypes.startStudy,
      lane,
      payload,
      createdAt: circumstances.now,
      dedupKey,
      ...ownTaskLimits,
      correlationId: workflowId,
      traceparent: circumstances.traceparent,
    },
    pending: {
      workflowId,
      state: 'PENDING',
      needsPerson: false,
      lane,
      labels: { strategy: input.strategyId },
      input,
      seq: 0,
      steps: [],
      compensations: [],
    },
  };
}
