"""Decisions as a caller sees them, on the endpoint that serves."""

from tests import endpoint

pytestmark = endpoint.needs_endpoint


def decide(table):
    status, said = endpoint.call("/infer", endpoint.request(table))
    assert status == 200, said
    return endpoint.outputs(said)


def test_the_same_application_gets_the_same_decision():
    table = endpoint.applications(20)
    assert decide(table) == decide(table)


def test_an_application_is_decided_the_same_alone_and_among_others():
    table = endpoint.applications(20)
    together = decide(table)["label"]
    alone = [decide(table.iloc[[row]])["label"][0] for row in range(3)]
    assert alone == together[:3]


def test_a_word_that_was_never_seen_is_decided_all_the_same():
    table = endpoint.applications(1).assign(job="astronaut")
    assert decide(table)["label"][0] in {"good", "bad"}


def test_a_longer_loan_is_no_smaller_risk():
    table = endpoint.applications(10)
    longer = table.assign(duration_in_month=table["duration_in_month"] + 24)
    before = decide(table)["probabilities"][0::2]
    after = decide(longer)["probabilities"][0::2]
    assert sum(after) > sum(before)
