import { TradewrightError } from '../contracts/errors.ts';
import type { TraceId, WorkflowId } from '../contracts/ids.ts';
import type { TraceStore } from '../contracts/ports/traces.ts';
import {
  Trace,
  type TraceList,
  type TracePage,
  type TraceQuery,
  TraceSummary,
  type TraceSummary as Summary,
} from '../contracts/trace.ts';
import type { Database, WriteOperation } from './database.ts';
import type { GroupWriter } from './group-writer.ts';
import type { KeyRange } from './keys.ts';
import { traceKeys } from './trace-keys.ts';
import { traceWords, wordsOf } from './trace-words.ts';

/** Places looked at for one page; the cursor goes on behind them. */
const MOST_LOOKED_AT = 20_000;

/** Traces by id; listed newest first, by workflow, strategy, model and word. A trace and its indexes are one write. */
export class LevelTraces implements TraceStore {
  readonly #database: Database;
  readonly #writer: GroupWriter;
  /** What is being written, by trace: writes of different traces share a commit. */
  readonly #writing = new Map<string, Promise<unknown>>();

  constructor(database: Database, writer: GroupWriter) {
    this.#database = database;
    this.#writer = writer;
  }

  put(trace: Trace): Promise<void> {
    return this.#inTurn(trace.traceId, async () => {
      const before = await this.get(trace.traceId);
      const stale = new Set(before ? indexKeys(before) : []);
      const operations: WriteOperation[] = [];
      for (const key of indexKeys(trace)) {
        if (!stale.delete(key)) operations.push({ type: 'put', key, value: '' });
      }
      for (const key of stale) operations.push({ type: 'del', key });
      const summary = JSON.stringify(summaryOf(trace));
      operations.push({ type: 'put', key: traceKeys.listed(placeOf(trace)), value: summary });
      operations.push({ type: 'put', key: traceKeys.row(trace.traceId), value: JSON.stringify(trace) });
      await this.#writer.submit(() => ({ operations, result: undefined }));
    });
  }

  async get(traceId: TraceId): Promise<Trace | undefined> {
    const row = await this.#database.level.get(traceKeys.row(traceId));
    return row === undefined ? undefined : parsed(Trace, row, `the trace ${traceId}`);
  }

  async search(query: TraceQuery): Promise<TraceList> {
    const items: Summary[] = [];
    const cursor = await this.#go(query, async (summary) => {
      items.push(summary);
      return items.length < query.limit;
    });
    return { items, ...(cursor === undefined ? {} : { cursor }) };
  }

  async page(query: TraceQuery, maxBytes: number): Promise<TracePage> {
    const items: Trace[] = [];
    let bytes = 0;
    const cursor = await this.#go(query, async ({ traceId }) => {
      const trace = await this.get(traceId);
      if (!trace) return true;
      bytes += Buffer.byteLength(JSON.stringify(trace)) + 1;
      if (items.length > 0 && bytes > maxBytes) return 'not this one';
      items.push(trace);
      return items.length < query.limit && bytes < maxBytes;
    });
    return { items, ...(cursor === undefined ? {} : { cursor }) };
  }

  async spentByWorkflow(workflowId: WorkflowId): Promise<number> {
    const scope = traceKeys.scopes.workflow(workflowId);
    let spent = 0;
    for await (const key of this.#database.level.keys(traceKeys.within(scope, '', undefined))) {
      spent += (await this.#listed(traceKeys.placeIn(scope, key)))?.budgetUsd ?? 0;
    }
    return spent;
  }

  async spentBetween(fromMs: number, beforeMs: number): Promise<number> {
    const { scopes, within, before } = traceKeys;
    let spent = 0;
    for await (const row of this.#database.level.values(
      within(scopes.all, before(beforeMs), before(fromMs)),
    )) {
      spent += parsed(TraceSummary, row, 'a row of the traces').budgetUsd;
    }
    return spent;
  }

  async retire(olderThanMs: number, limit: number): Promise<number> {
    const { scopes, within, before, placeIn, traceIn } = traceKeys;
    const range = within(scopes.all, before(olderThanMs), undefined);
    const keys = await this.#database.level.keys({ ...range, reverse: true, limit }).all();
    const places = keys.map((key) => placeIn(scopes.all, key));
    await Promise.all(places.map((place) => this.#delete(place, traceIn(place))));
    return keys.length;
  }

  #delete(place: string, traceId: string): Promise<void> {
    return this.#inTurn(traceId, async () => {
      const key = traceKeys.row(traceId);
      const row = await this.#database.level.get(key);
      const trace = row === undefined ? undefined : Trace.safeParse(JSON.parse(row)).data;
      const gone = [key, traceKeys.listed(place), ...(trace ? indexKeys(trace) : [])];
      const operations = gone.map((each): WriteOperation => ({ type: 'del', key: each }));
      await this.#writer.submit(() => ({ operations, result: undefined }));
    });
  }

  /** Reading and then writing one trace, one after another. */
  #inTurn(traceId: string, work: () => Promise<void>): Promise<void> {
    const mine = (this.#writing.get(traceId) ?? Promise.resolve()).then(work);
    const settled = mine.catch(() => undefined);
    this.#writing.set(traceId, settled);
    void settled.then(() => {
      if (this.#writing.get(traceId) === settled) this.#writing.delete(traceId);
    });
    return mine;
  }

  /**
   * Hands over what matches, newest first, until it is told to stop; gives the cursor of what comes behind, undefined at the end.
   * `not this one` stops before the one that was handed over.
   */
  async #go(
    query: TraceQuery,
    take: (summary: Summary) => Promise<boolean | 'not this one'>,
  ): Promise<string | undefined> {
    const words = wordsOf(query.text ?? '');
    if (words.length === 0 && (query.text ?? '').trim() !== '') return undefined;
    const [scope, ...others] = scopesOf(query, words);
    if (scope === undefined) return undefined;
    let looked = 0;
    for await (const key of this.#database.level.keys(rangeOf(query, scope))) {
      const place = traceKeys.placeIn(scope, key);
      looked += 1;
      if (looked > MOST_LOOKED_AT) return place;
      const summary = await this.#matching(query, place, others);
      if (!summary) continue;
      const taken = await take(summary);
      if (taken === 'not this one') return place;
      if (!taken) return traceKeys.after(place);
    }
    return undefined;
  }

  async #matching(query: TraceQuery, place: string, scopes: readonly string[]): Promise<Summary | undefined> {
    for (const scope of scopes) {
      if (!(await this.#database.level.has(traceKeys.in(scope, place)))) return undefined;
    }
    const summary = await this.#listed(place);
    if (!summary) return undefined;
    const { workflowId, strategyId, model, role, status } = query;
    const wanted = { workflowId, strategyId, model, role, status };
    const names = ['workflowId', 'strategyId', 'model', 'role', 'status'] as const;
    return names.every((name) => wanted[name] === undefined || wanted[name] === summary[name])
      ? summary
      : undefined;
  }

  async #listed(place: string): Promise<Summary | undefined> {
    const row = await this.#database.level.get(traceKeys.listed(place));
    return row === undefined ? undefined : parsed(TraceSummary, row, `the row of a trace at ${place}`);
  }
}

