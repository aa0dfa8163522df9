import type { DecideRequest, DecideResult } from '../../contracts/effects/publish.ts';
import { TradewrightError } from '../../contracts/errors.ts';
import { reservationIdFrom } from '../../contracts/ids.ts';
import type { Clock } from '../../contracts/ports/clock.ts';
import type { RiskBook } from '../../contracts/ports/stores.ts';
import type { GateSignal, GateVerdict, RiskLimits, RiskState } from '../../contracts/risk.ts';
import type { SignalIn, SignalOut } from '../../contracts/signal.ts';
import type { SignalCandidate } from '../../contracts/signal-candidate.ts';
import { actionOf, checkGates, decisionRisk, emptyRiskState, withPublished } from '../../market/index.ts';
import { signalIdOf } from './signal-of.ts';

/** Longer than anyone may take to decide: what is held that long ago still counts against the limits. */
const LOOK_BACK_MS = 8 * 86_400_000;

export interface RiskDeskOptions {
  readonly clock: Clock;
  readonly book: RiskBook;
  readonly capital: number;
  readonly limits: RiskLimits;
  readonly killSwitch: () => { readonly engaged: boolean; readonly reason: string };
  /** Whether another workflow has published this very signal. */
  readonly published: (signal: GateSignal, origin: DecideRequest) => Promise<boolean>;
}

/** Scores a run and asks the gates about each of its signals, one after the other, each counting against the limits of the next. */
export class RiskDesk {
  readonly #options: RiskDeskOptions;

  constructor(options: RiskDeskOptions) {
    this.#options = options;
  }

  /** Holds the limits of what passes under an id made of `idempotencyKey`, so that a second attempt holds them once. */
  async decide(request: DecideRequest, idempotencyKey: string): Promise<DecideResult> {
    const { clock, book, limits } = this.#options;
    const risk = decisionRisk(request);
    const reservationId = reservationIdFrom(idempotencyKey);
    const now = clock.now();
    let state = await this.#stateOf(request, reservationId);
    const gates: GateVerdict[] = [];
    const passed: { candidate: SignalCandidate; signal: GateSignal }[] = [];
    // What whoever follows the signals holds: a refused one moves nobody, so the next starts where the last published one ended.
    let position = request.candidates[0]?.previousPosition ?? 0;
    for (const decided of request.candidates) {
      const candidate = startingFrom(position, decided);
      const signal = gateSignal(request, candidate);
      const alreadyOut = await this.#options.published(signal, request);
      const known = alreadyOut ? { ...state, publishedIds: [...state.publishedIds, signal.signalId] } : state;
      const verdicts = checkGates(signal, known, limits, now);
      gates.push(...verdicts);
      const refused = verdicts.filter((verdict) => !verdict.passed);
      if (refused.every(({ gate }) => gate === 'duplicate')) position = candidate.targetPosition;
      if (refused.length > 0) continue;
      state = withPublished(state, signal, now);
      passed.push({ candidate, signal });
    }
    const candidates = passed.map(({ candidate }) => candidate);
    if (risk.verdict === 'reject' || passed.length === 0) {
      return { decisionRisk: risk, gates, candidates, reservationId: null };
    }
    const held = passed.map(({ signal }) => signal);
    const { workflowId, mode } = request;
    await book.reserve({ reservationId, workflowId, mode, signals: held, state: 'held', createdAt: now });
    return { decisionRisk: risk, gates, candidates, reservationId };
  }

  /**
   * What may have changed since `decide`, while a person thought or a store was full.
   * @throws KILL_SWITCH, SIGNAL_EXPIRED
   */
  assertStillAllowed(
    { mode, signalId, validUntil }: Pick<SignalOut, 'mode' | 'signalId' | 'validUntil'>,
    answers?: Pick<SignalIn, 'time' | 'validForMs'>,
  ): void {
    const { engaged, reason } = this.#options.killSwitch();
    if (engaged) throw new TradewrightError('KILL_SWITCH', `the kill switch is on: ${reason}`);
    if (mode === 'historical') return;
    const askedUntil = answers ? Date.parse(answers.time) + answers.validForMs : Infinity;
    const until = Math.min(Date.parse(validUntil), askedUntil);
    if (this.#options.clock.now() <= until) return;
    const what = until === askedUntil ? 'the signal it answers' : `signal ${signalId}`;
    throw new TradewrightError('SIGNAL_EXPIRED', `${what} was valid until ${new Date(until).toISOString()}`);
  }

  /** A replay of the past must not use up today's limits: a historical run begins with an empty book. */
  async #stateOf({ mode }: DecideRequest, own: string): Promise<RiskState> {
    const { book, capital, clock, killSwitch } = this.#options;
    const empty: RiskState = { ...emptyRiskState(capital), killSwitch: killSwitch() };
    const counted = mode === 'historical' ? [] : await book.reservations(mode, clock.now() - LOOK_BACK_MS);
    return counted
      .filter(({ reservationId }) => reservationId !== own)
      .reduce(
        (sum, { signals, createdAt }) =>
          signals.reduce((inner, signal) => withPublished(inner, signal, createdAt), sum),
        empty,
      );
  }
}

/** The candidate as seen from another position than the one it was decided from. */
function startingFrom(previousPosition: number, candidate: SignalCandidate): SignalCandidate {
  if (candidate.previousPosition === previousPosition) return candidate;
  return { ...candidate, previousPosition, action: actionOf(previousPosition, candidate.targetPosition) };
}

function gateSignal(request: DecideRequest, candidate: SignalCandidate): GateSignal {
  return {
    ...candidate,
    signalId: signalIdOf(request, candidate),
    symbol: request.symbol,
    mode: request.mode,
  };
}
