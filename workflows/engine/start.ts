import type { WorkflowFactOf } from '../../contracts/workflow-event.ts';
import { progress } from './advance.ts';
import type { Circumstances, Reuse, StartWorkflow } from './command.ts';
import type { AnyWorkflow } from './definition.ts';
import { type Decision, Draft, ignored, refused } from './draft.ts';
import type { WorkflowData } from './state.ts';
import { allNodes } from './tree.ts';

export function start(
  definition: AnyWorkflow,
  data: WorkflowData | undefined,
  command: StartWorkflow,
  at: Circumstances,
): Decision {
  if (data) return ignored('already started');
  const input = definition.input.safeParse(command.input);
  if (!input.success) {
    const [issue] = input.error.issues;
    return refused(
      'INPUT_INVALID',
      `input of ${definition.name}: ${issue?.path.join('.') ?? ''} ${issue?.message ?? ''}`,
    );
  }
  const { workflowId, dedupKey, lane, labels, taskId, traceparent, reuse } = command;
  const misfit = reuse && misfitOf(definition, reuse);
  if (misfit !== undefined) return refused('INPUT_INVALID', misfit);
  const fact: WorkflowFactOf<'WorkflowStarted'> = {
    type: 'WorkflowStarted',
    definition: { name: definition.name, version: definition.version },
    input: input.data,
    dedupKey,
    lane,
    labels: { ...labels },
    ...(taskId === undefined ? {} : { taskId }),
    ...(traceparent === undefined ? {} : { traceparent }),
    ...(definition.deadlineMs === undefined ? {} : { deadlineAt: at.now + definition.deadlineMs }),
    ...(reuse === undefined ? {} : { forkedFrom: { workflowId: reuse.from, step: reuse.step } }),
  };
  const draft = Draft.begunWith(fact, workflowId, definition, at);
  if (reuse) takeOver(draft, reuse);
  progress(draft);
  return draft.decision;
}

function takeOver(draft: Draft, { from, results, loops }: Reuse): void {
  for (const { step, result } of results) draft.add({ type: 'StepReused', step, from, result });
  for (const { loop, rounds } of loops) draft.add({ type: 'LoopEnded', loop, rounds, exhausted: false });
}

/** What a fork brings along must fit the definition it goes on with, which may be a newer version. */
function misfitOf(definition: AnyWorkflow, { results, loops, step: begin }: Reuse): string | undefined {
  const called = `${definition.name}/${definition.version}`;
  const names = new Set(allNodes(definition.nodes).map(({ name }) => name));
  for (const name of [begin, ...loops.map(({ loop }) => loop)])
    if (!names.has(name)) return `${called} has nothing called ${name}`;
  for (const { step, result } of results) {
    const leaf = definition.steps.find(({ name }) => name === step);
    if (!leaf) return `${called} has no step called ${step}`;
    if (leaf.kind !== 'sleep' && !leaf.result.safeParse(result).success)
      return `the recorded result of ${step} does not fit ${called}`;
  }
  return undefined;
}
