"""Parity: what was exported says the same as what was trained, on the same rows.

It is measured on training rows, with the predictions that the repository's step ``export`` wrote beside them: loading
the trained model would run the repository's code. Fewer than 20 rows show too little, however many were trained on.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from lockgate.checks import measure
from lockgate.checks.measure import FEWEST_ROWS, Metric, NotComputableError, in_words
from lockgate.checks.model import Model, Predicted, positive_of, text_of
from lockgate.checks.told import Told

DIFFERENCE: Final = "parity_difference"
LABELS: Final = "parity_labels"
MOST_ROWS: Final = 2_000
LARGEST: Final = 64 << 20


def check(told: Told) -> None:
    """Measure the differences between both."""
    try:
        metrics, note = measured(told)
    except NotComputableError as why:
        metrics, note = [Metric.without(name, str(why)) for name in (DIFFERENCE, LABELS)], str(why)
    measure.write(told.outputs["report"], metrics, note)


def measured(told: Told) -> tuple[list[Metric], str]:
    """Return both metrics."""
    contract: Mapping[str, Any] = told.values["contract"]
    if "why" in contract:
        raise NotComputableError(str(contract["why"]))
    rows = read(told.files["rows"])
    model = Model(told.files["onnx"].read_bytes(), contract)
    said = model.predict(rows)
    note = f"on {rows.num_rows} training rows, with the columns {', '.join(model.features)}"
    if said.numbers is not None:
        return _of_numbers(said.numbers, rows), note
    labels = text_of(rows["_label"])
    differ = np.asarray([one != other for one, other in zip(labels, said.labels, strict=True)])
    return [_of_probabilities(said, rows, contract), _exactly(LABELS, float(differ.mean()), rows)], note


def read(path: Path) -> pa.Table:
    """Return the rows, at most as many as are compared."""
    if not path.is_file() or path.stat().st_size > LARGEST:
        raise NotComputableError(f"the output `rows` is no file of at most {LARGEST} bytes")
    with in_words("the output `rows` is no Parquet file"):
        table = pq.ParquetFile(path).read().slice(0, MOST_ROWS)
    if len(set(table.column_names)) != table.num_columns:
        raise NotComputableError("the output `rows` has two columns of one name")
    if "_label" not in table.column_names:
        raise NotComputableError("the output `rows` has no column `_label`: what the trained model says of each row")
    if table.num_rows < FEWEST_ROWS:
        raise NotComputableError(f"the output `rows` has {table.num_rows} rows; at least {FEWEST_ROWS} are needed")
    return table


def _exactly(name: str, value: float, rows: pa.Table) -> Metric:
    return Metric(name, value, n=rows.num_rows)


def _of_probabilities(said: Predicted, rows: pa.Table, contract: Mapping[str, Any]) -> Metric:
    if "_probability" not in rows.column_names:
        return Metric.without(DIFFERENCE, "the output `rows` has no column `_probability`", rows.num_rows)
    column = rows["_probability"]
    assert said.probabilities is not None  # noqa: S101 - it classifies
    with in_words("`_probability` is neither a number nor a list of them in every row"):
        trained = np.asarray(column.to_pylist(), dtype=float)
        exported = said.probabilities
        if not (pa.types.is_list(column.type) or pa.types.is_large_list(column.type)):
            exported = exported[:, said.position(positive_of(contract, said.classes))]
    if trained.shape != exported.shape:
        raise NotComputableError("`_probability` has another shape than what the model gives")
    return _exactly(DIFFERENCE, float(np.abs(trained - exported).max()), rows)


def _of_numbers(exported: measure.Floats, rows: pa.Table) -> list[Metric]:
    with in_words("the model gives a number, and `_label` is none"):
        trained = np.asarray(rows["_label"].to_pylist(), dtype=float).reshape(len(exported))
    differ = ~np.isclose(trained, exported, rtol=1e-4, atol=1e-6)
    difference = float(np.abs(trained - exported).max())
    return [_exactly(DIFFERENCE, difference, rows), _exactly(LABELS, float(differ.mean()), rows)]
