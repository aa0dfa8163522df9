import type { PublishRequest } from '../../contracts/effects/publish.ts';
import { signalIdFrom } from '../../contracts/ids.ts';
import type { SignalCandidate } from '../../contracts/signal-candidate.ts';
import type { SignalOut } from '../../contracts/signal.ts';

type Origin = Pick<PublishRequest, 'workflowId' | 'strategyId' | 'version' | 'symbol' | 'timeframe' | 'mode'>;

/** The id a candidate of this strategy always has. */
export function signalIdOf(
  { strategyId, version, symbol, timeframe, mode }: Origin,
  { barTime, action }: SignalCandidate,
) {
  return signalIdFrom({ strategyId, version, symbol, timeframe, barTime, action, mode });
}

/** The signal a candidate becomes. Only journaled facts go in: a second attempt makes the same bytes. */
export function signalOf(request: PublishRequest, candidate: SignalCandidate): SignalOut {
  const { workflowId, strategyId, version, symbol, timeframe, mode, confidence, author, traceparent } =
    request;
  return {
    schema: 'tradewright.signal-out/1',
    ...candidate,
    signalId: signalIdOf(request, candidate),
    symbol,
    timeframe,
    confidence,
    strategyId,
    strategyVersion: version,
    workflowId,
    reasoning: `/v1/workflows/${workflowId}`,
    author: author.label,
    mode,
    ...(traceparent === undefined ? {} : { traceparent }),
  };
}

/** Takes a published signal back: back to the position before it. It has an id of its own, so it too goes out once. */
export function retractionOf(signal: SignalOut): SignalOut {
  const { strategyId, strategyVersion: version, symbol, timeframe, barTime, mode } = signal;
  const action = 'retract';
  return {
    ...signal,
    action,
    signalId: signalIdFrom({
      strategyId,
      version,
      symbol,
      timeframe,
      barTime,
      action: `${action}:${signal.signalId}`,
      mode,
    }),
    targetPosition: signal.previousPosition,
    previousPosition: signal.targetPosition,
    side: signal.previousPosition > 0 ? 'long' : signal.previousPosition < 0 ? 'short' : 'flat',
    retracts: signal.signalId,
  };
}
