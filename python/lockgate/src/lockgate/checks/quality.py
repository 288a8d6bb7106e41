"""Quality: how well the exported model predicts rows that nobody who made it has seen."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from lockgate.checks import held_out, measure
from lockgate.checks.measure import FEWEST_ROWS, Metric, NotComputableError, in_words
from lockgate.checks.model import Model, Predicted, positive_of, shown, text_of
from lockgate.checks.told import Told

AUC: Final = "auc"
ACCURACY: Final = "accuracy"


def check(told: Told) -> None:
    """Measure the model on the held-out rows."""
    try:
        metrics, note = measured(told)
    except NotComputableError as why:
        metrics, note = [Metric.without(name, str(why)) for name in (AUC, ACCURACY)], str(why)
    measure.write(told.outputs["report"], metrics, note)


def measured(told: Told) -> tuple[list[Metric], str]:
    """Return the metrics, and what they are of."""
    contract: Mapping[str, Any] = told.values["contract"]
    if "why" not in contract and not contract.get("target"):
        raise NotComputableError("the contract names no target")
    rows = held_out.read(told.sources, contract)
    target = str(contract["target"]["name"])
    if target not in rows.column_names:
        raise NotComputableError(f"the target `{target}` comes from no dataset")
    known = rows.filter(pc.is_valid(rows[target]))
    if known.num_rows < FEWEST_ROWS:
        raise NotComputableError(f"{known.num_rows} held-out rows have an outcome; at least {FEWEST_ROWS} are needed")
    said = Model(told.files["onnx"].read_bytes(), contract).predict(known)
    left = rows.num_rows - known.num_rows
    note = f"on {known.num_rows} held-out rows" + (f"; {left} without an outcome are left out" if left else "")
    if said.numbers is not None:
        return _of_numbers(said, known[target]), note
    metrics, positive = of_classes(said, text_of(known[target]), contract)
    return metrics, f"{note}, {positive} as the positive value" if positive else note


def of_classes(
    said: Predicted, truth: list[str], contract: Mapping[str, Any], of_what: str = "held-out row"
) -> tuple[list[Metric], str | None]:
    """Return the metrics of a classifier, and the words for its positive value where it has two."""
    rows = len(truth)
    right = np.asarray([one == other for one, other in zip(said.labels, truth, strict=True)])
    accuracy = measure.with_interval(ACCURACY, rows, measure.share_of(right))
    assert said.probabilities is not None  # noqa: S101 - it classifies
    if len(said.classes) > 2:
        of = measure.mean_auc_of(said.probabilities, truth, said.classes)
        return [measure.with_interval(AUC, rows, of), accuracy], None
    positive = positive_of(contract, said.classes)
    words = shown(contract, positive)
    is_positive = np.asarray([one == positive for one in truth])
    if is_positive.all() or not is_positive.any():
        reason = f"every {of_what} has {'the' if is_positive.all() else 'another than the'} positive value"
        return [Metric.without(AUC, f"{reason} {words}", rows), accuracy], words
    scores = said.probabilities[:, said.position(positive)]
    return [measure.with_interval(AUC, rows, measure.auc_of(scores, is_positive)), accuracy], words


def _of_numbers(said: Predicted, column: pa.ChunkedArray) -> list[Metric]:
    assert said.numbers is not None  # noqa: S101 - it predicts numbers
    with in_words("the model gives a number, and the target is none"):
        truth = np.asarray(column.to_pylist(), dtype=float).reshape(len(said.numbers))
    none = [Metric.without(name, "the model predicts a number, not a class", len(truth)) for name in (AUC, ACCURACY)]
    return [*none, measure.with_interval("r2", len(truth), measure.explained_of(said.numbers, truth))]
