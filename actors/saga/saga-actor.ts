import { type Failure, toFailure, TradewrightError } from '../../contracts/errors.ts';
import type { WorkflowId } from '../../contracts/ids.ts';
import type { Clock } from '../../contracts/ports/clock.ts';
import type { LiveChannel } from '../../contracts/subjects.ts';
import type { WorkflowEvent } from '../../contracts/workflow-event.ts';
import type { WorkflowView } from '../../contracts/workflow-view.ts';
import type { EffectRef, StartWorkflow, WorkflowCommand } from '../../workflows/engine/command.ts';
import { decide } from '../../workflows/engine/decide.ts';
import type { AnyWorkflow, WorkflowRegistry } from '../../workflows/engine/definition.ts';
import { nextTickAt } from '../../workflows/engine/due.ts';
import { evolve } from '../../workflows/engine/evolve.ts';
import { forkOf, type ForkTarget } from '../../workflows/engine/fork.ts';
import type { WorkflowData } from '../../workflows/engine/state.ts';
import { summaryOf, viewOf } from '../../workflows/engine/view.ts';
import type { EffectOutcome, PerformEffect } from '../effects/effect-actor.ts';
import {
  type PersistentContext,
  type PersistentSpec,
  type Ref,
  type ReplyTo,
  type RestartPolicy,
  tell,
} from '../kernel/index.ts';
import { eventBatch } from './event-batch.ts';
import type { Residency } from './residency.ts';
import { RunningEffects } from './running-effects.ts';
import { sagaSnapshot } from './saga-snapshot.ts';

/** What became of a command: `accepted` is durable. */
export type CommandOutcome =
  | { readonly kind: 'accepted' | 'ignored'; readonly seq: number }
  | { readonly kind: 'refused'; readonly failure: Failure };

export type SagaMessage =
  | {
      readonly type: 'command';
      readonly command: WorkflowCommand;
      readonly by: string;
      readonly replyTo: ReplyTo<CommandOutcome>;
    }
  /** Answers with the start of a workflow that branches off this one; NOT_FOUND when it has no such step. */
  | {
      readonly type: 'fork';
      readonly step: string;
      readonly target: ForkTarget;
      readonly replyTo: ReplyTo<StartWorkflow>;
    }
  | { readonly type: 'get'; readonly replyTo: ReplyTo<WorkflowView | null> }
  | { readonly type: 'effect-ended'; readonly effect: EffectRef; readonly outcome: EffectOutcome }
  | { readonly type: 'effect-overdue'; readonly effect: EffectRef; readonly error: Failure }
  | { readonly type: 'tick' }
  /** Leave memory, unless there is something to do. */
  | { readonly type: 'rest' };

export interface SagaActorOptions {
  readonly clock: Clock;
  /** In [0, 1). */
  readonly random: () => number;
  /** Of the code and prompts that perform effects, by effect. */
  readonly revisions?: Readonly<Record<string, string>>;
  readonly registry: WorkflowRegistry;
  readonly perform: (job: PerformEffect) => void;
  readonly live: (workflowId: WorkflowId, channel: LiveChannel, text: string) => void;
  /** A fact is durable: for metrics and logs; never called for replayed ones. */
  readonly recorded?: (event: WorkflowEvent) => void;
  /** Told whenever the workflow has something to do, or no longer has: alarms and leaving memory are its business. */
  readonly residency: Pick<Residency, 'busy' | 'idle'>;
  readonly restart: RestartPolicy;
  readonly snapshotEvery?: number;
}

