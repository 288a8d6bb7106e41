"""What the platform measures of an exported model: with real models, on rows from a server, and on files that lie."""

from __future__ import annotations

import http.server
import io
import json
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import onnx
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from lockgate.checks import bias, held_out, measure, parity, quality
from lockgate.checks.measure import Metric, NotComputableError
from lockgate.checks.model import Model, Predicted, positive_of
from lockgate.checks.told import Source, Told
from onnx import TensorProto, helper
from skl2onnx import to_onnx
from skl2onnx.common.data_types import FloatTensorType, Int64TensorType, StringTensorType
from sklearn.compose import ColumnTransformer
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

OPSET = 17
CONTRACT: dict[str, Any] = {
    "features": [{"name": name, "type": None} for name in ("amount", "rate", "housing")],
    "key": ["record_id"],
    "target": {"name": "outcome", "positive": None, "values": ["bad", "good"]},
    "sensitive": [{"name": "age", "bounds": [25]}],
    "sources": {
        "retail.core.loans": {"record_id": "record_id", "amount": "credit_amount", "rate": "rate", "age": "age"},
        "risk.core.outcomes": {"record_id": "record_id", "housing": "housing", "outcome": "outcome"},
    },
}


def applications(count: int = 400) -> pd.DataFrame:
    rng = np.random.default_rng(7)
    rows = pd.DataFrame(
        {
            "record_id": [f"r{number:05}" for number in range(count)],
            "amount": rng.integers(100, 90_000, count),
            "rate": rng.normal(2.5, 1, count),
            "housing": rng.choice(["own", "rent", "free"], count),
            "age": rng.integers(18, 60, count),
        }
    )
    odds = rows["amount"] / 30_000 + rows["rate"] - (rows["housing"] == "own") - 3
    return rows.assign(outcome=np.where(rng.random(count) < 1 / (1 + np.exp(-odds)), "bad", "good"))


ROWS = applications()
FEATURES = ROWS[["amount", "rate", "housing"]]


def fitted(outcome: Any, classifier: Any = None) -> Pipeline:
    columns = ColumnTransformer(
        [
            ("words", OneHotEncoder(handle_unknown="ignore"), ["housing"]),
            ("numbers", StandardScaler(), ["amount", "rate"]),
        ]
    )
    return Pipeline([("columns", columns), ("model", classifier or LogisticRegression())]).fit(FEATURES, outcome)


TRAINED = fitted(ROWS["outcome"])


def exported(model: Pipeline = TRAINED, *, zipmap: bool = False, classifies: bool = True) -> bytes:
    inputs = [
        ("amount", Int64TensorType([None, 1])),
        ("rate", FloatTensorType([None, 1])),
        ("housing", StringTensorType([None, 1])),
    ]
    options = {id(model): {"zipmap": zipmap}} if classifies else None
    return bytes(to_onnx(model, initial_types=inputs, options=options, target_opset=OPSET).SerializeToString())


def in_one_tensor(columns: list[str] | None) -> bytes:
    trained = LogisticRegression().fit(ROWS[["rate", "amount"]].to_numpy(np.float32), ROWS["outcome"])
    made = to_onnx(
        trained,
        initial_types=[("X", FloatTensorType([None, 2]))],
        options={id(trained): {"zipmap": False}},
        target_opset=OPSET,
    )
    if columns is not None:
        helper.set_model_props(made, {"columns": json.dumps(columns)})
    return bytes(made.SerializeToString())


def predictions(model: Pipeline = TRAINED) -> pd.DataFrame:
    return FEATURES.assign(_label=model.predict(FEATURES), _probability=model.predict_proba(FEATURES)[:, 0])


def report_of(check: Callable[[Told], None], folder: Path, told: dict[str, Any]) -> dict[str, Any]:
    values = {"contract": told.get("contract", CONTRACT)}
    files: dict[str, Path] = {name: told[name] for name in ("onnx", "rows") if name in told}
    check(Told(folder, files, values, tuple(told.get("sources", ())), {"report": folder / "report"}))
    read: dict[str, Any] = json.loads((folder / "report").read_text(encoding="utf-8"))
    for metric in read["metrics"]:
        assert set(metric) == {"name", "value", "low", "high", "n", "group", "reason"}
        assert (metric["value"] is None) != (metric["reason"] is None)
    return read


def parity_of(folder: Path, model: bytes, rows: pd.DataFrame, **told: Any) -> dict[str, Any]:
    (folder / "onnx").write_bytes(model)
    rows.to_parquet(folder / "rows")
    return report_of(parity.check, folder, {"onnx": folder / "onnx", "rows": folder / "rows", **told})


