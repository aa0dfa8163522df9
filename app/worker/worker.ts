import { join } from 'node:path';
import { mkdir } from 'node:fs/promises';
import { agentRevisions } from '../../actors/agent/revisions.ts';
import { agentEffects } from '../../actors/agent/agent-effects.ts';
import { createActorSystem, nactJournalEngine } from '../../actors/kernel/index.ts';
import { libraryEffects } from '../../actors/library/library-effects.ts';
import { RiskDesk } from '../../actors/router/risk-desk.ts';
import { routerEffects } from '../../actors/router/router-effects.ts';
import { sandboxJudge } from '../../actors/sandbox/sandbox-judge.ts';
import { ProgramLeases } from '../../actors/sandbox/program-leases.ts';
import { sandboxEffects } from '../../actors/sandbox/sandbox-effects.ts';
import { SagaMetrics } from '../../actors/saga/saga-metrics.ts';
import { spawnTree } from '../../actors/tree.ts';
import { durabilityOf } from '../../contracts/durability.ts';
import { TradewrightError } from '../../contracts/errors.ts';
import { randomKey } from '../../contracts/ids.ts';
import type { Clock } from '../../contracts/ports/clock.ts';
import type { Log } from '../../contracts/ports/log.ts';
import type { Symbol } from '../../contracts/symbol.ts';
import { createGateway } from '../../gateway/index.ts';
import { openMarketData } from '../../market/data/index.ts';
import { defaultRiskLimits } from '../../market/index.ts';
import { startRelay } from '../../messaging/index.ts';
import { openStore } from '../../persistence/index.ts';
import { rememberReviews, reviewCode } from '../../sandbox-pool/validator/index.ts';
import { WorkflowRegistry } from '../../workflows/engine/definition.ts';
import { tradingWorkflows } from '../../workflows/index.ts';
import type { Config } from '../config/config.ts';
import { publishedByOther } from './published.ts';
import { answerAgentQueries } from './agent-queries.ts';
import { agentStatus } from './agent-status.ts';
import { answerQueries, workflowReader } from './queries.ts';
import { answerUpkeep } from './journal-upkeep.ts';
import { answerSandbox } from './sandbox-questions.ts';
import { openAgent } from './model.ts';
import { queueMetrics } from '../telemetry/metrics.ts';
import { openNats } from './nats.ts';
import { keepRetention } from './retention.ts';
import { keepTraceRetention } from './trace-retention.ts';
import { reconcileSignals } from './reconcile.ts';
import { openPool } from './engine.ts';
import { startQueue } from './queue.ts';
import { Shutdown } from './shutdown.ts';
import packageJson from '../../package.json' with { type: 'json' };

/** How long a container waits for the next step of its program. */
const LEASE_IDLE_MS = 10_000;
const RUN_TIMEOUT_MS = 30_000;
const LEASE_WAIT_MS = 120_000;
/** The latest bars, on which code is tried before the full run; more than most windows and their warm-up need. */
const TRIAL_BARS = 1_200;
const TRIAL_TIMEOUT_MS = 10_000;
const LINGER_MS = 30_000;
/** Batches between snapshots: a workflow of usual length needs none. */
const SNAPSHOT_EVERY = 50;

export interface Worker {
  readonly gatewayUrl: string;
  readonly natsUrl: string;
  /** Resolves with the cause when a part is lost for good: the process had better end. */
  readonly lost: Promise<TradewrightError>;
  stop(): Promise<void>;
}

/** Every role in one process. What fails on the way up is closed again in order. */
export async function startWorker(options: {
  readonly config: Config;
  readonly clock: Clock;
  readonly log: Log;
  readonly random: () => number;
  readonly progress: (text: string) => void;
}): Promise<Worker> {
  const { log } = options;
  const shutdown = new Shutdown(log);
  try {
    return await start(options, shutdown);
  } catch (error) {
    await shutdown.run();
    throw error;
  }
}

