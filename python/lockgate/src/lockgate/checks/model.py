"""An exported model, run on rows: hostile input, loaded from bytes, in the sandbox of a platform step and only there.

It takes the columns of the contract, either a tensor each (``[n, 1]``, called as the column) or all of them in one
(``[n, features]``, with their order as a JSON list under ``columns`` in the model's metadata). It gives a label and,
where it classifies, a probability for each class: a tensor ``[n, k]``, or a map (``zipmap``).

What it gives may be a row's own values. So none of its words, and none of what the runtime says, is ever in a report;
classes are named by the contract, or by their number.

A model may tell how many rows it is asked about, and callers usually ask about one. So what it says of rows together
has to be what it says of them alone, in another order, and a few at a time.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate, count, pairwise, repeat, takewhile
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from lockgate.checks import onnx_file
from lockgate.checks.measure import SEED, Floats, NotComputableError, in_words
from lockgate.checks.runtime import ort

BATCH: Final = 10_000
"""How many rows are predicted at a time."""
AGAIN: Final = 1_000
"""How many rows are predicted again, as callers ask about them."""
SAME: Final = 1e-4
"""How far a number may differ between a row alone and the same row among others: by rounding, as at parity."""
OTHERWISE: Final = "the model says something else of rows alone, or a few at a time, than of the same rows together"

NUMBERS: Final[Mapping[str, Any]] = {
    "tensor(float)": np.float32,
    "tensor(double)": np.float64,
    "tensor(int8)": np.int8,
    "tensor(int16)": np.int16,
    "tensor(int32)": np.int32,
    "tensor(int64)": np.int64,
    "tensor(uint8)": np.uint8,
    "tensor(uint16)": np.uint16,
    "tensor(uint32)": np.uint32,
    "tensor(uint64)": np.uint64,
    "tensor(bool)": np.bool_,
}
"""The types of numbers that are served, as the runtime calls them."""
TEXT: Final = "tensor(string)"
LABELS: Final = ("label", "output_label")
PROBABILITIES: Final = ("probabilities", "output_probability")


@dataclass(frozen=True)
class Predicted:
    """What a model says of rows: a label each, as text, and the probability of each class; or a number each."""

    labels: Sequence[str]
    probabilities: Floats | None
    classes: Sequence[str]
    numbers: Floats | None

    def of(self, order: npt.NDArray[np.int64]) -> Predicted:
        """Return what it says of some of the rows, in this order."""
        return Predicted(
            [self.labels[row] for row in order] if self.labels else [],
            None if self.probabilities is None else self.probabilities[order],
            self.classes,
            None if self.numbers is None else self.numbers[order],
        )

    def position(self, positive: str) -> int:
        """Return which probability is that of the positive value; one that is not known was named by the contract."""
        if positive not in self.classes:
            raise NotComputableError(
                f"the model knows no value `{positive}`, which the contract says is the positive one"
            )
        return list(self.classes).index(positive)


class Model:
    """A model that is loaded, and what it takes."""

    def __init__(self, data: bytes, contract: Mapping[str, Any]) -> None:
        onnx_file.check(data)
        options = ort.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.log_severity_level = 4
        with in_words(f"the runtime cannot load the model: load it with onnxruntime {ort.__version__} to see why"):
            self._session = ort.InferenceSession(data, options, providers=["CPUExecutionProvider"])
            self._metadata: Mapping[str, str] = self._session.get_modelmeta().custom_metadata_map
            self._types = {one.name: str(one.type) for one in self._session.get_inputs()}
        self._contract = contract
        self._joined = self._columns_of_one()
        self.features: list[str] = self._joined or list(self._types)
        known = {str(one["name"]) for one in contract["features"]}
        for number, name in enumerate(self.features, 1):
            if name not in known:
                raise NotComputableError(f"column {number} that the model takes is no feature of the contract")

    def _columns_of_one(self) -> list[str]:
        """Return the columns of the one tensor that takes them all; none where each has its own."""
        known = {str(one["name"]) for one in self._contract["features"]}
        if len(self._types) != 1 or ("columns" not in self._metadata and known.issuperset(self._types)):
            return []
        columns = self._words("columns")
        if columns is None:
            raise NotComputableError(
                "the one input of the model is no feature of the contract, and its metadata names no `columns`"
            )
        if not NUMBERS.keys() >= set(self._types.values()):
            raise NotComputableError("the model takes all columns in one input that is no tensor of numbers")
        return columns

    def _words(self, key: str) -> list[str] | None:
        """Return a JSON list of texts in the metadata."""
        if key not in self._metadata:
            return None
        try:
            words = json.loads(self._metadata[key])
        except (ValueError, RecursionError):
            words = None
        if not isinstance(words, list) or not words or not all(isinstance(one, str) for one in words):
            raise NotComputableError(f"`{key}` in the model's metadata is not a JSON list of texts")
        return words

    def predict(self, rows: pa.Table) -> Predicted:
        """Return what the model says of rows.

        Raises
        ------
        NotComputableError
            The rows are not what it takes, or it gives what cannot be read as a prediction.
        """
        fed = self._fed(rows)
        said = self._said(fed, np.arange(rows.num_rows), repeat(BATCH))
        order = np.random.default_rng(SEED).permutation(rows.num_rows)[:AGAIN]
        for sizes in (repeat(1), count(2)):  # alone; then two, three, four … at a time
            if not _same(said.of(order), self._said(fed, order, sizes, said.classes)):
                raise NotComputableError(OTHERWISE)
        return replace(said, labels=by_name(said.labels, said.classes))

    def _said(
        self,
        fed: Mapping[str, npt.NDArray[Any]],
        order: npt.NDArray[np.int64],
        sizes: Iterable[int],
        classes: Sequence[str] | None = None,
    ) -> Predicted:
        """Return what the model says of rows in this order, so many at a time; labels are as it gives them."""
        rows = len(order)
        edges = [*takewhile(lambda edge: edge < rows, accumulate(sizes, initial=0)), rows]
        parts = []
        for start, end in pairwise(edges):
            some = {name: values[order[start:end]] for name, values in fed.items()}
            with in_words("the model fails on these rows"):
                parts.append(self._session.run(None, some))
        with in_words("what the model gives cannot be read as a prediction for each row"):
            names = [one.name for one in self._session.get_outputs()]
            outputs = {name: _joined([part[n] for part in parts]) for n, name in enumerate(names)}
            label, probabilities = _which(names)
            if probabilities is None:
                return self._of_numbers(outputs[label], rows)
            return self._of_classes(outputs[label], outputs[probabilities], rows, classes)

    def _fed(self, rows: pa.Table) -> dict[str, npt.NDArray[Any]]:
        missing = [name for name in self.features if name not in rows.column_names]
        if missing:
            raise NotComputableError(f"the rows have no column `{missing[0]}`, which the model takes")
        if not self._joined:
            return {name: _column(rows[name], name, kind).reshape(-1, 1) for name, kind in self._types.items()}
        ((name, kind),) = self._types.items()
        return {name: np.column_stack([_column(rows[column], column, kind) for column in self._joined])}

    def _of_numbers(self, said: Any, rows: int) -> Predicted:
        numbers = np.asarray(said)
        if numbers.dtype.kind not in "fiu" or numbers.size != rows:
            raise NotComputableError("the model gives neither probabilities nor a number for each row")
        if not np.isfinite(numbers.astype(float)).all():
            raise NotComputableError("the model gives numbers that are not finite")
        return Predicted([], None, [], numbers.reshape(-1).astype(float))

    def _of_classes(self, label: Any, said: Any, rows: int, classes: Sequence[str] | None) -> Predicted:
        given = np.asarray(label).reshape(-1)
        labels = [_text(one) for one in given.tolist()]
        known = (self._contract.get("target") or {}).get("values")
        if given.dtype.kind in "OSU" and known and not set(labels) <= set(known):
            raise NotComputableError(
                "the model gives a text as its label that is none of the values that the contract lists for the target"
                " (`invalidValues`): it would not be answered"
            )
        if isinstance(said, list):
            classes = classes or sorted({_text(key) for one in said for key in one}, key=_order)
            numbers = [
                [{_text(key): value for key, value in one.items()}.get(name, 0.0) for name in classes] for one in said
            ]
            probabilities = np.asarray(numbers, dtype=float).reshape(len(said), len(classes))
        else:
            probabilities = np.asarray(said, dtype=float)
            classes = classes or self._classes(labels)
        if probabilities.ndim != 2 or len(labels) != rows or len(probabilities) != rows:
            raise NotComputableError("the model does not give a label, and a probability for each class, for each row")
        if probabilities.shape[1] != len(classes):
            raise NotComputableError(
                "the model gives more or fewer probabilities a row than values are known:"
                " name them in the contract (`invalidValues`), or as `classes` in the model's metadata"
            )
        if not np.isfinite(probabilities).all():
            raise NotComputableError("the model gives probabilities that are no numbers")
        return Predicted(labels, probabilities, classes, None)

    def _classes(self, labels: Sequence[str]) -> list[str]:
        """Return the classes in the order of the probabilities: by the metadata, else sorted, as scikit-learn does."""
        named = self._words("classes")
        if named is not None:
            if len(set(named)) != len(named):
                raise NotComputableError("`classes` in the model's metadata names a value twice")
            return named
        return classes_of(self._contract, labels)


def _same(one: Predicted, other: Predicted) -> bool:
    """Say whether predictions of the same rows are equal; a label may differ where two classes are as likely."""
    if one.numbers is not None and other.numbers is not None:
        return bool(np.allclose(one.numbers, other.numbers, rtol=SAME, atol=1e-6, equal_nan=True))
    if one.probabilities is None or other.probabilities is None:
        return False
    if not np.allclose(one.probabilities, other.probabilities, rtol=0, atol=SAME):
        return False
    differs = np.asarray([label != again for label, again in zip(one.labels, other.labels, strict=True)], dtype=bool)
    if not differs.any():
        return True
    likeliest = np.sort(one.probabilities[differs], axis=1)
    return likeliest.shape[1] > 1 and bool((likeliest[:, -1] - likeliest[:, -2] < 2 * SAME).all())


def by_name(labels: Sequence[str], classes: Sequence[str]) -> list[str]:
    """Return labels by the names of their classes, where they say the classes' numbers."""
    numbers = all(one.isdecimal() and len(one) < 10 and int(one) < len(classes) for one in labels)
    if labels and numbers and not set(labels) <= set(classes):
        return [classes[int(one)] for one in labels]
    return list(labels)


