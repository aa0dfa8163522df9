import { createInbox, type Msg } from '@nats-io/transport-node';
import { AckPolicy, DeliverPolicy, type ConsumerConfig } from '@nats-io/jetstream';
import { delay } from '../contracts/ports/clock.ts';
import type { Delivery } from '../contracts/ports/messaging.ts';
import type { NatsLink } from './connection.ts';
import { toDelivery } from './delivery.ts';
import { apiErrorCode, apiErrors, isTransient, unavailable } from './nats-errors.ts';
import { nanosOf } from './stream-config.ts';

export interface ConsumerPlan {
  readonly stream: string;
  readonly durable: string;
  readonly filter: string;
  /** A message not ended and not worked on for this long goes to someone else. */
  readonly ackWaitMs: number;
  /** Messages taken and not ended, over all workers. */
  readonly maxAckPending: number;
}

export interface PullConsumer {
  /**
   * At most `max` messages: those there now, else the first that come within `waitMs`; none once the signal aborts or the
   * connection is lost. What comes after that goes to `late`, else back. Makes the consumer when it is not there. @throws NATS_UNAVAILABLE
   */
  pull(
    max: number,
    waitMs: number,
    signal: AbortSignal,
    late?: (delivery: Delivery) => void,
  ): Promise<readonly Delivery[]>;
}

const READY_WITHIN_MS = 5_000;
/** How long after the server should have answered the request counts as lost. */
const GRACE_MS = 2_000;
const STATUS_NO_RESPONDERS = 503;
const STATUS_CONFLICT = 409;
const PAUSE_MS = 50;

/**
 * A durable pull consumer driven by single requests: the client's own `consume()` cannot ask for "what is there now" and
 * goes on for ever after a consumer was deleted.
 */
export function pullConsumer(link: NatsLink, plan: ConsumerPlan): PullConsumer {
  let made: Promise<void> | undefined;
  const ensure = (): Promise<void> => {
    made ??= makeConsumer(link, plan).catch((error: unknown) => {
      made = undefined;
      throw error;
    });
    return made;
  };
  const polls = new Polls(link, plan);
  return {
    pull: async (max, waitMs, signal, late = giveBack) => {
      if (max < 1 || signal.aborted) return [];
      if (!link.connected()) await link.ready(READY_WITHIN_MS, signal);
      await ensure();
      if (waitMs === 0) {
        const polled = await polls.request(max, signal, late);
        if (polled.gone) made = undefined;
        return polled.deliveries;
      }
      const startedAt = link.clock.now();
      const taken = await request(link, plan, late, max, waitMs, signal);
      if (taken.gone) made = undefined;
      const answeredEarly = taken.deliveries.length === 0 && link.clock.now() - startedAt < waitMs / 2;
      // Another worker's request is first in line, or the consumer is gone: not a reason to ask in a tight loop.
      if (answeredEarly && !signal.aborted) await pause(link, signal);
      return taken.deliveries;
    },
  };
}

const giveBack = (delivery: Delivery): void => delivery.retry(0);

const pause = (link: NatsLink, signal: AbortSignal): Promise<void> =>
  delay(link.clock, PAUSE_MS, signal).catch(() => undefined);

async function makeConsumer(link: NatsLink, plan: ConsumerPlan): Promise<void> {
  const config: Partial<ConsumerConfig> = {
    durable_name: plan.durable,
    filter_subject: plan.filter,
    ack_policy: AckPolicy.Explicit,
    deliver_policy: DeliverPolicy.All,
    ack_wait: nanosOf(plan.ackWaitMs),
    max_ack_pending: plan.maxAckPending,
    // The worker counts deliveries itself: a message the server gives up on would stay in a work queue for ever.
    max_deliver: -1,
  };
  try {
    await addOrUpdate(link, plan, config);
  } catch (error) {
    if (isTransient(error)) throw unavailable(`NATS did not answer for consumer ${plan.durable}`, error);
    throw unavailable(`consumer ${plan.durable} of stream ${plan.stream} cannot be made`, error);
  }
}

/** A changed setting applies to the consumer that is there: what was taken from it stays taken. */
async function addOrUpdate(
  link: NatsLink,
  plan: ConsumerPlan,
  config: Partial<ConsumerConfig>,
): Promise<void> {
  try {
    await link.jsm.consumers.add(plan.stream, config);
  } catch (error) {
    if (apiErrorCode(error) !== apiErrors.consumerExists) throw error;
    await link.jsm.consumers.update(plan.stream, plan.durable, config);
    link.log.info({ consumer: plan.durable, stream: plan.stream }, 'consumer updated');
  }
}

interface Taken {
  readonly deliveries: readonly Delivery[];
  /** The consumer or its stream is not there any more. */
  readonly gone: boolean;
}

