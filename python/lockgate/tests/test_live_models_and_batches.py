"""Live models and batch jobs: what is sent, what comes back, and what is waited for."""

from __future__ import annotations

from datetime import datetime, timezone

import lockgate
import pytest
from far_side import Answer, FarSide, problem
from lockgate import batch_jobs, live_models, requests

AT = "2026-11-26T12:00:00Z"
NOON = datetime(2026, 11, 26, 12, tzinfo=timezone.utc)
NEXT = {"text": "You may ask to use it.", "reason": "", "tone": "neutral", "action": "create_request"}
CARD = {
    "endpoint": "prod.credit",
    "project": "credit",
    "team": "risk",
    "title": "Credit risk",
    "owner": "ben",
    "tier": 2,
    "intended_use": "Say how likely default is.",
    "prohibited_use": "Decide without a person.",
    "model": "credit.classifier",
    "version": 4,
    "candidate": 3,
    "purposes": ["p-1"],
    "datasets": ["retail.core.customers"],
    "inputs": [{"name": "amount", "datatype": "INT64"}],
    "outputs": [{"name": "label", "datatype": "BYTES"}],
    "metrics": [{"name": "auc", "value": 0.8, "low": 0.7, "high": 0.9}, {"name": "accuracy", "value": 0.7}],
    "state": "live",
    "live_since": AT,
    "granted": False,
    "next": NEXT,
}
JOB = {
    "id": "b-1",
    "endpoint": "prod.credit",
    "project": "credit",
    "environment": "credit/prod",
    "name": "nightly",
    "datasets": ["retail.core.customers"],
    "key": "record_id",
    "output": "retail.predictions.scores",
    "daily_at": "02:00",
    "next_at": AT,
    "state": "idle",
    "run": None,
    "last": None,
    "made_by": "ana",
    "created_at": AT,
    "may_start": True,
    "next": NEXT,
}
RUNNING = {**JOB, "state": "running", "run": "r-1"}
LAST = {"run": "r-1", "at": AT, "rows": 1000, "version": 2, "model_version": 4, "reason": None}
ENDED = {**JOB, "last": LAST}


def page(*items: object) -> Answer:
    return Answer(200, {"items": list(items), "next_cursor": None})


def called(server: FarSide) -> tuple[str, str, object]:
    """Return the last call: its method, its path and its body."""
    call = server.calls[-1]
    return call.method, call.path.removeprefix("/api/v1"), call.json() if call.body else None


@pytest.fixture
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("time.sleep", lambda _seconds: None)


def test_live_models_are_found_and_their_cards_read(client: lockgate.Client, server: FarSide) -> None:
    server.says(page(CARD))
    (found,) = live_models.list(search="credit", client=client)
    assert called(server)[:2] == ("GET", "/live-models?search=credit&limit=200")
    assert (found.endpoint, found.granted, found.live_since) == ("prod.credit", False, NOON)
    assert [(one.name, one.datatype) for one in found.inputs] == [("amount", "INT64")]
    assert [(one.name, one.low) for one in found.metrics] == [("auc", 0.7), ("accuracy", None)]
    server.says(Answer(200, CARD))
    assert live_models.get("prod.credit", client=client) == found
    assert called(server)[:2] == ("GET", "/live-models/prod.credit")
    assert found.next is not None
    assert found.next.action == "create_request"


def test_a_model_that_is_not_yours_is_not_there(client: lockgate.Client, server: FarSide) -> None:
    server.says(Answer(404, problem("catalog.live_model_not_found", "no live model is called by `prod.x`")))
    with pytest.raises(lockgate.NotFoundError):
        live_models.get("prod.x", client=client)


def test_using_a_model_is_asked_for_as_data_is(client: lockgate.Client, server: FarSide) -> None:
    answer = {"id": "r-1", "state": "submitted", "kind": "use", "object": "prod.credit", "principal": "person:cho"}
    server.says(Answer(201, {**answer, "uses": ["score"], "purpose": {"id": "p-1"}}))
    asked = requests.create(
        "prod.credit", kind="use", uses=["score"], purpose="p-1", text="We call it.", expires_at=NOON, client=client
    )
    assert (asked.kind, asked.object, asked.uses, asked.levels) == ("use", "prod.credit", ("score",), {})
    sent = called(server)[2]
    assert isinstance(sent, dict)
    assert (sent["kind"], sent["object"], sent["uses"]) == ("use", "prod.credit", ["score"])
    assert "columns" not in sent


def test_a_batch_job_is_set_up(client: lockgate.Client, server: FarSide) -> None:
    server.says(Answer(201, JOB))
    made = batch_jobs.create(
        "prod.credit",
        "nightly",
        datasets=("retail.core.customers",),
        key="record_id",
        output="retail.predictions.scores",
        daily_at="02:00",
        client=client,
    )
    assert (made.id, made.state, made.next_at, made.last) == ("b-1", "idle", NOON, None)
    wanted = {name: JOB[name] for name in ("endpoint", "name", "datasets", "key", "output", "daily_at")}
    assert called(server) == ("POST", "/batches", wanted)
    assert "idempotency-key" in server.calls[-1].headers
    server.says(page(JOB))
    assert batch_jobs.list(project="credit", client=client) == [made]
    assert called(server)[1] == "/batches?project=credit&limit=200"
    server.says(Answer(200, {**JOB, "state": "removed"}))
    assert batch_jobs.remove("b-1", client=client).state == "removed"
    assert called(server)[:2] == ("POST", "/batches/b-1/remove")


@pytest.mark.usefixtures("at_once")
def test_what_it_publishes_is_waited_for(client: lockgate.Client, server: FarSide) -> None:
    server.says(Answer(200, RUNNING), Answer(200, RUNNING), Answer(200, ENDED))
    ended = batch_jobs.start("b-1", client=client)
    assert [one.path for one in server.calls] == ["/api/v1/batches/b-1/start", *["/api/v1/batches/b-1"] * 2]
    assert ended.last is not None
    assert (ended.last.rows, ended.last.version, ended.last.at) == (1000, 2, NOON)
    server.says(Answer(200, RUNNING))
    assert batch_jobs.start("b-1", wait=False, client=client).run == "r-1"


@pytest.mark.usefixtures("at_once")
def test_why_nothing_was_published_is_said(client: lockgate.Client, server: FarSide) -> None:
    failed = {"run": "r-1", "at": AT, "rows": None, "reason": "the model is suspended"}
    server.says(Answer(200, RUNNING), Answer(200, {**JOB, "last": failed}))
    with pytest.raises(lockgate.ConflictError, match="published nothing: the model is suspended") as caught:
        batch_jobs.start("b-1", client=client)
    assert caught.value.code == "sdk.batch_failed"
    server.says(Answer(409, problem("serving.batch_not_possible", "`prod.credit` cannot score: it is suspended")))
    with pytest.raises(lockgate.ConflictError, match="suspended"):
        batch_jobs.start("b-1", client=client)
    server.says(Answer(200, RUNNING), Answer(200, RUNNING))
    with pytest.raises(lockgate.UnavailableError, match="not over"):
        batch_jobs.start("b-1", timeout_s=-1.0, client=client)
