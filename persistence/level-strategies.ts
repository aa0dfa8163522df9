import { z } from 'zod';
import { Author } from '../contracts/author.ts';
import { TradewrightError } from '../contracts/errors.ts';
import { StrategyId, WorkflowId } from '../contracts/ids.ts';
import type { StoredStrategy, StrategyStore } from '../contracts/ports/stores.ts';
import type { Database, WriteOperation } from './database.ts';
import type { GroupWriter } from './group-writer.ts';
import { keys } from './keys.ts';
import { Serial } from './serial.ts';

const Row = z.object({
  strategyId: StrategyId,
  version: z.number().int().positive(),
  symbol: z.string(),
  idea: z.string(),
  code: z.string(),
  codeSha256: z.string(),
  author: Author,
  workflowId: WorkflowId,
  parentVersion: z.number().int().positive().optional(),
  status: z.enum(['draft', 'active', 'withdrawn']),
  confidence: z.number().min(0).max(1),
  createdAt: z.number(),
  updatedAt: z.number(),
}) satisfies z.ZodType<StoredStrategy>;

/** Strategies by id and version, and per symbol the active ones, activated last first. */
export class LevelStrategies implements StrategyStore {
  readonly #database: Database;
  readonly #writer: GroupWriter;
  readonly #serial = new Serial();

  constructor(database: Database, writer: GroupWriter) {
    this.#database = database;
    this.#writer = writer;
  }

  put(strategy: StoredStrategy): Promise<void> {
    return this.#serial.run(async () => {
      const before = await this.get(strategy.strategyId, strategy.version);
      await this.#replace(before, strategy);
    });
  }

  async get(strategyId: StrategyId, version: number): Promise<StoredStrategy | undefined> {
    return this.#read(keys.strategy(strategyId, version));
  }

  async versions(strategyId: StrategyId): Promise<readonly StoredStrategy[]> {
    const rows = this.#database.level.iterator(keys.strategyVersions(strategyId));
    const found: StoredStrategy[] = [];
    for await (const [key, row] of rows) found.push(parsed(key, row));
    return found;
  }

  /** @throws NOT_FOUND */
  setStatus(
    strategyId: StrategyId,
    version: number,
    status: StoredStrategy['status'],
    now: number,
  ): Promise<void> {
    return this.#serial.run(async () => {
      const before = await this.get(strategyId, version);
      if (before === undefined) {
        throw new TradewrightError('NOT_FOUND', `there is no version ${version} of strategy ${strategyId}`);
      }
      if (before.status !== status) await this.#replace(before, { ...before, status, updatedAt: now });
    });
  }

  async latestActive(symbol: string): Promise<StoredStrategy | undefined> {
    const [key] = await this.#database.level.values({ ...keys.activeStrategies(symbol), limit: 1 }).all();
    return key === undefined ? undefined : this.#read(key);
  }

  async #replace(before: StoredStrategy | undefined, after: StoredStrategy): Promise<void> {
    const key = keys.strategy(after.strategyId, after.version);
    const operations: WriteOperation[] = [];
    if (before?.status === 'active') operations.push({ type: 'del', key: activeKey(before) });
    if (after.status === 'active') operations.push({ type: 'put', key: activeKey(after), value: key });
    operations.push({ type: 'put', key, value: JSON.stringify(after) });
    await this.#writer.submit(() => ({ operations, result: undefined }));
  }

  async #read(key: string): Promise<StoredStrategy | undefined> {
    const row = await this.#database.level.get(key);
    return row === undefined ? undefined : parsed(key, row);
  }
}

function parsed(key: string, row: string): StoredStrategy {
  try {
    return Row.parse(JSON.parse(row));
  } catch (error) {
    throw new TradewrightError('JOURNAL_CORRUPT', `the strategy under ${key} does not parse`, {
      cause: error,
    });
  }
}

const activeKey = ({ symbol, updatedAt, strategyId, version }: StoredStrategy): string =>
  keys.activeStrategy(symbol, updatedAt, strategyId, version);
