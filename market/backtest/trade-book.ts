import type { Trade } from '../../contracts/metrics.ts';
import { isoTime } from '../timeframe.ts';
import type { Fill } from './fill.ts';

interface OpenTrade {
  readonly sign: 1 | -1;
  readonly entryBar: number;
  readonly equityAtEntry: number;
  entryUnits: number;
  entryValue: number;
  exitUnits: number;
  exitValue: number;
  fees: number;
  slippage: number;
  borrow: number;
}

/**
 * Groups fills into round trips, from flat until flat. A fill that turns the position round ends one trade and begins the next,
 * its costs shared by units. Σ pnl over all trades, the open one included, is the change of equity.
 */
export class TradeBook {
  readonly #time: Float64Array;
  readonly #trades: Trade[] = [];
  #open: OpenTrade | undefined;
  #units = 0;

  constructor(time: Float64Array) {
    this.#time = time;
  }

  record(fill: Fill, bar: number, equityBefore: number): void {
    const before = this.#units;
    const turnsRound = before !== 0 && Math.sign(before + fill.units) === -Math.sign(before);
    const closingUnits = turnsRound ? -before : fill.units;
    this.#apply(part(fill, closingUnits), bar, equityBefore);
    if (turnsRound) this.#apply(part(fill, fill.units - closingUnits), bar, equityBefore);
  }

  /** Borrowing costs belong to the trade they are paid for. */
  addBorrow(cost: number): void {
    if (this.#open !== undefined) this.#open.borrow += cost;
  }

  /** All trades, oldest first; one still open is marked at `lastClose`, without costs of leaving. */
  finish(lastClose: number): Trade[] {
    if (this.#open === undefined) return this.#trades;
    return [...this.#trades, this.#toTrade(this.#open, null, Math.abs(this.#units) * lastClose)];
  }

  #apply(fill: Fill, bar: number, equityBefore: number): void {
    if (fill.units === 0) return;
    this.#open ??= {
      sign: fill.units > 0 ? 1 : -1,
      entryBar: bar,
      equityAtEntry: equityBefore,
      entryUnits: 0,
      entryValue: 0,
      exitUnits: 0,
      exitValue: 0,
      fees: 0,
      slippage: 0,
      borrow: 0,
    };
    const trade = this.#open;
    const units = Math.abs(fill.units);
    if (Math.sign(fill.units) === trade.sign) {
      trade.entryUnits += units;
      trade.entryValue += units * fill.price;
    } else {
      trade.exitUnits += units;
      trade.exitValue += units * fill.price;
    }
    trade.fees += fill.fee;
    trade.slippage += fill.slippage;
    this.#units += fill.units;
    if (this.#units === 0) {
      this.#trades.push(this.#toTrade(trade, bar, 0));
      this.#open = undefined;
    }
  }

  #toTrade(trade: OpenTrade, exitBar: number | null, heldValue: number): Trade {
    const leaving = trade.exitValue + heldValue;
    const gain = trade.sign > 0 ? leaving - trade.entryValue : trade.entryValue - leaving;
    const pnl = gain - trade.fees - trade.borrow; // slippage is in the prices already
    return {
      side: trade.sign > 0 ? 'long' : 'short',
      entryTime: isoTime(this.#time[trade.entryBar] ?? 0),
      entryPrice: trade.entryValue / trade.entryUnits,
      exitTime: exitBar === null ? null : isoTime(this.#time[exitBar] ?? 0),
      exitPrice: trade.exitUnits === 0 ? null : trade.exitValue / trade.exitUnits,
      pnl,
      pnlOfEquity: pnl / trade.equityAtEntry,
      costs: trade.fees + trade.slippage + trade.borrow,
      barsHeld: (exitBar ?? this.#time.length) - trade.entryBar,
      open: exitBar === null,
    };
  }
}

function part(fill: Fill, units: number): Fill {
  const share = fill.units === 0 ? 0 : units / fill.units;
  return { units, price: fill.price, fee: fill.fee * share, slippage: fill.slippage * share };
}