/** One workflow: commands in, events out. Effects run elsewhere and come back as messages, so a question is answered at once. */
export function sagaActor(
  workflowId: WorkflowId,
  options: SagaActorOptions,
): PersistentSpec<SagaMessage, WorkflowData | null> {
  const { clock, registry, residency } = options;
  let self: Ref<SagaMessage> | undefined;
  let recoveryDue = false;
  let wakeAt: number | undefined;

  const toSelf = (message: SagaMessage): void => {
    if (self) tell(self, message);
  };
  const effects = new RunningEffects({
    workflowId,
    clock,
    perform: options.perform,
    live: options.live,
    ended: (effect, outcome) => toSelf({ type: 'effect-ended', effect, outcome }),
    overdue: (effect, error) => toSelf({ type: 'effect-overdue', effect, error }),
    quiet: () => {
      if (self) report();
    },
  });

  return {
    name: workflowId,
    key: workflowId,
    initial: null,
    restart: options.restart,
    ...(options.snapshotEvery === undefined ? {} : { snapshotEvery: options.snapshotEvery }),
    snapshot: sagaSnapshot,
    evolve: (data, event) => evolve(definitionFor(data, event), data ?? undefined, event),
    onRecovered(data, context) {
      self = context.self;
      recoveryDue = data !== null;
      // Whatever message comes first takes up what was running; without one, this does.
      if (data) toSelf({ type: 'tick' });
      else residency.idle(workflowId, undefined);
    },
    async receive(data, message, context) {
      const taken = recoveryDue && data ? await recover(data, context) : data;
      recoveryDue = false;
      const after = await receive(taken, message, context);
      if (!after) residency.idle(workflowId, undefined);
      return after;
    },
    onStop() {
      self = undefined;
      effects.abortAll('the worker is stopping');
    },
  };

  async function receive(
    data: WorkflowData | null,
    message: SagaMessage,
    context: PersistentContext<SagaMessage>,
  ): Promise<WorkflowData | null> {
    switch (message.type) {
      case 'get':
        message.replyTo.ok(data && viewOf(data));
        return data;
      case 'fork': {
        const { step, target, replyTo } = message;
        try {
          if (!data) throw new TradewrightError('NOT_FOUND', `there is no workflow ${workflowId}`);
          replyTo.ok(forkOf(definitionOf(data), data, step, target));
        } catch (thrown) {
          replyTo.fail(thrown);
        }
        return data;
      }
      case 'command': {
        const { command, by, replyTo } = message;
        const { outcome, data: after } = await apply(
          data,
          command,
          { actor: by, cause: command.type },
          context,
        );
        replyTo.ok(outcome);
        return after;
      }
      case 'effect-ended': {
        const { effect, outcome } = message;
        effects.forget(effect);
        const command: WorkflowCommand =
          outcome.kind === 'succeeded'
            ? { type: 'effect-succeeded', effect, result: outcome.result }
            : { type: 'effect-failed', effect, error: outcome.error };
        return (await apply(data, command, causedBy(effect), context)).data;
      }
      case 'effect-overdue': {
        const { effect, error } = message;
        const command: WorkflowCommand = { type: 'effect-failed', effect, error };
        return (await apply(data, command, causedBy(effect), context)).data;
      }
      case 'tick':
        return (await apply(data, { type: 'tick' }, { actor: 'clock', cause: 'tick' }, context)).data;
      case 'rest':
        if (effects.idle) context.stopSelf();
        return data;
    }
  }

  async function apply(
    data: WorkflowData | null,
    command: WorkflowCommand,
    origin: { readonly actor: string; readonly cause: string },
    context: PersistentContext<SagaMessage>,
  ): Promise<{ readonly outcome: CommandOutcome; readonly data: WorkflowData | null }> {
    const definition = command.type === 'start' ? definitionOf(data ?? command) : data && definitionOf(data);
    if (!definition) return { outcome: { kind: 'refused', failure: notFound(workflowId) }, data };
    const now = clock.now();
    const decision = decide(definition, data ?? undefined, command, {
      now,
      random: options.random(),
      ...(options.revisions === undefined ? {} : { revisions: options.revisions }),
    });
    switch (decision.kind) {
      case 'refused':
        return { outcome: decision, data };
      case 'ignored':
        if (data) settle(definition, data);
        return { outcome: { kind: 'ignored', seq: data?.seq ?? 0 }, data };
      case 'accepted': {
        const { facts, states, data: after } = decision;
        const events = eventBatch(workflowId, data, facts, states, { time: now, ...origin });
        await context.persist({ expectedSeq: data?.seq ?? 0, events, summary: summaryOf(after) });
        for (const event of events) options.recorded?.(event);
        settle(definition, after);
        return { outcome: { kind: 'accepted', seq: after.seq }, data: after };
      }
    }
  }

  async function recover(data: WorkflowData, context: PersistentContext<SagaMessage>): Promise<WorkflowData> {
    const { data: after } = await apply(
      data,
      { type: 'recover' },
      { actor: 'saga', cause: 'recover' },
      context,
    );
    return after ?? data;
  }

  /** Makes the world follow the state: effects, the clock, and leaving memory when there is nothing to do. */
  function settle(definition: AnyWorkflow, data: WorkflowData): void {
    effects.reconcile(definition, data);
    wakeAt = nextTickAt(data);
    report();
  }

  function report(): void {
    if (effects.idle) residency.idle(workflowId, wakeAt);
    else residency.busy(workflowId, wakeAt);
  }

  function definitionOf({ definition }: Pick<WorkflowData, 'definition'>): AnyWorkflow {
    return registry.get(definition.name, definition.version);
  }

  function definitionFor(data: WorkflowData | null, event: WorkflowEvent): AnyWorkflow {
    if (event.fact.type === 'WorkflowStarted') return definitionOf(event.fact);
    if (data) return definitionOf(data);
    throw new TradewrightError('JOURNAL_CORRUPT', `${workflowId} does not begin with WorkflowStarted`);
  }
}

const causedBy = ({ kind, step, attempt }: EffectRef) => ({
  actor: 'saga',
  cause: `${step}/${kind}/${attempt}`,
});

const notFound = (workflowId: WorkflowId): Failure =>
  toFailure(new TradewrightError('NOT_FOUND', `there is no workflow ${workflowId}`));
