import { TradewrightError } from '../../contracts/errors.ts';
import type { WorkflowId } from '../../contracts/ids.ts';
import type { Reuse, StartWorkflow } from './command.ts';
import type { AnyWorkflow } from './definition.ts';
import type { NodeDefinition } from './nodes.ts';
import { stepOf, type WorkflowData } from './state.ts';
import { allNodes, leavesOf } from './tree.ts';

export interface ForkTarget {
  readonly workflowId: WorkflowId;
  readonly dedupKey: string;
  /** Of the same definition; that of the source by default. */
  readonly version?: number;
}

/**
 * The start of a new workflow that takes over what the source recorded before `step`, and begins there; earlier, where something
 * before it is unfinished, was undone (its result stands for nothing any more), or where `step` lies in a loop: the loop begins
 * anew. Of a parallel group, what the other branches recorded is taken over.
 * The source stays as it is, and owns its effects: the fork does not undo them.
 * @param definition the one the source began with
 * @throws NOT_FOUND when it has no such step
 */
export function forkOf(
  definition: AnyWorkflow,
  data: WorkflowData,
  step: string,
  { workflowId, dedupKey, version }: ForkTarget,
): StartWorkflow {
  if (!definition.steps.some(({ name }) => name === step))
    throw new TradewrightError('NOT_FOUND', `${definition.name} has no step called ${step}`);
  const { lane, labels, traceparent } = data;
  return {
    type: 'start',
    workflowId,
    definition: { name: data.definition.name, version: version ?? data.definition.version },
    input: data.input,
    dedupKey,
    lane,
    labels,
    ...(traceparent === null ? {} : { traceparent }),
    reuse: { from: data.workflowId, step, ...recordedBefore(definition, data, step) },
  };
}

function recordedBefore(
  definition: AnyWorkflow,
  data: WorkflowData,
  step: string,
): Pick<Reuse, 'results' | 'loops'> {
  const results: { step: string; result: unknown }[] = [];
  const loops: { loop: string; rounds: number }[] = [];
  const take = (name: string): void => {
    const { state, result } = stepOf(data, name);
    if (name !== step && state === 'completed') results.push({ step: name, result: result ?? null });
  };
  for (const node of definition.nodes) {
    const leaves = leavesOf([node]);
    const here = leaves.some(({ name }) => name === step);
    if (node.kind === 'parallel') for (const { name } of leaves) take(name);
    if (here || !isDone(data, node)) break;
    if (node.kind !== 'parallel') for (const { name } of leaves) take(name);
    for (const { kind, name } of allNodes([node]))
      if (kind === 'loop') loops.push({ loop: name, rounds: Math.max(1, data.loops[name]?.round ?? 1) });
  }
  return { results, loops };
}

function isDone(data: WorkflowData, node: NodeDefinition<unknown>): boolean {
  if (node.kind === 'loop' && !data.loops[node.name]?.ended) return false;
  return leavesOf([node]).every(({ name }) => ['completed', 'skipped'].includes(stepOf(data, name).state));
}
