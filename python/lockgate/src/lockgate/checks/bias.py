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

from lockgate.checks import held_out, measure
from lockgate.checks.measure import FEWEST_ROWS, Flags, Metric, NotComputableError, in_words
from lockgate.checks.model import Model, positive_of, shown
from lockgate.checks.told import Told

PARITY: Final = "demographic_parity"
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
    groups = grouped(rows[name], name, bounds)
    large = {word: members for word, members in groups.items() if members.sum() >= FEWEST_ROWS}
    small = len(groups) - len(large)
    note = f"`{name}`: {', '.join(f'{word} ({int(members.sum())} rows)' for word, members in large.items())}"
    note += f"; {small} with fewer than {FEWEST_ROWS} rows left out" if small else ""
    if len(large) < 2:
        raise NotComputableError(f"fewer than two groups of `{name}` have {FEWEST_ROWS} {of_what}")
    members = list(large.values())
    inside = np.logical_or.reduce(members)
    kept = [group[inside] for group in members]
    of = measure.widest_gap_of(flags[inside], kept)
    return measure.with_interval(PARITY, int(inside.sum()), of), note


def grouped(column: pa.ChunkedArray, name: str, bounds: Sequence[float]) -> dict[str, Flags]:
    """Return the members of each group: by the contract's bounds, each the last value of its group, else by value.

    The names are the contract's bounds, or else values of rows: of a small group they must not be told.
    """
    if bounds:
        with in_words(f"`{name}` has `groupBounds` in the contract, and is no number"):
            numbers = pc.cast(column, pa.float64()).to_numpy(zero_copy_only=False)
        edges = [-np.inf, *bounds, np.inf]
        words = [f"≤ {bounds[0]:g}", *(f"{low:g} to {high:g}" for low, high in pairwise(bounds)), f"> {bounds[-1]:g}"]
        return {
            word: (numbers > low) & (numbers <= high) for word, (low, high) in zip(words, pairwise(edges), strict=True)
        }
    with in_words(f"the values of `{name}` form no groups"):
        values = column.drop_null().unique().to_pylist()
        if len(values) > MOST_GROUPS:
            raise NotComputableError(
                f"`{name}` has more than {MOST_GROUPS} values: say in the contract how they form groups (`groupBounds`)"
            )
        every = np.asarray(column.to_pylist(), dtype=object)
        return {str(value): np.asarray(every == value, dtype=bool) for value in sorted(values, key=str)}
