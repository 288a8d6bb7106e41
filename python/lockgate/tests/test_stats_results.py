"""What `lockgate.stats` returns: the contract's dictionaries, what notebooks show, and what wrong arguments raise."""

from __future__ import annotations

import _thread
import json
import math
import pickle
import signal
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from lockgate import stats

RANDOM = np.random.default_rng(7)
ROWS = 2_000
PEOPLE = {
    "age": RANDOM.integers(18, 90, ROWS),
    "income": RANDOM.lognormal(10, 1, ROWS),
    "sex": RANDOM.choice(["female", "male"], ROWS),
    "paid": RANDOM.integers(0, 2, ROWS),
    "said": RANDOM.integers(0, 2, ROWS),
    "score": RANDOM.random(ROWS),
}
TESTS = [
    "psi", "ks", "wasserstein", "wasserstein_normed", "jensen_shannon", "hellinger", "kl", "chi_square", "g_test",
    "l_infinity", "cramers_v", "total_variation", "energy", "new_share", "vanished_share", "null_share",
]  # fmt: skip
BEFORE = ["CI", "DPL", "KL", "JS", "LP", "TVD", "KS", "CDDL"]
AFTER = ["DPPL", "DI", "DCA", "DCR", "AD", "RD", "SD", "DAR", "DRR", "TE", "CDDPL", "FT", "GE"]


@pytest.fixture
def parquet(tmp_path: Path) -> Path:
    path = tmp_path / "people.parquet"
    pq.write_table(pa.table(PEOPLE), path, row_group_size=250)
    return path


def everything() -> dict[str, Any]:
    moved = PEOPLE | {"age": PEOPLE["age"] + 20}
    truth, said, score = PEOPLE["paid"], PEOPLE["said"], PEOPLE["score"]
    known = {"truth": truth, "score": score, "prediction": said}
    bias = stats.bias(PEOPLE, facet="sex", label="paid", positive=[1], prediction="said", features=["age", "income"])
    return {
        "profile": stats.profile(PEOPLE),
        "drift": stats.drift(PEOPLE, moved, tests=TESTS),
        "quality": stats.quality(truth, said, score=score, task="binary", interval=0.95, slices={"sex": PEOPLE["sex"]}),
        "estimate": stats.estimate(known, {"score": score, "prediction": said}),
        "bias": bias,
    }


def test_results_are_dictionaries_texts_and_notebook_cells() -> None:
    for name, found in everything().items():
        told = found.to_dict()
        assert json.loads(json.dumps(told)) == told, name
        assert found.to_dict() is not told
        html = found._repr_html_()
        assert html.strip().startswith("<")
        assert "<script" not in html
        assert len(repr(found).splitlines()) > 3
        assert found.to_markdown().count("|") > 10
        assert found.outcome in ("within", "breached", "not_computable")
    assert repr(everything()["drift"]) == repr(everything()["drift"]), "equal data, equal results"


def test_profiles_merge_to_that_of_the_whole(parquet: Path) -> None:
    assert stats.count_partitions(parquet) == 8
    whole = stats.profile(parquet, seed=3)
    parts = [stats.profile(str(parquet), seed=3, partitions=bounds) for bounds in (range(4), (4, 8))]
    merged = parts[1].merge(parts[0])
    assert merged.to_bytes() == whole.to_bytes()
    assert merged.to_dict() == whole.to_dict()
    again = stats.Profile.from_bytes(whole.to_bytes())
    assert again.to_bytes() == whole.to_bytes()
    assert pickle.loads(pickle.dumps(whole)).to_bytes() == whole.to_bytes()  # noqa: S301
    with pytest.raises(ValueError, match="other"):
        whole.merge(3)  # type: ignore[arg-type]
    for wrong in (b"", b"no profile", whole.to_bytes()[:-1]):
        with pytest.raises(ValueError, match="`data` is no profile"):
            stats.Profile.from_bytes(wrong)


