"""The pipeline runs here as on the engine, and its file is current."""

import onnx
import pandas as pd

from classifier import model
from pipelines.train import evaluate, prepare, train
from tests.given import CONTRACT, FIXTURE, LEAST_AUC, ROOT, TERMS, fixture


def test_the_file_that_the_engine_runs_is_current():
    written = (ROOT / "pipelines" / "train.json").read_text(encoding="utf-8")
    assert written == train.to_json(), (
        "run `python -m lockgate.pipelines write pipelines/train.py`"
    )


def test_every_row_is_trained_on_or_held_out(done):
    sides = [done.value("prepare", side) for side in ("train", "holdout")]
    named = pd.concat(sides)[CONTRACT.key]
    assert sorted(named) == sorted(fixture()[CONTRACT.key])


def test_the_model_is_measured_on_the_rows_held_out(done):
    learned = model.load(done.path("fit", "model"))
    holdout = done.value("prepare", "holdout")
    expected = model.measure(
        learned,
        holdout[CONTRACT.features],
        holdout[CONTRACT.target],
        CONTRACT.positive,
    )
    assert done.value("evaluate", "metrics") == expected
    assert done.value("fit", "metrics") != expected
    assert expected["auc"] > LEAST_AUC


def test_the_same_again_gives_the_same(done, tmp_path):
    again = train.run(folder=tmp_path / "again", seed=7)
    assert again.value("evaluate") == done.value("evaluate")
    for side in ("train", "holdout"):
        first, second = done.path("prepare", side), again.path("prepare", side)
        assert first.read_bytes() == second.read_bytes()


def test_a_step_is_a_function_too(done):
    parts = prepare(FIXTURE, TERMS, seed=7)
    measured = evaluate(done.path("fit", "model"), parts.holdout, TERMS)
    assert measured == done.value("evaluate")


def test_what_is_exported_comes_with_what_the_trained_model_says(done):
    trained = model.load(done.path("fit", "model"))
    said = done.value("export", "rows")
    features = done.value("prepare", "train")[CONTRACT.features]
    assert said[CONTRACT.features].equals(features)
    assert said["_label"].to_list() == list(trained.predict(features))
    assert set(said["_label"]) <= set(CONTRACT.outcomes)
    asked = list(trained.classes_).index(CONTRACT.positive)
    probabilities = trained.predict_proba(features)[:, asked]
    assert said["_probability"].to_list() == list(probabilities)


def test_the_exported_model_takes_the_features_of_the_contract(done):
    exported = onnx.load_from_string(done.path("export", "onnx").read_bytes())
    taken = [one.name for one in exported.graph.input]
    assert taken == CONTRACT.features
    domains = {one.domain for one in exported.opset_import}
    assert domains <= {"", "ai.onnx", "ai.onnx.ml"}
