import { setMaxListeners } from 'node:events';
import { type Failure, toFailure } from '../../contracts/errors.ts';
import { type Lane, lanes } from '../../contracts/lanes.ts';
import { delay } from '../../contracts/ports/clock.ts';
import type { LaneSource } from '../../contracts/ports/messaging.ts';
import { type ActorContext, type ActorSpec, type ReplyTo, tell } from '../kernel/index.ts';
import { laneWeights, type LaneCredits } from './lane-schedule.ts';
import { type DeliveryEnd, type DeliveryTools, processDelivery } from './process-delivery.ts';
import { type PullResult, pullRound, type TakenTask } from './pull-round.ts';
import { counted, countedEnd, noCounts, type QueueCounters } from './queue-counters.ts';
import { Remembered } from './remembered.ts';

export interface WorkerStatistics {
  readonly counters: QueueCounters;
  /** Tasks at work in this worker. */
  readonly inFlight: number;
  readonly paused: readonly Lane[];
}

export type QueueMessage =
  | { readonly type: 'pulled'; readonly round: Round }
  | { readonly type: 'ended'; readonly job: TakenTask; readonly end: DeliveryEnd }
  | { readonly type: 'beat' }
  | { readonly type: 'added'; readonly lane: Lane }
  | { readonly type: 'pause' | 'resume'; readonly lane: Lane; readonly replyTo: ReplyTo<void> }
  | { readonly type: 'statistics'; readonly replyTo: ReplyTo<WorkerStatistics> };

export interface QueueActorOptions extends DeliveryTools {
  readonly lanes: LaneSource;
  /** Tasks at work at a time. */
  readonly concurrency: number;
  /** Well below the lanes' ack wait. */
  readonly heartbeatMs: number;
  /** How long one wait for work lasts. */
  readonly idleWaitMs: number;
}

/** Every task at work listens to it: that many listeners are no leak. */
function stopController(concurrency: number): AbortController {
  const controller = new AbortController();
  setMaxListeners(concurrency + 1, controller.signal);
  return controller;
}

const PULL_AGAIN_MS = 500;
const REMEMBERED_MESSAGES = 10_000;

/** One round over the lanes: under way until it has an outcome. */
interface Round {
  readonly aborter: AbortController;
  readonly work: Promise<void>;
  outcome?: PullResult | Failure;
}

interface QueueState {
  counters: QueueCounters;
  credits: LaneCredits;
  readonly paused: Set<Lane>;
  /** At work. */
  readonly running: Map<TakenTask, Promise<void>>;
  /** Taken beyond the free places when several lanes answered one wait; at most one per lane. */
  held: TakenTask[];
  round: Round | undefined;
  readonly stop: AbortController;
  /** Handed back by this worker: their next delivery is no recovery. */
  readonly handedBack: Remembered;
  /** Done, but the acknowledgement got lost: their next delivery is acknowledged and not run again. */
  readonly unacknowledged: Remembered;
  cancelBeat: () => void;
}

/**
 * Takes tasks off the lanes and brings each to its end. It never waits in a handler: rounds over the lanes and the work
 * itself run beside it and report back as messages, so a question is answered at once.
 */
