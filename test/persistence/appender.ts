/** A child process of the tests: opens the store in argv[2], then appends as told over IPC, and says what was acknowledged. */
import { toFailure } from '../../contracts/errors.ts';
import { systemClock } from '../../contracts/ports/clock.ts';
import { silentLog } from '../../contracts/ports/log.ts';
import { openStore } from '../../persistence/index.ts';
import { batchAfter, workflow } from '../support/workflow-history.ts';

export type AppenderSays =
  | { readonly type: 'open' }
  | { readonly type: 'accepting'; readonly accepting: boolean }
  | { readonly type: 'acknowledged'; readonly workflow: string; readonly seq: number }
  | { readonly type: 'read'; readonly events: number }
  | { readonly type: 'failed'; readonly code: string };

export type AppenderDoes =
  | { readonly type: 'flood'; readonly workflows: number; readonly eventsABatch: number }
  | { readonly type: 'append'; readonly workflow: string }
  | { readonly type: 'read'; readonly workflow: string };

const say = (message: AppenderSays): void => void process.send?.(message);
const fail = (error: unknown): void => say({ type: 'failed', code: toFailure(error).code });

try {
  const { journal, upkeep } = await openStore({
    dir: process.argv[2] ?? '',
    clock: systemClock,
    log: silentLog,
  });
  upkeep.onAccepting((accepting) => say({ type: 'accepting', accepting }));
  const append = async (name: string, count: number): Promise<void> => {
    const workflowId = workflow(name);
    const after = (await journal.summary(workflowId))?.seq ?? 0;
    const { events, summary } = batchAfter(workflowId, after, count);
    const result = await journal.append(workflowId, after, events, summary);
    if (result.kind === 'appended') say({ type: 'acknowledged', workflow: name, seq: after + count });
  };
  process.on('message', (message: AppenderDoes) => {
    switch (message.type) {
      case 'flood':
        for (let index = 0; index < message.workflows; index += 1) {
          const endless = async (): Promise<never> => {
            for (;;) await append(`flood-${index}`, message.eventsABatch);
          };
          endless().catch(fail);
        }
        return;
      case 'append':
        append(message.workflow, 1).catch(fail);
        return;
      case 'read':
        journal
          .read(workflow(message.workflow))
          .then((events) => say({ type: 'read', events: events.length }), fail);
        return;
    }
  });
  say({ type: 'open' });
} catch (error) {
  fail(error);
}
