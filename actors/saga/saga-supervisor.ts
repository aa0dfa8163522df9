import { type Failure, toFailure, TradewrightError } from '../../contracts/errors.ts';
import { WorkflowId } from '../../contracts/ids.ts';
import type { Journal } from '../../contracts/ports/journal.ts';
import type { WorkflowView } from '../../contracts/workflow-view.ts';
import type { StartWorkflow, WorkflowCommand } from '../../workflows/engine/command.ts';
import type { ForkTarget } from '../../workflows/engine/fork.ts';
import {
  type ActorContext,
  type ActorSpec,
  ask,
  createSharded,
  neverRestart,
  type ReplyTo,
  type RestartPolicy,
  type Sharded,
  tell,
} from '../kernel/index.ts';
import { Residency } from './residency.ts';
import { type CommandOutcome, sagaActor, type SagaActorOptions, type SagaMessage } from './saga-actor.ts';

const ASK_TIMEOUT_MS = 30_000;
/** Workflows with nothing to do that stay in memory all the same, for those who ask how it went. */
const MOST_IDLE = 2_000;
const MOST_BUSY = 1_000;
/** Pause before a workflow that was given up (a full disk, say) is tried again. */
const SECOND_WIND_MS = 10_000;

/** A saga that crashes comes back from its journal, again and again, ever more slowly. */
const sagaRestart: RestartPolicy = {
  maxRestarts: 8,
  withinMs: 60_000,
  backoffMs: { initial: 50, factor: 2, max: 5_000 },
};

/** The workflows of this process, whichever of them are in memory. */
export interface Sagas {
  /** Durable when it resolves. Starting what was started already is `ignored`. */
  start(command: StartWorkflow): Promise<CommandOutcome>;
  command(workflowId: WorkflowId, command: WorkflowCommand, by: string): Promise<CommandOutcome>;
  /**
   * Starts a new workflow that takes over what this one recorded before `step`, and begins there.
   * @throws NOT_FOUND when there is no such workflow or step
   */
  fork(workflowId: WorkflowId, step: string, target: ForkTarget): Promise<CommandOutcome>;
  /** Null when there is no such workflow. */
  get(workflowId: WorkflowId): Promise<WorkflowView | null>;
  /**
   * Takes every workflow that has not ended up again and gives their number. Those that wait for a time or a person stay asleep; the
   * others are let in as there is room.
   */
  recover(): Promise<number>;
  readonly inMemory: number;
  /** How many more may be started before too many have something under way. */
  readonly room: number;
  /** Workflows whose journal cannot be read; the others go on. */
  readonly quarantined: ReadonlyMap<WorkflowId, Failure>;
}

export interface SagaSupervisorOptions extends Omit<SagaActorOptions, 'restart' | 'residency'> {
  readonly journal: Journal;
  /** How long a workflow with nothing to do stays in memory. */
  readonly lingerMs: number;
  /** Default 2,000. */
  readonly mostIdle?: number | undefined;
  /** How many workflows may have something under way before no more are admitted. Default 1,000. */
  readonly mostBusy?: number | undefined;
}

type SupervisorMessage = {
  readonly type: 'child-ended';
  readonly workflowId: WorkflowId;
  readonly failure: Failure;
};

interface SupervisorState {
  readonly sharded: Sharded<SagaMessage>;
  readonly residency: Residency;
  readonly pending: Set<() => void>;
}

/** Parent of all SagaActors. `ready` gets the way to talk to them once they can be spawned. */
export function sagaSupervisor(
  options: SagaSupervisorOptions,
  ready: (sagas: Sagas) => void,
): ActorSpec<SupervisorMessage, SupervisorState> {
  const quarantined = new Map<WorkflowId, Failure>();
  return {
    name: 'sagas',
    // Nothing here may fail: without it no workflow can go on, and the process had better start anew.
    restart: neverRestart,
    initial(context) {
      const { clock, lingerMs, mostIdle = MOST_IDLE, mostBusy = MOST_BUSY } = options;
      const residency = new Residency({
        clock,
        lingerMs,
        mostIdle,
        mostBusy,
        wake: (id) => {
          if (!context.signal.aborted) tell(sharded.ref(id), { type: 'tick' });
        },
        passivate: (id) => {
          if (sharded.has(id)) tell(sharded.ref(id), { type: 'rest' });
        },
      });
      const sharded = createSharded<SagaMessage>(context, {
        name: 'shard',
        child: (id, parent) =>
          parent.spawnPersistent(
            sagaActor(WorkflowId.parse(id), { ...options, residency, restart: sagaRestart }),
          ),
        childEnded: (id, { failure }) => {
          residency.left(WorkflowId.parse(id));
          if (failure) deliver(context, { type: 'child-ended', workflowId: WorkflowId.parse(id), failure });
        },
      });
      ready(sagasOver(sharded, residency, options, quarantined));
      return { sharded, residency, pending: new Set() };
    },
    receive(state, { workflowId, failure }, { log }) {
      if (failure.code === 'JOURNAL_CORRUPT') {
        quarantined.set(workflowId, failure);
        log.error({ workflowId, failure }, 'the journal of one workflow cannot be read; it is quarantined');
        return state;
      }
      log.warn({ workflowId, failure, againInMs: SECOND_WIND_MS }, 'a workflow was given up for now');
      const cancel = options.clock.schedule(SECOND_WIND_MS, () => {
        state.pending.delete(cancel);
        state.sharded.wake(workflowId);
      });
      state.pending.add(cancel);
      return state;
    },
    onStop({ pending, residency }) {
      residency.stop();
      for (const cancel of pending) cancel();
    },
  };
}