const endsRequest = (status: Msg): Taken['gone'] => {
  const code = status.headers?.code ?? 0;
  return code === STATUS_NO_RESPONDERS || (code === STATUS_CONFLICT && isGone(status));
};
const isGone = (status: Msg): boolean => /deleted/i.test(status.headers?.description ?? '');

const nextSubject = (plan: ConsumerPlan): string =>
  `$JS.API.CONSUMER.MSG.NEXT.${plan.stream}.${plan.durable}`;

interface Poll {
  readonly token: string;
  readonly max: number;
  readonly deliveries: Delivery[];
  readonly end: (gone: boolean) => void;
}

/**
 * Asks for what is there now, one request after the other, all over one subscription. What a request that was given up still brings goes
 * to the next one, where there is one.
 */
class Polls {
  readonly #link: NatsLink;
  readonly #plan: ConsumerPlan;
  #late: (delivery: Delivery) => void = giveBack;
  #inbox: string | undefined;
  #next = 0;
  #poll: Poll | undefined;

  constructor(link: NatsLink, plan: ConsumerPlan) {
    this.#link = link;
    this.#plan = plan;
  }

  request(max: number, signal: AbortSignal, late: (delivery: Delivery) => void): Promise<Taken> {
    this.#late = late;
    const inbox = (this.#inbox ??= this.#listen());
    const { nc, clock } = this.#link;
    const token = `${inbox}.${(this.#next += 1)}`;
    return new Promise((resolve) => {
      const deliveries: Delivery[] = [];
      const end = (gone: boolean): void => {
        if (this.#poll?.token === token) this.#poll = undefined;
        cancelTimer();
        stopListening();
        signal.removeEventListener('abort', stop);
        resolve({ deliveries, gone });
      };
      const stop = (): void => end(false);
      // A second one at once would mix up with this one: nobody does it, and nobody would lose by it.
      this.#poll?.end(false);
      this.#poll = { token, max, deliveries, end };
      const cancelTimer = clock.schedule(GRACE_MS, stop);
      const stopListening = this.#link.onLost(stop);
      signal.addEventListener('abort', stop, { once: true });
      nc.publish(nextSubject(this.#plan), `{"batch":${max},"no_wait":true}`, { reply: token });
    });
  }

  #listen(): string {
    const inbox = createInbox();
    this.#link.nc.subscribe(`${inbox}.*`, {
      callback: (error, message) => {
        if (error === null) this.#take(inbox, message);
      },
    });
    return inbox;
  }

  #take(inbox: string, message: Msg): void {
    const poll = this.#poll;
    if (message.subject.startsWith(inbox)) {
      if (message.subject === poll?.token) poll.end(endsRequest(message));
      return;
    }
    const delivery = toDelivery(this.#link, message);
    if (delivery === undefined) return;
    if (poll === undefined) return this.#late(delivery);
    poll.deliveries.push(delivery);
    if (poll.deliveries.length >= poll.max) poll.end(false);
  }
}

function request(
  link: NatsLink,
  plan: ConsumerPlan,
  late: (delivery: Delivery) => void,
  max: number,
  waitMs: number,
  signal: AbortSignal,
): Promise<Taken> {
  return new Promise((resolve) => {
    const inbox = createInbox();
    const deliveries: Delivery[] = [];
    let ended = false;
    const end = (gone: boolean, answered = true): void => {
      if (ended) return;
      ended = true;
      cancelTimer();
      stopListening();
      signal.removeEventListener('abort', stop);
      // Given up early, a drain still hears what the server has sent already.
      if (answered || link.nc.isClosed() || link.nc.isDraining()) subscription.unsubscribe();
      else subscription.drain().catch(() => undefined);
      resolve({ deliveries, gone });
    };
    const stop = (): void => end(false, false);
    const take = (message: Msg): void => {
      if (message.subject === inbox) return end(endsRequest(message));
      const delivery = toDelivery(link, message);
      if (delivery === undefined) return;
      if (ended) return late(delivery);
      deliveries.push(delivery);
      if (deliveries.length >= max) end(false);
    };
    const subscription = link.nc.subscribe(inbox, {
      callback: (error, message) => (error ? end(false) : take(message)),
    });
    const cancelTimer = link.clock.schedule(waitMs + GRACE_MS, stop);
    const stopListening = link.onLost(stop);
    if (signal.aborted) return stop();
    signal.addEventListener('abort', stop, { once: true });
    // no_wait with expires waits for the first message and then gives what is there.
    const body = { batch: max, no_wait: true, expires: nanosOf(waitMs) };
    link.nc.publish(nextSubject(plan), JSON.stringify(body), { reply: inbox });
  });
}
