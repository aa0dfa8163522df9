import type { Failure } from '../../contracts/errors.ts';
import { workflowIdFrom } from '../../contracts/ids.ts';
import type { WorkflowFact } from '../../contracts/workflow-event.ts';
import type { WorkflowCommand } from '../../workflows/engine/command.ts';
import { decide, type Decision } from '../../workflows/engine/decide.ts';
import type { AnyWorkflow } from '../../workflows/engine/definition.ts';
import { type DueEffect, dueEffects } from '../../workflows/engine/due.ts';
import { evolve } from '../../workflows/engine/evolve.ts';
import type { WorkflowData } from '../../workflows/engine/state.ts';

export const testWorkflowId = workflowIdFrom('test');

export const transient: Failure = { code: 'AGENT_UNAVAILABLE', kind: 'retryable', message: 'try again' };
export const fatal: Failure = { code: 'SANDBOX_PROGRAM_FAILED', kind: 'terminal', message: 'no use' };

const cancelled: Failure = { code: 'CANCELLED', kind: 'terminal', message: 'told to stop' };

/** One workflow under the pure decider, with a clock that moves only when told. */
export class DeciderRun {
  readonly facts: WorkflowFact[] = [];
  readonly times: number[] = [];
  data: WorkflowData | undefined;
  now = 1_000_000;
  revisions: Readonly<Record<string, string>> = {};
  readonly definition: AnyWorkflow;

  constructor(definition: AnyWorkflow) {
    this.definition = definition;
  }

  start(input: unknown = {}): this {
    const { name, version } = this.definition;
    this.when({
      type: 'start',
      workflowId: testWorkflowId,
      definition: { name, version },
      input,
      dedupKey: 'test',
      lane: 'normal',
      labels: {},
    });
    return this;
  }

  when(command: WorkflowCommand): Decision {
    const decision = decide(this.definition, this.data, command, {
      now: this.now,
      random: 0,
      revisions: this.revisions,
    });
    if (decision.kind === 'accepted') {
      for (const fact of decision.facts) {
        this.facts.push(fact);
        this.times.push(this.now);
      }
      this.data = decision.data;
    }
    return decision;
  }

  get due(): readonly DueEffect[] {
    return this.data ? dueEffects(this.definition, this.data) : [];
  }

  /** What is running now: of several effects, the first; `step` asks for one by its name. */
  get running(): DueEffect {
    return this.runningStep();
  }

  runningStep(step?: string): DueEffect {
    const effect = this.due.find((candidate) => step === undefined || candidate.step === step);
    if (!effect) throw new Error(`nothing runs; the workflow is ${this.data?.state}`);
    return effect;
  }

  succeed(result: unknown, step?: string): this {
    this.when({ type: 'effect-succeeded', effect: this.runningStep(step), result });
    return this;
  }

  fail(error: Failure = transient, step?: string): this {
    this.when({ type: 'effect-failed', effect: this.runningStep(step), error });
    return this;
  }

  /** What was told to stop does so. */
  stopped(): this {
    for (const effect of this.due.filter(({ aborting }) => aborting))
      this.when({ type: 'effect-failed', effect, error: cancelled });
    return this;
  }

  /** Fails until the policy gives up, moving the clock past each delay. */
  failForGood(error: Failure = transient): this {
    const { kind, step } = this.running;
    for (let round = 0; round < 100; round += 1) {
      this.fail(error);
      this.later(3_600_000);
      const next = this.data ? dueEffects(this.definition, this.data)[0] : undefined;
      if (next?.kind !== kind || next.step !== step) return this;
    }
    throw new Error('the step never gave up');
  }

  later(ms: number): this {
    this.now += ms;
    this.when({ type: 'tick' });
    return this;
  }

  /** The state a new process would have: all facts evolved from nothing. */
  replayed(facts: readonly WorkflowFact[] = this.facts): WorkflowData | undefined {
    return facts.reduce<WorkflowData | undefined>(
      (data, fact, at) =>
        evolve(this.definition, data, {
          workflowId: testWorkflowId,
          seq: at + 1,
          time: this.times[at] ?? 0,
          fact,
        }),
      undefined,
    );
  }

  /** The types of the facts, with the step they speak of. */
  get story(): readonly string[] {
    return this.facts.map((fact) => ('step' in fact ? `${fact.type} ${fact.step}` : fact.type));
  }
}
