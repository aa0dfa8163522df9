import type { WorkflowId } from '../../contracts/ids.ts';
import type { Clock } from '../../contracts/ports/clock.ts';
import { Alarms } from './alarms.ts';

export interface ResidencyOptions {
  readonly clock: Clock;
  /** How long a workflow that has nothing to do stays in memory. */
  readonly lingerMs: number;
  /** How many that have nothing to do stay in memory; those that did nothing for longest leave first. */
  readonly mostIdle: number;
  /** How many may have something under way before no more are admitted. */
  readonly mostBusy: number;
  /** Its time has come: it must look at the clock. */
  readonly wake: (workflowId: WorkflowId) => void;
  /** It may leave memory, unless it has something to do again by now. */
  readonly passivate: (workflowId: WorkflowId) => void;
}

/**
 * Which workflows are in memory, and which are asleep: a workflow that waits (for a timer, a person, a retry) costs nothing but its
 * alarm. Those that were found open at the start and have something to do are let in as others finish.
 */
export class Residency {
  readonly #options: ResidencyOptions;
  readonly #alarms: Alarms<WorkflowId>;
  readonly #busy = new Set<WorkflowId>();
  /** When they fell idle, the first ones first. */
  readonly #idle = new Map<WorkflowId, number>();
  #backlog: WorkflowId[] = [];
  #let = 0;
  #cancelSweep: (() => void) | undefined;

  constructor(options: ResidencyOptions) {
    this.#options = options;
    this.#alarms = new Alarms(options.clock, (workflowId) => this.#ring(workflowId));
  }

  /** How many more may be started now. */
  get room(): number {
    return Math.max(0, this.#options.mostBusy - this.#busy.size - this.waiting);
  }

  /** Found open at the start and not let in yet. */
  get waiting(): number {
    return this.#backlog.length - this.#let;
  }

  /** It has something under way in this process. */
  busy(workflowId: WorkflowId, wakeAt: number | undefined): void {
    this.#alarms.set(workflowId, wakeAt);
    this.#idle.delete(workflowId);
    this.#busy.add(workflowId);
  }

  /** It is in memory, and nothing will happen before `wakeAt` unless somebody asks for it. */
  idle(workflowId: WorkflowId, wakeAt: number | undefined): void {
    this.asleep(workflowId, wakeAt);
    this.#busy.delete(workflowId);
    this.#idle.delete(workflowId);
    this.#idle.set(workflowId, this.#options.clock.now());
    if (this.#idle.size > this.#options.mostIdle) this.#sendAway(this.#idle.keys().next().value);
    this.#sweepLater();
    this.#admit();
  }

  /** It is not in memory and need not be before `wakeAt`. */
  asleep(workflowId: WorkflowId, wakeAt: number | undefined): void {
    this.#alarms.set(workflowId, wakeAt);
  }

  /** It has left memory, or was given up; its alarm stays. */
  left(workflowId: WorkflowId): void {
    this.#busy.delete(workflowId);
    this.#idle.delete(workflowId);
    this.#admit();
  }

  /** Wakes it as soon as there is room for it. */
  admit(workflowId: WorkflowId): void {
    this.#backlog.push(workflowId);
    this.#admit();
  }

  stop(): void {
    this.#alarms.stop();
    this.#cancelSweep?.();
    this.#cancelSweep = undefined;
    this.#backlog = [];
    this.#let = 0;
  }

  /** Any number may be due at once, such as after a long stand-still: those out of memory come in as there is room. */
  #ring(workflowId: WorkflowId): void {
    if (this.#busy.has(workflowId) || this.#idle.has(workflowId)) this.#options.wake(workflowId);
    else this.admit(workflowId);
  }

  #admit(): void {
    while (this.waiting > 0 && this.#busy.size < this.#options.mostBusy) {
      const workflowId = this.#backlog[this.#let];
      if (workflowId === undefined) return;
      this.#let += 1;
      if (this.waiting === 0) {
        this.#backlog = [];
        this.#let = 0;
      }
      this.#busy.add(workflowId);
      this.#options.wake(workflowId);
    }
  }

  #sendAway(workflowId: WorkflowId | undefined): void {
    if (workflowId === undefined) return;
    this.#idle.delete(workflowId);
    this.#options.passivate(workflowId);
  }

  #sweepLater(): void {
    if (this.#cancelSweep !== undefined) return;
    const [first] = this.#idle.values();
    if (first === undefined) return;
    const { clock, lingerMs } = this.#options;
    this.#cancelSweep = clock.schedule(first + lingerMs - clock.now(), () => {
      this.#cancelSweep = undefined;
      for (const [workflowId, since] of this.#idle) {
        if (since + lingerMs > clock.now()) break;
        this.#sendAway(workflowId);
      }
      this.#sweepLater();
    });
  }
}
