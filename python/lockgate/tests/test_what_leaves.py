"""What leaves a platform step: no word of a model, of the runtime or of a row, whatever the model does with rows."""

from __future__ import annotations

import io
import json
import re
import urllib.error
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from lockgate.checks import held_out, start
from lockgate.checks.measure import NotComputableError
from lockgate.checks.model import shown
from lockgate.checks.told import Source
from onnx import TensorProto, helper

COUNT = 60
SECRET = re.compile(r"Person|IBAN|54\d\d")
ROWS = pa.table(
    {
        "id": range(COUNT),
        "name": [f"Person {number} IBAN" for number in range(COUNT)],
        "income": [5400.0 + number for number in range(COUNT)],
        "bad": [number % 2 for number in range(COUNT)],
        "age": [20 + number for number in range(COUNT)],
        "friend": ["m"] * 30 + ["f"] * 28 + ["Person 58", "Person 59"],
    }
)
CONTRACT: dict[str, Any] = {
    "features": [{"name": "name"}, {"name": "income"}],
    "key": ["id"],
    "target": {"name": "bad", "positive": None, "values": None},
    "sensitive": [{"name": "age", "bounds": [40.0]}, {"name": "friend", "bounds": []}],
    "sources": {},
}
TEXT, NUMBER, WHOLE = TensorProto.STRING, TensorProto.FLOAT, TensorProto.INT64


def constant(name: str, kind: int, values: Sequence[Any]) -> onnx.NodeProto:
    return helper.make_node("Constant", [], [name], value=helper.make_tensor(name, kind, [len(values)], values))


CELL = [constant("n", WHOLE, [3]), helper.make_node("Gather", ["name", "n"], ["cell"], axis=0)]
LESS = [constant("cut", NUMBER, [5430.0]), helper.make_node("Less", ["income", "cut"], ["less"])]
SHARES = [helper.make_node("Concat", ["income", "income"], ["probabilities"], axis=1)]
TO_ONE = [helper.make_node("Div", ["income", "income"], ["one"])]
COUNTED = [constant("first", WHOLE, [0]), helper.make_node("Gather", ["income", "first"], ["some"], axis=0)]
AS_SIZE = [
    *COUNTED,
    constant("flat", WHOLE, [1]),
    helper.make_node("Cast", ["some"], ["whole"], to=WHOLE),
    helper.make_node("Reshape", ["whole", "flat"], ["size"]),
]


def chosen(yes: Sequence[onnx.NodeProto], one: str, other: str) -> list[onnx.NodeProto]:
    """Return nodes that label the lower incomes with one text and the others with another."""
    return [*yes, *LESS, helper.make_node("Where", ["less", one, other], ["label"])]


CELL_AS_LABEL = chosen([*CELL, constant("other", TEXT, [b"~"])], "cell", "other")
ODD_NUMERALS = chosen([constant("a", TEXT, ["²".encode()]), constant("b", TEXT, [b"~"])], "a", "b")
OUT_OF_RANGE = [
    *COUNTED,
    helper.make_node("Cast", ["some"], ["far"], to=WHOLE),
    helper.make_node("Gather", ["income", "far"], ["label"], axis=0),
]
MISSHAPED = [*AS_SIZE, helper.make_node("Reshape", ["income", "size"], ["label"])]
NUMBERED = [*LESS, helper.make_node("Cast", ["less"], ["label"], to=WHOLE)]
AS_MANY = [
    *AS_SIZE,
    constant("rows", WHOLE, [COUNT]),
    helper.make_node("Concat", ["rows", "size"], ["shape"], axis=0),
    helper.make_node("ConstantOfShape", ["shape"], ["probabilities"]),
]
TEXT_SHARES = [helper.make_node("Concat", ["name", "name"], ["probabilities"], axis=1)]
CELL_NAMES = [helper.make_node("Identity", ["name"], ["label"])]


def model(
    nodes: Sequence[onnx.NodeProto], label: int, *, shares: int = NUMBER, takes: Mapping[str, int] | None = None
) -> bytes:
    takes = {"name": TEXT, "income": NUMBER} if takes is None else takes
    inputs = [helper.make_tensor_value_info(name, kind, [None, 1]) for name, kind in takes.items()]
    outputs = [helper.make_tensor_value_info("label", label, None)]
    outputs.append(helper.make_tensor_value_info("probabilities", shares, None))
    opsets = [helper.make_opsetid("", 17)]
    graph = helper.make_graph(list(nodes), "g", inputs, outputs)
    return bytes(helper.make_model(graph, opset_imports=opsets, ir_version=8).SerializeToString())


WELL = model([*NUMBERED, *SHARES], WHOLE)
MODELS = {
    "a label that is a cell": (model([*CELL_AS_LABEL, *SHARES], TEXT), "the model fails on these rows"),
    "labels that are all cells": (model([*CELL_NAMES, *SHARES], TEXT), "more or fewer probabilities"),
    "numerals that are none": (model([*ODD_NUMERALS, *SHARES], TEXT), "class 1"),
    "an index that is a cell": (model([*OUT_OF_RANGE, *SHARES], NUMBER), "the model fails on these rows"),
    "a size that is a cell": (model([*MISSHAPED, *SHARES], NUMBER), "the model fails on these rows"),
    "as many classes as a cell says": (model([*NUMBERED, *AS_MANY], WHOLE), "more or fewer probabilities"),
    "probabilities that are cells": (
        model([*NUMBERED, *TEXT_SHARES], WHOLE, shares=TEXT),
        "cannot be read as a prediction for each row",
    ),
    "text taken as a number": (
        model([helper.make_node("Identity", ["name"], ["label"]), *SHARES], NUMBER, takes=dict.fromkeys(["name"], 1)),
        "cannot load the model",
    ),
    "a cell that is no number": (
        model([*TO_ONE, *NUMBERED, *SHARES], WHOLE, takes={"income": NUMBER, "name": NUMBER}),
        "column `name` is not what the model takes",
    ),
    "an input called like a cell": (
        model([*NUMBERED, *SHARES], WHOLE, takes={"income": NUMBER, "Person 3": NUMBER}),
        "column 2 that the model takes is no feature",
    ),
}


