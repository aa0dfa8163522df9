import type { DecideRequest } from '../../contracts/effects/publish.ts';
import type { SignalOutbox } from '../../contracts/ports/messaging.ts';
import type { GateSignal } from '../../contracts/risk.ts';

/** Looks a signal up in the signal store itself, which knows every signal that ever went out. */
export function publishedByOther(outbox: SignalOutbox) {
  return async (
    { signalId, symbol }: GateSignal,
    { workflowId, strategyId }: DecideRequest,
  ): Promise<boolean> => {
    const stored = await outbox.stored({ signalId, symbol, strategyId });
    return stored !== undefined && stored.workflowId !== workflowId;
  };
}