const placeOf = ({ startedAt, traceId }: Trace): string => traceKeys.place(startedAt, traceId);

function indexKeys(trace: Trace): readonly string[] {
  const { scopes } = traceKeys;
  const { workflowId, strategyId, model } = trace;
  const place = placeOf(trace);
  const all = [
    scopes.workflow(workflowId),
    ...(strategyId === null ? [] : [scopes.strategy(strategyId)]),
    scopes.model(model),
    ...traceWords(trace).map(scopes.word),
  ];
  return all.map((scope) => traceKeys.in(scope, place));
}

/** The indexes that a place must be in, the one with the fewest places first. */
function scopesOf(
  { workflowId, strategyId, model }: TraceQuery,
  words: readonly string[],
): readonly string[] {
  const { scopes } = traceKeys;
  // Long words are rarer.
  const rarest = [...words].sort((a, b) => b.length - a.length).map(scopes.word);
  const given = [
    ...(workflowId === undefined ? [] : [scopes.workflow(workflowId)]),
    ...(strategyId === undefined ? [] : [scopes.strategy(strategyId)]),
    ...rarest,
    ...(model === undefined ? [] : [scopes.model(model)]),
  ];
  return given.length === 0 ? [scopes.all] : given;
}

function rangeOf({ from, before, cursor }: TraceQuery, scope: string): KeyRange {
  const starts = [before === undefined ? '' : traceKeys.before(Date.parse(before)), cursor ?? ''];
  const start = starts.sort().at(-1) ?? '';
  return traceKeys.within(scope, start, from === undefined ? undefined : traceKeys.before(Date.parse(from)));
}

function summaryOf(trace: Trace): Summary {
  const { error, review, trial, status } = trace;
  const against = review?.syntaxError
    ? `syntax: ${review.syntaxError.message}`
    : review?.blocked
      ? `blocked: code risk ${review.codeRisk}`
      : trial && !trial.ok
        ? `${trial.errorKind ?? 'failed'}: ${trial.message}`
        : 'ok';
  const verdict = error ? error.code : status === 'asked' ? 'under way' : against;
  return TraceSummary.parse({ ...trace, verdict: verdict.slice(0, 200) });
}

function parsed<S extends typeof Trace | typeof TraceSummary>(
  schema: S,
  row: string,
  what: string,
): S['_output'] {
  try {
    return schema.parse(JSON.parse(row));
  } catch (cause) {
    throw new TradewrightError('JOURNAL_CORRUPT', `${what} does not parse`, { cause });
  }
}
