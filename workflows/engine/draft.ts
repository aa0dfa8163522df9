import { type Failure, toFailure, TradewrightError } from '../../contracts/errors.ts';
import type { WorkflowId } from '../../contracts/ids.ts';
import type { WorkflowFact, WorkflowFactOf } from '../../contracts/workflow-event.ts';
import type { WorkflowState } from '../../contracts/workflow-view.ts';
import type { Circumstances } from './command.ts';
import type { AnyWorkflow } from './definition.ts';
import { evolve } from './evolve.ts';
import type { WorkflowData } from './state.ts';

export type Decision =
  /** Facts to store, in order; all or none. */
  | {
      readonly kind: 'accepted';
      readonly facts: readonly WorkflowFact[];
      /** The workflow's state after each of the facts. */
      readonly states: readonly WorkflowState[];
      readonly data: WorkflowData;
    }
  /** Nothing changes: a duplicate, or too late. */
  | { readonly kind: 'ignored'; readonly why: string }
  /** The caller asked for something the workflow's state does not allow. */
  | { readonly kind: 'refused'; readonly failure: Failure };

export function refused(code: 'NOT_FOUND' | 'WORKFLOW_STATE' | 'INPUT_INVALID', message: string): Decision {
  return { kind: 'refused', failure: toFailure(new TradewrightError(code, message)) };
}

export const ignored = (why: string): Decision => ({ kind: 'ignored', why });

/** A draft of the future: facts are evolved as they are decided, so each next one sees the ones before. */
export class Draft {
  readonly facts: WorkflowFact[] = [];
  readonly #states: WorkflowState[] = [];
  #data: WorkflowData;
  readonly definition: AnyWorkflow;
  readonly at: Circumstances;

  constructor(definition: AnyWorkflow, data: WorkflowData, at: Circumstances) {
    this.definition = definition;
    this.#data = data;
    this.at = at;
  }

  get data(): WorkflowData {
    return this.#data;
  }

  add(fact: WorkflowFact): void {
    const { workflowId, seq } = this.#data;
    this.#data = evolve(this.definition, this.#data, { workflowId, seq: seq + 1, time: this.at.now, fact });
    this.facts.push(fact);
    this.#states.push(this.#data.state);
  }

  /** Of a workflow that begins with this fact. */
  static begunWith(
    fact: WorkflowFactOf<'WorkflowStarted'>,
    workflowId: WorkflowId,
    definition: AnyWorkflow,
    at: Circumstances,
  ): Draft {
    const data = evolve(definition, undefined, { workflowId, seq: 1, time: at.now, fact });
    const draft = new Draft(definition, data, at);
    draft.facts.push(fact);
    draft.#states.push(data.state);
    return draft;
  }

  /** What was drafted, or that nothing was. */
  get decision(): Decision {
    return this.facts.length === 0
      ? ignored('nothing is due')
      : { kind: 'accepted', facts: this.facts, states: this.#states, data: this.#data };
  }
}
