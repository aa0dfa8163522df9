import { randomUUID } from 'node:crypto';
import { WebSocket } from 'ws';
import { z } from 'zod';
import type { SystemStatus } from '../../contracts/api.ts';
import { type Client, createClient } from '../../contracts/client/index.ts';
import { BacktestStepResult } from '../../contracts/effects/backtest.ts';
import { TradewrightError } from '../../contracts/errors.ts';
import { type WorkflowId, workflowIdFrom } from '../../contracts/ids.ts';
import { toSubjectToken } from '../../contracts/symbol.ts';
import { isTerminal, WorkflowState, type WorkflowView } from '../../contracts/workflow-view.ts';
import type { Config } from '../config/config.ts';
import { LineProcess } from './line-process.ts';
import type { DemoOptions } from './options.ts';
import { Receiver } from './receiver.ts';
import { type Crash, type DemoResult, resultOf } from './result.ts';
import { type Print, Terminal } from './terminal.ts';
import { startWorkerProcess, type WorkerProcess } from '../worker/worker-process.ts';

/** How long the gateway may be away: the time in which a killed worker has to be back. */
const MAX_OUTAGE_MS = 60_000;
/** A day; without `--once` a person has that long when the risk asks for one. */
const DECISION_MS = 24 * 3_600_000;
/** Smaller than any signal: the store is full from the first one on. */
const NO_ROOM_BYTES = 1;

export interface Demo {
  readonly result: DemoResult;
  readonly status: SystemStatus;
  readonly gatewayUrl: string;
  /** Stops the worker; `--once` has done it already. */
  stop(): Promise<void>;
}

/** Runs one scenario on real parts, each in a process of its own. */
export async function runDemo(options: DemoOptions, config: Config, print: Print): Promise<Demo> {
  const scene = new Scene(options, config, print);
  try {
    return await scene.play();
  } catch (error) {
    await scene.stop();
    throw error;
  }
}

class Scene {
  readonly #options: DemoOptions;
  readonly #config: Config;
  readonly #print: Print;
  #worker: WorkerProcess | undefined;
  #receiver: Receiver | undefined;

  constructor(options: DemoOptions, config: Config, print: Print) {
    this.#options = options;
    this.#config = config;
    this.#print = print;
  }

  async play(): Promise<Demo> {
    const worker = await this.#startWorker(0);
    const client = createClient({ baseUrl: worker.gatewayUrl, WebSocket });
    const receiver = new Receiver(worker.natsUrl, this.#print);
    this.#receiver = receiver;
    await receiver.listening();
    const { scenario } = this.#options;
    const played = scenario === 'signal' ? await this.#signal(client, worker) : await this.#strategy(client);
    const status = await client.status();
    await receiver.finish();
    const { view } = played;
    const result = resultOf({ ...played, status, received: receiver.countOf(view.workflowId) });
    if (this.#options.once) await this.stop();
    return { result, status, gatewayUrl: worker.gatewayUrl, stop: () => this.stop() };
  }

  async stop(): Promise<void> {
    await this.#receiver?.finish().catch(() => undefined);
    await this.#worker?.stop();
  }

  async #startWorker(gatewayPort: number): Promise<WorkerProcess> {
    const full = this.#options.scenario === 'failing' ? String(NO_ROOM_BYTES) : '';
    const worker = await startWorkerProcess({
      environment: {
        ...this.#config.environment,
        TRADEWRIGHT_DATA_DIR: this.#config.dataDir,
        TRADEWRIGHT_GATEWAY_PORT: String(gatewayPort),
        TRADEWRIGHT_SIGNAL_STORE_BYTES: full,
        // The demo never touches a server of the user's own.
        NATS_URL: '',
      },
      progress: (text) => this.#print(`  ${text}`),
    });
    this.#worker = worker;
    this.#print(`  worker ${worker.pid} serves ${worker.gatewayUrl}`);
    return worker;
  }

  async #strategy(client: Client): Promise<{ view: WorkflowView; crash?: Crash }> {
    const { idea, symbol, seed, once } = this.#options;
    this.#print(`\nIdea: ${idea}`);
    const { workflowId } = await client.postWorkflow({
      idea,
      symbol,
      seed,
      mode: 'historical',
      decision: { deadlineMs: once ? 0 : DECISION_MS, onDeadline: 'reject' },
      idempotencyKey: randomUUID(),
    });
    return this.#watch(client, workflowId);
  }