def run(
    check: str, exported: bytes, folder: Path, monkeypatch: pytest.MonkeyPatch, contract: Mapping[str, Any] = CONTRACT
) -> tuple[dict[str, Any], list[str]]:
    """Run a check as the engine does; return its report, and every text in it."""
    (folder / "onnx").write_bytes(exported)
    inputs = {"onnx": {"path": str(folder / "onnx")}, "contract": {"value": contract}}
    inputs["rows"] = {"path": str(folder / "rows")}
    told = {"inputs": inputs, "outputs": {"report": str(folder / "report")}}
    (folder / "step.json").write_text(json.dumps(told), encoding="utf-8")
    monkeypatch.setenv("LOCKGATE_STEP", str(folder / "step.json"))
    monkeypatch.setattr(held_out, "read", lambda _sources, _contract: ROWS)
    said = np.asarray(ROWS["income"]) < 5430
    labelled = ROWS.append_column("_label", pa.array(said.astype(int)))
    pq.write_table(labelled.append_column("_probability", pa.array(said.astype(float))), folder / "rows")
    assert start.main(str(folder), check) == 0
    report: dict[str, Any] = json.loads((folder / "report").read_text(encoding="utf-8"))
    texts = [one[key] for one in report["metrics"] for key in ("name", "group", "reason") if one[key] is not None]
    return report, [report["note"], *texts]


@pytest.mark.parametrize("check", ["parity", "quality", "bias"])
@pytest.mark.parametrize("what", MODELS)
def test_no_text_of_a_model_or_a_row_leaves(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], what: str, check: str
) -> None:
    exported, words = MODELS[what]
    _, texts = run(check, exported, tmp_path, monkeypatch)
    assert not [text for text in texts if SECRET.search(text)]
    assert check == "parity" or any(words in text for text in texts), texts
    assert tuple(capfd.readouterr()) == ("", "")


def test_only_groups_of_a_size_are_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    report, texts = run("bias", WELL, tmp_path, monkeypatch)
    assert report["metrics"][0]["value"] == 1, "without labels in the contract it is measured all the same"
    assert report["note"] == (
        "class 1 by `age`: ≤ 40 (21 rows), > 40 (39 rows);"
        " `friend`: f (28 rows), m (30 rows); 2 with fewer than 20 rows left out"
    )
    assert not [text for text in texts if SECRET.search(text)]


def test_a_column_of_words_that_is_to_have_bounds_is_not_quoted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sensitive = [{"name": "name", "bounds": [1.0]}, {"name": "name", "bounds": []}]
    _, texts = run("bias", WELL, tmp_path, monkeypatch, {**CONTRACT, "sensitive": sensitive})
    assert "`name` has `groupBounds` in the contract, and is no number" in texts
    assert "`name` has more than 20 values: say in the contract how they form groups (`groupBounds`)" in texts


@pytest.mark.parametrize(
    ("target", "positive", "words"),
    [
        (None, "Person 3", "class 1"),
        ({}, "Person 3", "class 1"),
        ({"positive": "1", "values": None}, "1", "`1`"),
        ({"positive": None, "values": ["good", "bad"]}, "bad", "`bad`"),
        ({"positive": None, "values": ["good", "bad"]}, "good", "class 1"),
        ({"positive": None, "values": ["a", "b", "c"]}, "b", "class 1"),  # which of many it is may itself be a message
    ],
)
def test_a_class_is_named_by_the_contract_alone(target: Any, positive: str, words: str) -> None:
    assert shown({"target": target}, positive) == words


def test_the_contracts_names_are_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    named = {**CONTRACT, "target": {"name": "bad", "positive": None, "values": ["0", "1"]}}
    report, _ = run("quality", WELL, tmp_path, monkeypatch, named)
    assert report["note"] == "on 60 held-out rows, `0` as the positive value"


def test_what_a_query_met_is_not_quoted(monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_words: object, **_more: object) -> None:
        raise urllib.error.HTTPError("http://x", 400, "", {}, io.BytesIO(bodies.pop(0)))  # type: ignore[arg-type]

    monkeypatch.setattr("urllib.request.urlopen", fails)
    monkeypatch.setenv("LOCKGATE_URL", "http://x")
    monkeypatch.setenv("LOCKGATE_TOKEN", "lg_x")
    told = [{"code": "query.failed", "detail": "cannot cast 'Person 3'"}, {"code": "Person 3"}, ["Person 3"]]
    bodies = [*(json.dumps(one).encode() for one in told), b"Person 3"]
    for words in ("`query.failed`", "status 400", "status 400", "status 400"):
        with pytest.raises(NotComputableError) as why:
            held_out.read([Source("a.b.c", "train")], {"key": ["id"], "sources": {}})
        assert str(why.value) == f"`a.b.c` cannot be read: {words}"
