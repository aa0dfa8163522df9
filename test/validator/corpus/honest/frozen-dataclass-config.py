from __future__ import annotations
from dataclasses import dataclass, field
from typing import ClassVar, Final
import numpy as np
import pandas as pd

WARMUP_BARS: Final = 60

@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    fast: int = 10
    slow: int = 50
    weights: tuple[float, ...] = (0.5, 0.3, 0.2)
    labels: dict[str, float] = field(default_factory=dict)
    NAME: ClassVar[str] = "cross"

    def __post_init__(self) -> None:
        if self.fast >= self.slow:
            raise ValueError("fast must be below slow")

    @property
    def span(self) -> int:
        return self.slow - self.fast

def generate_signals(bars: pd.DataFrame) -> pd.Series:
    config = Config()
    close = bars["close"]
    fast = close.ewm(span=config.fast, adjust=False).mean()
    slow = close.ewm(span=config.slow, adjust=False).mean()
    return pd.Series(np.sign(fast - slow), index=bars.index).fillna(0.0).clip(-1, 1)
