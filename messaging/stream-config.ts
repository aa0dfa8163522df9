import { DiscardPolicy, RetentionPolicy, StorageType, type StreamConfig } from '@nats-io/jetstream';
import { lanes } from '../contracts/lanes.ts';
import { streams } from '../contracts/subjects.ts';
import { SIGNAL_LIMIT_BYTES } from './parse-signal.ts';

/** How much each stream may hold. A full TASKS or SIGNALS refuses; the others let go of their oldest. */
export interface StreamLimits {
  readonly tasks: { readonly maxMessages: number; readonly maxBytes: number; readonly dedupWindowMs: number };
  readonly signalsIn: { readonly maxBytes: number; readonly maxAgeMs: number };
  readonly signals: { readonly maxMessages: number; readonly maxBytes: number };
  readonly events: { readonly maxBytes: number };
  readonly dead: { readonly maxMessages: number; readonly maxBytes: number };
  readonly schedule: { readonly maxMessages: number; readonly maxBytes: number };
  readonly taskState: { readonly maxBytes: number; readonly maxAgeMs: number };
  readonly taskKeys: { readonly maxBytes: number };
}

const MiB = 1024 * 1024;
const DAY_MS = 24 * 3_600_000;
/** The longest `dedupForMs` of a task. */
const LONGEST_DEDUP_MS = 30 * DAY_MS;

export const streamLimits: StreamLimits = {
  tasks: { maxMessages: 1_000_000, maxBytes: 1_024 * MiB, dedupWindowMs: 10 * 60_000 },
  signalsIn: { maxBytes: 128 * MiB, maxAgeMs: 7 * 24 * 3_600_000 },
  signals: { maxMessages: 1_000_000, maxBytes: 512 * MiB },
  events: { maxBytes: 512 * MiB },
  dead: { maxMessages: 100_000, maxBytes: 256 * MiB },
  schedule: { maxMessages: 100_000, maxBytes: 256 * MiB },
  taskState: { maxBytes: 512 * MiB, maxAgeMs: 7 * DAY_MS },
  taskKeys: { maxBytes: 256 * MiB },
};

export const nanosOf = (ms: number): number => ms * 1_000_000;

/** The part of a stream's configuration that we decide; the server fills in the rest. */
export type StreamPlan = Partial<StreamConfig> & Pick<StreamConfig, 'name' | 'retention' | 'storage'>;

export function streamPlans(limits: StreamLimits): readonly StreamPlan[] {
  const plan = (name: string, rest: Omit<StreamPlan, 'name' | 'storage'>): StreamPlan => ({
    name,
    storage: StorageType.File,
    ...rest,
  });
  return [
    plan(streams.tasks, {
      // Each lane by name: a publish to a lane that does not exist fails at once, it would never be consumed.
      subjects: lanes.map((lane) => `tasks.${lane}.>`),
      retention: RetentionPolicy.Workqueue,
      discard: DiscardPolicy.New,
      max_msgs: limits.tasks.maxMessages,
      max_bytes: limits.tasks.maxBytes,
      duplicate_window: nanosOf(limits.tasks.dedupWindowMs),
      allow_direct: true,
    }),
    plan(streams.signalsIn, {
      subjects: ['signals.in.*'],
      // Beyond what is read; a little over it is still refused with a reason, more than this by the server.
      max_msg_size: 4 * SIGNAL_LIMIT_BYTES,
      retention: RetentionPolicy.Limits,
      discard: DiscardPolicy.Old,
      max_bytes: limits.signalsIn.maxBytes,
      max_age: nanosOf(limits.signalsIn.maxAgeMs),
    }),
    plan(streams.signals, {
      subjects: ['outbox.signals.>'],
      retention: RetentionPolicy.Limits,
      discard: DiscardPolicy.New,
      // One message per subject, for ever: this refusal is what makes a signal go out exactly once.
      max_msgs_per_subject: 1,
      discard_new_per_subject: true,
      max_msgs: limits.signals.maxMessages,
      max_bytes: limits.signals.maxBytes,
      deny_delete: true,
      deny_purge: true,
      republish: { src: 'outbox.signals.>', dest: 'signals.out.>' },
    }),
    plan(streams.events, {
      subjects: ['events.*'],
      retention: RetentionPolicy.Limits,
      // The journal is the source; its copy may forget the oldest rather than stop.
      discard: DiscardPolicy.Old,
      max_bytes: limits.events.maxBytes,
    }),
    plan(streams.dead, {
      subjects: ['dead.>'],
      retention: RetentionPolicy.Limits,
      discard: DiscardPolicy.New,
      max_msgs: limits.dead.maxMessages,
      max_bytes: limits.dead.maxBytes,
      allow_direct: true,
    }),
    plan(streams.schedule, {
      subjects: ['schedule.*'],
      retention: RetentionPolicy.Workqueue,
      discard: DiscardPolicy.New,
      // The latest word on when a task is due counts.
      max_msgs_per_subject: 1,
      max_msgs: limits.schedule.maxMessages,
      max_bytes: limits.schedule.maxBytes,
      duplicate_window: nanosOf(limits.tasks.dedupWindowMs),
      allow_direct: true,
    }),
    plan(streams.taskState, {
      subjects: ['taskstate.>'],
      retention: RetentionPolicy.Limits,
      discard: DiscardPolicy.Old,
      max_msgs_per_subject: 1,
      max_bytes: limits.taskState.maxBytes,
      max_age: nanosOf(limits.taskState.maxAgeMs),
      allow_direct: true,
    }),
    plan(streams.taskControl, {
      subjects: ['taskcontrol.>'],
      retention: RetentionPolicy.Limits,
      discard: DiscardPolicy.Old,
      max_msgs_per_subject: 1,
      allow_direct: true,
    }),
    plan(streams.taskKeys, {
      subjects: ['taskkeys.*'],
      retention: RetentionPolicy.Limits,
      discard: DiscardPolicy.Old,
      max_msgs_per_subject: 1,
      max_bytes: limits.taskKeys.maxBytes,
      max_age: nanosOf(LONGEST_DEDUP_MS),
      allow_direct: true,
    }),
  ];
}
