"""Стратегия: 移动平均线 – mean ± k·σ."""
import pandas as pd


def generate_signals(bars):
    Δ = bars["close"].diff()
    σ = Δ.rolling(20).std()  # Standardabweichung über 20 Bars → „σ“
    return (Δ > σ).astype(float)
