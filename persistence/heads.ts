import type { WorkflowSummary } from '../contracts/workflow-view.ts';

/** Where a workflow stands: its last event, and the summary whose index rows are on disk. */
export interface Head {
  readonly seq: number;
  readonly summary: WorkflowSummary | undefined;
}

interface Entry {
  head: Head | undefined;
  loading: Promise<Head> | undefined;
  users: number;
}

/** Heads of workflows that are written to; the others are read from disk when needed. */
export class Heads {
  readonly #limit: number;
  readonly #load: (workflowId: string) => Promise<Head>;
  readonly #entries = new Map<string, Entry>();

  constructor(limit: number, load: (workflowId: string) => Promise<Head>) {
    this.#limit = limit;
    this.#load = load;
  }

  /** The head as of now, what is being written included; undefined when it has to be loaded (again). */
  get(workflowId: string): Head | undefined {
    return this.#entries.get(workflowId)?.head;
  }

  set(workflowId: string, head: Head): void {
    const entry = this.#entries.get(workflowId);
    if (entry !== undefined) entry.head = head;
  }

  /** Runs `use` while the head stays in memory. */
  async with<T>(workflowId: string, use: () => Promise<T>): Promise<T> {
    const entry = this.#entries.get(workflowId) ?? { head: undefined, loading: undefined, users: 0 };
    this.#entries.delete(workflowId);
    this.#entries.set(workflowId, entry);
    entry.users += 1;
    try {
      await this.load(workflowId);
      return await use();
    } finally {
      entry.users -= 1;
      this.#evict();
    }
  }

  async load(workflowId: string): Promise<void> {
    const entry = this.#entries.get(workflowId);
    if (entry === undefined || entry.head !== undefined) return;
    entry.loading ??= this.#load(workflowId);
    const { loading } = entry;
    try {
      const head = await loading;
      if (entry.loading === loading) entry.head ??= head;
    } finally {
      if (entry.loading === loading) entry.loading = undefined;
    }
  }

  /** After a failed write: what is on disk counts. */
  forget(): void {
    for (const entry of this.#entries.values()) {
      entry.head = undefined;
      entry.loading = undefined;
    }
  }

  #evict(): void {
    if (this.#entries.size <= this.#limit) return;
    for (const [workflowId, entry] of this.#entries) {
      if (entry.users > 0) continue;
      this.#entries.delete(workflowId);
      if (this.#entries.size <= this.#limit) return;
    }
  }
}
