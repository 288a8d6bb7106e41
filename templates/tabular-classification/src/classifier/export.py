"""The model as ONNX: what is released, judged and served."""

import warnings
from pathlib import Path

import pandas as pd
from skl2onnx import to_onnx
from skl2onnx.common.data_types import (
    FloatTensorType,
    Int64TensorType,
    StringTensorType,
)
from sklearn.pipeline import Pipeline

from classifier.model import POSITIVE

OPSET = 17
MOST_ROWS = 2_000
"""How many rows the platform compares the two models on, at most."""


def kind(values: pd.Series) -> object:
    """Return the tensor of a column: `[n, 1]`, and called as it is."""
    if pd.api.types.is_integer_dtype(values.dtype):
        return Int64TensorType([None, 1])
    if pd.api.types.is_float_dtype(values.dtype):
        return FloatTensorType([None, 1])
    return StringTensorType([None, 1])


def save(model: Pipeline, features: pd.DataFrame, path: Path) -> Path:
    """Write the model as ONNX, with a tensor for each column it takes.

    `zipmap=False`: the probabilities are a tensor, which can be served.
    """
    inputs = [(name, kind(features[name])) for name in features]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)
        exported = to_onnx(
            model,
            initial_types=inputs,
            options={id(model): {"zipmap": False}},
            target_opset=OPSET,
        )
    path.write_bytes(exported.SerializeToString())
    return path


def predicted(model: Pipeline, features: pd.DataFrame) -> pd.DataFrame:
    """Return rows with what the trained model says of each.

    The platform runs the exported one on them, and compares.
    """
    rows = features.head(MOST_ROWS)
    position = list(model.classes_).index(POSITIVE)
    return rows.assign(
        _label=model.predict(rows),
        _probability=model.predict_proba(rows)[:, position],
    )
