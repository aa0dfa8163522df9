import type { WorkflowEvent } from '../../contracts/workflow-event.ts';
import type { ReplayReport, ReplayedStep } from '../../contracts/replay.ts';
import { isTerminal } from '../../contracts/workflow-view.ts';
import type { Circumstances, WorkflowCommand } from './command.ts';
import { decide } from './decide.ts';
import type { AnyWorkflow } from './definition.ts';
import { differences } from './differences.ts';
import { type DueEffect, dueEffects, effectInput, nextTickAt } from './due.ts';
import { type Recording, type Recordings, recordingsOf } from './recordings.ts';
import { stepOf, type WorkflowData } from './state.ts';

export interface ReplayOptions {
  /** The definition that the workflow began with, and its events. */
  readonly was: AnyWorkflow;
  readonly events: readonly WorkflowEvent[];
  /** The definition to go through it with; may be the same one. */
  readonly now: AnyWorkflow;
  /** Of the code and prompts of today, by effect. */
  readonly revisions: Readonly<Record<string, string>>;
}

/** More turns than any definition takes: loops are bounded. */
const MOST_TURNS = 10_000;

/**
 * Goes through a recorded workflow again with a definition, code and prompts that may be others by now. Nothing is performed: every step
 * gets what was recorded for it, and what it is asked now is held against what it was asked then. So a step that `differs` is followed
 * by others on the assumption that it would have given the same. It ends where nothing is recorded, or where undoing begins.
 */
export function replay({ was, events, now: definition, revisions }: ReplayOptions): ReplayReport {
  const recorded = recordingsOf(was, events);
  const { data: then } = recorded;
  const steps: ReplayedStep[] = [];
  const run = new Run(definition, then);
  let stopped: string | undefined;

  for (let turn = 0; turn < MOST_TURNS && stopped === undefined; turn += 1) {
    const { data } = run;
    if (!data || isTerminal(data.state)) break;
    if (data.rollback || data.halting) stopped = 'undoing begins here';
    else if (data.paused) stopped = 'a person would be asked here';
    else stopped = advance(data);
  }
  const gone = recorded.executions
    .filter(({ step, round }) => !steps.some((other) => other.step === step && other.round === round))
    .map(({ step, round }): ReplayedStep => ({ step, round, verdict: 'not reached', differences: [] }));
  const outcome = (data: WorkflowData | undefined) => ({
    definition: data?.definition ?? { name: definition.name, version: definition.version },
    state: data?.state ?? 'PENDING',
    outcome: data?.outcome ?? undefined,
    reason: data?.reason ?? undefined,
  });
  const report = { then: outcome(then), now: outcome(run.data) };
  const all = [...steps, ...gone];
  const ends = report.then.state === report.now.state && report.then.outcome === report.now.outcome;
  const undone = stopped === 'undoing begins here' && (then.rollback !== null || then.halting !== null);
  return {
    workflowId: then.workflowId,
    ...report,
    same: all.every(({ verdict }) => verdict === 'same' || verdict === 'taken over') && (ends || undone),
    steps: all,
    ...(stopped === undefined ? {} : { stopped }),
  };

  /** One turn; a text says why it goes no further. */
  function advance(data: WorkflowData): string | undefined {
    const due = dueEffects(definition, data);
    // Those beside it are asked at the same time, and may be told to stop before they get their turn here.
    for (const effect of due) note(data, effect);
    if (due[0]) return perform(data, due[0]);
    if (data.decision) return decideAs(data, data.decision.step);
    const at = nextTickAt(data);
    if (at === undefined) return 'it waits for something that was not recorded';
    run.tell({ type: 'tick' }, at);
    return undefined;
  }

  function perform(data: WorkflowData, due: DueEffect): string | undefined {
    const recording = recorded.of(due.step, stepOf(data, due.step).round);
    const { kind, step: name, attempt } = due;
    const effect = { kind, step: name, attempt };
    if (recording?.outcome.kind === 'result')
      run.tell({ type: 'effect-succeeded', effect, result: recording.outcome.result });
    else if (recording?.outcome.kind === 'error')
      run.tell({ type: 'effect-failed', effect, error: { ...recording.outcome.error, kind: 'terminal' } });
    else return `nothing is recorded for ${name}`;
    return undefined;
  }

  function note(data: WorkflowData, due: DueEffect): void {
    const { round = 1 } = stepOf(data, due.step);
    if (steps.some((other) => other.step === due.step && other.round === round)) return;
    const request = effectInput(definition, data, due);
    steps.push(replayed(due, round, request, recorded.of(due.step, round)));
  }

  function replayed(
    due: DueEffect,
    round: number,
    request: unknown,
    recording: Recording | undefined,
  ): ReplayedStep {
    const place = { step: due.step, round, effect: due.effect };
    if (!recording) return { ...place, verdict: 'new', differences: [] };
    if (recording.effect === undefined) return { ...place, verdict: 'taken over', differences: [] };
    const revision = revisions[due.effect];
    const found = differences(
      { effect: recording.effect, revision: recording.revision, request: plain(recording.request) },
      // What performed it then was not written down in journals of before: that is no difference.
      {
        effect: due.effect,
        revision: recording.revision === undefined ? undefined : revision,
        request: plain(request),
      },
    );
    return { ...place, verdict: found.length === 0 ? 'same' : 'differs', differences: [...found] };
  }

  function decideAs(data: WorkflowData, step: string): string | undefined {
    const made = recorded.verdictOn(step);
    if (!made) return `nobody had decided on ${step}`;
    const { verdict, by } = made;
    run.tell({ type: 'decide', verdict, by, reason: '' });
    return data.decision && run.data?.decision ? `the decision on ${step} cannot be taken again` : undefined;
  }
}

/** What a message would carry: fields that are undefined are none. */
const plain = (value: unknown): unknown =>
  value === undefined ? undefined : (JSON.parse(JSON.stringify(value)) as unknown);

/** A workflow that is decided on without anything being performed; its clock goes where it is told. */
class Run {
  data: WorkflowData | undefined;
  readonly #definition: AnyWorkflow;
  #at: Circumstances;

  constructor(definition: AnyWorkflow, then: Recordings['data']) {
    this.#definition = definition;
    this.#at = { now: then.startedAt, random: 0 };
    const { workflowId, input, dedupKey, lane, labels, traceparent } = then;
    const { name, version } = definition;
    const same = { workflowId, input, dedupKey, lane, labels };
    const traced = traceparent === null ? {} : { traceparent };
    this.tell({ type: 'start', definition: { name, version }, ...same, ...traced });
  }

  tell(command: WorkflowCommand, now = this.#at.now): void {
    this.#at = { ...this.#at, now: Math.max(now, this.#at.now) };
    const decision = decide(this.#definition, this.data, command, this.#at);
    if (decision.kind === 'accepted') this.data = decision.data;
  }
}
