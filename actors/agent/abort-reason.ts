import { TradewrightError } from '../../contracts/errors.ts';

/** What a wait or a call fails with once `signal` has aborted: its own reason where that is one of ours, else CANCELLED. */
export function abortReason(signal: AbortSignal): TradewrightError {
  return signal.reason instanceof TradewrightError
    ? signal.reason
    : new TradewrightError('CANCELLED', 'the model call was cancelled');
}
