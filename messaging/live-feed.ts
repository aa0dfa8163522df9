import type { LiveFeed } from '../contracts/ports/messaging.ts';
import { liveChannels, subjects } from '../contracts/subjects.ts';
import type { NatsLink } from './connection.ts';

const PIECE_CHARS = 16_384;

/** Not stored: what is sent while nobody listens, or while NATS is away, is gone. */
export function liveFeed(link: NatsLink): LiveFeed {
  return {
    send(workflowId, channel, text) {
      for (let at = 0; at < text.length; at += PIECE_CHARS) {
        if (!link.connected() || link.nc.isDraining()) return;
        link.nc.publish(subjects.live(workflowId, channel), text.slice(at, at + PIECE_CHARS));
      }
    },
    follow(workflowId, listener) {
      const subscriptions = liveChannels.map((channel) =>
        link.nc.subscribe(subjects.live(workflowId, channel), {
          callback: (error, message) => {
            if (!error) listener(channel, message.string());
          },
        }),
      );
      return () => {
        for (const subscription of subscriptions) subscription.unsubscribe();
      };
    },
  };
}
