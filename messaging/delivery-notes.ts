import { z } from 'zod';
import { type DeliveryNotes, noNote } from '../contracts/ports/task-store.ts';
import { streams, subjects } from '../contracts/subjects.ts';
import type { NatsLink } from './connection.ts';
import { lastValue, putValue } from './last-value.ts';
import type { PublishTimes } from './store-message.ts';

const Count = z.number().int().nonnegative();
const Note = z.object({ failed: Count, returned: Count, lost: Count });

export function deliveryNotes(link: NatsLink, times: PublishTimes): DeliveryNotes {
  return {
    async read({ streamSeq, storedAt }) {
      const stored = await lastValue(link, streams.taskState, subjects.taskNote(streamSeq, storedAt));
      return Note.safeParse(stored?.json).data ?? noNote;
    },
    write: ({ streamSeq, storedAt }, note) =>
      putValue(link, subjects.taskNote(streamSeq, storedAt), note, times),
  };
}
