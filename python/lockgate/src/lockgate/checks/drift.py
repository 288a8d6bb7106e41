"""Drift of features: how far their values moved from the reference, beyond what chance explains.

Two samples of one population are never equal. So of each number what equal populations of these sizes stay below in 99
of 100 evaluations, all numbers of one together, is taken off: few rows raise no alarm by themselves, nor do many
features. What the numbers are, `lockgate.stats` says.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final, TypeAlias

import pyarrow as pa
import pyarrow.compute as pc

from lockgate import stats
from lockgate.checks.measure import FEWEST_ROWS, Metric, NotComputableError, in_words
from lockgate.checks.model import text_of

PSI: Final = "psi"
KS: Final = "ks"
NULL_SHARE: Final = "null_share"
CHANCE: Final = 0.01
"""How often an evaluation of equal populations may show any number above 0."""
EVERY: Final = (PSI, NULL_SHARE, KS)
FAR: Final = "what was computed of the values cannot be compared"
Found: TypeAlias = Mapping[str, Any]
Pair: TypeAlias = tuple[pa.ChunkedArray, pa.ChunkedArray]


def of_features(reference: pa.Table, current: pa.Table) -> list[Metric]:
    """Return the drift of each column of the reference: PSI, the rise of the share of missing values, of numbers KS."""
    alike = {name: _alike(name, reference[name], current[name]) for name in reference.column_names}
    kept = {name: pair for name, pair in alike.items() if not isinstance(pair, NotComputableError)}
    found: Found = {}
    if kept:
        sides = [pa.table({name: pair[side] for name, pair in kept.items()}) for side in (0, 1)]
        of = stats.drift(*sides, tests=[PSI], alpha=CHANCE / (len(EVERY) * reference.num_columns))
        found = of.to_dict()["columns"]
    metrics: list[Metric] = []
    for name, pair in alike.items():
        if isinstance(pair, NotComputableError):
            metrics += [Metric.without(metric, str(pair), current.num_rows, name) for metric in (PSI, NULL_SHARE)]
        else:
            values = [len(one.drop_null()) for one in pair]
            metrics += _of_tests(name, found[name]["tests"], values, current.num_rows)
    return metrics


def _alike(name: str, reference: pa.ChunkedArray, current: pa.ChunkedArray) -> Pair | NotComputableError:
    """Return both as numbers, or both as the texts by which labels are compared; or why they are not."""
    if len(reference) < FEWEST_ROWS:
        return NotComputableError(f"the reference has {len(reference)} rows; at least {FEWEST_ROWS} are needed")
    try:
        if not _are_numbers(reference):
            return _words(reference), _words(current)
        with in_words(f"`{name}` is a number in the reference, and none in the captured calls"):
            return _numbers(reference), _numbers(current)
    except NotComputableError as why:
        return why


def _are_numbers(column: pa.ChunkedArray) -> bool:
    kind = column.type
    return bool(pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind))


def _numbers(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Return numbers, and nothing where there is none; NaN is none."""
    values = pc.cast(column, pa.float64())
    return pc.if_else(pc.is_nan(values), pa.scalar(None, pa.float64()), values)


def _words(column: pa.ChunkedArray) -> pa.ChunkedArray:
    words = pa.chunked_array([pa.array(text_of(column), pa.string())])
    return pc.if_else(pc.is_valid(column), words, pa.scalar(None, pa.string()))


def _of_tests(name: str, tests: Found, values: Sequence[int], rows: int) -> list[Metric]:
    """Return what is told of one feature; ``values`` are those that are not missing, in the reference and now."""
    fewest = min(values)
    reason = f"{values[1]} values that are not missing, and {values[0]} in the reference; {FEWEST_ROWS} are needed"
    metrics = []
    for metric in EVERY:
        if metric not in tests:
            continue  # there is no KS of words
        if fewest < FEWEST_ROWS and metric != NULL_SHARE:
            metrics.append(Metric.without(metric, reason, rows, name))
        else:
            metrics.append(_beyond_chance(metric, tests[metric], rows, name))
    return metrics


def _beyond_chance(metric: str, test: Found, rows: int, name: str) -> Metric:
    """Return how far a number lies beyond what chance does; a reason is said in our words: its own may hold a value."""
    if test["verdict"] == "not_computable":
        return Metric.without(metric, FAR, rows, name)
    if test["verdict"] == "within":
        return Metric(metric, 0.0, n=rows, group=name)
    # Of shares, the interval's end is what is sure; of distances, what is above the value that chance would reach.
    sure = test["interval"]["low"] if metric == NULL_SHARE else test["value"] - (test["threshold"] or 0.0)
    return Metric(metric, max(0.0, sure), n=rows, group=name)
