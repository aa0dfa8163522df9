import { z } from 'zod';
import type { AnswerStore, KeptAnswer } from '../contracts/ports/traces.ts';
import type { Database, WriteOperation } from './database.ts';
import type { GroupWriter } from './group-writer.ts';
import { traceKeys } from './trace-keys.ts';

const Row = z.object({
  answer: z.string(),
  reasoning: z.string(),
  finishReason: z.string(),
  model: z.string(),
  at: z.number(),
}) satisfies z.ZodType<KeptAnswer>;

/** Answers of the model by the digest of what decided them. A row that does not parse counts as none: it is asked again. */
export class LevelAnswers implements AnswerStore {
  readonly #database: Database;
  readonly #writer: GroupWriter;

  constructor(database: Database, writer: GroupWriter) {
    this.#database = database;
    this.#writer = writer;
  }

  async get(key: string): Promise<KeptAnswer | undefined> {
    const row = await this.#database.level.get(traceKeys.answer(key));
    if (row === undefined) return undefined;
    try {
      return Row.safeParse(JSON.parse(row)).data;
    } catch {
      return undefined;
    }
  }

  async put(key: string, answer: KeptAnswer): Promise<void> {
    const operations: WriteOperation[] = [
      { type: 'put', key: traceKeys.answer(key), value: JSON.stringify(answer) },
      { type: 'put', key: traceKeys.answerAt(answer.at, key), value: '' },
    ];
    await this.#writer.submit(() => ({ operations, result: undefined }));
  }

  async retire(olderThanMs: number, limit: number): Promise<number> {
    const range = traceKeys.answersBefore(olderThanMs);
    const places = await this.#database.level.keys({ ...range, limit }).all();
    const operations: WriteOperation[] = [];
    for (const place of places) {
      operations.push({ type: 'del', key: place });
      const key = traceKeys.answerIn(place);
      const newer = await this.get(key);
      // One that was written anew has another place.
      if (!newer || newer.at < olderThanMs) operations.push({ type: 'del', key: traceKeys.answer(key) });
    }
    if (operations.length > 0) await this.#writer.submit(() => ({ operations, result: undefined }));
    return places.length;
  }
}
