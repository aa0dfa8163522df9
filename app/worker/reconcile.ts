import type { RiskDesk } from '../../actors/router/risk-desk.ts';
import type { Sagas } from '../../actors/saga/saga-supervisor.ts';
import { PublishResult } from '../../contracts/effects/publish.ts';
import { toFailure, TradewrightError } from '../../contracts/errors.ts';
import type { Clock } from '../../contracts/ports/clock.ts';
import type { Journal } from '../../contracts/ports/journal.ts';
import type { Log } from '../../contracts/ports/log.ts';
import type { SignalOutbox } from '../../contracts/ports/messaging.ts';

/** Longer than any server keeps an acknowledged message from the disk. */
const LOOK_BACK_MS = 10 * 60_000;
const PAGE = 100;

/**
 * After a power cut the journal can know of signals that the signal store, which syncs less often, has lost. Those of the last minutes are
 * sent again; what is stored already stays as it is. Gives the number of signals that were missing.
 */
export async function reconcileSignals(options: {
  readonly journal: Journal;
  readonly sagas: Sagas;
  readonly outbox: SignalOutbox;
  readonly desk: RiskDesk;
  readonly clock: Clock;
  readonly log: Log;
}): Promise<number> {
  const { journal, sagas, outbox, desk, clock, log } = options;
  const since = clock.now() - LOOK_BACK_MS;
  const { items } = await journal.list({ state: 'COMPLETED', limit: PAGE });
  let missing = 0;
  for (const { workflowId, endedAt, outcome } of items) {
    if (outcome !== 'published' || endedAt === undefined || endedAt < since) continue;
    const view = await sagas.get(workflowId);
    const published = PublishResult.safeParse(view?.steps.find(({ name }) => name === 'publish')?.result);
    for (const signal of published.data?.signals ?? []) {
      if (await outbox.stored(signal)) continue;
      missing += 1;
      try {
        desk.assertStillAllowed(signal);
        await outbox.publish(signal);
        log.warn(
          { workflowId, signalId: signal.signalId },
          'a signal that the store had lost was sent again',
        );
      } catch (error) {
        if (!(error instanceof TradewrightError) || error.kind !== 'terminal') throw error;
        log.error(
          { workflowId, signalId: signal.signalId, failure: toFailure(error) },
          'a lost signal may go out no more',
        );
      }
    }
  }
  return missing;
}
