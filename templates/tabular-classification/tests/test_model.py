"""The model learns something, and is the same after it was saved."""

from pathlib import Path

import pytest

from classifier import model, rows

ROOT = Path(__file__).resolve().parents[1]
CONTRACT = rows.Contract.read(ROOT / "contract.yaml")
TRAIN, HOLDOUT = rows.split(
    rows.read(ROOT / "data" / "fixture.csv", CONTRACT), CONTRACT.key, seed=7
)


def fitted(outcome):
    built = model.build(CONTRACT.words, CONTRACT.numbers, c=1.0, seed=7)
    return built.fit(TRAIN[CONTRACT.features], outcome)


def auc(learned):
    features, outcome = HOLDOUT[CONTRACT.features], HOLDOUT[CONTRACT.target]
    return model.measure(learned, features, outcome)["auc"]


def test_it_learns_more_than_from_shuffled_outcomes():
    outcome = TRAIN[CONTRACT.target]
    shuffled = outcome.sample(frac=1, random_state=1).to_list()
    assert auc(fitted(outcome)) > 0.65
    assert auc(fitted(outcome)) > auc(fitted(shuffled)) + 0.1


def test_a_saved_model_says_the_same(tmp_path):
    learned = fitted(TRAIN[CONTRACT.target])
    again = model.load(model.save(learned, tmp_path / "model.skops"))
    features = HOLDOUT[CONTRACT.features]
    before, after = learned.predict_proba, again.predict_proba
    assert (before(features) == after(features)).all()


def test_a_file_that_runs_code_is_not_loaded(tmp_path):
    path = tmp_path / "model.skops"
    path.write_bytes(b"cos\nsystem\n(S'echo'\ntR.")
    with pytest.raises(Exception, match="not a zip file"):
        model.load(path)


def test_a_word_that_was_never_seen_is_no_failure():
    rows_of_today = HOLDOUT[CONTRACT.features].assign(job="astronaut")
    scores = fitted(TRAIN[CONTRACT.target]).predict_proba(rows_of_today)
    assert ((scores >= 0) & (scores <= 1)).all()


def test_the_measures_are_those_of_a_known_case():
    learned = fitted(TRAIN[CONTRACT.target])
    said = learned.predict(HOLDOUT[CONTRACT.features])
    measured = model.measure(
        learned, HOLDOUT[CONTRACT.features], HOLDOUT[CONTRACT.target]
    )
    right = (said == HOLDOUT[CONTRACT.target]).sum()
    assert measured["accuracy"] == pytest.approx(right / len(HOLDOUT))
    assert measured["rows"] == len(HOLDOUT)
