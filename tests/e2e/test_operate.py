"""Using, watching and proving a model that is live: who may not, and what is refused, where the demo ended."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone

import httpx
import lockgate
import pytest
from bank import Bank, wait_until
from journey.build import PROJECT
from journey.operate import LIVE, SCORES
from told import Told

SOURCES = ("retail.core.customers", "risk.credit.applications")


@pytest.fixture
def bank(told: Told) -> Bank:
    """Return the bank that the demo left."""
    return told.bank


@contextlib.contextmanager
def refused(*codes: str) -> Iterator[None]:
    """Expect that the block is refused for one of these reasons."""
    with pytest.raises(lockgate.LockgateError) as caught:
        yield
    assert caught.value.code in codes, caught.value


def purpose_of(bank: Bank) -> str:
    (purpose,) = lockgate.purposes.list(client=bank.client("dora"))
    return purpose.id


def test_only_its_owner_lets_others_use_a_model(bank: Bank) -> None:
    vera = bank.client("vera")

    def ask(endpoint: str, use: str) -> lockgate.requests.Request:
        return lockgate.requests.create(
            endpoint,
            kind="use",
            uses=[use],
            purpose=purpose_of(bank),
            text="We call it.",
            expires_at=datetime.now(timezone.utc) + timedelta(days=1),
            client=vera,
        )

    with refused("catalog.ask_does_not_fit"):
        ask(LIVE, "explore")
    with refused("catalog.no_such_object"):
        ask("prod.none", "score")
    request = ask(LIVE, "score")
    for person in ("vera", "ana", "pat", "dora", "eli", "ivo", "cho"):
        with refused("access.forbidden", "catalog.request_not_found", "catalog.own_side", "catalog.not_the_decider"):
            lockgate.requests.approve(request, client=bank.client(person))
    assert lockgate.requests.withdraw(request.id, client=vera).state == "withdrawn"
    assert not lockgate.live_models.get(LIVE, client=vera).granted


def test_a_batch_needs_grants_columns_and_a_name_of_its_own(bank: Bank) -> None:
    def create(person: str, name: str, datasets: tuple[str, ...] = SOURCES, output: str = SCORES) -> None:
        client = bank.client(person)
        lockgate.batch_jobs.create(LIVE, name, datasets=datasets, key="record_id", output=output, client=client)

    with refused("serving.batch_no_grant"):
        create("ana", "elsewhere", output="risk.predictions.scores")
    with refused("serving.batch_no_grant"):
        create("ana", "unknown", datasets=(*SOURCES, "risk.credit.none"))
    with refused("serving.batch_does_not_fit"):
        create("ana", "half", datasets=SOURCES[:1])
    with refused("serving.batch_taken"):
        create("ana", "nightly")
    for person in ("cho", "pat", "dora"):
        with refused("access.forbidden", "serving.endpoint_not_found"):
            create(person, f"of-{person}")
    (job,) = lockgate.batch_jobs.list(project=PROJECT, client=bank.client("ana"))
    assert not lockgate.batch_jobs.list(client=bank.client("cho"))
    with refused("access.forbidden", "serving.batch_not_found"):
        lockgate.batch_jobs.start(job.id, client=bank.client("cho"))


def test_a_breach_is_answered_by_owners_and_validators(bank: Bank) -> None:
    breach = lockgate.monitors.breaches(project=PROJECT, client=bank.client("ben"))[0]
    assert breach.state == "resolved"
    assert not lockgate.monitors.breaches(client=bank.client("cho"))
    for person in ("ana", "cho", "dora", "pat"):
        for answer in (lockgate.monitors.acknowledge, lockgate.monitors.resolve):
            with pytest.raises((lockgate.ForbiddenError, lockgate.NotFoundError)):
                answer(breach.id, reason="it will pass", client=bank.client(person))
    with pytest.raises(lockgate.ConflictError):
        lockgate.monitors.acknowledge(breach.id, reason="again", client=bank.client("ben"))


def test_a_paused_monitor_does_not_look(bank: Bank) -> None:
    ben, vera = bank.client("ben"), bank.client("vera")
    with pytest.raises(lockgate.ForbiddenError):
        lockgate.monitors.pause(LIVE, reason="a test", client=bank.client("ana"))
    lockgate.monitors.pause(LIVE, reason="a test", client=vera)
    with pytest.raises(lockgate.ConflictError):
        lockgate.monitors.evaluate(LIVE, client=ben)
    lockgate.monitors.resume(LIVE, client=vera)
    for person in ("cho", "dora"):
        with pytest.raises(lockgate.NotFoundError):
            lockgate.monitors.monitor(LIVE, client=bank.client(person))


def test_evidence_is_for_those_whom_it_concerns(bank: Bank) -> None:
    for person in ("cho", "dora", "pat"):
        with pytest.raises((lockgate.ForbiddenError, lockgate.NotFoundError)):
            lockgate.evidence.dossier(PROJECT, 1, client=bank.client(person))
    for person in ("ivo", "vera", "ben", "ana"):
        assert lockgate.evidence.dossier(PROJECT, 1, client=bank.client(person)).startswith(b"{")
    with pytest.raises(lockgate.NotFoundError):
        lockgate.evidence.dossier(PROJECT, 99, client=bank.client("ivo"))
    tomorrow = datetime.now(timezone.utc) + timedelta(days=1)
    with pytest.raises(lockgate.InvalidError):
        next(lockgate.evidence.live(tomorrow, client=bank.client("ivo")))


def test_a_baseline_is_imported_whole_or_not_by_those_who_may(bank: Bank) -> None:
    head = "stage,value,unit,n,definition_from,definition_to,source\n"
    right, wrong = f"{head}release,2,days,3,a,b,tickets\n", f"{head}release,two,days,3,a,b,tickets\n"
    before = [one.id for one in lockgate.clock.baselines(client=bank.client("ben"))]
    with pytest.raises(lockgate.ForbiddenError):
        lockgate.clock.import_baseline(right, client=bank.client("cho"))
    with pytest.raises(lockgate.InvalidError, match="line 2"):
        lockgate.clock.import_baseline(wrong, client=bank.client("ben"))
    assert [one.id for one in lockgate.clock.baselines(client=bank.client("ben"))] == before


def test_a_call_is_refused_once_its_grant_is_revoked(bank: Bank) -> None:
    def status() -> int:
        headers = {"authorization": f"Bearer {bank.token('cho')}"}
        return httpx.get(f"{bank.server.serving}/v2/models/{LIVE}", headers=headers, timeout=10.0).status_code

    wait_until(lambda: status() == 200)
    (grant,) = [
        one
        for one in lockgate.grants.list(object=LIVE, client=bank.client("ben"))
        if one.principal == "person:cho" and one.state == "active"
    ]
    lockgate.grants.revoke(grant.id, reason="the campaign is over", client=bank.client("ben"))
    wait_until(lambda: status() in (401, 404))


def test_a_candidate_does_not_pass_once_a_grant_that_it_was_trained_under_is_revoked(bank: Bank) -> None:
    ana, vera, dora = bank.client("ana"), bank.client("vera"), bank.client("dora")
    number = max(one.number for one in lockgate.releases.candidates(PROJECT, client=ana))
    tried = lockgate.releases.promote(PROJECT, number, environment="prod", client=ana)

    def gate() -> str:
        """Return what the gate says; nothing once the promotion has ended."""
        gates = lockgate.releases.promotion(tried.id, client=ana).gates
        return "".join(f"{one.state}: {one.note}" for one in gates if one.name == "grants")

    wait_until(lambda: gate().startswith("passed"))
    trains = [
        one
        for one in lockgate.grants.list(object=SOURCES[0], state="active", client=dora)
        if one.principal == f"environment:{PROJECT}/preprod"
    ]
    for grant in trains:
        lockgate.grants.revoke(grant.id, reason="the customers objected", client=dora)
    wait_until(lambda: not gate().startswith("passed"))
    with pytest.raises(lockgate.ConflictError):
        lockgate.releases.approve(tried.id, client=vera)
    wait_until(lambda: lockgate.releases.promotion(tried.id, client=ana).state == "failed")
    ended = lockgate.releases.promotion(tried.id, client=ana)
    assert ended.rollout is None
    assert "grants" in (ended.reason or "")
    assert any(grant.id in (ended.reason or "") for grant in trains), ended.reason