def classes_of(contract: Mapping[str, Any], labels: Sequence[str]) -> list[str]:
    """Return the classes in the order of scikit-learn's probabilities: the contract's, else those of the labels."""
    target = contract.get("target") or {}
    return sorted(target.get("values") or set(labels), key=_order)


def positive_of(contract: Mapping[str, Any], classes: Sequence[str]) -> str:
    """Return the positive value of the target: the one that the contract names, else the first of two."""
    target = contract.get("target") or {}
    named = target.get("positive")
    if named is not None:
        return str(named)
    if len(classes) != 2:
        raise NotComputableError("the target has not two values, and the contract names none of them as `positive`")
    return min(classes, key=_order)


def shown(contract: Mapping[str, Any], positive: str) -> str:
    """Return the words for the positive value: the contract's, else its number, since a label may be a row's value."""
    target = contract.get("target") or {}
    values = target.get("values") or []
    named = target.get("positive") is not None or (len(values) == 2 and positive == min(values, key=_order))
    return f"`{positive}`" if named else "class 1"


def text_of(column: pa.ChunkedArray) -> list[str]:
    """Return the values of a label column as the texts by which labels are compared."""
    with in_words("the outcomes cannot be read as labels"):
        return [_text(one) for one in column.to_pylist()]


def _text(value: Any) -> str:
    if isinstance(value, bool | np.bool_):
        return "true" if value else "false"
    if isinstance(value, float | np.floating) and float(value).is_integer():
        return str(int(value))
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)


