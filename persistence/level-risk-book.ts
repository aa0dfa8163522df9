import { z } from 'zod';
import { EpochMs, Mode } from '../contracts/envelope.ts';
import { TradewrightError } from '../contracts/errors.ts';
import { ReservationId, WorkflowId } from '../contracts/ids.ts';
import type { Reservation, RiskBook } from '../contracts/ports/stores.ts';
import { GateSignal } from '../contracts/risk.ts';
import type { Database, WriteOperation } from './database.ts';
import type { GroupWriter } from './group-writer.ts';
import { keys } from './keys.ts';
import { Serial } from './serial.ts';

const Row = z.object({
  reservationId: ReservationId,
  workflowId: WorkflowId,
  mode: Mode,
  signals: z.array(GateSignal),
  state: z.enum(['held', 'used', 'released']),
  createdAt: EpochMs,
}) satisfies z.ZodType<Reservation>;

/** Reservations by id, and per mode by time those that count. */
export class LevelRiskBook implements RiskBook {
  readonly #database: Database;
  readonly #writer: GroupWriter;
  readonly #serial = new Serial();

  constructor(database: Database, writer: GroupWriter) {
    this.#database = database;
    this.#writer = writer;
  }

  reserve(reservation: Reservation): Promise<void> {
    return this.#serial.run(async () => {
      const key = keys.reservation(reservation.reservationId);
      const row = await this.#database.level.get(key);
      if (row === undefined) return this.#store(reservation);
      // Decided again after a crash: what is held is what will be published; since when it counts stays.
      const before = parse(key, row);
      if (before.state === 'held') await this.#store({ ...reservation, createdAt: before.createdAt });
    });
  }

  settle(reservationId: ReservationId, state: 'used' | 'released'): Promise<void> {
    return this.#serial.run(async () => {
      const key = keys.reservation(reservationId);
      const row = await this.#database.level.get(key);
      if (row === undefined) return;
      const before = parse(key, row);
      if (before.state !== state) await this.#store({ ...before, state });
    });
  }

  async reservations(mode: Mode, since: number): Promise<readonly Reservation[]> {
    const found = await this.#database.level.keys(keys.reservedSince(mode, since)).all();
    const rowKeys = found.map((key) => keys.reservation(keys.reservationIn(key)));
    const rows = await this.#database.level.getMany(rowKeys);
    return rows
      .flatMap((row, index) => (row === undefined ? [] : [parse(rowKeys[index] ?? '', row)]))
      .filter(({ state }) => state !== 'released');
  }

  #store(reservation: Reservation): Promise<void> {
    const { reservationId, mode, createdAt, state } = reservation;
    const index = keys.reserved(mode, createdAt, reservationId);
    const operations: WriteOperation[] = [
      { type: 'put', key: keys.reservation(reservationId), value: JSON.stringify(reservation) },
      state === 'released' ? { type: 'del', key: index } : { type: 'put', key: index, value: '' },
    ];
    return this.#writer.submit(() => ({ operations, result: undefined }));
  }
}

function parse(key: string, row: string): Reservation {
  try {
    return Row.parse(JSON.parse(row));
  } catch (error) {
    throw new TradewrightError('JOURNAL_CORRUPT', `the reservation under ${key} does not parse`, {
      cause: error,
    });
  }
}
