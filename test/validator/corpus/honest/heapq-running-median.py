import heapq
from bisect import insort, bisect_left
import pandas as pd

class RunningMedian:
    __slots__ = ("low", "high")

    def __init__(self):
        self.low, self.high = [], []

    def push(self, x: float) -> float:
        heapq.heappush(self.low, -heapq.heappushpop(self.high, x))
        if len(self.low) > len(self.high):
            heapq.heappush(self.high, -heapq.heappop(self.low))
        return self.high[0] if len(self.high) > len(self.low) else (self.high[0] - self.low[0]) / 2

    def __len__(self):
        return len(self.low) + len(self.high)

def generate_signals(bars):
    median, seen, out = RunningMedian(), [], []
    for price in bars["close"].to_numpy():
        m = median.push(price)
        insort(seen, price)
        rank = bisect_left(seen, price) / len(median)
        out.append(1.0 if price > m and rank < 0.95 else 0.0)
    return pd.Series(out, index=bars.index)
