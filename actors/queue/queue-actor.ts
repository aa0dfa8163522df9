import { type Failure, toFailure, TradewrightError } from '../../contracts/errors.ts';
import type { TaskId } from '../../contracts/ids.ts';
import { type Lane, lanes } from '../../contracts/lanes.ts';
import { delay } from '../../contracts/ports/clock.ts';
import type { LaneSource, Parsers } from '../../contracts/ports/messaging.ts';
import type { Cancellation } from '../../contracts/ports/task-store.ts';
import { type ActorContext, type ActorSpec, type ReplyTo, tell } from '../kernel/index.ts';
import { HeldAhead } from './held-ahead.ts';
import { IdleWaits } from './idle-waits.ts';
import { type LaneWeights, type LaneCredits, nextPull, withTaken } from './lane-schedule.ts';
import { LimitGate } from './limit-gate.ts';
import { averaged, tasksAhead } from './prefetch.ts';
import { pullRound, type PullResult } from './pull-round.ts';
import { type QueueCounters, QueueCounts } from './queue-counters.ts';
import { Remembered } from './remembered.ts';
import { SharedTimer } from './shared-timer.ts';
import type { Pulled, ReadTask, TakenTask } from './taken-task.ts';
import { type DeliveryEnd, TaskRun, type TaskTools } from './task-run.ts';

export interface WorkerStatistics {
  readonly counters: QueueCounters;
  /** In this worker's hands: at work, held ahead, waiting for a limit, or waiting for their acknowledgement. */
  readonly inFlight: number;
  readonly atWork: number;
  readonly heldAhead: number;
  /** Taken and kept back by the limits of their type. */
  readonly limited: number;
  readonly concurrency: number;
  readonly paused: readonly Lane[];
}

export type QueueMessage =
  | { readonly type: 'pulled'; readonly round: Round }
  | { readonly type: 'surplus'; readonly pulled: readonly Pulled[] }
  /** Places became free, or tasks came to their end: what exactly stands in a list. */
  | { readonly type: 'moved' }
  | { readonly type: 'beat' }
  | { readonly type: 'admitted'; readonly job: ReadTask }
  | { readonly type: 'added'; readonly lane: Lane; readonly count: number }
  | {
      readonly type: 'lane-paused';
      readonly lane: Lane;
      readonly paused: boolean;
      readonly replyTo: ReplyTo<void>;
    }
  | { readonly type: 'lanes-paused'; readonly paused: ReadonlySet<Lane> }
  | { readonly type: 'cancel'; readonly cancellation: Cancellation }
  | { readonly type: 'cancels-known' }
  | { readonly type: 'drain'; readonly replyTo: ReplyTo<void> }
  | { readonly type: 'interrupt' }
  | { readonly type: 'statistics'; readonly replyTo: ReplyTo<WorkerStatistics> };

export interface QueueActorOptions extends TaskTools {
  readonly lanes: LaneSource;
  readonly parse: Pick<Parsers, 'task'>;
  /** This worker, among all. */
  readonly workerId: string;
  /** Tasks at work at a time; 0 takes none. */
  readonly concurrency: number;
  readonly weights: LaneWeights;
  /** Well below the lanes' ack wait. */
  readonly heartbeatMs: number;
  /** How long one wait for work lasts. */
  readonly idleWaitMs: number;
}

const PULL_AGAIN_MS = 500;
const REMEMBERED_MESSAGES = 10_000;
const REMEMBERED_CANCELLATIONS = 100_000;
/** Tasks of one type that wait here for its limits; more go to the schedule, so that they block nobody. */
const MOST_LIMITED = 100;
const LIMITED_AGAIN_MS = 5_000;

/** One round over the lanes: under way until it has an outcome. */
interface Round {
  readonly aborter: AbortController;
  readonly work: Promise<void>;
  outcome?: PullResult | Failure;
}