def _order(word: str) -> tuple[int, float, str]:
    """Numbers in their order, before words in theirs."""
    try:
        return 0, float(word), word
    except ValueError:
        return 1, 0.0, word


def _which(names: Sequence[str]) -> tuple[str, str | None]:
    """Return which output is the label, and which the probabilities: by name, else the first and the second."""
    label = next((name for name in names if name in LABELS), names[0])
    others = [name for name in names if name != label]
    probabilities = next((name for name in others if name in PROBABILITIES), others[0] if others else None)
    return label, probabilities


def _joined(parts: Sequence[Any]) -> Any:
    if not parts:
        return np.empty(0)
    return [one for part in parts for one in part] if isinstance(parts[0], list) else np.concatenate(parts)


def _column(values: pa.ChunkedArray, name: str, kind: str) -> npt.NDArray[Any]:
    """Return a column as the model takes it."""
    with in_words(f"column `{name}` is not what the model takes"):
        if kind == TEXT:
            return np.asarray(pc.fill_null(pc.cast(values, pa.string()), "").to_pylist(), dtype=object)
        if kind not in NUMBERS:
            raise NotComputableError(f"the model takes `{name}` as a type that is not served")
        wanted = np.dtype(NUMBERS[kind])
        if wanted.kind == "f":
            return np.asarray(pc.cast(values, pa.float64()).to_numpy(zero_copy_only=False), dtype=wanted)
        if values.null_count:
            raise NotComputableError(f"column `{name}` has missing values, and the model takes whole numbers there")
        return np.asarray(pc.cast(values, pa.from_numpy_dtype(wanted)).to_numpy(zero_copy_only=False))