function deliver(context: ActorContext<SupervisorMessage>, message: SupervisorMessage): void {
  if (!context.signal.aborted) tell(context.self, message);
}

function sagasOver(
  sharded: Sharded<SagaMessage>,
  residency: Residency,
  { journal, registry }: Pick<SagaSupervisorOptions, 'journal' | 'registry'>,
  quarantined: ReadonlyMap<WorkflowId, Failure>,
): Sagas {
  const send = (workflowId: WorkflowId, command: WorkflowCommand, by: string): Promise<CommandOutcome> => {
    const failure = quarantined.get(workflowId);
    if (failure) return Promise.resolve({ kind: 'refused', failure });
    return ask(
      sharded.ref(workflowId),
      (replyTo: ReplyTo<CommandOutcome>): SagaMessage => ({ type: 'command', command, by, replyTo }),
      {
        timeoutMs: ASK_TIMEOUT_MS,
      },
    );
  };
  const viewOf = (workflowId: WorkflowId): Promise<WorkflowView | null> =>
    ask(
      sharded.ref(workflowId),
      (replyTo: ReplyTo<WorkflowView | null>): SagaMessage => ({ type: 'get', replyTo }),
      {
        timeoutMs: ASK_TIMEOUT_MS,
      },
    );
  /** A definition that nobody knows is refused here: the workflow's own actor could not even read what it had recorded. */
  const begin = (command: StartWorkflow, by: string): Promise<CommandOutcome> => {
    const { name, version } = command.definition;
    if (registry.has(name, version)) return send(command.workflowId, command, by);
    const unknown = new TradewrightError(
      'WORKFLOW_UNKNOWN',
      `no workflow ${name} in version ${version} is known here`,
    );
    return Promise.resolve({ kind: 'refused', failure: toFailure(unknown) });
  };
  /** A question about an id that does not exist must not bring an actor to life. */
  const exists = async (workflowId: WorkflowId): Promise<boolean> =>
    sharded.has(workflowId) || (await journal.summary(workflowId)) !== undefined;

  return {
    quarantined,
    get inMemory() {
      return sharded.size;
    },
    get room() {
      return residency.room;
    },
    start: (command) => begin(command, 'queue'),
    async command(workflowId, command, by) {
      if (await exists(workflowId)) return send(workflowId, command, by);
      return {
        kind: 'refused',
        failure: toFailure(new TradewrightError('NOT_FOUND', `there is no workflow ${workflowId}`)),
      };
    },
    async fork(workflowId, step, target) {
      if (!(await exists(workflowId)))
        throw new TradewrightError('NOT_FOUND', `there is no workflow ${workflowId}`);
      const failure = quarantined.get(workflowId);
      if (failure) return { kind: 'refused', failure };
      const start = await ask(
        sharded.ref(workflowId),
        (replyTo: ReplyTo<StartWorkflow>): SagaMessage => ({ type: 'fork', step, target, replyTo }),
        { timeoutMs: ASK_TIMEOUT_MS },
      );
      return begin(start, 'fork');
    },
    async get(workflowId) {
      if (!(await exists(workflowId))) return null;
      const failure = quarantined.get(workflowId);
      if (failure) throw new TradewrightError('JOURNAL_CORRUPT', failure.message);
      return viewOf(workflowId);
    },
    async recover() {
      let recovered = 0;
      for await (const { workflowId, wakeAt } of journal.open()) {
        recovered += 1;
        if (wakeAt === undefined) residency.admit(workflowId);
        else residency.asleep(workflowId, wakeAt ?? undefined);
      }
      return recovered;
    },
  };
}
