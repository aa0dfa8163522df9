import pc from 'picocolors';
import { z } from 'zod';
import { AttemptSummary } from '../../contracts/effects/develop.ts';
import { printable } from '../../contracts/printable.ts';
import type { WorkflowFact } from '../../contracts/workflow-event.ts';
import type { WsMessage } from '../../contracts/api.ts';

/** Where people read what happens. */
export type Print = (line: string) => void;

const LIVE_WIDTH = 100;
const Attempts = z.object({ attempts: z.array(AttemptSummary) });

/** Shows a workflow as its messages come in over the WebSocket: each step with its duration, the model's thinking dimmed. */
export class Terminal {
  readonly #print: Print;
  #thought = '';

  constructor(print: Print) {
    this.#print = print;
  }

  show(message: WsMessage): void {
    if (message.type === 'live' && message.channel === 'reasoning') this.#think(message.text);
    if (message.type !== 'event') return;
    this.#flush();
    const fact = shown(message.event.fact);
    const line = lineOf(fact);
    if (line) this.#print(`  ${line}`);
    if (fact.type === 'StepCompleted') this.#showAttempts(fact.result);
    if (fact.type === 'StepFailed') this.#showAttempts(fact.error.details);
  }

  /** Of a step in which the model wrote code until it worked. */
  #showAttempts(result: unknown): void {
    const { attempts } = Attempts.safeParse(result).data ?? { attempts: [] };
    if (attempts.every(({ problem }) => problem === null)) return;
    for (const { attempt, role, problem } of attempts) {
      const line = problem?.line ? `, line ${problem.line}` : '';
      const found = problem ? `${problem.kind}${line}: ${problem.message}` : 'validated, ran on a slice';
      this.#print(
        `    ${problem ? pc.yellow('✘') : pc.green('✔')} ${role} ${attempt}: ${found.slice(0, 160)}`,
      );
    }
  }

  #think(text: string): void {
    this.#thought += printable(text);
    for (;;) {
      const end = lineEnd(this.#thought);
      if (end === undefined) return;
      this.#printThought(this.#thought.slice(0, end));
      this.#thought = this.#thought.slice(end).trimStart();
    }
  }

  #flush(): void {
    if (this.#thought.trim()) this.#printThought(this.#thought);
    this.#thought = '';
  }

  #printThought(text: string): void {
    if (text.trim()) this.#print(pc.dim(`    │ ${text.trim()}`));
  }
}

/** The same with every text of it printable: some were written by models and programs. */
const shown = (fact: WorkflowFact): WorkflowFact =>
  JSON.parse(JSON.stringify(fact), (_name, part: unknown) =>
    typeof part === 'string' ? printable(part) : part,
  ) as WorkflowFact;

function lineEnd(text: string): number | undefined {
  const newline = text.indexOf('\n');
  if (newline >= 0 && newline <= LIVE_WIDTH) return newline + 1;
  if (text.length <= LIVE_WIDTH) return undefined;
  const space = text.lastIndexOf(' ', LIVE_WIDTH);
  return space > 0 ? space + 1 : LIVE_WIDTH;
}

function lineOf(fact: WorkflowFact): string | undefined {
  switch (fact.type) {
    case 'StepStarted':
      return `${pc.cyan('▸')} ${fact.step}${fact.attempt > 1 ? ` (attempt ${fact.attempt})` : ''} …`;
    case 'StepCompleted':
      return `${pc.green('✔')} ${fact.step} ${pc.dim(`${fact.durationMs} ms`)}`;
    case 'StepAttemptFailed':
      return `${pc.yellow('↻')} ${fact.step} failed: ${fact.error.code}: ${fact.error.message}; again soon`;
    case 'StepFailed':
      return `${pc.red('✘')} ${fact.step} failed for good: ${fact.error.code}: ${fact.error.message}`;
    case 'StepInterrupted':
      return `${pc.yellow('⚡')} ${fact.step} was interrupted: its process died`;
    case 'StepSkipped':
      return `${pc.dim('–')} ${fact.step} skipped: ${fact.reason}`;
    case 'StepReused':
      return `${pc.dim('=')} ${fact.step} taken over from ${fact.from}`;
    case 'StepRetryRequested':
      return `${pc.cyan('↻')} ${fact.step}: ${fact.by} has it tried again`;
    case 'StepsAborted':
      return `${pc.yellow('■')} stopping ${fact.steps.join(', ')}`;
    case 'LoopRoundStarted':
      return `${pc.cyan('↻')} ${fact.loop}: round ${fact.round}`;
    case 'LoopEnded':
      return `${pc.green('✔')} ${fact.loop}: ended after round ${fact.rounds}`;
    case 'TimerSet':
      return `${pc.yellow('◷')} ${fact.step}: waits until ${new Date(fact.at).toISOString()}`;
    case 'TimerFired':
      return `${pc.green('✔')} ${fact.step}: it is time`;
    case 'WorkflowPaused':
      return `${pc.yellow('‖')} paused by ${fact.by}: ${fact.reason}`;
    case 'WorkflowResumed':
      return `${pc.cyan('▸')} resumed by ${fact.by}`;
    case 'DecisionRequested':
      return `${pc.yellow('?')} ${fact.step}: a person is to decide until ${new Date(fact.deadlineAt).toISOString()}`;
    case 'DecisionMade':
      return `${pc.cyan('!')} ${fact.step}: ${fact.verdict} by ${fact.by} ${fact.reason}`;
    case 'DecisionExpired':
      return `${pc.yellow('!')} ${fact.step}: nobody decided in time: ${fact.verdict}`;
    case 'WorkflowRejected':
      return `${pc.yellow('■')} rejected at ${fact.step}: ${fact.code}: ${fact.reason}`;
    case 'WorkflowCancelRequested':
      return `${pc.yellow('■')} cancelled by ${fact.by}: ${fact.reason}`;
    case 'RollbackStarted':
      return fact.steps.length > 0
        ? `${pc.yellow('⟲')} undoing ${fact.steps.join(', then ')}`
        : `${pc.yellow('⟲')} nothing to undo`;
    case 'CompensationStarted':
      return `${pc.cyan('◂')} undo ${fact.step}${fact.attempt > 1 ? ` (attempt ${fact.attempt})` : ''} …`;
    case 'CompensationCompleted':
      return `${pc.green('✔')} undone: ${fact.step} ${pc.dim(`${fact.durationMs} ms`)}`;
    case 'CompensationAttemptFailed':
      return `${pc.yellow('↻')} undoing ${fact.step} failed: ${fact.error.message}; again soon`;
    case 'CompensationFailed':
      return `${pc.red('✘')} ${fact.step} could not be undone, a person is needed: ${fact.error.message}`;
    case 'CompensationInterrupted':
      return `${pc.yellow('⚡')} undoing ${fact.step} was interrupted: its process died`;
    case 'WorkflowCompleted':
      return `${pc.green('●')} COMPLETED: ${fact.outcome}${fact.reason ? ` (${fact.reason})` : ''}`;
    case 'WorkflowCompensated':
      return `${pc.yellow('●')} COMPENSATED after ${fact.error.code}: ${fact.error.message}`;
    case 'WorkflowFailed':
      return `${pc.red('●')} FAILED: ${fact.error.code}: ${fact.error.message}${fact.needsPerson ? ' (a person is needed)' : ''}`;
    case 'WorkflowCancelled':
      return `${pc.yellow('●')} CANCELLED: ${fact.reason}`;
    case 'WorkflowStarted':
      return `${pc.cyan('○')} ${fact.definition.name}/${fact.definition.version} started`;
  }
}
