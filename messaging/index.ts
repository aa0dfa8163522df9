export { connect, type ConnectOptions, type NatsLink } from './connection.ts';
export { ensureStreams, type StreamChange } from './ensure-streams.ts';
export { type LaneOptions } from './lane-source.ts';
export { openMessaging, type Messaging, type MessagingOptions } from './messaging.ts';
export { parseSignalIn } from './parse-signal.ts';
export { parseTask, parseTaskSubject } from './parse-task.ts';
export { startRelay, type Relay, type RelayOptions } from './relay.ts';
export { streamLimits, type StreamLimits } from './stream-config.ts';
