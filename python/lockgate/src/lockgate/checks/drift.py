"""Drift of features: how far their values moved from the reference, where chance does not explain it.

Two samples of one population are never equal, and few rows differ most. So a number is told where its test says that
equal populations hardly ever differ so much, and else it is 0. What the numbers are, `lockgate.stats` says.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, TypeAlias

import pyarrow as pa
import pyarrow.compute as pc

from lockgate import stats
from lockgate.checks.measure import FEWEST_ROWS, Metric, NotComputableError, in_words
from lockgate.checks.model import text_of

PSI: Final = "psi"
KS: Final = "ks"
NULL_SHARE: Final = "null_share"
EVERY: Final = (PSI, NULL_SHARE, KS)
CHANCE: Final = 0.001
"""How often any number of an evaluation is above 0 where the populations are equal."""
MOST_WORDS: Final = 50
"""The most frequent values that are no numbers, of both sides together; all others count as one."""
FREQUENT: Final = 10
"""The fewest rows of such a value."""
OTHER: Final = "\0"
UNJUDGED: Final = "its values cannot be compared with the reference"
Found: TypeAlias = Mapping[str, Any]
Pair: TypeAlias = tuple[pa.ChunkedArray, pa.ChunkedArray]


def of_features(reference: pa.Table, current: pa.Table) -> list[Metric]:
    """Return the drift of each column of the reference: PSI, the rise of the share of missing values, of numbers KS."""
    alike = {name: _alike(name, reference[name], current[name]) for name in reference.column_names}
    pairs = {name: pair for name, pair in alike.items() if not isinstance(pair, NotComputableError)}
    found: Found = {}
    try:
        found = _compared(pairs) if pairs else {}
    except NotComputableError as why:
        alike.update(dict.fromkeys(pairs, why))
    metrics: list[Metric] = []
    for name, pair in alike.items():
        if isinstance(pair, NotComputableError):
            metrics += [Metric.without(metric, str(pair), current.num_rows, name) for metric in (PSI, NULL_SHARE)]
        else:
            metrics += _of_tests(name, found[name]["tests"], pair)
    return metrics


def _compared(pairs: Mapping[str, Pair]) -> Found:
    """Return what `lockgate.stats` says of each feature; so strictly that all tests together keep to `CHANCE`."""
    before, now = (pa.table({str(at): pair[side] for at, pair in enumerate(pairs.values())}) for side in (0, 1))
    with in_words(UNJUDGED):
        found = stats.drift(before, now, tests=[PSI], alpha=CHANCE / (len(EVERY) * len(pairs)))
    columns: Found = found.to_dict()["columns"]
    return {name: columns[str(at)] for at, name in enumerate(pairs)}


def _alike(name: str, reference: pa.ChunkedArray, current: pa.ChunkedArray) -> Pair | NotComputableError:
    """Return both as numbers, or both as the texts by which labels are compared; or why they are not."""
    if len(reference) < FEWEST_ROWS:
        return NotComputableError(f"the reference has {len(reference)} rows; at least {FEWEST_ROWS} are needed")
    try:
        if not _are_numbers(reference):
            return _frequent(_words(reference), _words(current))
        with in_words(f"`{name}` is a number in the reference, and none in the captured calls"):
            return _numbers(reference), _numbers(current)
    except NotComputableError as why:
        return why


def _are_numbers(column: pa.ChunkedArray) -> bool:
    kind = column.type
    return bool(pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind))


def _numbers(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Return numbers, rounded where a float holds no more, and nothing where there is none; NaN is none."""
    values = pc.cast(column, pa.float64(), safe=pa.types.is_string(column.type))
    return pc.if_else(pc.is_nan(values), pa.scalar(None, pa.float64()), values)


def _words(column: pa.ChunkedArray) -> pa.ChunkedArray:
    words = pa.chunked_array([pa.array(text_of(column), pa.string())])
    return pc.if_else(pc.is_valid(column), words, pa.scalar(None, pa.string()))


def _frequent(reference: pa.ChunkedArray, current: pa.ChunkedArray) -> Pair:
    """Return both with one value for all but the most frequent ones of both together."""
    words = pa.chunked_array([*reference.chunks, *current.chunks], pa.string()).drop_null()
    counts = pa.table({"word": words}).group_by("word").aggregate([([], "count_all")])
    counts = counts.filter(pc.greater_equal(counts["count_all"], FREQUENT))
    kept = counts.sort_by([("count_all", "descending"), ("word", "ascending")])["word"].slice(0, MOST_WORDS)
    other, nothing = pa.scalar(OTHER, pa.string()), pa.scalar(None, pa.string())

    def of(column: pa.ChunkedArray) -> pa.ChunkedArray:
        return pc.if_else(pc.is_null(column), nothing, pc.if_else(pc.is_in(column, kept), column, other))

    return of(reference), of(current)


def _of_tests(name: str, tests: Found, pair: Pair) -> list[Metric]:
    """Return what is told of one feature."""
    rows = len(pair[1])
    before, now = (len(one.drop_null()) for one in pair)
    few = f"{now} values that are not missing, and {before} in the reference; {FEWEST_ROWS} are needed"
    metrics = []
    for metric in (one for one in EVERY if one in tests):  # there is no KS of words
        of = rows if metric == NULL_SHARE else now
        verdict = tests[metric]["verdict"]
        if metric != NULL_SHARE and min(before, now) < FEWEST_ROWS:
            metrics.append(Metric.without(metric, few, of, name))
        elif verdict == "not_computable":
            metrics.append(Metric.without(metric, UNJUDGED, of, name))
        else:
            value = float(tests[metric]["value"]) if verdict == "drifted" else 0.0
            metrics.append(Metric(metric, value, n=of, group=name))
    return metrics
