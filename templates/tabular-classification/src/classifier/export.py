"""The model as ONNX: what is released, judged and served."""

import warnings
from pathlib import Path

import pandas as pd
from onnx import GraphProto
from skl2onnx import to_onnx
from skl2onnx.common.data_types import (
    FloatTensorType,
    Int64TensorType,
    StringTensorType,
)
from sklearn.pipeline import Pipeline

from classifier.contract import Outcome
from classifier.model import probability

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
    name_inputs(exported.graph, list(features))
    path.write_bytes(exported.SerializeToString())
    return path


def name_inputs(graph: GraphProto, names: list[str]) -> None:
    """Call the inputs as the columns, even where these have odd names."""
    called = {}
    for tensor, name in zip(graph.input, names, strict=True):
        called[tensor.name], tensor.name = name, name
    for node in graph.node:
        node.input[:] = [called.get(one, one) for one in node.input]


def predicted(
    model: Pipeline, features: pd.DataFrame, positive: Outcome
) -> pd.DataFrame:
    """Return rows with what the trained model says of each.

    The platform runs the exported one on them, and compares.
    """
    rows = features.head(MOST_ROWS)
    return rows.assign(
        _label=model.predict(rows),
        _probability=probability(model, rows, positive),
    )
