import { toFailure } from '../../contracts/errors.ts';
import type { ActorCell } from './actor-cell.ts';
import { type Behaviour, isStart } from './behaviour.ts';
import { nact, type NactHandler, type NactProperties, type NactRef } from './nact.ts';
import type { Envelope } from './ref.ts';
import type { ActorSpec } from './spec.ts';

/** An actor whose state lives and dies with it. */
export class PlainBehaviour<M, S> implements Behaviour {
  readonly #cell: ActorCell<M>;
  readonly #spec: ActorSpec<M, S>;
  /** The state while there is one: boxed, as `undefined` is a state too. */
  #held: { state: S } | undefined;

  constructor(cell: ActorCell<M>, spec: ActorSpec<M, S>) {
    this.#cell = cell;
    this.#spec = spec;
  }

  spawnInNact(parent: NactRef, handler: NactHandler, properties: NactProperties): NactRef {
    return nact.spawn(parent, handler, this.#spec.name, {
      ...properties,
      initialStateFunc: () => this.#held?.state,
    });
  }

  async work(_state: unknown, envelope: Envelope): Promise<S | undefined> {
    if (isStart(envelope)) {
      await this.reopen();
    } else if (this.#held !== undefined) {
      this.#held.state = await this.#spec.receive(
        this.#held.state,
        envelope.message as M,
        this.#cell.context,
      );
    }
    return this.#held?.state;
  }

  replay(state: unknown): unknown {
    return state;
  }

  mustEnd(): boolean {
    return false;
  }

  async reopen(): Promise<void> {
    this.#held = { state: await this.#spec.initial(this.#cell.context) };
  }

  async release(): Promise<void> {
    const held = this.#held;
    this.#held = undefined;
    if (held === undefined) return;
    try {
      await this.#spec.onStop?.(held.state, this.#cell.context);
    } catch (error) {
      this.#cell.context.log.error({ failure: toFailure(error) }, 'onStop threw');
    }
  }
}
