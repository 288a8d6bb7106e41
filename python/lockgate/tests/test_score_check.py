"""What a batch run asks, what it publishes, and why not where it does not."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from lockgate.checks import held_out, score
from lockgate.checks.told import Source, Told

LOANS, PEOPLE = "retail.core.loans", "risk.core.people"
AT = datetime(2026, 11, 26, 2, tzinfo=timezone.utc)
BATCH: dict[str, Any] = {
    "endpoint": "prod.credit",
    "key": "id",
    "output": "retail.predictions.scores",
    "purpose": "p-1",
    "scored_at_us": int(AT.timestamp()) * 1_000_000,
    "inputs": [{"name": "amount", "datatype": "FP32"}, {"name": "housing", "datatype": "BYTES"}],
}
Said = tuple[int, Mapping[str, Any]]


def loans(count: int) -> pa.Table:
    ids = [f"r-{number:05}" for number in reversed(range(count))]
    return pa.table({"id": ids, "amount": [int(one[2:]) for one in ids]})


def people(count: int) -> pa.Table:
    return pa.table({"id": [f"r-{number:05}" for number in range(count)], "housing": ["own"] * count})


def answered(amounts: list[float], version: str = "4") -> Said:
    probabilities = [value for one in amounts for value in (one, one + 1)]
    outputs = [
        {"name": "label", "data": ["good" if one < 2 else "bad" for one in amounts]},
        {"name": "probabilities", "data": probabilities},
    ]
    return 200, {"model_version": version, "outputs": outputs}


@dataclass
class Server:
    """What the endpoint and the publisher say, and what they were asked."""

    infer: Callable[[list[float]], Said] = answered
    published: Said = (201, {"version": 7})
    asked: list[dict[str, list[Any]]] = field(default_factory=list)
    tables: list[pa.Table] = field(default_factory=list)
    calls: list[tuple[str, Mapping[str, str]]] = field(default_factory=list)

    def send(self, address: str, body: bytes, headers: Mapping[str, str]) -> Said:
        """Answer as the server would."""
        self.calls.append((address, headers))
        if "/publish" in address:
            self.tables.append(pq.read_table(io.BytesIO(body)))
            return self.published
        inputs = json.loads(body)["inputs"]
        assert {tuple(one["shape"]) for one in inputs} == {(len(inputs[0]["data"]), 1)}
        self.asked.append({one["name"]: one["data"] for one in inputs})
        return self.infer(self.asked[-1]["amount"])


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Server:
    made = Server()
    monkeypatch.setattr(score, "send", made.send)
    monkeypatch.setenv("LOCKGATE_URL", "http://far/")
    monkeypatch.setenv("LOCKGATE_TOKEN", "lgs-secret")
    return made


@pytest.fixture
def report(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[..., dict[str, Any]]:
    def of(*tables: pa.Table, **batch: Any) -> dict[str, Any]:
        named = dict(zip((LOANS, PEOPLE), tables, strict=True))
        monkeypatch.setattr(held_out, "fetch", lambda source: named[source.dataset])
        sources = tuple(Source(one, "score", "p-1") for one in named)
        score.check(Told(tmp_path, {}, {"batch": {**BATCH, **batch}}, sources, {"report": tmp_path / "report"}))
        read: dict[str, Any] = json.loads((tmp_path / "report").read_text(encoding="utf-8"))
        return read

    return of


def test_all_rows_are_scored_in_chunks_and_published_once(server: Server, report: Callable[..., Any]) -> None:
    assert report(loans(2_500), people(2_500)) == {"rows": 2_500, "version": 7, "model_version": 4}
    assert [len(one["amount"]) for one in server.asked] == [1_000, 1_000, 500]
    assert server.asked[0]["amount"][:2] == [0.0, 1.0], "in the order of the record key"
    (table,) = server.tables
    names = ["id", "model_version", "scored_at", "prediction_label"]
    assert table.column_names == [*names, "prediction_probabilities_0", "prediction_probabilities_1"]
    assert table.schema.field("scored_at").type == pa.timestamp("us", tz="UTC")
    last = table.slice(2_499).to_pylist()[0]
    assert last["id"] == "r-02499"
    assert (last["prediction_probabilities_0"], last["prediction_probabilities_1"]) == (2499.0, 2500.0)
    assert (last["scored_at"], last["model_version"], last["prediction_label"]) == (AT, 4, "bad")
    address, headers = server.calls[-1]
    assert address == "http://far/api/v1/datasets/retail.predictions.scores/publish?purpose=p-1"
    assert headers["Idempotency-Key"] == f"batch-retail.predictions.scores-{BATCH['scored_at_us']}"
    assert server.calls[0][0] == "http://far/v2/models/prod.credit/infer"


def test_records_that_are_in_one_dataset_alone_are_not_scored(server: Server, report: Callable[..., Any]) -> None:
    assert report(loans(10), people(4))["rows"] == 4
    assert server.tables[0]["id"].to_pylist() == [f"r-{number:05}" for number in range(4)]


def test_no_record_in_both_is_said(server: Server, report: Callable[..., Any]) -> None:
    assert report(loans(3), people(0).cast(people(1).schema))["reason"].startswith("there is no row to score")
    assert not server.calls


def test_a_suspended_model_publishes_nothing(server: Server, report: Callable[..., Any]) -> None:
    server.infer = lambda amounts: (503, {"error": "model suspended"}) if amounts[0] >= 1_000 else answered(amounts)
    assert report(loans(1_500), people(1_500)) == {"reason": "the model is suspended"}
    assert not server.tables, "what was scored before the stop is not published either"


def test_two_versions_publish_nothing(server: Server, report: Callable[..., Any]) -> None:
    server.infer = lambda amounts: answered(amounts, "4" if amounts[0] < 1_000 else "5")
    assert "another version of the model took over" in report(loans(1_500), people(1_500))["reason"]
    assert not server.tables


@pytest.mark.parametrize(("status", "said"), [(503, {"error": "overloaded"}), (500, {}), (404, {}), (401, {})])
def test_an_endpoint_that_is_away_is_tried_again(
    server: Server, report: Callable[..., Any], status: int, said: Mapping[str, Any]
) -> None:
    server.infer = lambda _amounts: (status, said)
    with pytest.raises(score.BusyError, match=str(status)):
        report(loans(1), people(1))


def test_an_endpoint_that_refuses_the_rows_is_not_quoted(server: Server, report: Callable[..., Any]) -> None:
    server.infer = lambda _amounts: (400, {"error": "input `housing`: `own` is no number"})
    reason = report(loans(1), people(1))["reason"]
    assert reason == "the endpoint refused the rows with status 400: do they fit its signature?"


def test_an_empty_value_is_named_by_its_column(server: Server, report: Callable[..., Any]) -> None:
    empty = pa.table({"id": ["r-00000"], "amount": pa.array([None], pa.int64())})
    assert report(empty, people(1))["reason"] == "column `amount` has empty values, and the model takes none"
    assert not server.calls


def test_an_output_without_a_value_for_each_row_is_refused(server: Server, report: Callable[..., Any]) -> None:
    server.infer = lambda _amounts: (
        200,
        {"model_version": "4", "outputs": [{"name": "label", "data": ["a", "b", "c"]}]},
    )
    assert report(loans(2), people(2))["reason"] == "output `label` has no value for each row"


def test_numbers_that_are_whole_in_one_chunk_are_fractions_in_all(server: Server, report: Callable[..., Any]) -> None:
    def infer(amounts: list[float]) -> Said:
        values: list[float] = [1 if amounts[0] < 1_000 else 0.5] * len(amounts)
        return 200, {"model_version": "4", "outputs": [{"name": "risk", "data": values}]}

    server.infer = infer
    assert report(loans(1_001), people(1_001))["rows"] == 1_001
    assert server.tables[0]["prediction_risk"].to_pylist()[-2:] == [1.0, 0.5]


def test_values_go_as_their_datatype_wants_them() -> None:
    one = pa.chunked_array([[1, 0]])
    kinds = {"BYTES": ["1", "0"], "FP32": [1.0, 0.0], "BOOL": [True, False], "INT64": [1, 0]}
    for datatype, wanted in kinds.items():
        got = [*score.values(one, "x", datatype)]
        assert got == wanted
        assert [type(value) for value in got] == [type(value) for value in wanted]


def test_a_refused_publication_says_its_code(server: Server, report: Callable[..., Any]) -> None:
    server.published = (403, {"code": "query.not_allowed", "detail": "a value"})
    assert report(loans(1), people(1))["reason"].endswith("as `retail.predictions.scores`: `query.not_allowed`")
    server.published = (409, {})
    assert report(loans(1), people(1))["reason"].endswith("`409`")
    server.published = (500, {})
    with pytest.raises(score.BusyError):
        report(loans(1), people(1))
