import { createInbox, type Msg, type Subscription } from '@nats-io/transport-node';
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
  const polls = new Requests(link, plan);
  // Apart from the polls: one may be open while a poll asks for what is there, and an answer does not say whose it is.
  const waits = new Requests(link, plan);
  return {
    pull: async (max, waitMs, signal, late = giveBack) => {
      if (max < 1 || signal.aborted) return [];
      if (!link.connected()) await link.ready(READY_WITHIN_MS, signal);
      await ensure();
      const startedAt = link.clock.now();
      const taken = await (waitMs === 0 ? polls : waits).request(max, waitMs, signal, late);
      if (taken.gone) made = undefined;
      if (waitMs === 0) return taken.deliveries;
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

interface Request {
  readonly token: string;
  readonly max: number;
  readonly deliveries: Delivery[];
  readonly end: (gone: boolean) => void;
}

/**
 * Requests one after the other, all over one subscription, until one is called off while it waits: only without its subscription does the
 * server know. What a request that was given up still brings goes to `late`.
 */
class Requests {
  readonly #link: NatsLink;
  readonly #plan: ConsumerPlan;
  readonly #consumer: string;
  #late: (delivery: Delivery) => void = giveBack;
  #inbox: { readonly name: string; readonly subscription: Subscription } | undefined;
  #next = 0;
  #open: Request | undefined;

  constructor(link: NatsLink, plan: ConsumerPlan) {
    this.#link = link;
    this.#plan = plan;
    this.#consumer = `${plan.stream} ${plan.durable}`;
  }

  request(
    max: number,
    waitMs: number,
    signal: AbortSignal,
    late: (delivery: Delivery) => void,
  ): Promise<Taken> {
    if (signal.aborted) return Promise.resolve({ deliveries: [], gone: false });
    this.#late = late;
    const { name } = (this.#inbox ??= this.#listen());
    const { nc, clock } = this.#link;
    const token = `${name}.${(this.#next += 1)}`;
    return new Promise((resolve) => {
      const deliveries: Delivery[] = [];
      const end = (gone: boolean): void => {
        if (this.#open?.token === token) this.#open = undefined;
        cancelTimer();
        stopListening();
        signal.removeEventListener('abort', callOff);
        resolve({ deliveries, gone });
      };
      const lost = (): void => end(false);
      const callOff = (): void => {
        end(false);
        if (waitMs > 0) this.#hangUp(name);
      };
      // A second one at once would mix up with this one: nobody does it, and nobody would lose by it.
      this.#open?.end(false);
      this.#open = { token, max, deliveries, end };
      const cancelTimer = clock.schedule(waitMs + GRACE_MS, lost);
      const stopListening = this.#link.onLost(lost);
      signal.addEventListener('abort', callOff, { once: true });
      // no_wait with expires waits for the first message and then gives what is there.
      const expires = waitMs === 0 ? '' : `,"expires":${nanosOf(waitMs)}`;
      nc.publish(nextSubject(this.#plan), `{"batch":${max},"no_wait":true${expires}}`, { reply: token });
    });
  }

  /** A drain still hears what the server has sent already. */
  #hangUp(name: string): void {
    const { nc } = this.#link;
    if (this.#inbox?.name !== name) return;
    const { subscription } = this.#inbox;
    this.#inbox = undefined;
    if (!nc.isClosed() && !nc.isDraining()) subscription.drain().catch(() => undefined);
  }

  #listen(): { readonly name: string; readonly subscription: Subscription } {
    const name = createInbox();
    const subscription = this.#link.nc.subscribe(`${name}.*`, {
      callback: (error, message) => {
        if (error === null) this.#take(name, message);
      },
    });
    return { name, subscription };
  }

  #take(name: string, message: Msg): void {
    const open = this.#inbox?.name === name ? this.#open : undefined;
    if (message.subject.startsWith(name)) {
      if (message.subject === open?.token) open.end(endsRequest(message));
      return;
    }
    const delivery = toDelivery(this.#link, this.#consumer, message);
    if (delivery === undefined) return;
    if (open === undefined) return this.#late(delivery);
    open.deliveries.push(delivery);
    if (open.deliveries.length >= open.max) open.end(false);
  }
}