export function queueActor(options: QueueActorOptions): ActorSpec<QueueMessage, QueueState> {
  return {
    name: 'queue',
    initial: (ctx) => {
      const state: QueueState = {
        counters: noCounts(),
        credits: laneWeights,
        paused: new Set(),
        running: new Map(),
        held: [],
        round: undefined,
        stop: stopController(options.concurrency),
        handedBack: new Remembered(REMEMBERED_MESSAGES),
        unacknowledged: new Remembered(REMEMBERED_MESSAGES),
        cancelBeat: () => undefined,
      };
      scheduleBeat(state, ctx);
      fill(state, ctx);
      return state;
    },

    receive: (state, message, ctx) => {
      switch (message.type) {
        case 'pulled':
          // A round begun before a crash has given back what it took.
          if (message.round === state.round) takeOver(state, message.round);
          break;
        case 'ended':
          ended(state, message.job, message.end);
          break;
        case 'beat':
          for (const { delivery } of [...state.running.keys(), ...state.held]) delivery.working();
          scheduleBeat(state, ctx);
          break;
        case 'added':
          state.counters = counted(state.counters, message.lane, 'added');
          break;
        case 'pause':
        case 'resume':
          if (message.type === 'pause') state.paused.add(message.lane);
          else state.paused.delete(message.lane);
          // The round under way asks the wrong lanes; the next one asks the right ones.
          state.round?.aborter.abort();
          message.replyTo.ok();
          break;
        case 'statistics':
          message.replyTo.ok({
            counters: state.counters,
            inFlight: state.running.size + state.held.length,
            paused: [...state.paused],
          });
          break;
      }
      fill(state, ctx);
      return state;
    },

    async onStop(state) {
      state.cancelBeat();
      state.stop.abort();
      state.round?.aborter.abort();
      await state.round?.work;
      if (state.round) takeOver(state, state.round);
      for (const { delivery } of state.held) delivery.retry(0);
      await Promise.all(state.running.values());
    },
  };

  function scheduleBeat(state: QueueState, ctx: ActorContext<QueueMessage>): void {
    state.cancelBeat = options.clock.schedule(options.heartbeatMs, () => tell(ctx.self, { type: 'beat' }));
  }

  /** Starts what is held while there is room, then a round for the rest. */
  function fill(state: QueueState, ctx: ActorContext<QueueMessage>): void {
    while (state.running.size < options.concurrency) {
      const job = state.held.shift();
      if (job === undefined) break;
      begin(state, job, ctx);
    }
    const free = options.concurrency - state.running.size;
    if (state.round === undefined && free > 0) startRound(state, free, ctx);
  }

  function begin(state: QueueState, job: TakenTask, ctx: ActorContext<QueueMessage>): void {
    const { lane, delivery } = job;
    const workDone = state.unacknowledged.take(delivery);
    const ours = state.handedBack.take(delivery);
    if (delivery.deliveryCount > 1 && !ours && !workDone) {
      state.counters = counted(state.counters, lane, 'recovered');
    }
    const work = processDelivery(lane, delivery, options, state.stop.signal, workDone);
    state.running.set(
      job,
      work.then((end) => void tell(ctx.self, { type: 'ended', job, end })),
    );
  }

  function ended(state: QueueState, job: TakenTask, end: DeliveryEnd): void {
    if (!state.running.delete(job)) return;
    state.counters = countedEnd(state.counters, job.lane, end);
    if (end === 'unacknowledged') state.unacknowledged.add(job.delivery);
    else if (end === 'retried' || end === 'handed-back' || end === 'unsettled')
      state.handedBack.add(job.delivery);
  }

  function startRound(state: QueueState, free: number, ctx: ActorContext<QueueMessage>): void {
    const aborter = new AbortController();
    const request = {
      free,
      credits: state.credits,
      paused: new Set(state.paused),
      idleWaitMs: options.idleWaitMs,
    };
    const round: Round = { aborter, work: pull() };
    state.round = round;

    async function pull(): Promise<void> {
      const outcome = await pullRound(options.lanes, request, aborter.signal).catch(toFailure);
      // NATS is away, or every lane is paused: a resume aborts the wait.
      if ('code' in outcome || request.paused.size === lanes.length) await pauseBriefly(aborter.signal);
      round.outcome = outcome;
      tell(ctx.self, { type: 'pulled', round });
    }
  }

  function takeOver(state: QueueState, { outcome }: Round): void {
    state.round = undefined;
    if (outcome === undefined) return;
    if ('code' in outcome) {
      options.log.warn({ failure: outcome }, 'taking tasks failed; trying again');
    } else {
      state.credits = outcome.credits;
      state.held.push(...outcome.taken);
    }
  }

  function pauseBriefly(signal: AbortSignal): Promise<void> {
    return delay(options.clock, PULL_AGAIN_MS, signal).catch(() => undefined);
  }
}
