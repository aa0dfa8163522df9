import type { SignalOutbox } from '../../contracts/ports/messaging.ts';
import type { GateSignal } from '../../contracts/risk.ts';
import { StrategyId } from '../../contracts/ids.ts';

/** Looks ids up in the signal store itself: it knows every signal that ever went out. */
export function publishedByOthers(outbox: SignalOutbox) {
  return async (
    signals: readonly GateSignal[],
    origin: { readonly workflowId: string; readonly strategyId: string },
  ): Promise<ReadonlySet<string>> => {
    const strategyId = StrategyId.parse(origin.strategyId);
    const stored = await Promise.all(
      signals.map(({ signalId, symbol }) => outbox.stored({ signalId, symbol, strategyId })),
    );
    return new Set(
      stored.flatMap((signal) =>
        signal && signal.workflowId !== origin.workflowId ? [signal.signalId] : [],
      ),
    );
  };
}