interface QueueState {
  readonly counts: QueueCounts;
  pullCredits: LaneCredits;
  runCredits: LaneCredits;
  paused: ReadonlySet<Lane>;
  /** Nothing is taken before it is known which lanes are paused and which tasks nobody wants any more. */
  lanesKnown: boolean;
  cancelsKnown: boolean;
  readonly ahead: HeldAhead;
  /** Admitted by the limits of their type: they go next. */
  readonly admitted: ReadTask[];
  readonly gates: Map<string, LimitGate<ReadTask>>;
  /** A place is taken. */
  readonly running: Set<TaskRun>;
  /** Their place is free; they wait for their acknowledgement. */
  readonly settling: Set<TaskRun>;
  /** Everything in this worker's hands, by stream sequence. */
  readonly inHand: Map<number, TakenTask>;
  /** Since the last message: see `moved`. */
  readonly free: { run: () => TaskRun; workMs: number | undefined }[];
  readonly over: { run: TaskRun; end: DeliveryEnd }[];
  told: boolean;
  readonly waits: IdleWaits;
  round: Round | undefined;
  /** Whether the lanes may hold something that nobody waits for. */
  look: boolean;
  averageMs: number | undefined;
  draining: ReplyTo<void> | undefined;
  stopped: boolean;
  /** Done, but the acknowledgement got lost: their next delivery is acknowledged and not run again. */
  readonly unacknowledged: Remembered;
  readonly cancelled: Map<TaskId, Cancellation>;
  readonly tools: TaskTools;
  cancelBeat: () => void;
  stopFollowing: () => void;
}

/**
 * Takes tasks off the lanes and brings each to its end. It never waits in a handler: rounds over the lanes and the work
 * itself run beside it and report back as messages, so a question is answered at once.
 */