def test_threads_change_nothing(parquet: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = set()
    for threads in ("1", "3", ""):
        monkeypatch.setenv("OMP_NUM_THREADS", threads)
        found.add(stats.profile(parquet).to_bytes())
    assert len(found) == 1


@pytest.mark.parametrize("partitions", [range(0, 4, 2), (-1, 2), range(7, 20), (5, 2)])
def test_partitions_that_are_not_there(parquet: Path, partitions: Any) -> None:
    with pytest.raises(ValueError, match="partitions"):
        stats.profile(parquet, partitions=partitions)


def test_drift_of_profiles_and_of_rows(parquet: Path) -> None:
    moved = PEOPLE | {"age": PEOPLE["age"] + 20}
    for reference in (PEOPLE, parquet, stats.profile(parquet)):
        for current in (moved, stats.profile(moved)):
            found = stats.drift(reference, current, tests=TESTS)
            columns = found.to_dict()["columns"]
            assert found.outcome == "breached"
            assert columns["age"]["verdict"] == "drifted"
            assert columns["income"]["verdict"] == "within"
            for name in TESTS:
                one = columns["age"]["tests"][name]
                assert set(one) >= {"value", "p_value", "threshold", "interval", "verdict", "reason"}
                assert (one["value"] is None) == bool(one["reason"] and one["verdict"] == "not_computable")
    few = stats.drift(PEOPLE, moved, columns="income", tests="psi").to_dict()["columns"]
    assert list(few) == ["income"]


def test_the_domain_classifier_is_asked_unless_tests_are_named_without_it() -> None:
    def asked(**more: Any) -> bool:
        told = stats.drift(PEOPLE, PEOPLE, **more).to_dict()["dataset"]["domain_classifier"]
        assert (told["value"] is None) == (told["reason"] == "it was not asked for")
        return told["value"] is not None

    assert asked()
    assert asked(tests=["psi", "domain_classifier"])
    assert asked(tests="psi", domain_classifier=True)
    assert not asked(tests="psi")
    assert not asked(tests=[])
    assert not asked(domain_classifier=np.bool_(False))
    kept = stats.profile(PEOPLE)
    assert stats.drift(kept, PEOPLE).outcome == "within"
    assert stats.drift(kept, PEOPLE, domain_classifier=True).outcome == "not_computable", "it was asked for by name"


def test_an_empty_column_is_drift_and_no_silence() -> None:
    found = stats.drift(PEOPLE, PEOPLE | {"age": [None] * ROWS})
    assert found.to_dict()["columns"]["age"]["verdict"] == "drifted"


def test_quality_has_the_names_of_scikit_learn() -> None:
    from sklearn import metrics  # noqa: PLC0415

    truth, score = PEOPLE["paid"], PEOPLE["score"]
    said = (score > 0.5).astype(int)
    found = stats.quality(truth, said, score=score, task="binary").to_dict()["metrics"]
    for name in ("roc_auc", "average_precision"):
        assert found[name]["value"] == pytest.approx(getattr(metrics, f"{name}_score")(truth, score), abs=1e-12)
    assert found["log_loss"]["value"] == pytest.approx(metrics.log_loss(truth, score), abs=1e-9)
    assert found["f1"]["value"] == pytest.approx(metrics.f1_score(truth, said), abs=1e-12)
    assert found["brier"]["value"] == pytest.approx(metrics.brier_score_loss(truth, score), abs=1e-12)


def test_slices_of_numbers_are_cut_at_thresholds() -> None:
    truth, said = PEOPLE["paid"], PEOPLE["said"]
    slices = {"age": PEOPLE["age"]}
    found = stats.quality(truth, said, task="binary", slices=slices, slice_bins={"age": [30, 50]}).to_dict()
    rows = {name: part["rows"] for name, part in found["slices"]["age"].items()}
    age = PEOPLE["age"]
    cut = {"≤ 30": age <= 30, "> 30 ≤ 50": (age > 30) & (age <= 50), "> 50": age > 50}
    assert rows == {name: int(part.sum()) for name, part in cut.items() if part.any()}
    assert found["settings"]["slice_bins"] == {"age": [30.0, 50.0]}


def test_metrics_that_are_named_are_those_that_are_computed() -> None:
    truth, said, score = PEOPLE["paid"], PEOPLE["said"], PEOPLE["score"]
    whole = stats.quality(truth, said, score=score, task="binary", interval=0.9).to_dict()["metrics"]
    few = stats.quality(truth, said, score=score, task="binary", interval=0.9, metrics=["roc_auc", "f1"]).to_dict()
    assert few["metrics"] == {name: whole[name] for name in ("f1", "roc_auc")}
    assert few["settings"]["metrics"] == ["roc_auc", "f1"]
    without = stats.quality(truth, score=score, task="binary", metrics="f1")
    assert without.outcome == "not_computable"
    assert without.to_dict()["metrics"]["f1"]["reason"] == "there are no predictions"
    asked: dict[str, Any] = {"facet": "sex", "label": "paid", "positive": [1], "prediction": "said"}
    fair = stats.bias(PEOPLE, **asked, metrics="DI").to_dict()
    assert set(fair["facets"]["male"]["metrics"]) == {"DI", "DPPL"}
    assert fair["groups"] == {}


def test_thresholds_costs_quantiles_and_places_are_those_asked_for() -> None:
    from sklearn import metrics  # noqa: PLC0415

    truth, score = PEOPLE["paid"], PEOPLE["score"]
    costs = {"false_positive": 1, "false_negative": 5.0}
    found = stats.quality(truth, score=score, task="binary", threshold=0.3, costs=costs).to_dict()
    (_, wrong), (missed, _) = metrics.confusion_matrix(truth, score >= 0.3)
    assert found["metrics"]["cost"]["value"] == pytest.approx((wrong + 5 * missed) / ROWS)
    assert found["best_threshold"]["cost"] <= found["metrics"]["cost"]["value"]
    asked: dict[str, Any] = {"truth": ["a", "b", "b", "c"], "prediction": ["a", "a", "b", "b"], "task": "multiclass"}
    each = stats.quality(**asked, costs={("b", "a"): 3, ("c", "b"): 1}).to_dict()["metrics"]["cost"]
    assert each["value"] == 1.0
    lacking = stats.quality(**asked, costs={("b", "a"): 3}).to_dict()["metrics"]["cost"]
    assert lacking["reason"] == "pairs of classes that occur and have no cost: 1"
    assert stats.quality([1, 0], [True, False], task="multiclass", costs={(1, 0): 1}).outcome == "within"
    amounts = stats.quality(PEOPLE["income"], PEOPLE["age"], task="regression", quantile=0.1).to_dict()["metrics"]
    loss = metrics.mean_pinball_loss(PEOPLE["income"], PEOPLE["age"], alpha=0.1)
    assert amounts["mean_pinball_loss"]["value"] == pytest.approx(loss)
    relevance, order = [3, 2, 3, 0, 1], [0.1, 0.9, 0.2, 0.8, 0.4]
    ranked = stats.quality(relevance, score=order, task="ranking", k=2).to_dict()
    assert ranked["settings"]["k"] == 2
    first = metrics.ndcg_score([relevance], [order], k=2)
    assert ranked["metrics"]["ndcg_at_k"]["value"] == pytest.approx(first)


def test_scores_of_several_classes_are_named_by_them() -> None:
    truth = ["a", "b", "c", "a"]
    shares = np.array([[0.8, 0.1, 0.1], [0.1, 0.8, 0.1], [0.1, 0.1, 0.8], [0.7, 0.2, 0.1]])
    score = dict(zip("abc", shares.T, strict=True))
    found = stats.quality(truth, score=score, task="multiclass").to_dict()
    assert stats.quality(truth, score=pa.table(score), task="multiclass").to_dict() == found
    with pytest.raises(ValueError, match="`score` has two dimensions"):
        stats.quality(truth, score=shares, task="multiclass")


def test_words_may_be_the_positive_class_and_rows_may_be_of_queries() -> None:
    words = stats.quality(["no", "yes", "yes"], ["no", "yes", "no"], task="binary", positive="yes").to_dict()
    assert words["metrics"]["recall"]["value"] == 0.5
    ranked = stats.quality([0, 1, 1, 0], score=[0.1, 0.9, 0.2, 0.8], query=[1, 1, 2, 2], task="ranking").to_dict()
    assert len(ranked["metrics"]) > 1


def test_estimates_find_their_columns() -> None:
    share = RANDOM.random(ROWS)
    truth = (RANDOM.random(ROWS) < share).astype(int)
    known, new = {"truth": truth, "score": share}, {"score": share}
    found = stats.estimate(known, new).to_dict()["metrics"]["roc_auc"]
    real = stats.quality(truth, score=share, task="binary").to_dict()["metrics"]["roc_auc"]["value"]
    assert found["value"] == pytest.approx(real, abs=0.03)
    named = stats.estimate({"y": truth, "p": share}, {"p": share}, truth="y", score="p").to_dict()
    assert named["metrics"]["roc_auc"]["value"] == found["value"]
    x = RANDOM.random(ROWS)
    known = {"truth": x + RANDOM.normal(0, 0.1, ROWS), "prediction": x, "x": x}
    losses = stats.estimate(known, {"prediction": x, "x": x}, method="dle").to_dict()["metrics"]
    assert any(one["value"] is not None for one in losses.values())


def test_bias_has_the_metrics_of_clarify() -> None:
    asked: dict[str, Any] = {"facet": "sex", "label": "paid", "positive": [1], "prediction": "said", "group": "age"}
    found = stats.bias(PEOPLE, **asked, disadvantaged="female", features=["age", "income"]).to_dict()["facets"]
    assert list(found) == ["female"]
    for name in BEFORE + AFTER:
        assert {"value", "interval", "p_value", "reason"} <= set(found["female"]["metrics"][name])
        assert found["female"]["metrics"][name]["value"] is not None, name
    assert set(stats.bias(PEOPLE, **asked).to_dict()["facets"]) == {"female", "male"}
    both = stats.bias(PEOPLE | {"old": PEOPLE["age"] > 60}, **asked | {"facet": ["sex", "old"]}).to_dict()["facets"]
    assert "female & true" in both
    one = stats.bias(
        PEOPLE | {"old": PEOPLE["age"] > 60}, **asked | {"facet": ["sex", "old"]}, disadvantaged=[("female", True)]
    )
    assert len(one.to_dict()["facets"]) == 1
    above = stats.bias(PEOPLE, facet="age", disadvantaged=60, label="income", positive=20_000).to_dict()["facets"]
    assert len(above) == 1


def test_infinite_numbers_of_clarify_are_floats() -> None:
    people = {"sex": ["f"] * 4 + ["m"] * 4, "paid": [1, 1, 0, 0] * 2, "said": [1, 1, 0, 1, 0, 0, 0, 0]}
    found = stats.bias(
        people, facet="sex", disadvantaged=["f"], label="paid", positive=[1], prediction="said", compat="clarify"
    )
    assert found.to_dict()["facets"]["f"]["metrics"]["DI"]["value"] == math.inf
    corrected = stats.bias(
        people, facet="sex", disadvantaged=["f"], label="paid", positive=[1], prediction="said", min_group=1
    )
    missing = corrected.to_dict()["facets"]["f"]["metrics"]["DI"]
    assert missing["value"] is None
    assert missing["reason"]


def test_infinite_numbers_of_the_data_are_floats_and_texts_that_say_so_stay_texts() -> None:
    found = stats.profile({"number": [math.inf, 1.0, 2.0], "word": ["Infinity", "a", "b"]}).to_dict()["columns"]
    assert found["number"]["max"] == math.inf
    assert math.inf in [one["value"] for one in found["number"]["top"]]
    assert "Infinity" in [one["value"] for one in found["word"]["top"]]


@pytest.mark.parametrize(
    ("call", "named"),
    [
        (lambda: stats.drift(PEOPLE, PEOPLE, tests=["kss"]), "tests"),
        (lambda: stats.drift(PEOPLE, PEOPLE, tests=[3]), "tests"),  # type: ignore[list-item]
        (lambda: stats.drift(PEOPLE, PEOPLE, alpha=7), "alpha"),
        (lambda: stats.drift(PEOPLE, PEOPLE, domain_classifier=1), "domain_classifier"),  # type: ignore[arg-type]
        (
            lambda: stats.drift(PEOPLE, PEOPLE, tests="domain_classifier", domain_classifier=False),
            "domain_classifier",
        ),
        (lambda: stats.quality([1], [1], task="binary", metrics=["roc_acu"]), "metrics"),
        (lambda: stats.quality([1], [1], task="binary", metrics=[]), "metrics"),
        (lambda: stats.quality([1], [1], task="binary", metrics=3), "metrics"),  # type: ignore[arg-type]
        (lambda: stats.quality([1], [1], task="binary", costs={"false_positives": 1}), "costs"),
        (lambda: stats.quality([1], [1], task="binary", costs={"false_positive": "x"}), "costs"),  # type: ignore[arg-type]
        (lambda: stats.quality([1], [1], task="binary", costs={"false_positive": math.nan}), "costs"),
        (lambda: stats.quality([1], [1], task="binary", costs=[1]), "costs"),  # type: ignore[arg-type]
        (lambda: stats.quality([1], [1], task="multiclass", costs={"false_positive": 1}), "costs"),
        (lambda: stats.quality([1], [1], task="binary", threshold=0.5), "threshold"),
        (lambda: stats.quality([1], score=[1], task="binary", threshold="x"), "threshold"),  # type: ignore[arg-type]
        (lambda: stats.quality([1], [1], task="regression", quantile=2), "quantile"),
        (lambda: stats.quality([1], score=[1], task="ranking", k=0), "k"),
        (lambda: stats.quality([1], score=[1], task="ranking", k=1.5), "k"),  # type: ignore[arg-type]
        (lambda: stats.bias(PEOPLE, facet="sex", label="paid", positive=[1], metrics=["DPLL"]), "metrics"),
        (lambda: stats.bias(PEOPLE, facet="sex", label="paid", positive=[1], metrics=3), "metrics"),  # type: ignore[arg-type]
        (lambda: stats.quality([1], [1], task="guess"), "task"),  # type: ignore[arg-type]
        (lambda: stats.quality([1], task="binary"), "prediction"),
        (lambda: stats.quality([1], [1], task="binary", interval=95), "interval"),
        (lambda: stats.quality(["a", "b"], ["a", "b"], task="binary"), "positive"),
        (lambda: stats.estimate(PEOPLE, PEOPLE, method="ask"), "method"),  # type: ignore[arg-type]
        (lambda: stats.bias(PEOPLE, facet=[], label="paid", positive=[1]), "facet"),
        (lambda: stats.bias(PEOPLE, facet="sex", label="paid", positive=[]), "positive"),
        (lambda: stats.bias(PEOPLE, facet="sex", label="paid", positive=object()), "positive"),  # type: ignore[arg-type]
        (lambda: stats.bias(PEOPLE, facet="sex", label="paid", positive=1, compat="aws"), "compat"),  # type: ignore[arg-type]
        (lambda: stats.bias(PEOPLE, facet="sex", label="paid", positive=1, min_group=-1), "min_group"),
        (lambda: stats.bias(PEOPLE, facet="sex", label="paid", positive=1, min_group=2**70), "min_group"),
        (lambda: stats.bias(PEOPLE, facet=3, label="paid", positive=[1]), "facet"),  # type: ignore[arg-type]
        (lambda: stats.bias(PEOPLE, facet="sex", label=None, positive=[1]), "label"),  # type: ignore[arg-type]
        (lambda: stats.bias(PEOPLE, facet="sex", label="paid", positive=1, prediction=3), "prediction"),  # type: ignore[arg-type]
        (lambda: stats.bias(PEOPLE, facet="sex", label="paid", positive=1, group=3), "group"),  # type: ignore[arg-type]
        (lambda: stats.bias(PEOPLE, facet="sex", label="paid", positive=1, features=3), "features"),  # type: ignore[arg-type]
        (lambda: stats.bias(PEOPLE, facet="sex", label="paid", positive=1, compat=3), "compat"),  # type: ignore[arg-type]
        (lambda: stats.quality([0, 1], [0, 1], task="binary", slices={"a": [1, 2]}, slice_bins=3), "slice_bins"),  # type: ignore[arg-type]
        (lambda: stats.quality([1], [1], task="binary", slices={"a": [1]}, slice_bins={"b": [1]}), "slice_bins"),
        (lambda: stats.bias(PEOPLE, facet="age", label="paid", positive=1, bins=3), "bins"),  # type: ignore[arg-type]
        (lambda: stats.bias(PEOPLE, facet="age", label="paid", positive=1, bins={"age": 25}), "bins"),  # type: ignore[dict-item]
        (lambda: stats.bias(PEOPLE, facet="age", label="paid", positive=1, bins={"age": ["x"]}), "bins"),  # type: ignore[list-item]
        (lambda: stats.drift(PEOPLE, PEOPLE, alpha="x"), "alpha"),  # type: ignore[arg-type]
        (lambda: stats.drift(PEOPLE, PEOPLE, alpha=None), "alpha"),  # type: ignore[arg-type]
        (lambda: stats.drift(PEOPLE, PEOPLE, columns=3), "columns"),  # type: ignore[arg-type]
        (lambda: stats.drift(PEOPLE, PEOPLE, tests=3), "tests"),  # type: ignore[arg-type]
        (lambda: stats.quality([1], [1], task=None), "task"),  # type: ignore[arg-type]
        (lambda: stats.quality([1], [1], task="binary", interval="x"), "interval"),  # type: ignore[arg-type]
        (lambda: stats.quality(["1"], score={1: [0.1], "1": [0.2]}, task="multiclass"), "score"),
        (lambda: stats.estimate(PEOPLE, PEOPLE, truth=3), "truth"),  # type: ignore[arg-type]
        (lambda: stats.estimate(PEOPLE, PEOPLE, truth="paid", score=3), "score"),  # type: ignore[arg-type]
        (lambda: stats.estimate(PEOPLE, PEOPLE, truth="paid", prediction=3), "prediction"),  # type: ignore[arg-type]
        (lambda: stats.bias(PEOPLE, facet="sex", label="paid", positive=[1], confidence=95), "confidence"),
        (lambda: stats.drift(PEOPLE, PEOPLE, seed=-1), "seed"),
        (lambda: stats.profile(None), "data"),  # type: ignore[arg-type]
        (lambda: stats.drift(None, PEOPLE), "reference"),  # type: ignore[arg-type]
        (lambda: stats.quality([1], np.array([1j]), task="regression"), "prediction"),
        (lambda: stats.quality([1], [1], task="regression", slices=3), "slices"),  # type: ignore[arg-type]
        (lambda: stats.profile(PEOPLE, seed=-1), "seed"),
        (lambda: stats.profile(PEOPLE, seed="x"), "seed"),  # type: ignore[arg-type]
        (lambda: stats.profile(PEOPLE, seed=1.5), "seed"),  # type: ignore[arg-type]
        (lambda: stats.profile(PEOPLE, partitions=3), "partitions"),  # type: ignore[arg-type]
        (lambda: stats.profile(PEOPLE, partitions=(1, 2, 3)), "partitions"),  # type: ignore[arg-type]
        (lambda: stats.profile(PEOPLE, partitions=(0, 2**70)), "partitions"),
        (lambda: stats.Profile.from_bytes(3), "data"),  # type: ignore[arg-type]
        (lambda: stats.drift(PEOPLE, PEOPLE, columns=np.array("sex")), "columns"),
        (lambda: stats.drift(PEOPLE, PEOPLE, columns=["\ud800"]), "columns"),
        (lambda: stats.bias(PEOPLE, facet="sex", label="\ud800", positive=[1]), "label"),
    ],
)
def test_wrong_arguments_are_named(call: Any, named: str) -> None:
    with pytest.raises(ValueError, match=f"`{named}`"):
        call()


def test_scalars_of_numpy_are_numbers_and_flags() -> None:
    found = stats.bias(
        PEOPLE | {"paid": PEOPLE["paid"] == 1},
        facet="sex",
        label="paid",
        positive=np.bool_(True),  # type: ignore[arg-type]
        min_group=np.int64(30),  # type: ignore[arg-type]
    )
    assert found.to_dict()["facets"]["male"]["metrics"]["DPL"]["value"] is not None
    stats.profile(PEOPLE, seed=np.uint8(3), partitions=(np.int64(0), np.int64(1)))  # type: ignore[arg-type]


def test_columns_stand_in_the_order_of_the_table() -> None:
    table = dict.fromkeys(("z", "b", "a", "y"), PEOPLE["age"])
    profile = stats.profile(table)
    assert list(profile.to_dict()["columns"]) == list(table)
    assert list(stats.Profile.from_bytes(profile.to_bytes()).to_dict()["columns"]) == list(table)
    for side in (table, profile):
        assert list(stats.drift(side, profile).to_dict()["columns"]) == list(table)


def test_a_column_that_is_not_there_is_a_key_error_with_a_hint() -> None:
    calls: dict[str, Callable[[], object]] = {
        "facet": lambda: stats.bias(PEOPLE, facet="sexx", label="paid", positive=[1]),
        "columns": lambda: stats.drift(PEOPLE, PEOPLE, columns=["sexx"]),
        "truth": lambda: stats.estimate(PEOPLE, PEOPLE, truth="sexx", score="score"),
    }
    for name, call in calls.items():
        with pytest.raises(stats.UnknownColumnError) as raised:
            call()
        assert isinstance(raised.value, KeyError)
        assert str(raised.value).startswith(f"`{name}`: there is no column `sexx`")
        assert "`sex`" in str(raised.value)


def test_names_that_are_none_come_with_the_nearest() -> None:
    for call, said in (
        (
            lambda: stats.drift(PEOPLE, PEOPLE, tests="hellinge"),
            "expected a measure of drift: did you mean `hellinger`?",
        ),
        (
            lambda: stats.quality([0, 1], score=[0, 1], task="binary", metrics="f1_score"),
            "expected a metric of the task `binary`: did you mean `f1`?",
        ),
        (
            lambda: stats.bias(PEOPLE, facet="sex", label="paid", positive=1, metrics="DPLL"),
            "expected a metric of bias: did you mean `DPL`?",
        ),
        (
            lambda: stats.quality([0, 1], [0, 1], task="binary", costs={"false_positives": 1}),
            "expected an outcome: did you mean `false_positive`?",
        ),
    ):
        with pytest.raises(ValueError, match="did you mean") as raised:
            call()
        assert str(raised.value).endswith(said), raised.value


QUALITY: dict[str, Any] = {
    "truth": RANDOM.integers(0, 2, 200_000),
    "score": RANDOM.random(200_000),
    "task": "binary",
    "interval": 0.95,
}
# FT and the proxy check, which read nothing and take some seconds.
FEATURES: dict[str, Any] = {
    "data": {f"n{at}": RANDOM.random(200_000) for at in range(6)}
    | {"sex": RANDOM.integers(0, 2, 200_000), "paid": RANDOM.integers(0, 2, 200_000)},
    "facet": "sex",
    "label": "paid",
    "prediction": "paid",
    "positive": [1],
    "features": [f"n{at}" for at in range(6)],
}


@pytest.mark.parametrize("work", [lambda: stats.quality(**QUALITY), lambda: stats.bias(**FEATURES)])
def test_ctrl_c_ends_a_computation(work: Any) -> None:
    # Who starts tests in the background may have had Ctrl-C ignored.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        timer = threading.Timer(0.3, _thread.interrupt_main)
        timer.start()
        with pytest.raises(KeyboardInterrupt):
            work()
        timer.join()
    finally:
        signal.signal(signal.SIGINT, before)


def test_other_threads_go_on_meanwhile() -> None:
    ticks = []
    over = threading.Event()

    def tick() -> None:
        while not over.wait(0.002):
            ticks.append(1)

    ticking = threading.Thread(target=tick)
    ticking.start()
    stats.quality(PEOPLE["paid"], score=PEOPLE["score"], task="binary", interval=0.95)
    over.set()
    ticking.join()
    assert len(ticks) > 3
