"""The model learns something, and is the same after it was saved."""

import pytest

from classifier import model, rows
from tests.given import CONTRACT, LEAST_AUC, fixture, never_seen

TRAIN, HOLDOUT = rows.split(fixture(), CONTRACT.key, seed=7)
SEEN, UNSEEN = TRAIN[CONTRACT.features], HOLDOUT[CONTRACT.features]


def fitted(outcome):
    built = model.build(CONTRACT.words, CONTRACT.numbers, c=1.0, seed=7)
    return built.fit(SEEN, outcome)


def measured(learned):
    outcome = HOLDOUT[CONTRACT.target]
    return model.measure(learned, UNSEEN, outcome, CONTRACT.positive)


@pytest.fixture(scope="module")
def learned():
    return fitted(TRAIN[CONTRACT.target])


def test_it_learns_more_than_from_shuffled_outcomes(learned):
    shuffled = TRAIN[CONTRACT.target].sample(frac=1, random_state=1).to_list()
    assert measured(learned)["auc"] > LEAST_AUC
    assert measured(learned)["auc"] > measured(fitted(shuffled))["auc"] + 0.1


def test_a_saved_model_says_the_same(learned, tmp_path):
    again = model.load(model.save(learned, tmp_path / "model.skops"))
    before, after = learned.predict_proba, again.predict_proba
    assert (before(UNSEEN) == after(UNSEEN)).all()


def test_a_file_that_runs_code_is_not_loaded(tmp_path):
    path = tmp_path / "model.skops"
    path.write_bytes(b"cos\nsystem\n(S'echo'\ntR.")
    with pytest.raises(Exception, match="not a zip file"):
        model.load(path)


def test_a_value_that_was_never_seen_is_no_failure(learned):
    others = {name: never_seen(name) for name in CONTRACT.features}
    scores = learned.predict_proba(UNSEEN.assign(**others))
    assert ((scores >= 0) & (scores <= 1)).all()


def test_the_measures_are_those_of_a_known_case(learned):
    outcome = HOLDOUT[CONTRACT.target]
    found = measured(learned)
    right = (learned.predict(UNSEEN) == outcome).sum()
    assert found["accuracy"] == pytest.approx(right / len(HOLDOUT))
    assert found["rows"] == len(HOLDOUT)
    scores = model.probability(learned, UNSEEN, CONTRACT.positive)
    asked = (outcome == CONTRACT.positive).to_numpy()
    pairs = [
        (a > b) + (a == b) / 2 for a in scores[asked] for b in scores[~asked]
    ]
    assert found["auc"] == pytest.approx(sum(pairs) / len(pairs))
