"""The endpoint takes what the contract says, and refuses what it is not."""

import pytest

from tests import endpoint

pytestmark = endpoint.needs_endpoint


def test_it_takes_the_features_of_the_contract_and_no_other_column():
    status, said = endpoint.call("")
    assert status == 200, said
    taken = {one["name"] for one in said["inputs"]} - {"record_id"}
    assert taken == set(endpoint.CONTRACT.features)


def test_it_answers_each_row_with_a_label_and_probabilities():
    status, said = endpoint.call(
        "/infer", endpoint.request(endpoint.applications(5))
    )
    assert status == 200, said
    answered = endpoint.outputs(said)
    assert len(answered["label"]) == 5
    assert set(answered["label"]) <= {"good", "bad"}
    first, second = (
        answered["probabilities"][0::2],
        answered["probabilities"][1::2],
    )
    for bad, good in zip(first, second, strict=True):
        assert bad + good == pytest.approx(1, abs=1e-5)


def test_a_missing_column_is_refused_by_its_name():
    body = endpoint.request(endpoint.applications(1))
    missing = body["inputs"].pop()
    status, said = endpoint.call("/infer", body)
    assert status == 400
    assert missing["name"] in said["error"]
