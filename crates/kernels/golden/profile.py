"""Prints the golden values of `src/profile`: `python profile.py`. Versions: profile-requirements.txt."""

import numpy as np
import pandas as pd
from scipy import stats

SHARES = (0.001, 0.01, 0.1, 0.25, 0.5, 0.75, 0.9, 0.99)


def mix(seed, index):
    """Return what `kernels::mix` returns: SplitMix64."""
    full = (1 << 64) - 1
    z = seed ^ ((index + 1) * 0x9E3779B97F4A7C15 & full)
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9 & full
    z = (z ^ (z >> 27)) * 0x94D049BB133111EB & full
    return z ^ (z >> 31)


def amount(row):
    """Return a number between 0 and 2,000, with two places and a long tail."""
    unit = (mix(1, row) >> 11) / (1 << 53)
    return np.floor(unit * unit * unit * unit * 200_000) / 100


def show(name, values):
    """Print what pandas and numpy say of numbers."""
    column = pd.Series(values)
    present = column.dropna().to_numpy()
    print(f"{name}: rows {len(column)}, missing {column.isna().sum()}, distinct {column.nunique()}")
    print(f"  mean {present.mean()!r}, var(ddof=1) {present.var(ddof=1)!r}, var() {present.var()!r}")
    print(f"  min {present.min()!r}, max {present.max()!r}")
    print(f"  quantiles {[float(q) for q in np.quantile(present, SHARES, method='inverted_cdf')]}")
    print(f"  histogram {np.histogram(present, bins=8)[0].tolist()}")
    print(f"  entropy {stats.entropy(column.value_counts().to_numpy())!r}")
    print(f"  top {list(column.value_counts().head(3).items())}")


few = [mix(2, row) % 40 if row % 10 else None for row in range(5_000)]
show("few", [np.nan if value is None else float(value) for value in few])
show("many", [amount(row) for row in range(30_000)])
words = pd.Series(
    [("alpha", "Beta 2", "gämma", "", "a@b.de", "17", "-2.5", "true")[mix(3, row) % 8] for row in range(2_000)]
)
print(
    "words:",
    words.value_counts().to_dict(),
    "lengths",
    words.str.len().min(),
    words.str.len().max(),
    words.str.len().mean(),
)
print("  entropy", stats.entropy(words.value_counts().to_numpy()), "min", repr(words.min()), "max", repr(words.max()))
