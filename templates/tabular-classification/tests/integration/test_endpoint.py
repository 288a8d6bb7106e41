"""The endpoint takes what the contract says, and refuses what it is not."""

import pytest

from tests import endpoint
from tests.given import CONTRACT

pytestmark = endpoint.needs_endpoint


def test_it_takes_the_features_of_the_contract_and_no_other_column():
    status, said = endpoint.call("")
    assert status == 200, said
    taken = {one["name"]: one["datatype"] for one in said["inputs"]}
    taken.pop("record_id", None)
    assert taken == {
        name: endpoint.DATATYPES[CONTRACT.type_of(name)]
        for name in CONTRACT.features
    }


def test_it_answers_each_row_with_a_label_and_probabilities():
    status, said = endpoint.call(
        "/infer", endpoint.request(endpoint.records(5))
    )
    assert status == 200, said
    answered = endpoint.outputs(said)
    assert len(answered["label"]) == 5
    assert set(answered["label"]) <= set(CONTRACT.outcomes)
    each = endpoint.probabilities(answered)
    assert len(each) == 5
    for label, row in zip(answered["label"], each, strict=True):
        assert sum(row) == pytest.approx(1, abs=1e-5)
        assert row[CONTRACT.outcomes.index(label)] == max(row)


def test_a_missing_column_is_refused_by_its_name():
    body = endpoint.request(endpoint.records(1))
    missing = body["inputs"].pop()
    status, said = endpoint.call("/infer", body)
    assert status == 400
    assert missing["name"] in said["error"]