def by_name(report: dict[str, Any]) -> dict[str, Any]:
    return {metric["name"]: metric for metric in report["metrics"]}


@pytest.mark.parametrize("zipmap", [False, True])
def test_an_export_of_what_was_trained_is_equal(tmp_path: Path, zipmap: bool) -> None:
    report = by_name(parity_of(tmp_path, exported(zipmap=zipmap), predictions()))
    assert report["parity_labels"]["value"] == 0
    assert report["parity_difference"]["value"] < 1e-5
    assert report["parity_difference"]["n"] == len(ROWS)


def test_an_export_of_another_model_is_not(tmp_path: Path) -> None:
    other = fitted(ROWS["outcome"].sample(frac=1, random_state=1).to_list())
    report = by_name(parity_of(tmp_path, exported(other), predictions()))
    assert report["parity_labels"]["value"] > 0.1
    assert report["parity_difference"]["value"] > 0.1


def test_all_probabilities_are_compared_where_the_rows_have_them(tmp_path: Path) -> None:
    each = predictions().assign(_probability=TRAINED.predict_proba(FEATURES).tolist())
    assert by_name(parity_of(tmp_path, exported(), each))["parity_difference"]["value"] < 1e-5
    turned = each.assign(_probability=each["_probability"].map(lambda both: [*reversed(both)]))
    assert by_name(parity_of(tmp_path, exported(), turned))["parity_difference"]["value"] > 0.5


def test_the_order_of_columns_in_one_tensor_is_the_metadatas(tmp_path: Path) -> None:
    trained = LogisticRegression().fit(ROWS[["rate", "amount"]].to_numpy(np.float32), ROWS["outcome"])
    numbers = ROWS[["rate", "amount"]].to_numpy(np.float32)
    rows = FEATURES.assign(_label=trained.predict(numbers), _probability=trained.predict_proba(numbers)[:, 0])
    right = parity_of(tmp_path, in_one_tensor(["rate", "amount"]), rows)
    assert by_name(right)["parity_difference"]["value"] < 1e-5
    assert "with the columns rate, amount" in right["note"]
    turned = by_name(parity_of(tmp_path, in_one_tensor(["amount", "rate"]), rows))
    assert turned["parity_difference"]["value"] > 0.05
    nameless = by_name(parity_of(tmp_path, in_one_tensor(None), rows))["parity_labels"]
    assert "its metadata names no `columns`" in nameless["reason"]


def test_a_model_of_numbers_is_compared_and_its_fit_measured(tmp_path: Path) -> None:
    numbers = ROWS["rate"] * 3 + ROWS["amount"] / 10_000
    trained = fitted(numbers, LinearRegression())
    model = exported(trained, classifies=False)
    report = by_name(parity_of(tmp_path, model, FEATURES.assign(_label=trained.predict(FEATURES))))
    assert report["parity_labels"]["value"] == 0
    assert report["parity_difference"]["value"] < 1e-3
    said = Model(model, CONTRACT).predict(pa.Table.from_pandas(FEATURES))
    auc, _, fit = quality._of_numbers(said, pa.chunked_array([numbers.to_numpy()]))
    assert auc.reason == "the model predicts a number, not a class"
    assert fit.value == pytest.approx(1, abs=1e-4)


def without(name: str) -> dict[str, Any]:
    return {**CONTRACT, "features": [one for one in CONTRACT["features"] if one["name"] != name]}


@pytest.mark.parametrize(
    ("model", "rows", "contract", "words"),
    [
        (b"", None, CONTRACT, "the file is no ONNX model"),
        (b"\x08\x09" + b"\xff" * 20, None, CONTRACT, "the file is no ONNX model"),
        (exported()[:-50], None, CONTRACT, "ONNX model"),
        (exported(), None, without("rate"), "column 2 that the model takes is no feature of the contract"),
        (exported(), predictions().drop(columns="rate"), CONTRACT, "no column `rate`"),
        (exported(), predictions().drop(columns="_label"), CONTRACT, "no column `_label`"),
        (exported(), predictions().assign(amount="much"), CONTRACT, "column `amount` is not what the model takes"),
        (exported(), predictions().assign(amount=None), CONTRACT, "column `amount` has missing values"),
        (exported(), predictions().head(0), CONTRACT, "has 0 rows; at least 20 are needed"),
        (exported(), predictions().head(19), CONTRACT, "has 19 rows; at least 20 are needed"),
        (exported(), None, {"why": "the repository has no `contract.yaml`"}, "has no `contract.yaml`"),
        (exported(), None, {**CONTRACT, "target": {"name": "y", "positive": "x"}}, "knows no value `x`"),
    ],
    # A fitted model's bytes differ from process to process, and the workers must agree on the names of the tests.
    ids=lambda value: "model" if isinstance(value, bytes) else None,
)
def test_what_cannot_be_compared_says_why(
    tmp_path: Path, model: bytes, rows: pd.DataFrame | None, contract: dict[str, Any], words: str
) -> None:
    report = parity_of(tmp_path, model, predictions() if rows is None else rows, contract=contract)
    reasons = [metric["reason"] for metric in report["metrics"]]
    assert any(reason is not None and words in reason for reason in reasons), report


