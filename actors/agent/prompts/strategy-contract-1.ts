/** The contract of a strategy as a model is told it, version 1. */
export const STRATEGY_CONTRACT_1 = `The strategy is one Python 3.11 module with this interface:

    WARMUP_BARS = <int literal>        # bars at the start for which it cannot decide yet

    def generate_signals(bars: pd.DataFrame) -> pd.Series:
        ...

- bars: a pandas DataFrame, oldest first, columns open, high, low, close, volume (float64), indexed by a UTC DatetimeIndex.
  One row per bar. It may be any prefix of the history, also one shorter than WARMUP_BARS. Do not change it in place.
- Return a float Series on exactly the same index: the target position after each bar's close, as a fraction of capital
  from -1.0 (fully short) over 0.0 (flat) to 1.0 (fully long). Clip it to [-1.0, 1.0].
- From row WARMUP_BARS on there must be no NaN. Before it, return 0.0.
- A position is decided at the close of its bar and filled at the next open. Row t may use rows 0..t only. No look-ahead:
  no shift(-n), no centred windows, no backward fill, no statistics over the whole series. The function is run again on
  shortened histories and every row must come out the same.
- Pure and deterministic: no input or output, no files, no network, no clock, no randomness, no global state, no printing.
- Allowed imports: numpy, pandas, math, statistics. Nothing else. No eval, exec, open, getattr, dunder names or
  read_*/to_* functions.
- Vectorised pandas; it must finish 20,000 bars within 5 seconds and 256 MiB.
- Few parameters, as named constants at the top, each with a comment that says what it is. No constants fitted to dates.`;
