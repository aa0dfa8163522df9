import type { TaskReplies } from '../contracts/ports/messaging.ts';
import type { NatsLink } from './connection.ts';
import { tell } from './tell.ts';

export function taskReplies(link: NatsLink): TaskReplies {
  return { send: (replyTo, reply) => tell(link, reply, { replyTo }) };
}