def test_rows_that_are_no_parquet_are_no_rows(tmp_path: Path) -> None:
    (tmp_path / "onnx").write_bytes(exported())
    (tmp_path / "rows").write_text("a,b\n", encoding="utf-8")
    report = report_of(parity.check, tmp_path, {"onnx": tmp_path / "onnx", "rows": tmp_path / "rows"})
    assert report["note"] == "the output `rows` is no Parquet file"


def hostile(change: Callable[[onnx.ModelProto], None]) -> bytes:
    weight = helper.make_tensor("w", TensorProto.FLOAT, [1], [1.0])
    node = helper.make_node("Add", ["rate", "w"], ["label"])
    of = [helper.make_tensor_value_info(name, TensorProto.FLOAT, [None, 1]) for name in ("rate", "label")]
    graph = helper.make_graph([node], "g", of[:1], of[1:], [weight])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=8)
    change(model)
    return bytes(model.SerializeToString())


def keep_elsewhere(model: onnx.ModelProto) -> None:
    weight = model.graph.initializer[0]
    del weight.float_data[:]
    weight.data_location = TensorProto.EXTERNAL
    for key, value in (("location", "/etc/passwd"), ("length", "4")):
        weight.external_data.add(key=key, value=value)


def use_own_operators(model: onnx.ModelProto) -> None:
    model.graph.node[0].domain = "bank.own"
    model.opset_import.append(helper.make_opsetid("bank.own", 1))


def use_the_runtimes_operators(model: onnx.ModelProto) -> None:
    model.graph.node[0].op_type, model.graph.node[0].domain = "BiasGelu", "com.microsoft"
    model.opset_import.append(helper.make_opsetid("com.microsoft", 1))


def nest(model: onnx.ModelProto) -> None:
    for _ in range(12):
        graph = onnx.GraphProto()
        graph.CopyFrom(model.graph)
        del model.graph.node[:]
        model.graph.node.append(helper.make_node("If", ["c"], ["label"], then_branch=graph, else_branch=graph))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (keep_elsewhere, "keeps a tensor in another file"),
        (use_own_operators, "uses operators that are not ONNX's own"),
        (use_the_runtimes_operators, "uses operators that are not ONNX's own"),
        (nest, "graphs lie deeper than 8"),
    ],
)
def test_a_hostile_model_is_not_loaded(change: Callable[[onnx.ModelProto], None], words: str) -> None:
    assert Model(hostile(lambda _: None), CONTRACT).features == ["rate"], "it would be one without the change"
    with pytest.raises(NotComputableError, match=words):
        Model(hostile(change), CONTRACT)


