"""What a check tells: numbers of `lockgate.stats`, most with a 95 % interval, or the reason why there is none.

They say what was measured and never whether that is enough: a gate policy does. Reports are read by people who may not
read the rows: their texts are fixed sentences, names of the contract and numbers, never words of the model or of a row.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping, Sequence
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
"""What rows are asked about again, and in which order."""
FEWEST_ROWS: Final = 20
"""The fewest rows that a number is computed of, all together or in a group."""
CONFIDENCE: Final = 0.95
"""How often an interval holds the number of the population."""
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


def of_stats(name: str, found: Mapping[str, Any], rows: int, why: str) -> Metric:
    """Return a number of ``lockgate.stats``, or ``why`` there is none: its own reason may hold a value."""
    if found["value"] is None:
        return Metric.without(name, why, rows)
    interval = found["interval"] or {"low": None, "high": None}
    return Metric(name, float(found["value"]), interval["low"], interval["high"], rows)