export function queueActor(options: QueueActorOptions): ActorSpec<QueueMessage, QueueState> {
  const { store, concurrency } = options;
  return {
    name: 'queue',
    mailboxLimit: 1_000_000,
    initial: (ctx) => {
      const state: QueueState = {
        counts: new QueueCounts(),
        pullCredits: options.weights,
        runCredits: options.weights,
        paused: new Set(),
        lanesKnown: false,
        cancelsKnown: false,
        ahead: new HeldAhead(),
        admitted: [],
        gates: new Map(),
        running: new Set(),
        settling: new Set(),
        inHand: new Map(),
        free: [],
        over: [],
        told: false,
        waits: new IdleWaits(options.lanes, options.idleWaitMs, (pulled) => surplus(pulled, ctx)),
        round: undefined,
        look: true,
        averageMs: undefined,
        draining: undefined,
        stopped: false,
        unacknowledged: new Remembered(REMEMBERED_MESSAGES),
        cancelled: new Map(),
        tools: { ...options, clock: new SharedTimer(options.clock) },
        cancelBeat: () => undefined,
        stopFollowing: () => undefined,
      };
      const stopLanes = store.lanes.follow((paused) => tell(ctx.self, { type: 'lanes-paused', paused }));
      const stopCancels = store.cancels.follow(
        (cancellation) => tell(ctx.self, { type: 'cancel', cancellation }),
        () => tell(ctx.self, { type: 'cancels-known' }),
      );
      state.stopFollowing = () => {
        stopLanes();
        stopCancels();
      };
      scheduleBeat(state, ctx);
      return state;
    },

    receive: (state, message, ctx) => {
      switch (message.type) {
        case 'pulled':
          // A round begun before a crash has given back what it took.
          if (message.round === state.round) takeOver(state, message.round);
          break;
        case 'surplus':
          takeIn(state, message.pulled);
          break;
        case 'moved':
          moved(state);
          break;
        case 'beat':
          beat(state);
          scheduleBeat(state, ctx);
          break;
        case 'admitted':
          if (state.draining === undefined) state.admitted.push(message.job);
          else {
            state.gates.get(typeOf(message.job))?.release();
            giveBack(state, message.job);
          }
          break;
        case 'added':
          state.counts.count(message.lane, 'added', message.count);
          break;
        case 'lanes-paused':
          state.lanesKnown = true;
          pause(state, message.paused);
          break;
        case 'lane-paused': {
          const paused = new Set(state.paused);
          if (message.paused) paused.add(message.lane);
          else paused.delete(message.lane);
          pause(state, paused);
          message.replyTo.ok();
          break;
        }
        case 'cancel':
          cancel(state, message.cancellation);
          break;
        case 'cancels-known':
          state.cancelsKnown = true;
          break;
        case 'drain':
          drain(state, message.replyTo);
          break;
        case 'interrupt':
          for (const run of state.running) run.interrupt();
          break;
        case 'statistics':
          message.replyTo.ok({
            counters: state.counts.now(),
            inFlight: state.inHand.size,
            atWork: state.running.size,
            heldAhead: state.ahead.count,
            limited: limitedIn(state),
            concurrency,
            paused: [...state.paused],
          });
          break;
      }
      fill(state, ctx);
      return state;
    },

    async onStop(state) {
      state.stopped = true;
      state.cancelBeat();
      state.stopFollowing();
      state.waits.close();
      state.round?.aborter.abort();
      await state.round?.work;
      const outcome = state.round?.outcome;
      if (outcome !== undefined && !('code' in outcome)) {
        await Promise.all(outcome.taken.map((each) => handBack(each)));
      }
      for (const run of state.running) run.interrupt();
      await Promise.all([...state.ahead.emptyAll(), ...state.admitted.splice(0)].map((job) => handBack(job)));
      await Promise.all([...state.running, ...state.settling].map((run) => run.ended));
      await Promise.all([...state.gates.values()].map((gate) => gate.close()));
    },
  };

  function scheduleBeat(state: QueueState, ctx: ActorContext<QueueMessage>): void {
    state.cancelBeat = options.clock.schedule(options.heartbeatMs, () => tell(ctx.self, { type: 'beat' }));
  }

  /** Says that what is in hand is still worked on; what was taken a moment ago need not be mentioned. */
  function beat(state: QueueState): void {
    const now = options.clock.now();
    const young = now - options.heartbeatMs / 2;
    for (const { delivery, takenAt } of state.inHand.values()) if (takenAt <= young) delivery.working();
    // The tasks have become long: what is held ahead would wait here while others are free.
    const oldest = now - options.heartbeatMs;
    if (state.running.size < concurrency || ![...state.running].every(({ job }) => job.takenAt <= oldest))
      return;
    state.averageMs = Math.max(state.averageMs ?? 0, options.heartbeatMs);
    for (const job of state.ahead.emptyAll()) giveBack(state, job);
  }

  /** Starts what is at hand while there is room, then a round for the rest. */
  function fill(state: QueueState, ctx: ActorContext<QueueMessage>): void {
    if (state.stopped) return;
    while (state.running.size < concurrency) {
      const jobs = nextJobs(state, ctx);
      if (jobs.length === 0) break;
      for (const job of jobs) begin(state, job, ctx);
    }
    if (state.draining !== undefined) return endDrain(state);
    if (!state.lanesKnown || !state.cancelsKnown) return;
    const free = concurrency - state.running.size;
    const wanted = free + tasksAhead(concurrency, state.averageMs) - state.ahead.count;
    const room = limitedIn(state) < MOST_LIMITED * state.gates.size + concurrency;
    if (wanted < 1) return state.waits.close();
    // With tasks at hand a round is worth its while once half of them are gone.
    if (state.round === undefined && wanted >= state.ahead.count && room) startRound(state, wanted, ctx);
  }

  /** Those whose turn it is, at most as many as there are free places. */
  function nextJobs(state: QueueState, ctx: ActorContext<QueueMessage>): readonly ReadTask[] {
    const free = concurrency - state.running.size;
    if (state.admitted.length > 0) return state.admitted.splice(0, free);
    while (state.ahead.count > 0) {
      const { filled } = state.ahead;
      const next = nextPull(state.runCredits, filled, free, options.weights);
      if (next === undefined) break;
      const { lane, max } = next.pull;
      // The only lane of which something is held need not share.
      const jobs = state.ahead.take(lane, filled.size === 1 ? free : max).map(read);
      state.runCredits = withTaken(next.credits, lane, jobs.length);
      const unlimited = jobs.filter((job) => !limited(state, job, ctx));
      if (unlimited.length > 0) return unlimited;
    }
    return [];
  }

  /** Whether its type has limits: it then waits for them without a place. */
  function limited(state: QueueState, job: ReadTask, ctx: ActorContext<QueueMessage>): boolean {
    if (job.parsed.kind !== 'task') return false;
    const { type } = job.parsed.task;
    const limits = options.registry.definition(type)?.limits;
    if (limits === undefined) return false;
    let gate = state.gates.get(type);
    if (gate === undefined) {
      gate = new LimitGate<ReadTask>({
        type,
        limits,
        ledger: store.limits,
        holder: options.workerId,
        clock: options.clock,
        log: options.log,
        admit: (admitted) => {
          if (!tell(ctx.self, { type: 'admitted', job: admitted })) void handBack(admitted);
        },
      });
      state.gates.set(type, gate);
    }
    if (gate.waiting.length < MOST_LIMITED) gate.enter(job);
    else void postpone(state, job);
    return true;
  }

  /** Too many of its type wait here: it comes again later, and lets others through. */
  async function postpone(state: QueueState, job: ReadTask): Promise<void> {
    const { delivery, parsed } = job;
    state.inHand.delete(delivery.streamSeq);
    try {
      if (parsed.kind !== 'task') return;
      const dueAt = options.clock.now() + LIMITED_AGAIN_MS * (1 + options.random());
      await store.schedule.defer(delivery, parsed.task.id, dueAt, parsed.journey.attempts);
      await delivery.ack();
    } catch (error) {
      options.log.warn({ error: toFailure(error) }, 'a task kept back by a limit could not be scheduled');
      await handBack(job, LIMITED_AGAIN_MS);
    }
  }

  function begin(state: QueueState, job: ReadTask, ctx: ActorContext<QueueMessage>): void {
    const { lane, delivery } = job;
    const report = (): void => {
      if (state.told) return;
      state.told = true;
      tell(ctx.self, { type: 'moved' });
    };
    let placeIsFree = false;
    const cancellation = cancellationOf(state, job);
    const how = state.unacknowledged.take(delivery) ? 'done' : cancellation ? reasonOf(cancellation) : 'run';
    const run: TaskRun = new TaskRun(job, how, state.tools, {
      placeFree: (workMs) => {
        if (placeIsFree) return;
        placeIsFree = true;
        state.free.push({ run: () => run, workMs });
        report();
      },
      recovered: () => state.counts.count(lane, 'recovered'),
    });
    state.running.add(run);
    void run.ended.then((end) => {
      state.over.push({ run, end });
      report();
    });
  }

  function moved(state: QueueState): void {
    state.told = false;
    for (const { run, workMs } of state.free.splice(0)) {
      const ended = run();
      state.running.delete(ended);
      state.settling.add(ended);
      if (workMs !== undefined) state.averageMs = averaged(state.averageMs, workMs);
      release(state, ended.job);
    }
    for (const { run, end } of state.over.splice(0)) {
      const { lane, delivery } = run.job;
      state.settling.delete(run);
      state.inHand.delete(delivery.streamSeq);
      state.counts.ended(lane, end);
      if (end === 'unacknowledged') state.unacknowledged.add(delivery);
    }
  }

  function release(state: QueueState, job: ReadTask): void {
    if (job.parsed.kind === 'task') state.gates.get(job.parsed.task.type)?.release();
  }

  function startRound(state: QueueState, want: number, ctx: ActorContext<QueueMessage>): void {
    const aborter = new AbortController();
    const request = {
      want,
      credits: state.pullCredits,
      weights: options.weights,
      paused: state.paused,
      look: state.look,
      ahead: tasksAhead(concurrency, state.averageMs) > 0,
      surplus: (pulled: readonly Pulled[]) => surplus(pulled, ctx),
    };
    const round: Round = { aborter, work: pull() };
    state.round = round;

    async function pull(): Promise<void> {
      const outcome = await pullRound(options.lanes, state.waits, request, aborter.signal).catch(toFailure);
      // NATS is away, or every lane is paused: a resume aborts the wait.
      if ('code' in outcome || request.paused.size === lanes.length) await pauseBriefly(aborter.signal);
      round.outcome = outcome;
      tell(ctx.self, { type: 'pulled', round });
    }
  }

  /** Of a request that was given up. */
  function surplus(pulled: readonly Pulled[], ctx: ActorContext<QueueMessage>): void {
    if (!tell(ctx.self, { type: 'surplus', pulled })) for (const { delivery } of pulled) delivery.retry(0);
  }

  function takeOver(state: QueueState, { outcome }: Round): void {
    state.round = undefined;
    if (outcome === undefined) return;
    if ('code' in outcome) {
      state.look = true;
      options.log.warn({ failure: outcome }, 'taking tasks failed; trying again');
      return;
    }
    state.pullCredits = outcome.credits;
    state.look = outcome.more;
    takeIn(state, outcome.taken);
  }

  function takeIn(state: QueueState, pulled: readonly Pulled[]): void {
    const takenAt = options.clock.now();
    for (const { lane, delivery } of pulled) {
      // Ours already: it was late to be mentioned, and the server gave it out again. It is one and the same.
      if (state.inHand.has(delivery.streamSeq)) continue;
      const job = { lane, delivery, takenAt };
      state.inHand.set(delivery.streamSeq, job);
      if (state.draining !== undefined || state.paused.has(lane)) giveBack(state, job);
      else state.ahead.add(job);
    }
  }

  function read(taken: TakenTask): ReadTask {
    return { ...taken, parsed: options.parse.task(taken.delivery) };
  }

  function pause(state: QueueState, paused: ReadonlySet<Lane>): void {
    if (sameLanes(state.paused, paused)) return;
    state.paused = paused;
    state.look = true;
    // What is held ahead of a paused lane goes back; the round under way asks the wrong lanes.
    for (const lane of paused) for (const job of state.ahead.empty(lane)) giveBack(state, job);
    state.waits.close(paused);
    state.round?.aborter.abort();
  }

  function cancel(state: QueueState, cancellation: Cancellation): void {
    state.cancelled.set(cancellation.taskId, cancellation);
    for (const oldest of state.cancelled.keys()) {
      if (state.cancelled.size <= REMEMBERED_CANCELLATIONS) break;
      state.cancelled.delete(oldest);
    }
    for (const run of state.running) {
      if (cancellationOf(state, run.job) === cancellation) run.cancel(reasonOf(cancellation));
    }
    // Kept back by a limit: it need not wait to be dropped.
    for (const gate of state.gates.values())
      for (const job of gate.waiting)
        if (cancellationOf(state, job) === cancellation && gate.leave(job)) state.admitted.push(job);
  }

  function drain(state: QueueState, replyTo: ReplyTo<void>): void {
    state.draining = replyTo;
    state.waits.close();
    state.round?.aborter.abort();
    for (const job of [...state.ahead.emptyAll(), ...state.admitted.splice(0)]) giveBack(state, job);
    for (const gate of state.gates.values()) {
      for (const job of [...gate.waiting]) {
        gate.leave(job);
        giveBack(state, job);
      }
    }
  }

  function endDrain(state: QueueState): void {
    if (state.running.size + state.settling.size === 0 && state.round === undefined) state.draining?.ok();
  }

  /** To another worker, at once; it does not count as an attempt. */
  function giveBack(state: QueueState, job: TakenTask): void {
    state.inHand.delete(job.delivery.streamSeq);
    void handBack(job);
  }

  async function handBack({ delivery }: Pulled, delayMs = 0): Promise<void> {
    try {
      const note = await store.notes.read(delivery);
      await store.notes.write(delivery, { ...note, returned: note.returned + 1 });
    } catch (error) {
      options.log.debug({ error: toFailure(error) }, 'a note on a task could not be kept');
    }
    delivery.retry(delayMs);
  }

  function pauseBriefly(signal: AbortSignal): Promise<void> {
    return delay(options.clock, PULL_AGAIN_MS, signal).catch(() => undefined);
  }
}

const typeOf = ({ parsed }: ReadTask): string => (parsed.kind === 'task' ? parsed.task.type : '');

const sameLanes = (one: ReadonlySet<Lane>, other: ReadonlySet<Lane>): boolean =>
  one.size === other.size && [...one].every((lane) => other.has(lane));

const limitedIn = (state: QueueState): number =>
  [...state.gates.values()].reduce((sum, gate) => sum + gate.waiting.length, 0);

/** A task that was stored after the word on it is another one under the same key. */
function cancellationOf(state: QueueState, { parsed }: ReadTask): Cancellation | undefined {
  if (parsed.kind !== 'task' || state.cancelled.size === 0) return undefined;
  const cancellation = state.cancelled.get(parsed.task.id);
  return cancellation !== undefined && parsed.journey.firstStoredAt <= cancellation.at
    ? cancellation
    : undefined;
}

const reasonOf = ({ by, reason }: Cancellation): TradewrightError =>
  new TradewrightError('CANCELLED', `cancelled by ${by}${reason === '' ? '' : `: ${reason}`}`, {
    details: { by, reason },
  });
