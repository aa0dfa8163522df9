import { toFailure } from '../../contracts/errors.ts';
import type { Log } from '../../contracts/ports/log.ts';

/** What has to be closed, the latest opened first. A part that fails to close does not keep the others open. */
export class Shutdown {
  readonly #parts: { readonly name: string; readonly close: () => Promise<void> | void }[] = [];
  readonly #log: Log;

  constructor(log: Log) {
    this.#log = log;
  }

  add(name: string, close: () => Promise<void> | void): void {
    this.#parts.push({ name, close });
  }

  async run(): Promise<void> {
    for (let part = this.#parts.pop(); part; part = this.#parts.pop()) {
      try {
        await part.close();
      } catch (error) {
        this.#log.error({ part: part.name, failure: toFailure(error) }, 'a part did not close cleanly');
      }
    }
  }
}