@pytest.mark.parametrize("change", [keep_elsewhere, use_own_operators])
def test_the_runtime_itself_refuses_what_is_loaded_from_bytes(
    change: Callable[[onnx.ModelProto], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("lockgate.checks.onnx_file.check", lambda _model: None)
    with pytest.raises(NotComputableError, match="the runtime cannot load the model"):
        Model(hostile(change), CONTRACT)


def two_faced(output: str, other: onnx.TensorProto, least: int, most: int) -> bytes:
    """Return a model that gives something else where it is asked about so many rows: at least, and at most."""
    model = onnx.load_from_string(exported())
    for node in model.graph.node:
        node.output[:] = ["honest" if name == output else name for name in node.output]
    bounds = {"least": least - 1, "most": most + 1}
    model.graph.initializer.extend(
        [
            *(helper.make_tensor(name, TensorProto.INT64, [1], [bound]) for name, bound in bounds.items()),
            helper.make_tensor("first", TensorProto.INT64, [1], [0]),
            other,
        ]
    )
    model.graph.node.extend(
        [
            helper.make_node("Shape", ["honest"], ["shape"]),
            helper.make_node("Gather", ["shape", "first"], ["rows"]),
            helper.make_node("Greater", ["rows", "least"], ["more"]),
            helper.make_node("Less", ["rows", "most"], ["fewer"]),
            helper.make_node("And", ["more", "fewer"], ["asked"]),
            helper.make_node("Where", ["asked", other.name, "honest"], [output]),
        ]
    )
    return bytes(model.SerializeToString())


LIKELY = helper.make_tensor("other", TensorProto.FLOAT, [1, 2], [0.5, 0.5])
GOOD = helper.make_tensor("other", TensorProto.STRING, [1], [b"good"])


@pytest.mark.parametrize(
    ("output", "other", "least", "most"),
    [
        ("probabilities", LIKELY, 1, 1),
        ("label", GOOD, 1, 1),
        ("label", GOOD, 2, 2),
        ("probabilities", LIKELY, 5, 9),
        ("label", GOOD, 1, 300),
    ],
)
def test_a_model_that_tells_its_judge_from_its_callers_is_red(
    tmp_path: Path, output: str, other: onnx.TensorProto, least: int, most: int
) -> None:
    report = parity_of(tmp_path, two_faced(output, other, least, most), predictions())
    assert [metric["reason"] for metric in report["metrics"]] == [report["note"]] * 2
    assert report["note"].startswith("the model says something else of rows alone, or a few at a time,")


def test_a_model_that_looks_at_the_rows_before_is_red(tmp_path: Path) -> None:
    model = onnx.load_from_string(exported())
    for node in model.graph.node:
        node.input[:] = ["before" if name == "rate" else name for name in node.input]
    axis = helper.make_tensor("axis", TensorProto.INT64, [], [0])
    model.graph.initializer.append(axis)
    model.graph.node.insert(0, helper.make_node("CumSum", ["rate", "axis"], ["before"]))
    note = parity_of(tmp_path, bytes(model.SerializeToString()), predictions())["note"]
    assert note.startswith("the model says something else of rows alone")


def test_a_label_that_is_no_value_of_the_target_is_not_measured(tmp_path: Path) -> None:
    rows = helper.make_tensor("other", TensorProto.STRING, [1], [b"r1,6,1169"])
    report = parity_of(tmp_path, two_faced("label", rows, 1, 10_000), predictions())
    assert "is none of the values that the contract lists" in report["note"]
    assert "1169" not in json.dumps(report)


def three_classes(rows: int = 500) -> tuple[Predicted, list[str]]:
    rng = np.random.default_rng(3)
    probabilities = rng.dirichlet([1, 1, 1], rows)
    labels = ["abc"[place] for place in probabilities.argmax(axis=1)]
    return Predicted(labels, probabilities, ["a", "b", "c"], None), rng.choice(["a", "b", "c"], rows).tolist()


def test_of_several_classes_the_area_is_the_mean_of_each_against_the_rest() -> None:
    said, truth = three_classes()
    (auc, accuracy), positive = quality.of_classes(said, truth, CONTRACT)
    assert auc.value == pytest.approx(roc_auc_score(truth, said.probabilities, multi_class="ovr"), abs=1e-12)
    assert accuracy.value == pytest.approx(np.mean(np.asarray(said.labels) == truth))
    assert positive is None
    low, value, high = auc.low or 1.0, auc.value or 0.0, auc.high or 0.0
    assert low < value < high


def test_an_area_of_classes_that_no_row_has_says_so() -> None:
    said, truth = three_classes()
    for odd, why in (("a", "not every class has a held-out row"), ("d", quality.NO_NUMBER)):
        (auc, accuracy), _ = quality.of_classes(said, [odd] * len(truth), CONTRACT)
        assert (auc.value, auc.reason) == (None, why)
        assert accuracy.value is not None


def test_equal_scores_count_as_half() -> None:
    rng = np.random.default_rng(3)
    scores, truth = rng.integers(0, 30, 500) / 30, rng.random(500) < 0.3
    said = Predicted(
        ["bad" if one > 0.5 else "good" for one in scores], np.column_stack([scores, 1 - scores]), ["bad", "good"], None
    )
    (auc, _), positive = quality.of_classes(said, ["bad" if one else "good" for one in truth], CONTRACT)
    assert auc.value == pytest.approx(roc_auc_score(truth, scores), abs=1e-12)
    assert positive == "`bad`"


def test_an_interval_is_the_same_each_time_and_holds_the_number() -> None:
    truth = ["good"] * 200
    labels = ["good" if number % 4 == 0 else "bad" for number in range(200)]
    first = quality.accuracy_of(labels, truth)
    assert first == quality.accuracy_of(labels, truth)
    assert first.value == 0.25
    assert first.low is not None
    assert first.high is not None
    assert 0.18 < first.low < 0.25 < first.high < 0.32


def test_a_number_that_is_none_becomes_a_reason(tmp_path: Path) -> None:
    measure.write(tmp_path / "report", [Metric("auc", float("nan"), n=3)], "a\x1bnote")
    read = json.loads((tmp_path / "report").read_text(encoding="utf-8"))
    assert read["metrics"][0]["reason"] == "it is not a finite number"
    assert read["metrics"][0]["value"] is None
    assert read["note"] == "a note"


def test_the_positive_value_is_the_contracts_else_the_first_of_two() -> None:
    assert positive_of(CONTRACT, ["bad", "good"]) == "bad"
    assert positive_of({"target": {"positive": "good"}}, ["bad", "good"]) == "good"
    assert positive_of({}, ["10", "9"]) == "9"
    with pytest.raises(NotComputableError, match="not two values"):
        positive_of({}, ["a", "b", "c"])


class Lake(http.server.BaseHTTPRequestHandler):
    """A server that answers queries with the rows of its tables."""

    tables: ClassVar[dict[str, pa.Table | tuple[int, dict[str, str]]]] = {}
    asked: ClassVar[list[dict[str, Any]]] = []
    cut: ClassVar[int] = 0

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.asked.append({**body, "token": self.headers["Authorization"], "path": self.path})
        name = body["sql"].partition(" FROM ")[2].replace('"', "")
        found = self.tables[name]
        if isinstance(found, tuple):
            status, answer = found[0], json.dumps(found[1]).encode()
        else:
            sink = io.BytesIO()
            with pa.ipc.new_stream(sink, found.schema) as stream:
                stream.write_table(found)
            status, answer = 200, sink.getvalue()
            answer = answer[: len(answer) - self.cut]
        self.send_response(status)
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_words: object) -> None:
        """Say nothing."""


LOANS, OUTCOMES = "retail.core.loans", "risk.core.outcomes"


@pytest.fixture
def lake(monkeypatch: pytest.MonkeyPatch) -> Iterator[type[Lake]]:
    loans = ROWS[["record_id", "amount", "rate", "age"]].rename(columns={"amount": "credit_amount"})
    outcomes = ROWS[["record_id", "housing", "outcome"]].sample(frac=1, random_state=2)
    Lake.tables = {
        LOANS: pa.Table.from_pandas(loans, preserve_index=False),
        OUTCOMES: pa.Table.from_pandas(outcomes, preserve_index=False),
    }
    Lake.asked, Lake.cut = [], 0
    server = http.server.HTTPServer(("127.0.0.1", 0), Lake)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    monkeypatch.setenv("LOCKGATE_URL", f"http://127.0.0.1:{server.server_port}")
    monkeypatch.setenv("LOCKGATE_TOKEN", "lg_step")
    yield Lake
    server.shutdown()
    thread.join()
    server.server_close()


OF_QUALITY = (
    Source(LOANS, "train", "p-1", ("credit_amount", "rate", "record_id")),
    Source(OUTCOMES, "train", None, ("housing", "outcome", "record_id")),
)
OF_BIAS = (
    Source(LOANS, "train", "p-1", ("age", "credit_amount", "rate", "record_id")),
    Source(OUTCOMES, "train", None, ("housing", "record_id")),
)


def judged(check: Callable[[Told], None], folder: Path, **told: Any) -> dict[str, Any]:
    (folder / "onnx").write_bytes(exported())
    sources = OF_QUALITY if check is quality.check else OF_BIAS
    return report_of(check, folder, {"onnx": folder / "onnx", "sources": sources, **told})


def only_asked(lake: type[Lake], check: Callable[[Told], None]) -> None:
    """Let the server hold what this check may ask for, and no more."""
    for source in OF_QUALITY if check is quality.check else OF_BIAS:
        table = lake.tables[source.dataset]
        assert isinstance(table, pa.Table)
        lake.tables[source.dataset] = table.select(list(source.columns))


def test_quality_is_measured_on_the_joined_rows(tmp_path: Path, lake: type[Lake]) -> None:
    only_asked(lake, quality.check)
    report = judged(quality.check, tmp_path)
    found = by_name(report)
    scores = TRAINED.predict_proba(FEATURES)[:, 0]
    assert found["auc"]["value"] == pytest.approx(roc_auc_score(ROWS["outcome"] == "bad", scores), abs=1e-4)
    assert found["accuracy"]["value"] == pytest.approx((TRAINED.predict(FEATURES) == ROWS["outcome"]).mean())
    assert found["auc"]["low"] < found["auc"]["value"] < found["auc"]["high"]
    assert report["note"] == "on 400 held-out rows, `bad` as the positive value"
    first, second = lake.asked
    assert first == {
        "sql": 'SELECT "credit_amount", "rate", "record_id" FROM "retail"."core"."loans"',
        "use": "train",
        "purpose": "p-1",
        "token": "Bearer lg_step",
        "path": "/api/v1/query",
    }
    assert "purpose" not in second
    assert judged(quality.check, tmp_path) == report, "the same rows in any order give the same numbers"


def test_bias_is_measured_between_groups_of_a_size(tmp_path: Path, lake: type[Lake]) -> None:
    only_asked(lake, bias.check)
    report = judged(bias.check, tmp_path)
    (metric,) = report["metrics"]
    bad = TRAINED.predict(FEATURES) == "bad"
    young = ROWS["age"] <= 25
    assert metric["value"] == pytest.approx(abs(bad[young].mean() - bad[~young].mean()))
    assert (metric["name"], metric["group"], metric["n"]) == ("demographic_parity", None, 400)
    assert report["note"] == f"`bad` by `age`: ≤ 25 ({young.sum()} rows), > 25 ({(~young).sum()} rows)"


def test_groups_that_are_too_small_are_left_out_and_named() -> None:
    flags = np.arange(100) % 2 == 0
    words = ["a"] * 45 + ["b"] * 45 + ["c"] * 9 + [None]
    metric, note = bias.of_column(pa.table({"g": words}), "g", [], flags)
    assert (metric.n, note) == (90, "`g`: a (45 rows), b (45 rows); 1 with fewer than 20 rows left out")
    with pytest.raises(NotComputableError, match="fewer than two groups of `g`"):
        bias.of_column(pa.table({"g": ["a"] * 99 + ["b"]}), "g", [], flags)
    with pytest.raises(NotComputableError, match=r"`g` has more than 20 values.*groupBounds"):
        bias.of_column(pa.table({"g": range(100)}), "g", [], flags)
    with pytest.raises(NotComputableError, match="is no number"):
        bias.of_column(pa.table({"g": ["a"] * 100}), "g", [25.0], flags)
    assert bias.grouped(pa.chunked_array([[20, 25, 26, 60, None]]), "g", [25, 50]) == (
        ["≤ 25", "25 to 50", "> 50"],
        ["≤ 25", "≤ 25", "25 to 50", "> 50", None],
    )


def test_a_number_that_is_none_is_in_no_group() -> None:
    values = pa.table({"g": [1.0] * 50 + [2.0] * 30 + [float("nan")] * 50})
    metric, note = bias.of_column(values, "g", [], np.arange(130) < 60)
    assert (metric.n, note) == (80, "`g`: 1.0 (50 rows), 2.0 (30 rows)")


def test_a_number_is_said_for_each_row_or_nothing_is_measured() -> None:
    numbers = np.arange(40, dtype=float)
    said = Predicted([], None, [], numbers)
    _, _, fit = quality._of_numbers(said, pa.chunked_array([numbers]))
    assert fit.value == 1
    _, _, fit = quality._of_numbers(said, pa.chunked_array([np.ones(40)]))
    assert fit.reason == "the target is the same in every held-out row"
    with pytest.raises(NotComputableError, match="infinite in some"):
        quality._of_numbers(said, pa.chunked_array([np.where(numbers > 30, np.inf, numbers)]))
    for odd in (np.nan, np.inf):
        with pytest.raises(NotComputableError, match="numbers that are not finite"):
            Model._of_numbers(object.__new__(Model), np.where(numbers > 30, odd, numbers), 40)


def test_bounds_that_are_near_each_other_part_groups() -> None:
    values = pa.table({"g": [1_234_560.0] * 30 + [1_234_562.0] * 30 + [1_234_563.0] * 30})
    metric, note = bias.of_column(values, "g", [1_234_561.0, 1_234_562.0, 1_234_562.5], np.arange(90) < 60)
    assert metric.value == 1
    assert note.startswith("`g`: ≤ 1234561 (30 rows), 1234561 to 1234562 (30 rows), > 1234562.5 (30 rows); 1 with")


def test_outcomes_that_the_model_does_not_know_are_said() -> None:
    said = Predicted(["bad"] * 30, np.full((30, 2), 0.5), ["bad", "good"], None)
    assert quality.strangers_of(said, ["bad"] * 10 + ["good"] * 20) == ""
    assert quality.strangers_of(said, ["bad"] * 28 + ["Person 1"] * 2).startswith("; 2 outcomes are none that the")


def two_sensitive(lake: type[Lake], *bounds: list[int]) -> dict[str, Any]:
    """Let the server hold a second sensitive column, the amount once more, and return what a check is told of both."""
    loans = lake.tables[LOANS]
    assert isinstance(loans, pa.Table)
    lake.tables[LOANS] = loans.select(["age", "credit_amount", "rate", "record_id"]).append_column(
        "debt", loans["credit_amount"]
    )
    only = [{"name": name, "bounds": of} for name, of in zip(("age", "debt"), bounds, strict=True)]
    of_loans = {**CONTRACT["sources"][LOANS], "debt": "debt"}
    contract = {**CONTRACT, "sensitive": only, "sources": {**CONTRACT["sources"], LOANS: of_loans}}
    outcomes = lake.tables[OUTCOMES]
    assert isinstance(outcomes, pa.Table)
    lake.tables[OUTCOMES] = outcomes.select(["housing", "record_id"])
    return {"contract": contract}


def test_of_several_sensitive_columns_the_worst_is_judged(tmp_path: Path, lake: type[Lake]) -> None:
    report = judged(bias.check, tmp_path, **two_sensitive(lake, [25], [45_000]))
    whole, age, debt = report["metrics"]
    assert [one["group"] for one in (whole, age, debt)] == [None, "age", "debt"]
    assert debt["value"] > age["value"]
    assert {**debt, "group": None} == whole, "limits are set for the number that has no group"
    assert report["note"].startswith("`bad` by `age`: ≤ 25")


def test_a_sensitive_column_that_cannot_be_measured_hides_no_other(tmp_path: Path, lake: type[Lake]) -> None:
    whole, age, debt = judged(bias.check, tmp_path, **two_sensitive(lake, [1], [45_000]))["metrics"]
    assert (whole["value"], age["value"]) == (debt["value"], None)
    assert age["reason"] == "fewer than two groups of `age` have 20 held-out rows"


def test_where_no_sensitive_column_can_be_measured_the_reasons_are_all_said(tmp_path: Path, lake: type[Lake]) -> None:
    whole, age, debt = judged(bias.check, tmp_path, **two_sensitive(lake, [1], [1]))["metrics"]
    assert (whole["group"], whole["value"], whole["n"]) == (None, None, 400)
    assert whole["reason"] == f"{age['reason']}; {debt['reason']}"


def test_more_metrics_than_are_read_leave_the_judged_one(tmp_path: Path) -> None:
    many = [Metric("demographic_parity", 0.5, group="g" * 200 if number else None) for number in range(300)]
    measure.write(tmp_path / "report", many, "")
    kept = json.loads((tmp_path / "report").read_text(encoding="utf-8"))["metrics"]
    assert (len(kept), kept[0]["group"], len(kept[1]["group"])) == (100, None, 100)


@pytest.mark.parametrize("check", [quality.check, bias.check])
@pytest.mark.parametrize(
    ("told", "words"),
    [
        ({"sources": ()}, "the contract names no dataset"),
        ({"contract": {"why": "`contract.yaml` cannot be read"}}, "`contract.yaml` cannot be read"),
        ({"contract": {**CONTRACT, "key": []}}, "names no primary key"),
        (
            {"sources": (Source(LOANS, "train", refused="environment `x/preprod`: no grant"),)},
            f"`{LOANS}` may not be read: environment `x/preprod`: no grant",
        ),
    ],
)
@pytest.mark.usefixtures("lake")
def test_what_cannot_be_measured_says_why(
    tmp_path: Path, check: Callable[[Told], None], told: dict[str, Any], words: str
) -> None:
    report = judged(check, tmp_path, **told)
    assert [words in metric["reason"] for metric in report["metrics"]] == [True] * len(report["metrics"])


@pytest.mark.usefixtures("lake")
def test_a_contract_without_target_or_sensitive_column_says_so(tmp_path: Path) -> None:
    bare = {**CONTRACT, "target": None, "sensitive": []}
    assert judged(quality.check, tmp_path, contract=bare)["note"] == "the contract names no target"
    assert judged(bias.check, tmp_path, contract=bare)["note"] == "the contract marks no column as `sensitive`"


@pytest.mark.parametrize(("check", "sources"), [(quality.check, OF_QUALITY), (bias.check, OF_BIAS)])
def test_held_out_rows_are_asked_about_as_callers_ask(
    tmp_path: Path, lake: type[Lake], check: Callable[[Told], None], sources: tuple[Source, ...]
) -> None:
    only_asked(lake, check)
    (tmp_path / "onnx").write_bytes(two_faced("label", GOOD, 1, 1))
    note = report_of(check, tmp_path, {"onnx": tmp_path / "onnx", "sources": sources})["note"]
    assert note.startswith("the model says something else of rows alone")


def test_a_refusal_is_a_reason_and_a_failure_is_none(tmp_path: Path, lake: type[Lake]) -> None:
    only_asked(lake, quality.check)
    kept = dict(lake.tables)
    lake.tables[LOANS] = 409, {"code": "query.no_record_key", "detail": "nobody has named the record key"}
    assert judged(quality.check, tmp_path)["note"] == f"`{LOANS}` cannot be read: `query.no_record_key`"
    lake.tables[LOANS] = 503, {"detail": "no"}
    with pytest.raises(held_out.NoAnswerError, match="did not answer"):
        judged(quality.check, tmp_path)
    lake.tables, lake.cut = kept, 8
    with pytest.raises(held_out.BrokenOffError, match="broke off"):
        judged(quality.check, tmp_path)


def test_rows_that_do_not_fit_together_say_so(tmp_path: Path, lake: type[Lake]) -> None:
    only_asked(lake, quality.check)
    loans = lake.tables[LOANS]
    assert isinstance(loans, pa.Table)
    lake.tables[LOANS] = loans.slice(0, 19)
    assert judged(quality.check, tmp_path)["note"] == "19 held-out rows; at least 20 are needed"
    lake.tables[LOANS] = pa.concat_tables([loans, loans.slice(0, 1)])
    assert judged(quality.check, tmp_path)["note"] == f"`{LOANS}` has rows with the same `record_id`"
    numbered = loans.set_column(2, "record_id", pa.array(range(400)))
    lake.tables[LOANS] = numbered
    assert judged(quality.check, tmp_path)["note"] == f"`{OUTCOMES}` cannot be joined on the record key"


def test_outcomes_that_are_missing_are_left_out(tmp_path: Path, lake: type[Lake]) -> None:
    only_asked(lake, quality.check)
    known = ROWS["outcome"].where(ROWS.index >= 100, None)
    outcomes = ROWS.assign(outcome=known)[["housing", "outcome", "record_id"]]
    lake.tables[OUTCOMES] = pa.Table.from_pandas(outcomes, preserve_index=False)
    assert judged(quality.check, tmp_path)["note"].startswith("on 300 held-out rows; 100 without an outcome are left")
    lake.tables[OUTCOMES] = pa.Table.from_pandas(outcomes.assign(outcome="good"), preserve_index=False)
    assert by_name(judged(quality.check, tmp_path))["auc"]["reason"].startswith("every held-out row has another than")


def test_the_join_needs_a_table() -> None:
    with pytest.raises(NotComputableError, match="no dataset"):
        held_out.joined([], ["record_id"])


def test_what_the_template_exports_is_equal(tmp_path: Path) -> None:
    rows = pq.ParquetFile(_template(tmp_path) / "rows").read().to_pandas()
    contract = {**CONTRACT, "features": [{"name": name} for name in rows.columns[:-2]]}
    report = by_name(parity_of(tmp_path, (tmp_path / "made" / "onnx").read_bytes(), rows, contract=contract))
    assert report["parity_labels"]["value"] == 0
    assert report["parity_difference"]["value"] < 1e-5


def _template(folder: Path) -> Path:
    """Run the template's pipeline in a process of its own, and return where its export lies."""
    template = Path(__file__).resolve().parents[3] / "templates" / "tabular-classification"
    program = (
        "import sys, shutil, pathlib; sys.path[:0] = ['.', 'src']\n"
        "from pipelines.train import train\n"
        "done = train.run(folder=sys.argv[1])\n"
        "made = pathlib.Path(sys.argv[2]); made.mkdir()\n"
        "for name in ('onnx', 'rows'): shutil.copy(done.path('export', name), made / name)\n"
    )
    words = [sys.executable, "-B", "-c", program, str(folder / "run"), str(folder / "made")]
    subprocess.run(words, cwd=template, check=True, capture_output=True)  # noqa: S603
    return folder / "made"
