import type { BarColumns } from '../../contracts/bars.ts';
import type { BacktestSettings, Trade } from '../../contracts/metrics.ts';
import { DAY_MS } from '../timeframe.ts';
import { bps, fillOf, unitsToTrade, type FillTerms } from './fill.ts';
import { TradeBook } from './trade-book.ts';

/** What an account went through: arrays have one entry per bar, money is in currency. */
export interface Simulation {
  /** Cash and holding, marked at the bar's close. */
  readonly equity: Float64Array;
  /** Holding over equity at the bar's close: the target, drifted with the price. 0 when flat. */
  readonly weight: Float64Array;
  readonly trades: readonly Trade[];
  readonly costs: { readonly fees: number; readonly slippage: number; readonly borrow: number };
  /** Σ cost ÷ equity before that cost, over all costs. */
  readonly costsOfEquity: number;
  /** Σ |traded notional at the open| ÷ equity before the trade, buys and sales both counted. */
  readonly turnover: number;
  /** Bar in which a short or leveraged position had consumed all capital: it is closed and equity stays 0. */
  readonly ruinedAtBar: number | null;
  /** Currency still owed then; 0 otherwise. */
  readonly shortfall: number;
}

const noCost: FillTerms = { fee: 0, slippage: 0 };

/**
 * Walks an account over the bars. `targets[i]` is decided at the close of bar i and filled at the open of bar i + 1 when it differs
 * from the target before; between fills the number of units stays, so the weight drifts with the price. Cash earns nothing.
 * Prices are looked at at the open and the close only: a short that would have been ruined in between and recovered is not seen.
 */
export function simulate(bars: BarColumns, targets: Float64Array, settings: BacktestSettings): Simulation {
  const terms: FillTerms = { fee: bps(settings.feeBps), slippage: bps(settings.slippageBps) };
  const count = bars.time.length;
  const equity = new Float64Array(count);
  const weight = new Float64Array(count);
  const book = new TradeBook(bars.time);
  const costs = { fees: 0, slippage: 0, borrow: 0 };
  let cash = settings.initialCapital;
  let units = 0;
  let costsOfEquity = 0;
  let turnover = 0;
  let ruinedAtBar: number | null = null;
  let shortfall = 0;

  const ruin = (bar: number, price: number): void => {
    const worth = cash + units * price;
    if (units !== 0) book.record(fillOf(-units, price, noCost), bar, worth);
    ruinedAtBar = bar;
    shortfall = Math.max(0, -worth);
    cash = 0;
    units = 0;
  };

  const payBorrow = (bar: number, previousClose: number): void => {
    const borrowed = Math.max(0, -units * previousClose) + Math.max(0, -cash);
    if (borrowed === 0) return;
    const years = (at(bars.time, bar) - at(bars.time, bar - 1)) / (365 * DAY_MS);
    const cost = borrowed * bps(settings.borrowBpsPerYear) * years;
    costsOfEquity += cost / (cash + units * previousClose);
    cash -= cost;
    costs.borrow += cost;
    book.addBorrow(cost);
  };

  const fillTarget = (bar: number, target: number): void => {
    const open = at(bars.open, bar);
    const before = cash + units * open;
    const toTrade = unitsToTrade({ units, equity: before }, target * settings.leverage, open, terms);
    if (toTrade === 0) return;
    const fill = fillOf(toTrade, open, terms);
    cash -= fill.units * fill.price + fill.fee;
    units = target === 0 ? 0 : units + fill.units;
    costs.fees += fill.fee;
    costs.slippage += fill.slippage;
    costsOfEquity += (fill.fee + fill.slippage) / before;
    turnover += (Math.abs(fill.units) * open) / before;
    book.record(fill, bar, before);
  };

  for (let bar = 0; bar < count; bar += 1) {
    const open = at(bars.open, bar);
    const close = at(bars.close, bar);
    if (bar > 0 && ruinedAtBar === null) {
      payBorrow(bar, at(bars.close, bar - 1));
      if (cash + units * open <= 0) ruin(bar, open);
      else if (at(targets, bar - 1) !== (bar > 1 ? at(targets, bar - 2) : 0)) {
        fillTarget(bar, at(targets, bar - 1));
      }
    }
    if (ruinedAtBar === null && cash + units * close <= 0) ruin(bar, close);
    const worth = cash + units * close;
    equity[bar] = worth;
    weight[bar] = worth > 0 ? (units * close) / worth : 0;
  }
  const trades = book.finish(count === 0 ? 0 : at(bars.close, count - 1));
  return { equity, weight, trades, costs, costsOfEquity, turnover, ruinedAtBar, shortfall };
}

/** Indexing within the known length. */
function at(column: Float64Array, index: number): number {
  return column[index] as number;
}
