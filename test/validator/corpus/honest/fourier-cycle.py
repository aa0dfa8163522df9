import numpy as np
import pandas as pd

WINDOW = 64
WARMUP_BARS = WINDOW


def dominant_phase(segment):
    detrended = segment - np.linspace(segment[0], segment[-1], len(segment))
    spectrum = np.fft.rfft(detrended)
    k = 1 + np.argmax(np.abs(spectrum[1:10]))
    return np.angle(spectrum[k])


def generate_signals(bars):
    phase = bars["close"].rolling(WINDOW).apply(dominant_phase, raw=True)
    return -np.sin(phase).fillna(0.0)
