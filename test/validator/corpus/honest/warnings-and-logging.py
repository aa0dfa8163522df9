import logging
import warnings

import numpy as np
import pandas as pd

warnings.filterwarnings("ignore")
logger = logging.getLogger(__name__)
pd.options.mode.chained_assignment = None
pd.set_option("display.width", 120)


def generate_signals(bars):
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = bars["close"] / bars["close"].rolling(30).mean()
    logger.info("computed %d ratios", len(ratio))
    return (ratio > 1).astype(float)


if __name__ == "__main__":
    print("run me through the sandbox")
