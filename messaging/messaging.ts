import { deadLetters } from './dead-letters.ts';
import { deliveryNotes } from './delivery-notes.ts';
import { connect, type ConnectOptions, type NatsLink } from './connection.ts';
import { ensureStreams } from './ensure-streams.ts';
import { eventFeed } from './event-feed.ts';
import { laneDefaults, laneSource, type LaneOptions } from './lane-source.ts';
import { laneControl } from './lane-control.ts';
import { laneStatistics } from './lane-statistics.ts';
import { limitLedger } from './limit-ledger.ts';
import { liveFeed } from './live-feed.ts';
import { programFeed } from './program-feed.ts';
import { parseSignalIn } from './parse-signal.ts';
import { parseTask } from './parse-task.ts';
import { queries } from './queries.ts';
import { inboxDefaults, signalInbox, type InboxOptions } from './signal-inbox.ts';
import { signalOutbox } from './signal-outbox.ts';
import { publishTimes, type PublishTimes } from './store-message.ts';
import { streamLimits, type StreamLimits } from './stream-config.ts';
import { taskCancels } from './task-cancels.ts';
import { taskDesk } from './task-desk.ts';
import { taskKeys } from './task-keys.ts';
import { taskProducer } from './task-producer.ts';
import { taskRecords } from './task-records.ts';
import { taskReplies } from './task-replies.ts';
import { taskSchedule } from './task-schedule.ts';
import type { DeadLetterOffice, TaskDesk, TaskStore } from '../contracts/ports/task-store.ts';
import type {
  EventFeed,
  LaneSource,
  LaneStatistics,
  LiveFeed,
  ProgramFeed,
  Parsers,
  Queries,
  SignalInbox,
  SignalOutbox,
  TaskProducer,
  TaskReplies,
} from '../contracts/ports/messaging.ts';

export interface MessagingOptions extends ConnectOptions {
  readonly limits?: StreamLimits;
  readonly lanes?: LaneOptions;
  readonly inbox?: InboxOptions;
  readonly publishTimes?: PublishTimes;
}

/** Everything the system says and hears over NATS, on one connection. */
export interface Messaging {
  readonly url: string;
  readonly serverVersion: string;
  readonly connected: () => boolean;
  readonly tasks: TaskProducer;
  readonly lanes: LaneSource;
  readonly statistics: LaneStatistics;
  readonly inbox: SignalInbox;
  readonly dead: DeadLetterOffice;
  readonly store: TaskStore;
  readonly desk: TaskDesk;
  readonly outbox: SignalOutbox;
  readonly events: EventFeed;
  readonly live: LiveFeed;
  readonly programs: ProgramFeed;
  readonly replies: TaskReplies;
  readonly parse: Parsers;
  readonly queries: Queries;
  /** Sends what is pending, then closes. */
  readonly close: () => Promise<void>;
}

/**
 * Connects and makes every stream be there.
 * @throws NATS_UNAVAILABLE, NATS_UNSUITABLE, UNAUTHORIZED, STREAM_INCOMPATIBLE
 */
export async function openMessaging(options: MessagingOptions): Promise<Messaging> {
  const link = await connect(options);
  try {
    await ensureStreams(link, options.limits ?? streamLimits);
  } catch (error) {
    await link.close();
    throw error;
  }
  return messagingOn(link, options);
}

function messagingOn(link: NatsLink, options: MessagingOptions): Messaging {
  const times = options.publishTimes ?? publishTimes;
  const replies = taskReplies(link);
  const store: TaskStore = {
    notes: deliveryNotes(link, times),
    records: taskRecords(link, times),
    schedule: taskSchedule(link, times),
    lanes: laneControl(link, times),
    cancels: taskCancels(link, times),
    limits: limitLedger(link, times),
    keys: taskKeys(link, times),
  };
  return {
    url: link.url,
    serverVersion: link.serverVersion,
    connected: link.connected,
    tasks: taskProducer(link, store, times),
    store,
    desk: taskDesk(link, store, replies),
    lanes: laneSource(link, options.lanes ?? laneDefaults),
    statistics: laneStatistics(link),
    inbox: signalInbox(link, options.inbox ?? inboxDefaults),
    dead: deadLetters(link, times),
    outbox: signalOutbox(link, times),
    events: eventFeed(link, times),
    live: liveFeed(link),
    programs: programFeed(link),
    replies,
    parse: { task: parseTask, signal: parseSignalIn },
    queries: queries(link),
    close: link.close,
  };
}
