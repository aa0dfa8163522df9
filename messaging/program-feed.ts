import { z } from 'zod';
import type { ProgramFeed } from '../contracts/ports/messaging.ts';
import { subjects } from '../contracts/subjects.ts';
import type { NatsLink } from './connection.ts';
import { parseOutsideJson } from './outside-json.ts';

const PIECE_CHARS = 16_384;
const LONGEST_PIECE_BYTES = 8 * PIECE_CHARS;

const Piece = z.object({ stream: z.enum(['stdout', 'stderr']), text: z.string() });

/** Not stored, like the live feed; a run's pieces come in order and before its answer, for they take the same way. */
export function programFeed(link: NatsLink): ProgramFeed {
  const send = (subject: string, text: string): void => {
    if (link.connected() && !link.nc.isDraining()) link.nc.publish(subject, text);
  };
  return {
    output(runId, stream, text) {
      for (let at = 0; at < text.length; at += PIECE_CHARS) {
        const piece = { stream, text: text.slice(at, at + PIECE_CHARS) };
        send(subjects.programOutput(runId), JSON.stringify(piece));
      }
    },
    follow(runId, listener) {
      const subscription = link.nc.subscribe(subjects.programOutput(runId), {
        callback: (error, message) => {
          const piece = error ? null : pieceOf(message.data);
          if (piece !== null) listener(piece.stream, piece.text);
        },
      });
      return () => subscription.unsubscribe();
    },
    cancel: (runId) => send(subjects.programCancel(runId), ''),
    onCancel(runId, listener) {
      const subscription = link.nc.subscribe(subjects.programCancel(runId), {
        max: 1,
        callback: (error) => {
          if (!error) listener();
        },
      });
      return () => subscription.unsubscribe();
    },
  };
}

/** null for what no worker of ours sends. */
function pieceOf(bytes: Uint8Array): z.infer<typeof Piece> | null {
  try {
    return Piece.parse(parseOutsideJson(bytes, LONGEST_PIECE_BYTES));
  } catch {
    return null;
  }
}