  /** Follows a workflow to its end over the WebSocket; kills and restarts the worker on the way where that is the scenario. */
  async #watch(client: Client, workflowId: WorkflowId): Promise<{ view: WorkflowView; crash?: Crash }> {
    const terminal = new Terminal(this.#print);
    let crash: Crash | undefined;
    for await (const message of client.follow(workflowId, { maxOutageMs: MAX_OUTAGE_MS })) {
      terminal.show(message);
      if (message.type !== 'event') continue;
      const { fact, stateAfter } = message.event;
      if (
        this.#options.scenario === 'crash' &&
        !crash &&
        fact.type === 'StepStarted' &&
        fact.step === 'backtest'
      ) {
        crash = await this.#crash(fact.step);
      }
      if (isTerminal(WorkflowState.parse(stateAfter))) break;
    }
    const view = await client.getWorkflow(workflowId);
    return crash === undefined ? { view } : { view, crash };
  }

  async #crash(duringStep: string): Promise<Crash> {
    const victim = this.#worker;
    if (!victim) throw new TradewrightError('INTERNAL', 'there is no worker to kill');
    await victim.kill();
    const { signal } = await victim.exited;
    this.#print(
      `  ☠ worker ${victim.pid} killed with ${signal} during ${duringStep}; starting it again on the same folder`,
    );
    const worker = await this.#startWorker(Number(new URL(victim.gatewayUrl).port));
    return { pid: victim.pid, signal: signal ?? 'none', duringStep, restartedPid: worker.pid };
  }

  /** A bare NATS client publishes; what comes back on its `replyTo` is the answer. */
  async #signal(client: Client, worker: WorkerProcess): Promise<{ view: WorkflowView; answer: unknown }> {
    const strategy = await this.#latestStrategy(client);
    const backtest = BacktestStepResult.parse(strategy.steps.find(({ name }) => name === 'backtest')?.result);
    const { symbol } = this.#options;
    const now = backtest.candidates.at(-1);
    const signal = {
      id: `demo-${randomUUID()}`,
      symbol,
      // What the strategy wants just now; the opposite would be refused with STRATEGY_DISAGREES.
      action: (now?.targetPosition ?? 0) > 0 ? 'buy' : 'sell',
      price: now?.priceReference ?? 1,
      time: this.#nextSignalTime(backtest.bars.to),
      source: 'demo',
      confidence: 0.7,
      mode: 'historical',
    };
    this.#print(`\nSignal on signals.in.${symbol}: ${JSON.stringify(signal)}`);
    const publisher = new LineProcess('publish-signal.mjs', [worker.natsUrl, JSON.stringify(signal)]);
    const workflowId = workflowIdFrom(`signal:${toSubjectToken(symbol.toUpperCase())}:${signal.id}`);
    const { view } = await this.#watch(client, workflowId);
    const { answer } = await publisher.line((line) => z.object({ answer: z.unknown() }).safeParse(line).data);
    await publisher.end();
    this.#print(`\nAnswer on replyTo: ${JSON.stringify(answer).slice(0, 400)}`);
    return { view, answer };
  }

  async #latestStrategy(client: Client): Promise<WorkflowView> {
    const { items } = await client.list({ definition: 'strategy', state: 'COMPLETED', limit: 50 });
    const published = items.find(
      ({ outcome, labels }) =>
        outcome === 'published' && labels['symbol'] === this.#options.symbol.toUpperCase(),
    );
    if (published) return client.getWorkflow(published.workflowId);
    this.#print('\nNo strategy has been made here yet: making one first.');
    const { view } = await this.#strategy(client);
    if (view.outcome !== 'published') {
      throw new TradewrightError(
        'STRATEGY_NOT_FOUND',
        `no strategy to run the signal through: ${view.reason ?? view.state}`,
      );
    }
    return view;
  }

  /** The business day after the last bar: what comes in today on data of yesterday. */
  #nextSignalTime(lastBar: string): string {
    const time = new Date(lastBar);
    do time.setUTCDate(time.getUTCDate() + 1);
    while (time.getUTCDay() === 0 || time.getUTCDay() === 6);
    time.setUTCHours(15, 0, 0, 0);
    return time.toISOString();
  }
}