async function start(
  { config, clock, log, random, progress }: Parameters<typeof startWorker>[0],
  shutdown: Shutdown,
): Promise<Worker> {
  let lose: (error: TradewrightError) => void = () => undefined;
  const lost = new Promise<TradewrightError>((resolve) => (lose = resolve));

  await mkdir(config.dataDir, { recursive: true, mode: 0o700 });
  const store = await openStore({ dir: join(config.dataDir, 'journal'), log, clock });
  shutdown.add('journal', () => store.close());
  progress(`journal open: ${store.journal.eventCount()} events`);

  const system = createActorSystem({
    name: 'tradewright',
    clock,
    log,
    journalEngine: nactJournalEngine(store.journal, log),
    onFailed: ({ path, failure }) =>
      lose(
        new TradewrightError('INTERNAL', `actor ${path} was given up: ${failure?.message ?? 'no reason'}`),
      ),
  });
  // Both take their time, and neither needs the other; what one opened is closed even when the other fails.
  const [nats, pool] = await bothOrNeither(
    openNats(config, clock, log, shutdown, (error) => lose(error)),
    openPool(config, system, clock, log, shutdown),
  );
  const { messaging } = nats;
  progress(`nats-server ${messaging.serverVersion} ${nats.adopted ? 'adopted' : 'up'} at ${messaging.url}`);
  const runtime = await pool.runtime();
  if (!runtime.seccomp.proven) {
    throw new TradewrightError(
      'SECCOMP_MISSING',
      'a container let a forbidden system call pass: nothing runs here',
    );
  }
  progress(`${pool.stats().warm} warm containers on ${runtime.engine} ${runtime.version}, seccomp proven`);

  const market = openMarketData({ csvDirectory: config.barsDir });
  const knownSymbols = await market.knownSymbols();
  const bars = (symbol: Symbol) => market.loadBars(symbol);
  const review = rememberReviews(reviewCode);
  const judge = sandboxJudge({
    pool,
    review,
    bars,
    sliceBars: TRIAL_BARS,
    runTimeoutMs: TRIAL_TIMEOUT_MS,
    leaseWaitMs: LEASE_WAIT_MS,
    random,
  });
  const agent = await openAgent({ config, store, judge, clock, log, shutdown });
  const { strategies, riskBook: book, artifacts, journal } = store;
  const { outbox, live } = messaging;
  const leases = new ProgramLeases({ pool, clock, idleMs: LEASE_IDLE_MS });
  const desk = new RiskDesk({
    clock,
    book,
    capital: config.capital,
    limits: defaultRiskLimits(config.capital),
    killSwitch: () => ({
      engaged: config.killSwitch,
      reason: config.killSwitch ? 'switched on by the operator' : '',
    }),
    published: publishedByOther(outbox),
  });

  const registry = new WorkflowRegistry(tradingWorkflows);
  const revisions = {
    ...agentRevisions(agent.author),
    ...Object.fromEntries(
      ['sandbox.review', 'sandbox.backtest', 'sandbox.assess'].map((effect) => [effect, runtime.image]),
    ),
  };
  const metrics = new SagaMetrics();
  const sagas = await spawnTree({
    system,
    clock,
    random,
    revisions,
    registry,
    journal,
    live: (workflowId, channel, text) => live.send(workflowId, channel, text),
    recorded: (event) => {
      metrics.recorded(event);
      const { workflowId, seq, fact } = event;
      log.info({ workflowId, seq, fact: fact.type }, 'recorded');
    },
    lingerMs: LINGER_MS,
    mostBusy: config.mostRunning,
    snapshotEvery: SNAPSHOT_EVERY,
    library: { handlers: libraryEffects(strategies, clock), concurrency: 8 },
    agent: {
      handlers: agentEffects({
        agent,
        clock,
        strategies,
        barsInfo: async (symbol) => (await bars(symbol)).info,
      }),
      concurrency: 64,
    },
    sandbox: {
      handlers: sandboxEffects({
        clock,
        leases,
        review,
        validation: config.validation,
        bars,
        artifacts,
        settings: { initialCapital: config.capital },
        random,
        cuts: { sameLease: 24, freshLease: 20 },
        runTimeoutMs: RUN_TIMEOUT_MS,
        leaseWaitMs: LEASE_WAIT_MS,
      }),
      concurrency: config.pool.max,
      onStop: () => leases.releaseAll(),
    },
    router: { handlers: routerEffects({ clock, outbox, desk, book, strategies }), concurrency: 1 },
  });
  const relay = startRelay({ journal, feed: messaging.events, clock, log });
  shutdown.add('relay', () => relay.stop());
  shutdown.add('actors', () => system.stop());

  shutdown.add('retention', keepRetention({ upkeep: store.upkeep, days: config.retentionDays, clock, log }));
  const { traces, answers } = store;
  shutdown.add(
    'trace retention',
    keepTraceRetention({ traces, answers, days: config.traceDays, clock, log }),
  );
  const recovered = await sagas.recover();
  if (recovered > 0) progress(`${recovered} open workflows taken up again`);
  const missing = await reconcileSignals({ journal, sagas, outbox, desk, clock, log });
  if (missing > 0) progress(`${missing} signals of the last minutes were missing in the signal store`);
  const queue = startQueue({
    system,
    ports: messaging,
    sagas,
    registry,
    clock,
    log,
    random,
    ...config.queue,
  });
  shutdown.add('queue', () => queue.stop());
  const workflow = workflowReader({ sagas, upkeep: store.upkeep, registry });
  shutdown.add(
    'queries',
    answerQueries({
      queries: messaging.queries,
      workflow,
      journal,
      upkeep: store.upkeep,
      registry,
      revisions,
      status: async () => ({
        ready: store.upkeep.accepting,
        version: packageJson.version,
        pid: process.pid,
        nats: {
          version: messaging.serverVersion,
          adopted: nats.adopted,
          url: messaging.url,
          durability: durabilityOf(nats.syncInterval),
        },
        runtime,
        author: agent.author.label,
        pool: { ...pool.stats(), ...pool.health() },
        journal: { events: journal.eventCount(), lastCommit: journal.lastCommit() },
        dataDir: config.dataDir,
        sagas: { ...metrics.counts, inMemory: sagas.inMemory, quarantined: sagas.quarantined.size },
        queue: { ...(await queue.statistics()) },
        agent: await agentStatus(agent),
      }),
    }),
  );
  shutdown.add(
    'agent queries',
    answerAgentQueries({ queries: messaging.queries, traces, strategies, workflow }),
  );

  shutdown.add(
    'upkeep',
    answerUpkeep({ queries: messaging.queries, upkeep: store.upkeep, backupDir: config.backupDir, clock }),
  );

  shutdown.add(
    'sandbox questions',
    answerSandbox({
      queries: messaging.queries,
      programs: messaging.programs,
      pool,
      review,
      validation: config.validation,
    }),
  );

  const { host, port, token } = config.gateway;
  const gateway = await createGateway({
    host,
    port,
    tasks: messaging.tasks,
    queue: messaging,
    metrics: queueMetrics(queue, metrics, clock),
    queries: messaging.queries,
    events: messaging.events,
    live,
    programs: messaging.programs,
    clock,
    log,
    knownSymbols: () => knownSymbols,
    auth: token === undefined ? undefined : { token },
    newKey: randomKey,
  });
  shutdown.add('gateway', () => gateway.close());
  return { gatewayUrl: gateway.url, natsUrl: messaging.url, lost, stop: () => shutdown.run() };
}

async function bothOrNeither<A, B>(a: Promise<A>, b: Promise<B>): Promise<[A, B]> {
  const [first, second] = await Promise.allSettled([a, b]);
  if (first.status === 'rejected') throw first.reason;
  if (second.status === 'rejected') throw second.reason;
  return [first.value, second.value];
}
