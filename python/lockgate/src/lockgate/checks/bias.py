"""Bias: how far the rates of the positive outcome differ between groups, on rows that no maker of the model has seen.

The groups come from the columns that the contract marks as sensitive. Those are granted for checks alone: no step of
the repository reads them, and nothing but numbers about groups of a minimum size, and their names, leaves this one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from lockgate import stats
from lockgate.checks import held_out, measure
from lockgate.checks.measure import FEWEST_ROWS, Flags, Metric, NotComputableError, in_words
from lockgate.checks.model import Model, positive_of, shown
from lockgate.checks.quality import NO_NUMBER
from lockgate.checks.told import Told

PARITY: Final = "demographic_parity"
GAP: Final = "demographic_parity_difference"
MOST_GROUPS: Final = 20
"""More values than these are no groups."""


def check(told: Told) -> None:
    """Measure the model's outcomes on the held-out rows, group by group."""
    try:
        metrics, note = measured(told)
    except NotComputableError as why:
        metrics, note = [Metric.without(PARITY, str(why))], str(why)
    measure.write(told.outputs["report"], metrics, note)


def measured(told: Told) -> tuple[list[Metric], str]:
    """Return what is judged, the metric of each sensitive column if there are several, and which groups they compare.

    What is judged is the widest gap of all columns: to mark one more column as sensitive takes none out of the gate.
    """
    contract: Mapping[str, Any] = told.values["contract"]
    if "why" not in contract and not contract["sensitive"]:
        raise NotComputableError("the contract marks no column as `sensitive`")
    rows = held_out.read(told.sources, contract)
    said = Model(told.files["onnx"].read_bytes(), contract).predict(rows)
    if said.numbers is not None:
        raise NotComputableError("the model predicts a number, so no outcome is the positive one")
    positive = positive_of(contract, said.classes)
    said.position(positive)  # refuses a value that the model does not know
    flags = np.asarray([one == positive for one in said.labels])
    metrics, notes = [], []
    for column in contract["sensitive"]:
        name = str(column["name"])
        try:
            metric, note = of_column(rows, name, [float(one) for one in column["bounds"]], flags)
            metrics.append(replace(metric, group=name))
        except NotComputableError as why:
            note = str(why)
            metrics.append(Metric.without(PARITY, note, rows.num_rows, name))
        notes.append(note)
    said_of = "; ".join(notes)
    beside = metrics if len(metrics) > 1 else []
    return [worst(metrics, said_of), *beside], f"{shown(contract, positive)} by {said_of}"


def worst(metrics: Sequence[Metric], otherwise: str) -> Metric:
    """Return the widest gap as that of all columns; if there is none, why not."""
    known = [metric for metric in metrics if metric.value is not None]
    if not known:
        return Metric.without(PARITY, otherwise, max(metric.n for metric in metrics))
    return replace(max(known, key=lambda metric: metric.value or 0.0), group=None)


def of_column(
    rows: pa.Table, name: str, bounds: Sequence[float], flags: Flags, of_what: str = "held-out rows"
) -> tuple[Metric, str]:
    """Return the metric of one sensitive column, and its groups in words."""
    if name not in rows.column_names:
        raise NotComputableError(f"the sensitive column `{name}` comes from no dataset")
    words, members = grouped(rows[name], name, bounds)
    with in_words(f"the groups of `{name}` cannot be compared"):
        found = stats.bias(
            {"group": members, "observed": flags, "predicted": flags},
            facet="group",
            label="observed",
            prediction="predicted",
            positive=[True],
            min_group=FEWEST_ROWS,
            metrics=[GAP],
        ).to_dict()
    large = {word: int(found["facets"][word]["rows"]) for word in words if word in found["facets"]}
    small = len(words) - len(large)
    note = f"`{name}`: {', '.join(f'{word} ({size} rows)' for word, size in large.items())}"
    note += f"; {small} with fewer than {FEWEST_ROWS} rows left out" if small else ""
    if len(large) < 2:
        raise NotComputableError(f"fewer than two groups of `{name}` have {FEWEST_ROWS} {of_what}")
    gap = found["groups"][GAP]
    return measure.of_stats(PARITY, gap, sum(large.values()), NO_NUMBER), note


def grouped(column: pa.ChunkedArray, name: str, bounds: Sequence[float]) -> tuple[list[str], list[str | None]]:
    """Return the groups, and that of each row: by the contract's bounds (the last value of each), else by value.

    The names are the contract's bounds, or else values of rows: of a small group they must not be told.
    """
    if bounds:
        with in_words(f"`{name}` has `groupBounds` in the contract, and is no number"):
            numbers = pc.cast(column, pa.float64()).to_numpy(zero_copy_only=False)
        edges = [str(int(one)) if float(one).is_integer() else repr(float(one)) for one in bounds]
        words = [f"≤ {edges[0]}", *(f"{low} to {high}" for low, high in pairwise(edges)), f"> {edges[-1]}"]
        places = np.searchsorted(np.asarray(bounds, dtype=float), numbers, side="left")
        return words, [None if np.isnan(one) else words[at] for one, at in zip(numbers, places, strict=True)]
    with in_words(f"the values of `{name}` form no groups"):
        values = [None if value is None or value != value else str(value) for value in column.to_pylist()]  # noqa: PLR0124 - NaN
        words = sorted({value for value in values if value is not None})
        if len(words) > MOST_GROUPS:
            raise NotComputableError(
                f"`{name}` has more than {MOST_GROUPS} values: say in the contract how they form groups (`groupBounds`)"
            )
        return words, values
