import { AcceptSignalRequest, type AcceptSignalResult } from '../../contracts/effects/incoming-signal.ts';
import {
  DecideRequest,
  PublishRequest,
  type PublishResult,
  RefuseRequest,
  ReleaseRequest,
  type RetractResult,
} from '../../contracts/effects/publish.ts';
import { reservationIdFrom } from '../../contracts/ids.ts';
import type { Clock } from '../../contracts/ports/clock.ts';
import type { SignalOutbox } from '../../contracts/ports/messaging.ts';
import type { RiskBook, StrategyStore } from '../../contracts/ports/stores.ts';
import type { SignalOut } from '../../contracts/signal.ts';
import { toSubjectToken } from '../../contracts/symbol.ts';
import type { EffectHandlers } from '../effects/effect-call.ts';
import type { RiskDesk } from './risk-desk.ts';
import { retractionOf, signalOf } from './signal-of.ts';

/** How far a sender's clock may be ahead of ours. */
const CLOCK_SKEW_MS = 60_000;

export interface RouterEffectsOptions {
  readonly clock: Clock;
  readonly outbox: SignalOutbox;
  readonly desk: RiskDesk;
  readonly book: RiskBook;
  readonly strategies: StrategyStore;
}

/** The effects that decide about signals and send them. */
export function routerEffects({
  clock,
  outbox,
  desk,
  book,
  strategies,
}: RouterEffectsOptions): EffectHandlers {
  return {
    'signal.accept': async (request): Promise<AcceptSignalResult> => {
      const { signal } = AcceptSignalRequest.parse(request);
      if (signal.mode === 'historical') return { accepted: true, why: 'a historical signal does not age' };
      const ageMs = clock.now() - Date.parse(signal.time);
      if (ageMs < -CLOCK_SKEW_MS) {
        return { accepted: false, why: `the signal is of ${signal.time}, which has not come yet` };
      }
      return ageMs <= signal.validForMs
        ? { accepted: true, why: 'within its validity' }
        : {
            accepted: false,
            why: `the signal of ${signal.time} was valid for ${signal.validForMs} ms and is ${ageMs} ms old`,
          };
    },

    'router.decide': (request, { idempotencyKey }) =>
      desk.decide(DecideRequest.parse(request), idempotencyKey),

    'router.release': async (request) => {
      const { workflowId, reservationId } = ReleaseRequest.parse(request);
      const held = reservationId ?? reservationIdFrom(decideKey(workflowId));
      await book.settle(held, 'released');
      return { reservationId: held };
    },

    'router.publish': async (request, { signal: aborted }): Promise<PublishResult> => {
      const publication = PublishRequest.parse(request);
      const signals = publication.candidates.map((candidate) => signalOf(publication, candidate));
      let alreadyStored = 0;
      for (const signal of signals) {
        if (!(await outbox.stored(signal))) desk.assertStillAllowed(signal, publication.answers);
        aborted.throwIfAborted();
        const { kind } = await outbox.publish(signal);
        if (kind === 'already') alreadyStored += 1;
      }
      const { reservationId, strategyId, version, answers, workflowId } = publication;
      if (reservationId) await book.settle(reservationId, 'used');
      const strategy = await strategies.get(strategyId, version);
      if (strategy?.status === 'draft')
        await strategies.setStatus(strategyId, version, 'active', clock.now());
      if (answers) {
        const time = new Date(clock.now()).toISOString();
        const { id, replyTo } = answers;
        await outbox.answer(
          { schema: 'tradewright.signal-answer/1', id, workflowId, outcome: 'published', signals, time },
          replyTo,
        );
      }
      return { signals, alreadyStored };
    },

    'router.retract': async (request): Promise<RetractResult> => {
      const publication = PublishRequest.parse(request);
      const stored: SignalOut[] = [];
      for (const candidate of publication.candidates) {
        const found = await outbox.stored(signalOf(publication, candidate));
        if (found?.workflowId === publication.workflowId) stored.push(found);
      }
      for (const signal of stored.reverse()) await outbox.publish(retractionOf(signal));
      return { retracted: stored.map((signal) => signal.signalId) };
    },

    'router.refuse': async (request) => {
      const { signal, code, reason, workflowId } = RefuseRequest.parse(request);
      const { id, symbol, replyTo } = signal;
      const time = new Date(clock.now()).toISOString();
      await outbox.reject(
        toSubjectToken(symbol),
        { schema: 'tradewright.signal-rejected/1', id, code, reason, time, workflowId },
        replyTo,
      );
      return { refused: id };
    },
  };
}

/** The key under which the decide step of a workflow holds its limits. */
const decideKey = (workflowId: string): string => `${workflowId}/decide/run`;
