"""Numbers of a model's predictions, each with a 95 % bootstrap interval from a fixed seed.

They say what was measured and never whether that is enough: a gate policy does. Reports are read by people who may not
read the rows: their texts are fixed sentences, names of the contract and numbers, never words of the model or of a row.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from lockgate.checks.report import LONGEST_TEXT, plain

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

SEED: Final = 20_261_126
RESAMPLES: Final = 1_000
FEWEST_ROWS: Final = 20
"""The fewest rows that a number is computed of, all together or in a group."""
INTERVAL: Final = (2.5, 97.5)
MOST_METRICS: Final = 100
"""The most that the server reads of one report; it reads none of a longer one."""
LONGEST_GROUP: Final = 100


class NotComputableError(Exception):
    """Something cannot be measured; the text says why, in the words of the report."""


@contextmanager
def in_words(sentence: str) -> Iterator[None]:
    """Let whatever fails inside say ``sentence`` instead of its own words, which may hold a value of a row."""
    try:
        yield
    except NotComputableError:
        raise
    except Exception:
        raise NotComputableError(sentence) from None


@dataclass(frozen=True)
class Metric:
    """A number, or the reason why there is none."""

    name: str
    value: float | None = None
    low: float | None = None
    high: float | None = None
    n: int = 0
    group: str | None = None
    reason: str | None = None

    @classmethod
    def without(cls, name: str, reason: str, n: int = 0, group: str | None = None) -> Metric:
        """Return one that could not be computed."""
        return cls(name, n=n, group=group, reason=reason)


def write(path: Path, metrics: Sequence[Metric], note: str, most: int = MOST_METRICS) -> None:
    """Write the report of a check, the first metrics of very many; a number that is none becomes a reason."""
    report = {"metrics": [_bounded(metric) for metric in metrics[:most]], "note": plain(note, LONGEST_TEXT)}
    path.write_text(json.dumps(report, allow_nan=False), encoding="utf-8")


def _bounded(metric: Metric) -> dict[str, Any]:
    numbers = (metric.value, metric.low, metric.high)
    if metric.value is not None and not all(number is None or math.isfinite(number) for number in numbers):
        metric = Metric.without(metric.name, "it is not a finite number", metric.n, metric.group)
    said = asdict(metric)
    for name, most in (("group", LONGEST_GROUP), ("reason", LONGEST_TEXT)):
        said[name] = None if said[name] is None else plain(said[name], most)
    return said


def with_interval(name: str, rows: int, of: Callable[[Floats], float], group: str | None = None) -> Metric:
    """Return a number with its interval.

    Parameters
    ----------
    of
        Computes the number from how often each row counts; NaN where that leaves nothing to compute it from.
    """
    value = of(np.ones(rows))
    rng = np.random.default_rng(SEED)
    drawn = (np.bincount(rng.integers(0, rows, rows), minlength=rows).astype(float) for _ in range(RESAMPLES))
    resampled = np.array([of(counts) for counts in drawn])
    resampled = resampled[np.isfinite(resampled)]
    low, high = np.percentile(resampled, INTERVAL) if resampled.size else (math.nan, math.nan)
    return Metric(name, float(value), float(low), float(high), rows, group)


def auc_of(scores: Floats, positive: Flags) -> Callable[[Floats], float]:
    """Return what computes the area under the ROC curve: the share of pairs in the right order, ties by half."""
    order = np.argsort(scores, kind="stable")
    is_positive = positive[order].astype(float)
    starts = np.flatnonzero(np.r_[True, np.diff(scores[order]) > 0])

    def of(counts: Floats) -> float:
        weights = counts[order]
        of_positive = np.add.reduceat(weights * is_positive, starts)
        of_negative = np.add.reduceat(weights * (1 - is_positive), starts)
        pairs = of_positive.sum() * of_negative.sum()
        if pairs == 0:
            return math.nan
        below = np.cumsum(of_negative) - of_negative
        return float((of_positive * (below + of_negative / 2)).sum() / pairs)

    return of


def mean_auc_of(probabilities: Floats, truth: Sequence[str], classes: Sequence[str]) -> Callable[[Floats], float]:
    """Return what computes the mean area of each class against all others."""
    labels = np.asarray(truth, dtype=object)
    each = [auc_of(probabilities[:, n], labels == one) for n, one in enumerate(classes) if (labels == one).any()]
    return lambda counts: float(np.mean([of(counts) for of in each]))


def share_of(flags: Flags) -> Callable[[Floats], float]:
    """Return what computes the share of rows with a flag."""
    numbers = flags.astype(float)
    return lambda counts: float((counts * numbers).sum() / counts.sum())


def widest_gap_of(flags: Flags, groups: Sequence[Flags]) -> Callable[[Floats], float]:
    """Return what computes the largest difference of two groups' shares of rows with a flag."""
    numbers = flags.astype(float)

    def of(counts: Floats) -> float:
        sizes = [(counts * group).sum() for group in groups]
        if min(sizes) == 0:
            return math.nan
        shares = [(counts * numbers * group).sum() / size for group, size in zip(groups, sizes, strict=True)]
        return float(max(shares) - min(shares))

    return of


def explained_of(said: Floats, truth: Floats) -> Callable[[Floats], float]:
    """Return what computes the share of the variance that a numeric prediction explains (R²)."""

    def of(counts: Floats) -> float:
        total = counts.sum()
        spread = (counts * (truth - (counts * truth).sum() / total) ** 2).sum()
        return math.nan if spread == 0 else float(1 - (counts * (truth - said) ** 2).sum() / spread)

    return of
