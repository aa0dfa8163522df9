import type { Sagas } from '../../actors/saga/saga-supervisor.ts';
import type { CommandOutcome } from '../../actors/saga/saga-actor.ts';
import type { SignalInput } from '../../contracts/api.ts';
import { StartStudy, StrategyInput, WorkflowCommandTask } from '../../contracts/api.ts';
import { fromFailure, TradewrightError } from '../../contracts/errors.ts';
import { type WorkflowId, workflowIdFrom } from '../../contracts/ids.ts';
import { SignalIn } from '../../contracts/signal.ts';
import type { Task } from '../../contracts/task.ts';
import type { AnyWorkflow, WorkflowRegistry } from '../../workflows/engine/definition.ts';

/** A person has a day for a signal that the risk does not let through by itself. */
const SIGNAL_DECISION = { deadlineMs: 24 * 3_600_000, onDeadline: 'reject' } as const;

/** Turns tasks into workflows and commands. Each resolves once what it did is durable. */
export function taskHandlers(sagas: Sagas, registry: WorkflowRegistry) {
  return {
    startStrategy: (task: Task) => {
      const input = StrategyInput.parse(task.payload);
      return start(task, registry.latest('strategy'), input, { symbol: input.symbol, mode: input.mode });
    },

    startSignal: (task: Task) => {
      const signal = SignalIn.parse(task.payload);
      const input: SignalInput = { signal, decision: SIGNAL_DECISION };
      return start(task, registry.latest('signal'), input, { symbol: signal.symbol, mode: signal.mode });
    },

    startStudy: (task: Task) => {
      const { kind, input } = StartStudy.parse(task.payload);
      return start(task, registry.latest(kind), input, { strategy: input.strategyId });
    },

    command: async (task: Task): Promise<CommandOutcome> => {
      const { workflowId, ...command } = WorkflowCommandTask.parse(task.payload);
      const outcome =
        command.type === 'fork'
          ? await fork(workflowId, command)
          : await sagas.command(workflowId, command, command.by);
      // A command overtakes the start it belongs to: it is not lost, it comes again.
      if (outcome.kind === 'refused' && outcome.failure.code === 'NOT_FOUND') {
        throw new TradewrightError('WORKFLOW_NOT_BEGUN', `${workflowId} has not begun yet`);
      }
      return accepted(outcome);
    },
  };

  function fork(
    workflowId: WorkflowId,
    { step, version, forkKey }: Omit<Extract<WorkflowCommandTask, { type: 'fork' }>, 'workflowId'>,
  ): Promise<CommandOutcome> {
    return sagas.fork(workflowId, step, {
      workflowId: workflowIdFrom(forkKey),
      dedupKey: forkKey,
      ...(version === undefined ? {} : { version }),
    });
  }

  async function start(
    task: Task,
    { name, version }: AnyWorkflow,
    input: unknown,
    labels: Readonly<Record<string, string>>,
  ) {
    const { dedupKey, lane, id: taskId, traceparent } = task;
    const workflowId = workflowIdFrom(dedupKey);
    const definition = { name, version };
    const outcome = await sagas.start({
      type: 'start',
      workflowId,
      definition,
      input,
      dedupKey,
      lane,
      labels,
      taskId,
      ...(traceparent === undefined ? {} : { traceparent }),
    });
    accepted(outcome);
    return { workflowId };
  }
}

function accepted(outcome: CommandOutcome): CommandOutcome {
  if (outcome.kind === 'refused') throw fromFailure(outcome.failure);
  return outcome;
}
