"""A fit is logged where there is an address, and only there.

Stock mlflow takes longer to import than all other tests take to run, so
something that writes down what it is told stands in its place.
"""

import sys
from contextlib import contextmanager
from types import SimpleNamespace

import pytest

from pipelines.train import evaluate, fit
from tests.given import CONTRACT, LEAST_AUC, TERMS


@pytest.fixture
def logged(monkeypatch):
    """Return what is logged, by the name of the run."""
    runs, opened = {}, []

    @contextmanager
    def start_run(run_name):
        opened.append(runs.setdefault(run_name, {}))
        yield
        opened.pop()

    def note(what):
        return lambda said, **more: opened[-1].update({what: (said, more)})

    standing_in = SimpleNamespace(
        set_experiment=lambda name: None,
        start_run=start_run,
        log_params=note("params"),
        log_metrics=note("metrics"),
        models=SimpleNamespace(infer_signature=lambda rows, out: len(out)),
        sklearn=SimpleNamespace(log_model=note("model")),
    )
    monkeypatch.setitem(sys.modules, "mlflow", standing_in)
    return runs


def fit_and_evaluate(done):
    """Do what a run does on the same rows, with another c."""
    train, holdout = (
        done.value("prepare", side) for side in ("train", "holdout")
    )
    return evaluate(fit(train, TERMS, seed=7, c=0.5).model, holdout, TERMS)


def test_a_fit_is_logged_with_parameters_metrics_and_model(
    logged, done, monkeypatch
):
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://127.0.0.1:9")
    measured = fit_and_evaluate(done)
    assert set(logged) == {"fit", "evaluate"}
    params, _ = logged["fit"]["params"]
    assert params["classifier__C"] == 0.5
    metrics, _ = logged["fit"]["metrics"]
    assert metrics["training_roc_auc"] > LEAST_AUC
    held_out, _ = logged["evaluate"]["metrics"]
    assert held_out["holdout_roc_auc"] == measured["auc"]
    model, more = logged["fit"]["model"]
    assert list(model.classes_) == CONTRACT.outcomes
    assert more["serialization_format"] == "skops"
    assert more["signature"] == metrics["training_rows"]


def test_without_an_address_nothing_is_logged(logged, done, monkeypatch):
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    assert fit_and_evaluate(done)["rows"] > 0
    assert not logged
