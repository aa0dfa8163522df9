import type { WebSocket } from 'ws';
import { wsClose } from '../../contracts/ws-protocol.ts';
import { Session, type SessionPorts } from './session.ts';

/** All open sockets, with the one heartbeat they share. */
export class Sessions {
  readonly #ports: SessionPorts;
  readonly #open = new Set<Session>();
  #disarm: (() => void) | undefined;
  #drained: (() => void)[] = [];

  constructor(ports: SessionPorts) {
    this.#ports = ports;
  }

  get sockets(): number {
    return this.#open.size;
  }

  get subscriptions(): number {
    let sum = 0;
    for (const session of this.#open) sum += session.subscriptions;
    return sum;
  }

  get full(): boolean {
    return this.#open.size >= this.#ports.limits.sockets;
  }

  add(socket: WebSocket): void {
    const session = new Session(socket, this.#ports, () => this.#removed(session));
    this.#open.add(session);
    this.#beat();
  }

  /** Closes every socket and resolves when the last is gone: cut off after `closeGraceMs` at the latest. */
  closeAll(): Promise<void> {
    for (const session of this.#open) session.close(wsClose.goingAway, 'the gateway is closing');
    if (this.#open.size === 0) return Promise.resolve();
    return new Promise((resolve) => this.#drained.push(resolve));
  }

  #removed(session: Session): void {
    this.#open.delete(session);
    if (this.#open.size > 0) return;
    this.#disarm?.();
    this.#disarm = undefined;
    for (const resolve of this.#drained.splice(0)) resolve();
  }

  #beat(): void {
    this.#disarm ??= this.#ports.clock.schedule(this.#ports.limits.heartbeatMs, () => {
      this.#disarm = undefined;
      for (const session of this.#open) session.heartbeat();
      if (this.#open.size > 0) this.#beat();
    });
  }
}
