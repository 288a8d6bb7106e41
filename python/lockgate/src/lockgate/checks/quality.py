"""Quality: how well the exported model predicts rows that nobody who made it has seen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from lockgate import stats
from lockgate.checks import held_out, measure
from lockgate.checks.measure import CONFIDENCE, FEWEST_ROWS, Floats, Metric, NotComputableError, in_words
from lockgate.checks.model import Model, Predicted, positive_of, shown, text_of
from lockgate.checks.told import Told
from lockgate.stats.qualities import Task

AUC: Final = "auc"
ACCURACY: Final = "accuracy"
NO_NUMBER: Final = "it does not exist for these rows"


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
    is_known = pc.is_valid(rows[target])
    if pa.types.is_floating(rows[target].type):
        is_known = pc.and_(is_known, pc.invert(pc.is_nan(rows[target])))
    known = rows.filter(is_known)
    if known.num_rows < FEWEST_ROWS:
        raise NotComputableError(f"{known.num_rows} held-out rows have an outcome; at least {FEWEST_ROWS} are needed")
    said = Model(told.files["onnx"].read_bytes(), contract).predict(known)
    left = rows.num_rows - known.num_rows
    note = f"on {known.num_rows} held-out rows" + (f"; {left} without an outcome are left out" if left else "")
    if said.numbers is not None:
        return _of_numbers(said, known[target]), note
    truth = text_of(known[target])
    metrics, positive = of_classes(said, truth, contract)
    return metrics, (f"{note}, {positive} as the positive value" if positive else note) + strangers_of(said, truth)


def strangers_of(said: Predicted, truth: Sequence[str]) -> str:
    """Return what is to be noted of outcomes that the model cannot say."""
    count = sum(one not in said.classes for one in truth)
    return f"; {count} outcomes are none that the model knows, so none of them is right" if count else ""


def of_classes(
    said: Predicted, truth: Sequence[str], contract: Mapping[str, Any], of_what: str = "held-out row"
) -> tuple[list[Metric], str | None]:
    """Return the metrics of a classifier, and the words for its positive value where it has two."""
    assert said.probabilities is not None  # noqa: S101 - it classifies
    rows, accuracy = len(truth), accuracy_of(said.labels, truth)
    if len(said.classes) > 2:
        each = {one: said.probabilities[:, n] for n, one in enumerate(said.classes)}
        return [_area("multiclass", "roc_auc_ovr", truth, each, f"not every class has a {of_what}"), accuracy], None
    positive = positive_of(contract, said.classes)
    words = shown(contract, positive)
    is_positive = [one == positive for one in truth]
    if all(is_positive) or not any(is_positive):
        reason = f"every {of_what} has {'the' if all(is_positive) else 'another than the'} positive value"
        return [Metric.without(AUC, f"{reason} {words}", rows), accuracy], words
    scores = said.probabilities[:, said.position(positive)]
    return [_area("binary", "roc_auc", is_positive, scores, NO_NUMBER), accuracy], words


def accuracy_of(labels: Sequence[str], truth: Sequence[str]) -> Metric:
    """Return the share of rows whose label is right."""
    return _measured(ACCURACY, "accuracy", NO_NUMBER, truth, prediction=labels, task="multiclass")


def _area(task: Task, metric: str, truth: Sequence[Any], scores: Any, why: str) -> Metric:
    return _measured(AUC, metric, why, truth, score=scores, task=task)


def _measured(name: str, metric: str, why: str, truth: Sequence[Any] | Floats, **asked: Any) -> Metric:
    """Return a metric of `lockgate.stats` under the gate's name; ``why`` says what rows without it are."""
    try:
        with in_words(NO_NUMBER):
            found = stats.quality(truth, interval=CONFIDENCE, metrics=[metric], **asked).to_dict()
    except NotComputableError as failed:
        return Metric.without(name, str(failed), len(truth))
    return measure.of_stats(name, found["metrics"][metric], len(truth), why)


def _of_numbers(said: Predicted, column: pa.ChunkedArray) -> list[Metric]:
    assert said.numbers is not None  # noqa: S101 - it predicts numbers
    with in_words("the model gives a number, and the target is none"):
        truth = np.asarray(column.to_pylist(), dtype=float).reshape(len(said.numbers))
    if not np.isfinite(truth).all():
        raise NotComputableError("the target is infinite in some held-out rows")
    none = [Metric.without(name, "the model predicts a number, not a class", len(truth)) for name in (AUC, ACCURACY)]
    same = "the target is the same in every held-out row"
    return [*none, _measured("r2", "r2", same, truth, prediction=said.numbers, task="regression")]
