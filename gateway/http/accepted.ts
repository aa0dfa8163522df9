import type { WorkflowId } from '../../contracts/ids.ts';
import type { Clock } from '../../contracts/ports/clock.ts';
import type { WorkflowView } from '../../contracts/workflow-view.ts';
import type { GatewayLimits } from '../limits.ts';

/** Workflows accepted here whose first event nobody has seen yet. The oldest give way; nothing depends on an entry. */
export class AcceptedWorkflows {
  readonly #entries = new Map<WorkflowId, { readonly view: WorkflowView; readonly at: number }>();
  readonly #clock: Clock;
  readonly #limits: Pick<GatewayLimits, 'acceptedEntries' | 'acceptedTtlMs'>;

  constructor(clock: Clock, limits: Pick<GatewayLimits, 'acceptedEntries' | 'acceptedTtlMs'>) {
    this.#clock = clock;
    this.#limits = limits;
  }

  get size(): number {
    return this.#entries.size;
  }

  /** Keeps the first view of a workflow: that is the input which counts. */
  remember(view: WorkflowView): void {
    if (this.get(view.workflowId) !== undefined) return;
    this.#entries.set(view.workflowId, { view, at: this.#clock.now() });
    for (const [workflowId, { at }] of this.#entries) {
      if (this.#entries.size <= this.#limits.acceptedEntries && !this.#isOld(at)) break;
      this.#entries.delete(workflowId);
    }
  }

  get(workflowId: WorkflowId): WorkflowView | undefined {
    const entry = this.#entries.get(workflowId);
    if (entry === undefined) return undefined;
    if (!this.#isOld(entry.at)) return entry.view;
    this.#entries.delete(workflowId);
    return undefined;
  }

  forget(workflowId: WorkflowId): void {
    this.#entries.delete(workflowId);
  }

  #isOld(at: number): boolean {
    return this.#clock.now() - at > this.#limits.acceptedTtlMs;
  }
}
