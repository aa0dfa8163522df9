import { TradewrightError } from '../../contracts/errors.ts';
import type { NactRef } from './nact.ts';
import type { Terminated } from './spec.ts';

/** What an actor hangs under. */
export interface CellParent {
  readonly nactRef: NactRef;
  readonly path: string;
  readonly children: Children;
  readonly accepting: boolean;
  childFailed(terminated: Terminated): void;
}

interface Child {
  terminate(): Promise<void>;
}

const NAME = /^[a-z0-9-$_.+!*'(),]+$/i;

/** The live children of one parent by name; a name is free again once its actor has ended completely. */
export class Children {
  #cells: Map<string, Child> | undefined;

  get names(): readonly string[] {
    return [...(this.#cells?.keys() ?? [])];
  }

  add<C extends Child>(parentPath: string, name: string, make: () => C): C {
    if (!NAME.test(name))
      throw new TradewrightError('INTERNAL', `${JSON.stringify(name)} cannot name an actor`);
    if (this.#cells?.has(name)) {
      throw new TradewrightError('INTERNAL', `${parentPath} already has a child ${name}`);
    }
    const cell = make();
    (this.#cells ??= new Map()).set(name, cell);
    return cell;
  }

  remove(name: string): void {
    this.#cells?.delete(name);
  }

  /** The last spawned first: it may lean on the earlier ones. */
  async terminateInTurn(): Promise<void> {
    for (const cell of [...(this.#cells?.values() ?? [])].reverse()) await cell.terminate();
  }

  async terminateAll(): Promise<void> {
    if (this.#cells === undefined) return;
    await Promise.all(Array.from(this.#cells.values(), (cell) => cell.terminate()));
  }
}
