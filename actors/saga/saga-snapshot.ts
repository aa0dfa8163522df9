import { TradewrightError } from '../../contracts/errors.ts';
import type { WorkflowData } from '../../workflows/engine/state.ts';

/** Raised whenever the state takes another shape: older snapshots are passed over, and the journal is read instead. */
const STATE_SHAPE = 2;

export const sagaSnapshot = {
  encode: (state: WorkflowData | null): unknown => ({ shape: STATE_SHAPE, state }),
  /** @throws JOURNAL_CORRUPT for a snapshot of another shape */
  decode(stored: unknown): WorkflowData | null {
    if (isCurrent(stored)) return stored.state;
    throw new TradewrightError('JOURNAL_CORRUPT', 'the snapshot holds a state of another shape');
  },
};

function isCurrent(stored: unknown): stored is { readonly state: WorkflowData | null } {
  return typeof stored === 'object' && stored !== null && 'shape' in stored && stored.shape === STATE_SHAPE;
}
