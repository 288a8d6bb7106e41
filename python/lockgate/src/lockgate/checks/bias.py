"""Bias: how far the rates of the positive outcome differ between groups, on rows that no maker of the model has seen.

The groups come from the columns that the contract marks as sensitive. Those are granted for checks alone: no step of
the repository reads them, and nothing but numbers about groups of a minimum size leaves this one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from lockgate.checks import held_out, measure
from lockgate.checks.measure import FEWEST_ROWS, Flags, Metric, NotComputableError
from lockgate.checks.model import Model, positive_of
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
    """Return a metric for each sensitive column, and which groups it compares."""
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
        shown = name if len(contract["sensitive"]) > 1 else None
        try:
            metric, note = of_column(rows, name, [float(one) for one in column["bounds"]], flags)
            metrics.append(Metric(PARITY, metric.value, metric.low, metric.high, metric.n, shown))
        except NotComputableError as why:
            note = str(why)
            metrics.append(Metric.without(PARITY, note, rows.num_rows, shown))
        notes.append(note)
    return metrics, f"`{positive}` by {'; '.join(notes)}"


def of_column(rows: pa.Table, name: str, bounds: Sequence[float], flags: Flags) -> tuple[Metric, str]:
    """Return the metric of one sensitive column, and its groups in words."""
    if name not in rows.column_names:
        raise NotComputableError(f"the sensitive column `{name}` comes from no dataset")
    groups = grouped(rows[name], name, bounds)
    large = {word: members for word, members in groups.items() if members.sum() >= FEWEST_ROWS}
    small = len(groups) - len(large)
    note = f"`{name}`: {', '.join(f'{word} ({int(members.sum())} rows)' for word, members in large.items())}"
    note += f"; {small} with fewer than {FEWEST_ROWS} rows left out" if small else ""
    if len(large) < 2:
        raise NotComputableError(f"fewer than two groups of `{name}` have {FEWEST_ROWS} held-out rows")
    members = list(large.values())
    inside = np.logical_or.reduce(members)
    kept = [group[inside] for group in members]
    of = measure.widest_gap_of(flags[inside], kept)
    return measure.with_interval(PARITY, int(inside.sum()), of), note


def grouped(column: pa.ChunkedArray, name: str, bounds: Sequence[float]) -> dict[str, Flags]:
    """Return the members of each group: by the contract's bounds, each the last value of its group, else by value."""
    if bounds:
        try:
            numbers = pc.cast(column, pa.float64()).to_numpy(zero_copy_only=False)
        except pa.ArrowException as error:
            raise NotComputableError(f"`{name}` has `groupBounds` in the contract, and is no number") from error
        edges = [-np.inf, *bounds, np.inf]
        words = [f"≤ {bounds[0]:g}", *(f"{low:g} to {high:g}" for low, high in pairwise(bounds)), f"> {bounds[-1]:g}"]
        return {
            word: (numbers > low) & (numbers <= high) for word, (low, high) in zip(words, pairwise(edges), strict=True)
        }
    values = column.drop_null().unique().to_pylist()
    if len(values) > MOST_GROUPS:
        raise NotComputableError(
            f"`{name}` has {len(values)} values: say in the contract how they form groups (`groupBounds`)"
        )
    every = np.asarray(column.to_pylist(), dtype=object)
    return {str(value): np.asarray(every == value, dtype=bool) for value in sorted(values, key=str)}
