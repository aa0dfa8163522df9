import { WorkflowEvent } from '../contracts/workflow-event.ts';

/** Brings one stored event of an old shape up by one version; unknown shapes pass. */
export type Upcaster = (stored: Readonly<Record<string, unknown>>) => Readonly<Record<string, unknown>>;

/** Oldest first. Empty while `tradewright.workflow-event/1` is the only version ever stored. */
const upcasters: readonly Upcaster[] = [];

/**
 * A stored row as an event of today; what is stored is never rewritten.
 * @throws when it is not JSON or does not parse
 */
export function parseStoredEvent(row: string, chain: readonly Upcaster[] = upcasters): WorkflowEvent {
  const stored: unknown = JSON.parse(row);
  if (chain.length === 0 || typeof stored !== 'object' || stored === null) return WorkflowEvent.parse(stored);
  return WorkflowEvent.parse(
    chain.reduce<Readonly<Record<string, unknown>>>((event, upcast) => upcast(event), { ...stored }),
  );
}
