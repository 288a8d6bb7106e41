"""The pipeline runs here as on the engine, and its file is current."""

from pathlib import Path

import onnx
import pandas as pd
import pytest

from classifier import model, rows
from pipelines.train import evaluate, prepare, train

ROOT = Path(__file__).resolve().parents[1]
CONTRACT = rows.Contract.read(ROOT / "contract.yaml")


@pytest.fixture(scope="module")
def done(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("MLFLOW_TRACKING_URI", raising=False)
        yield train.run(folder=tmp_path_factory.mktemp("run"), seed=7)


def test_the_file_that_the_engine_runs_is_current():
    written = (ROOT / "pipelines" / "train.json").read_text(encoding="utf-8")
    assert written == train.to_json(), (
        "run `python -m lockgate.pipelines write pipelines/train.py`"
    )


def test_every_row_is_trained_on_or_held_out(done):
    table = pd.read_csv(ROOT / "data" / "fixture.csv")
    sides = [done.value("prepare", side) for side in ("train", "holdout")]
    assert sorted(pd.concat(sides)["record_id"]) == sorted(table["record_id"])


def test_the_model_is_measured_on_the_rows_held_out(done):
    measured = done.value("evaluate", "metrics")
    assert measured["rows"] == len(done.value("prepare", "holdout"))
    assert measured["auc"] < done.value("fit", "metrics")["auc"]
    assert measured["auc"] > 0.65


def test_the_same_again_gives_the_same(done, tmp_path):
    again = train.run(folder=tmp_path / "again", seed=7)
    assert again.value("evaluate") == done.value("evaluate")
    for side in ("train", "holdout"):
        first, second = done.path("prepare", side), again.path("prepare", side)
        assert first.read_bytes() == second.read_bytes()


def test_a_step_is_a_function_too(done):
    contract = ROOT / "contract.yaml"
    parts = prepare(ROOT / "data" / "fixture.csv", contract, seed=7)
    measured = evaluate(done.path("fit", "model"), parts.holdout, contract)
    assert measured == done.value("evaluate")


def test_what_is_exported_comes_with_what_the_trained_model_says(done):
    trained = model.load(done.path("fit", "model"))
    said = done.value("export", "rows")
    features = done.value("prepare", "train")[CONTRACT.features]
    assert said[CONTRACT.features].equals(features)
    assert said["_label"].to_list() == list(trained.predict(features))
    bad = list(trained.classes_).index(model.POSITIVE)
    probabilities = trained.predict_proba(features)[:, bad]
    assert said["_probability"].to_list() == list(probabilities)


def test_the_exported_model_takes_the_features_of_the_contract(done):
    exported = onnx.load_from_string(done.path("export", "onnx").read_bytes())
    taken = [one.name for one in exported.graph.input]
    assert taken == CONTRACT.features
    domains = {one.domain for one in exported.opset_import}
    assert domains <= {"", "ai.onnx", "ai.onnx.ml"}
