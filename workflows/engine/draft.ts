import { type Failure, toFailure, TradewrightError } from '../../contracts/errors.ts';
import type { WorkflowFact } from '../../contracts/workflow-event.ts';
import type { Circumstances } from './command.ts';
import type { AnyWorkflow } from './definition.ts';
import { evolve } from './evolve.ts';
import type { WorkflowData } from './state.ts';

export type Decision =
  /** Facts to store, in order; all or none. */
  | { readonly kind: 'accepted'; readonly facts: readonly WorkflowFact[]; readonly data: WorkflowData }
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
  }

  /** What was drafted, or that nothing was. */
  get decision(): Decision {
    return this.facts.length === 0
      ? ignored('nothing is due')
      : { kind: 'accepted', facts: this.facts, data: this.#data };
  }
}
