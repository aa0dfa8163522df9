"""Bars as a strategy gets them, and the positions it gives back. Loads pandas."""

import numpy as np
import pandas as pd

from faults import ContractBroken

COLUMNS = ("open", "high", "low", "close", "volume")
ROUNDING = 1e-9


def bars_from(payload, count):
    """A data frame of its own for every run: what the program does to it ends with the run."""
    columns = np.frombuffer(payload, dtype="<f8", count=6 * count).reshape(6, count)
    index = pd.DatetimeIndex(columns[0].astype("int64") * 1_000_000, tz="UTC", name="time")
    return pd.DataFrame({name: columns[i + 1].copy() for i, name in enumerate(COLUMNS)}, index=index)


def positions_from(result, index, warmup):
    """The result as float64, one per bar, or ContractBroken saying what is wrong and where."""
    if not isinstance(result, pd.Series):
        raise ContractBroken(f"generate_signals must return a pandas Series, not {type(result).__name__}")
    if len(result) != len(index):
        raise ContractBroken(f"generate_signals returned {len(result)} positions for {len(index)} bars")
    if not result.index.equals(index):
        raise ContractBroken("the positions must stand on the same index as the bars")
    if result.dtype.kind not in "biuf":
        raise ContractBroken(f"the positions must be float, not {result.dtype}")
    values = np.array(result.to_numpy(dtype="float64", na_value=np.nan), dtype="<f8")
    wrong = np.isinf(values) | (np.abs(values) > 1 + ROUNDING)
    wrong[warmup:] |= np.isnan(values[warmup:])
    if wrong.any():
        at = int(np.argmax(wrong))
        what = f"position {values[at]} at bar {at} ({index[at].isoformat()})"
        if np.isnan(values[at]):
            raise ContractBroken(f"{what}: NaN is allowed only in the first WARMUP_BARS = {warmup} bars")
        raise ContractBroken(f"{what} is outside [-1, 1]")
    return np.clip(values, -1.0, 1.0)
