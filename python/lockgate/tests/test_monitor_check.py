"""What a monitor measures of captured calls: drift, quality and bias, and why not where it cannot."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from lockgate import stats
from lockgate.checks import drift, held_out, monitor
from lockgate.checks.measure import NotComputableError
from lockgate.checks.told import Source, Told
from sklearn.metrics import roc_auc_score

LOANS, OUTCOMES, CAPTURE = "retail.core.loans", "risk.core.outcomes", "retail.predictions.credit_capture"
UNTIL = datetime(2026, 11, 26, 12, tzinfo=timezone.utc)
CONTRACT: dict[str, Any] = {
    "features": [{"name": "amount", "type": "number"}, {"name": "housing", "type": "string"}],
    "key": ["record_id"],
    "target": {"name": "outcome", "positive": "bad", "values": ["bad", "good"]},
    "sensitive": [{"name": "age", "bounds": [25]}],
    "sources": {
        LOANS: {"record_id": "id", "amount": "credit_amount", "housing": "housing", "age": "age"},
        OUTCOMES: {"record_id": "id", "outcome": "outcome"},
    },
}
ASKED = {
    "capture": CAPTURE,
    "truth": {"dataset": OUTCOMES, "column": "outcome", "key": "id"},
    "version": 2,
    "from": "2026-11-25T12:00:00Z",
    "until": "2026-11-26T12:00:00Z",
}
Tables = dict[str, pd.DataFrame | str]


def population(count: int = 600, seed: int = 1) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    rows = pd.DataFrame(
        {
            "id": [7_000_000 + number for number in range(count)],
            "credit_amount": rng.gamma(2.0, 1_500, count),
            "housing": rng.choice(["own", "rent", "free"], count, p=[0.6, 0.3, 0.1]),
            "age": rng.integers(19, 60, count),
        }
    )
    odds = rows["credit_amount"] / 1_500 - 2
    return rows.assign(outcome=np.where(rng.random(count) < 1 / (1 + np.exp(-odds)), "bad", "good"))


PEOPLE = population()


def calls(of: pd.DataFrame) -> pd.DataFrame:
    share = 1 / (1 + np.exp(-(of["credit_amount"] / 1_500 - 2)))
    times = [UNTIL - timedelta(minutes=number) for number in range(len(of))]
    return pd.DataFrame(
        {
            "called_at": pd.to_datetime(times, utc=True).astype("datetime64[us, UTC]"),
            "record_id": of["id"].astype(str).to_numpy(),
            "model_version": 2,
            "amount": of["credit_amount"].to_numpy(),
            "housing": of["housing"].to_numpy(),
            "prediction_label": np.where(share > 0.5, "bad", "good"),
            "prediction_probabilities_0": share.to_numpy(),
            "prediction_probabilities_1": 1 - share.to_numpy(),
        }
    )


def as_it_is() -> Tables:
    return {
        LOANS: PEOPLE[["id", "credit_amount", "housing", "age"]],
        OUTCOMES: PEOPLE[["id", "outcome"]],
        CAPTURE: calls(PEOPLE.head(300)),
    }


@pytest.fixture
def measured(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[..., dict[str, Any]]:
    def of(tables: Tables, contract: dict[str, Any] = CONTRACT, **asked: Any) -> dict[str, Any]:
        def fetch(source: Source, where: str = "") -> pa.Table:
            assert (where != "") == (source.dataset == CAPTURE), "the window is asked of the calls alone"
            found = tables[source.dataset]
            if isinstance(found, str):
                raise NotComputableError(found)
            return pa.Table.from_pandas(found, preserve_index=False)

        monkeypatch.setattr(held_out, "fetch", fetch)
        values = {"contract": contract, "monitor": {**ASKED, **asked}}
        sources = tuple(Source(dataset, "monitor") for dataset in tables)
        monitor.check(Told(tmp_path, {}, values, sources, {"report": tmp_path / "report"}))
        read: dict[str, Any] = json.loads((tmp_path / "report").read_text(encoding="utf-8"))
        for metric in read["metrics"]:
            assert set(metric) == {"name", "value", "low", "high", "n", "group", "reason"}
            assert (metric["value"] is None) != (metric["reason"] is None)
        return read

    return of


def found(report: dict[str, Any], name: str, group: str | None = None) -> dict[str, Any]:
    (one,) = [metric for metric in report["metrics"] if (metric["name"], metric["group"]) == (name, group)]
    assert isinstance(one, dict)
    return one


def test_what_did_not_move_is_within_and_what_was_answered_is_measured(measured: Callable[..., Any]) -> None:
    report = measured(as_it_is())
    some = PEOPLE.head(300)
    scores = 1 / (1 + np.exp(-(some["credit_amount"] / 1_500 - 2)))
    auc = found(report, "auc")
    assert auc["value"] == pytest.approx(roc_auc_score(some["outcome"] == "bad", scores))
    assert auc["low"] < auc["value"] < auc["high"]
    assert found(report, "accuracy")["value"] == pytest.approx(((scores > 0.5) == (some["outcome"] == "bad")).mean())
    for name, column in [("psi", "amount"), ("psi", "housing"), ("ks", "amount")]:
        assert found(report, name, column)["value"] == 0
    assert found(report, "null_share", "housing")["value"] == 0
    young = some["age"] <= 25
    gap = abs((scores > 0.5)[young].mean() - (scores > 0.5)[~young].mean())
    assert found(report, "demographic_parity")["value"] == pytest.approx(gap)
    assert not [one for one in report["metrics"] if (one["name"], one["group"]) == ("ks", "housing")]
    assert report["note"].startswith("300 calls of version 2; 300 records with an outcome; ")


def test_what_moved_is_found(measured: Callable[..., Any]) -> None:
    tables = as_it_is()
    richer = PEOPLE.head(300).assign(credit_amount=lambda rows: rows["credit_amount"] * 2 + 2_000, housing="rent")
    report = measured({**tables, CAPTURE: calls(richer)})
    assert found(report, "psi", "amount")["value"] > 0.25
    assert found(report, "psi", "housing")["value"] > 0.25
    assert found(report, "ks", "amount")["value"] > 0.3


def test_what_is_always_missing_is_drift(measured: Callable[..., Any]) -> None:
    tables = as_it_is()
    empty = calls(PEOPLE.head(40)).assign(amount=None, housing=None)
    report = measured({**tables, CAPTURE: empty})
    for column in ("amount", "housing"):
        assert "0 values that are not missing" in found(report, "psi", column)["reason"]
        assert found(report, "null_share", column)["value"] == 1
    assert "0 values that are not missing" in found(report, "ks", "amount")["reason"]
    nan = calls(PEOPLE.head(40)).assign(amount=float("nan"))
    assert found(measured({**tables, CAPTURE: nan}), "null_share", "amount")["value"] == 1


def choice(rng: np.random.Generator, shares: dict[str | None, float], rows: int) -> list[str | None]:
    return [list(shares)[place] for place in rng.choice(len(shares), rows, p=list(shares.values()))]


def test_chance_raises_no_alarm_whatever_the_number_of_features() -> None:
    rng = np.random.default_rng(5)

    def of(rows: int) -> pa.Table:
        numbers = {f"n{number}": rng.normal(size=rows) for number in range(4)}
        words = {f"w{number}": choice(rng, {"a": 0.5, "b": 0.3, "c": 0.1, None: 0.1}, rows) for number in range(4)}
        return pa.table(numbers | words | {"few": rng.integers(0, 5, rows)})

    for _ in range(60):
        metrics = drift.of_features(of(800), of(60))
        assert {(metric.value, metric.reason) for metric in metrics} == {(0.0, None)}
        assert len(metrics) == 4 * 3 + 4 * 2 + 3


def test_what_drifted_is_told_as_statistics_tell_it() -> None:
    rng = np.random.default_rng(6)
    before = pa.table({"n": rng.normal(size=800), "w": rng.choice(["a", "b"], 800)})
    now = pa.table({"n": rng.normal(1.5, size=200), "w": choice(rng, {"a": 0.2, "b": 0.2, None: 0.6}, 200)})
    of = {(one.name, one.group): one for one in drift.of_features(before, now)}
    whole = stats.drift(before, now, tests=["psi"]).to_dict()["columns"]
    for name, column in (("psi", "n"), ("ks", "n"), ("null_share", "w")):
        assert of[name, column].value == whole[column]["tests"][name]["value"] > 0.25
    assert of["psi", "w"].value == of["null_share", "n"].value == 0
    filled = 200 - now["w"].null_count
    assert [of[one].n for one in (("psi", "w"), ("null_share", "w"), ("ks", "n"))] == [filled, 200, 200]


def test_few_values_of_a_number_drift_too() -> None:
    rng = np.random.default_rng(6)
    before, now = (pa.table({"flag": rng.binomial(1, share, rows)}) for share, rows in ((0.1, 800), (0.4, 200)))
    of = {one.name: one.value for one in drift.of_features(before, now)}
    assert of["ks"] is not None
    assert of["ks"] > 0.15
    assert of["psi"] is not None
    assert of["psi"] > 0.25


def test_features_of_very_many_values_are_compared_by_the_most_frequent() -> None:
    rng = np.random.default_rng(6)
    ids = np.asarray([f"merchant {number}" for number in range(30_000)])
    before = pa.table({"m": np.concatenate([ids, rng.choice(ids[:5], 30_000)])})
    same = pa.table({"m": rng.choice(before["m"].to_numpy(zero_copy_only=False), 400)})
    assert [(one.value, one.reason) for one in drift.of_features(before, same)] == [(0.0, None)] * 2
    other = pa.table({"m": [f"new {number}" for number in range(400)]})
    assert (drift.of_features(before, other)[0].value or 0) > 0.25


def test_a_rare_value_that_becomes_frequent_is_drift() -> None:
    usual = [f"w{number % 200}" for number in range(2_000)]
    for common in ("fraud", "w199"):
        before = pa.table({"f": usual})
        now = pa.table({"f": [word if at % 4 == 0 else common for at, word in enumerate(usual[:400])]})
        assert (drift.of_features(before, now)[0].value or 0) > 0.25


def test_what_cannot_be_compared_takes_its_own_numbers_away_alone() -> None:
    before = pa.table({"large": [2**60 + n for n in range(100)], "n": range(100), "t": [[n] for n in range(100)]})
    now = pa.table({"large": [2**60 + n for n in range(100)], "n": ["x"] * 100, "t": [[n] for n in range(100)]})
    of = {(one.name, one.group): one for one in drift.of_features(before, now)}
    assert of["psi", "large"].value == 0
    assert of["psi", "n"].reason == "`n` is a number in the reference, and none in the captured calls"
    assert of["psi", "t"].value == 0


def test_other_versions_and_other_times_are_left_out(measured: Callable[..., Any]) -> None:
    tables = as_it_is()
    old = calls(PEOPLE.head(50)).assign(called_at=lambda rows: rows["called_at"] - timedelta(days=2))
    other = calls(PEOPLE.head(30)).assign(model_version=1)
    report = measured({**tables, CAPTURE: pd.concat([calls(PEOPLE.head(300)), old, other])})
    assert report["note"].startswith("300 calls of version 2; 30 of other versions are left out; ")
    few = measured({**tables, CAPTURE: calls(PEOPLE.head(19))})
    assert {one["reason"] for one in few["metrics"]} == {"19 calls of version 2 in the window; at least 20 are needed"}
    assert {one["name"] for one in few["metrics"]} == set(monitor.EVERY)


def test_records_are_counted_that_have_no_outcome_or_several(measured: Callable[..., Any]) -> None:
    tables = as_it_is()
    some = calls(PEOPLE.head(100))
    some.loc[0, "record_id"] = None
    some.loc[1, "record_id"] = "unknown"
    again = some.iloc[[5]].assign(called_at=UNTIL, prediction_label="bad")
    outcomes = PEOPLE[["id", "outcome"]].copy()
    outcomes.loc[2, "outcome"] = None
    outcomes = pd.concat([outcomes, outcomes.iloc[[3]]])
    report = measured({**tables, CAPTURE: pd.concat([some, again]), OUTCOMES: outcomes})
    assert (
        "96 records with an outcome, 1 calls repeat a record, whose last call counts, 1 calls name no record"
        in (report["note"])
    )
    assert (
        "2 records are not among the outcomes, 1 records have no outcome yet, 1 records have several" in report["note"]
    )
    assert found(report, "accuracy")["n"] == 96


def test_what_cannot_be_read_takes_its_own_numbers_away_alone(measured: Callable[..., Any]) -> None:
    tables = as_it_is()
    report = measured({**tables, OUTCOMES: "`risk.core.outcomes` may not be read: no grant"})
    assert "no grant" in found(report, "auc")["reason"]
    assert found(report, "psi", "amount")["value"] == 0
    assert found(report, "demographic_parity")["value"] is not None
    report = measured({**tables, LOANS: "no grant"})
    assert found(report, "psi", "amount")["reason"] == "no grant"
    assert found(report, "auc")["value"] is not None
    report = measured(tables, truth=None)
    assert "settings name one" in found(report, "auc")["reason"]
    late = PEOPLE[["id", "outcome"]].assign(outcome=None)
    assert "0 records with an outcome" in found(measured({**tables, OUTCOMES: late}), "accuracy")["reason"]
    blind = calls(PEOPLE.head(100)).drop(columns=["prediction_probabilities_0"])
    report = measured({**tables, CAPTURE: blind})
    assert "no probability for each class" in found(report, "auc")["reason"]
    assert found(report, "accuracy")["value"] is not None


def test_without_a_contract_or_a_sensitive_column_it_says_so(measured: Callable[..., Any]) -> None:
    report = measured(as_it_is(), {"why": "the repository has no `contract.yaml`"})
    assert {one["reason"] for one in report["metrics"]} == {"the repository has no `contract.yaml`"}
    report = measured(as_it_is(), {**CONTRACT, "sensitive": []})
    assert found(report, "demographic_parity")["reason"] == "the contract marks no column as `sensitive`"
    two = {**CONTRACT, "key": ["record_id", "day"]}
    assert "the record key has 2 columns" in found(measured(as_it_is(), two), "auc")["reason"]


def test_outcomes_may_come_from_a_dataset_that_the_contract_does_not_know(measured: Callable[..., Any]) -> None:
    later = PEOPLE.rename(columns={"id": "record_id", "outcome": "repaid"})[["record_id", "repaid"]]
    truth = {"dataset": "risk.core.later", "column": "repaid", "key": "record_id"}
    report = measured({**as_it_is(), "risk.core.later": later}, truth=truth)
    assert found(report, "accuracy")["n"] == 300
