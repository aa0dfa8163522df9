import { z } from 'zod';
import { lanes } from './lanes.ts';
import { SignalAnswer, SignalIn, SignalOut, SignalRejected } from './signal.ts';
import { DeadTask, PlainTask, TaskReply } from './task.ts';
import { TaskRecord } from './task-record.ts';
import { WorkflowEventBatch } from './workflow-event.ts';

const messages = {
  Task: { schema: PlainTask, summary: 'A unit of work; only payload must be there' },
  TaskReply: { schema: TaskReply, summary: 'What became of a task' },
  TaskRecord: { schema: TaskRecord, summary: 'State, progress and result of a task with keepResult' },
  DeadTask: { schema: DeadTask, summary: 'A task that ended for good without success' },
  SignalIn: { schema: SignalIn, summary: 'An incoming trade signal' },
  SignalRejected: { schema: SignalRejected, summary: 'Why a signal was refused' },
  SignalAnswer: { schema: SignalAnswer, summary: 'What an incoming signal led to' },
  SignalOut: { schema: SignalOut, summary: 'A trade signal of ours' },
  WorkflowEvents: { schema: WorkflowEventBatch, summary: 'Facts of a workflow, in order' },
} as const;
type Message = keyof typeof messages;

interface Channel {
  readonly address: string;
  readonly description: string;
  readonly parameters: Readonly<Record<string, { description: string; enum?: string[] }>>;
  readonly messages: readonly Message[];
  /** As we see it. */
  readonly action: 'send' | 'receive';
}

const symbol = { description: 'The symbol, every byte outside A–Z a–z 0–9 - as _ and two hex digits' };
const type = { description: 'The type of the task: lower-case letters, digits and -' };
const lane = { description: 'How urgent it is', enum: [...lanes] };

const channels: Readonly<Record<string, Channel>> = {
  tasks: {
    address: 'tasks.{lane}.{type}',
    description:
      'Publish a task. The NATS reply is JetStream’s PubAck and means stored; Nats-Msg-Id makes a repeat harmless for ten minutes.',
    parameters: { lane, type },
    messages: ['Task'],
    action: 'receive',
  },
  taskReplies: {
    address: '{replyTo}',
    description: 'The subject that a task or a signal names as its replyTo.',
    parameters: { replyTo: { description: 'A plain NATS subject outside of ours' } },
    messages: ['TaskReply', 'SignalRejected', 'SignalAnswer'],
    action: 'send',
  },
  taskRecords: {
    address: 'taskstate.record.{taskId}',
    description: 'Each change of a task with keepResult; the last one is kept for a week.',
    parameters: { taskId: { description: 'The task’s id' } },
    messages: ['TaskRecord'],
    action: 'send',
  },
  deadLetters: {
    address: 'dead.{lane}.{type}',
    description: 'Dead letters, until a person replays or purges them.',
    parameters: { lane, type },
    messages: ['DeadTask'],
    action: 'send',
  },
  signalsIn: {
    address: 'signals.in.{symbol}',
    description: 'Publish a trade signal. The NATS reply is JetStream’s PubAck and means stored.',
    parameters: { symbol },
    messages: ['SignalIn'],
    action: 'receive',
  },
  signalsRejected: {
    address: 'signals.rejected.{symbol}',
    description: 'Refused signals, with the reason. Not stored.',
    parameters: { symbol },
    messages: ['SignalRejected'],
    action: 'send',
  },
  signalsOut: {
    address: 'signals.out.{symbol}.{strategyId}.{signalId}',
    description: 'Signals as the stream SIGNALS stored them, each exactly once.',
    parameters: {
      symbol,
      strategyId: { description: 'The strategy' },
      signalId: { description: 'The same trade has the same id' },
    },
    messages: ['SignalOut'],
    action: 'send',
  },
  events: {
    address: 'events.{workflowId}',
    description: 'The copy of the journal.',
    parameters: { workflowId: { description: 'The workflow' } },
    messages: ['WorkflowEvents'],
    action: 'send',
  },
};

/** What travels over NATS, as an AsyncAPI 3 document made from the schemas themselves. */
export function asyncApi(): Record<string, unknown> {
  return {
    asyncapi: '3.0.0',
    info: {
      title: 'Tradewright over NATS',
      version: '1.0.0',
      description: 'Plain JSON on plain subjects: no library is needed.',
    },
    defaultContentType: 'application/json',
    channels: mapped(channels, ({ address, description, parameters, messages: carried }) => ({
      address,
      description,
      parameters,
      messages: Object.fromEntries(carried.map((name) => [name, { $ref: `#/components/messages/${name}` }])),
    })),
    operations: mapped(channels, ({ action, messages: carried }, name) => ({
      action,
      channel: { $ref: `#/channels/${name}` },
      messages: carried.map((message) => ({ $ref: `#/channels/${name}/messages/${message}` })),
    })),
    components: {
      messages: mapped(messages, ({ summary }, name) => ({
        name,
        summary,
        contentType: 'application/json',
        payload: { $ref: `#/components/schemas/${name}` },
      })),
      schemas: mapped(messages, ({ schema }) => {
        const json = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any', target: 'draft-7' });
        return { ...json, $schema: undefined };
      }),
    },
  };
}

const mapped = <V, R>(
  record: Readonly<Record<string, V>>,
  change: (value: V, name: string) => R,
): Record<string, R> =>
  Object.fromEntries(Object.entries(record).map(([name, value]) => [name, change(value, name)]));
