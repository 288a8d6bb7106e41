"""Decisions as a caller sees them, on the endpoint that serves."""

import pytest

from classifier.contract import limits
from tests import endpoint
from tests.given import CONTRACT, never_seen

pytestmark = endpoint.needs_endpoint


def decide(table):
    status, said = endpoint.call("/infer", endpoint.request(table))
    assert status == 200, said
    return endpoint.outputs(said)


def test_the_same_record_gets_the_same_decision():
    table = endpoint.records(20)
    assert decide(table) == decide(table)


def test_a_record_is_decided_the_same_alone_and_among_others():
    table = endpoint.records(20)
    together = decide(table)["label"]
    alone = [decide(table.iloc[[row]])["label"][0] for row in range(3)]
    assert alone == together[:3]


def test_values_that_were_never_seen_are_decided_all_the_same():
    others = {name: never_seen(name) for name in CONTRACT.features}
    table = endpoint.records(1).assign(**others)
    assert decide(table)["label"][0] in CONTRACT.outcomes


@pytest.mark.parametrize("name", CONTRACT.effects)
def test_more_of_it_has_the_effect_that_the_contract_expects(name):
    def asked(table):
        position = CONTRACT.outcomes.index(CONTRACT.positive)
        each = endpoint.probabilities(decide(table))
        return sum(row[position] for row in each)

    least, most = limits(CONTRACT.columns[name])
    table = endpoint.records(10)
    more = table.assign(**{name: table[name] + (most - least) // 5})
    is_more = asked(more) > asked(table)
    assert is_more == (CONTRACT.effects[name] == "raises")
