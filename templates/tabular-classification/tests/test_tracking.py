"""Stock mlflow logs a fit where there is an address, and only there."""

import mlflow
import pytest

from pipelines.train import train


@pytest.fixture
def store(tmp_path, monkeypatch):
    uri = (tmp_path / "store").as_uri()
    monkeypatch.setenv("MLFLOW_TRACKING_URI", uri)
    monkeypatch.setenv("MLFLOW_ALLOW_FILE_STORE", "true")
    mlflow.set_tracking_uri(uri)
    yield uri
    mlflow.sklearn.autolog(disable=True)
    mlflow.set_tracking_uri(None)


def test_a_run_is_logged_with_parameters_metrics_and_model(store, tmp_path):
    train.run(folder=tmp_path / "run", seed=7, c=0.5)
    logged = mlflow.search_runs(experiment_names=["train"])
    by_name = logged.set_index("tags.mlflow.runName")
    assert set(by_name.index) == {"fit", "evaluate"}
    assert by_name.loc["fit", "params.classifier__C"] == "0.5"
    assert by_name.loc["fit", "metrics.training_roc_auc"] > 0.7
    assert by_name.loc["evaluate", "metrics.holdout_auc"] > 0.65
    models = mlflow.search_logged_models(output_format="list")
    assert [one.name for one in models] == ["model"]
    loaded = mlflow.sklearn.load_model(models[0].model_uri)
    assert list(loaded.classes_) == ["bad", "good"]


def test_without_an_address_nothing_is_logged(tmp_path, monkeypatch):
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    monkeypatch.chdir(tmp_path)
    train.run(folder=tmp_path / "run", seed=7)
    assert not (tmp_path / "mlruns").exists()
