"""Drift of one column: how far its values moved from the reference, beyond what chance explains.

Two samples of one population are never equal: the population stability index (PSI) of ``k`` bins is then about
``χ²(k - 1) · (1/n + 1/m)``, and the KS distance stays below ``1.63 · √(1/n + 1/m)`` in 99 of 100 pairs. That much is
taken off, so that few rows raise no alarm by themselves. Missing values are a bin of their own, and half a row is added
to each bin.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from lockgate.checks import measure
from lockgate.checks.measure import FEWEST_ROWS, Floats, Metric, NotComputableError, in_words
from lockgate.checks.model import text_of

PSI: Final = "psi"
KS: Final = "ks"
NULL_SHARE: Final = "null_share"
BINS: Final = 10
"""How many bins of equal count the reference of a number is cut into."""
MOST_CATEGORIES: Final = 50
"""The most frequent values of the reference; all others share one bin."""
SMOOTHING: Final = 0.5
"""What is added to each bin, in rows."""
NORMAL_99: Final = 2.326_348
KS_99: Final = 1.63


def of_feature(name: str, reference: pa.ChunkedArray, current: pa.ChunkedArray) -> list[Metric]:
    """Return the drift of one feature: PSI, the rise of the share of missing values and, for numbers, KS."""
    rows = len(current)
    try:
        if len(reference) < FEWEST_ROWS:
            raise NotComputableError(f"the reference has {len(reference)} rows; at least {FEWEST_ROWS} are needed")
        numbers = _are_numbers(reference)
        before, now = (_numbers(one, name) if numbers else _words(one) for one in (reference, current))
    except NotComputableError as why:
        return [Metric.without(metric, str(why), rows, name) for metric in (PSI, NULL_SHARE)]
    missing = np.asarray([one is None for one in now], dtype=bool)
    share = sum(one is None for one in before) / len(before)
    drawn = np.random.default_rng(measure.SEED).binomial(rows, missing.mean(), measure.RESAMPLES) / rows
    low, high = np.percentile(drawn, measure.INTERVAL)
    metrics = [
        Metric(PSI, psi(*binned(before, now)), n=rows, group=name),
        Metric(NULL_SHARE, float(missing.mean()) - share, float(low) - share, float(high) - share, rows, name),
    ]
    if numbers:
        metrics.append(_ks_of(name, before, now))
    return metrics


def _are_numbers(column: pa.ChunkedArray) -> bool:
    kind = column.type
    return bool(pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind))


def _numbers(column: pa.ChunkedArray, name: str) -> list[Any]:
    """Return numbers, and nothing where there is none; NaN is none."""
    with in_words(f"`{name}` is a number in the reference, and none in the captured calls"):
        values = pc.cast(column, pa.float64()).to_pylist()
    return [None if one is None or math.isnan(one) else one for one in values]


def _words(column: pa.ChunkedArray) -> list[Any]:
    valid = pc.is_valid(column).to_pylist()
    return [word if known else None for word, known in zip(text_of(column), valid, strict=True)]


def binned(before: Sequence[Any], now: Sequence[Any]) -> tuple[Floats, Floats]:
    """Return how many values lie in each bin of the reference, before and now."""
    distinct = Counter(one for one in before if one is not None)
    numbers = all(isinstance(one, float) for one in distinct)
    if numbers and len(distinct) > BINS:
        values = np.asarray([one for one in before if one is not None])
        edges = np.unique(np.quantile(values, np.arange(1, BINS) / BINS))
        counts = [_between(edges, one) for one in (before, now)]
    else:
        places = {word: place for place, (word, _) in enumerate(distinct.most_common(MOST_CATEGORIES))}
        counts = [_by_place(places, one) for one in (before, now)]
    both = np.stack(counts)
    both = both[:, both.sum(axis=0) > 0]  # a bin that nothing lies in says nothing
    return both[0], both[1]


def _between(edges: npt.NDArray[Any], values: Sequence[Any]) -> Floats:
    known = np.asarray([one for one in values if one is not None], dtype=float)
    counts = np.bincount(np.searchsorted(edges, known, side="left"), minlength=len(edges) + 1)
    return np.append(counts, len(values) - len(known)).astype(np.float64)


def _by_place(places: dict[Any, int], values: Sequence[Any]) -> Floats:
    counts = np.zeros(len(places) + 2)
    for one in values:
        counts[-1 if one is None else places.get(one, len(places))] += 1
    return counts


def psi(before: Floats, now: Floats) -> float:
    """Return the population stability index, in nats, without what chance explains in 99 of 100 samples."""
    bins, rows, reference = len(now), float(now.sum()), float(before.sum())
    if bins < 2:
        return 0.0
    q = (now + SMOOTHING) / (rows + SMOOTHING * bins)
    p = (before + SMOOTHING) / (reference + SMOOTHING * bins)
    index = float(((q - p) * np.log(q / p)).sum())
    return max(0.0, index - chi_square_99(bins - 1) * (1 / rows + 1 / reference))


def chi_square_99(freedom: int) -> float:
    """Return the 99 % point of χ², by Wilson and Hilferty's cube."""
    spread = 2 / (9 * freedom)
    return float(freedom * (1 - spread + NORMAL_99 * math.sqrt(spread)) ** 3)


def _ks_of(name: str, before: Sequence[Any], now: Sequence[Any]) -> Metric:
    old, new = (np.sort(np.asarray([one for one in some if one is not None], dtype=float)) for some in (before, now))
    if len(old) < FEWEST_ROWS or len(new) < FEWEST_ROWS:
        reason = f"{len(new)} values that are not missing, and {len(old)} in the reference; {FEWEST_ROWS} are needed"
        return Metric.without(KS, reason, len(new), name)
    return Metric(KS, ks(old, new), n=len(new), group=name)


def ks(old: Floats, new: Floats) -> float:
    """Return the largest distance of two sorted samples' distributions, without what chance explains."""
    every = np.concatenate([old, new])
    below = [np.searchsorted(some, every, side="right") / len(some) for some in (old, new)]
    distance = float(np.abs(below[0] - below[1]).max())
    return max(0.0, distance - KS_99 * math.sqrt(1 / len(old) + 1 / len(new)))
