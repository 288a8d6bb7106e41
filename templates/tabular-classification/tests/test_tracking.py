"""Stock mlflow logs a fit where there is an address, and only there."""

import mlflow
import pytest

from pipelines.train import evaluate, fit
from tests.given import CONTRACT, LEAST_AUC, TERMS


@pytest.fixture
def store(tmp_path, monkeypatch):
    uri = (tmp_path / "store").as_uri()
    monkeypatch.setenv("MLFLOW_TRACKING_URI", uri)
    monkeypatch.setenv("MLFLOW_ALLOW_FILE_STORE", "true")
    mlflow.set_tracking_uri(uri)
    yield uri
    mlflow.set_tracking_uri(None)


def fit_and_evaluate(done):
    """Do what a run does on the same rows, with another c."""
    train, holdout = (
        done.value("prepare", side) for side in ("train", "holdout")
    )
    return evaluate(fit(train, TERMS, seed=7, c=0.5).model, holdout, TERMS)


def test_a_run_is_logged_with_parameters_metrics_and_model(store, done):
    measured = fit_and_evaluate(done)
    logged = mlflow.search_runs(experiment_names=["train"])
    by_name = logged.set_index("tags.mlflow.runName")
    assert set(by_name.index) == {"fit", "evaluate"}
    assert by_name.loc["fit", "params.classifier__C"] == "0.5"
    assert by_name.loc["fit", "metrics.training_roc_auc"] > LEAST_AUC
    held_out = by_name.loc["evaluate", "metrics.holdout_roc_auc"]
    assert held_out == pytest.approx(measured["auc"])
    models = mlflow.search_logged_models(output_format="list")
    assert [one.name for one in models] == ["model"]
    loaded = mlflow.sklearn.load_model(models[0].model_uri)
    assert list(loaded.classes_) == CONTRACT.outcomes


def test_without_an_address_nothing_is_logged(done, tmp_path, monkeypatch):
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    monkeypatch.chdir(tmp_path)
    assert fit_and_evaluate(done)["rows"] > 0
    assert not list(tmp_path.iterdir())
