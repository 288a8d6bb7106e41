"""Monitors: what is sent, what comes back, what is waited for, and how far settings change."""

from __future__ import annotations

from datetime import datetime, timezone

import lockgate
import pytest
from far_side import Answer, FarSide, problem
from lockgate import monitors

AT = "2026-11-26T12:00:00Z"
NOON = datetime(2026, 11, 26, 12, tzinfo=timezone.utc)
NEXT = {"text": "Within tolerance.", "reason": "", "tone": "good", "action": "evaluate_monitor"}
MONITOR = {
    "id": "mo-1",
    "project": "p",
    "environment": "p/prod",
    "endpoint": "prod.credit",
    "state": "active",
    "candidate": 3,
    "digest": "d" * 64,
    "model": "p.credit",
    "version": 2,
    "tolerances": [{"metric": "psi", "better": "lower", "amber": 0.1, "red": 0.25, "rationale": "usual"}],
    "may_be_not_computable": [],
    "policy": 1,
    "truth": {"dataset": "risk.core.outcomes", "column": "repaid"},
    "truth_is_set": False,
    "every_s": 3600,
    "window_h": 24,
    "capture": "retail.predictions.credit_capture",
    "paused": None,
    "due_at": AT,
    "last": {"id": "ev-0", "state": "within", "reason": None, "started_at": AT, "ended_at": AT},
    "red": 0,
    "amber": 1,
    "created_at": AT,
    "changed_at": AT,
    "next": NEXT,
}
EVALUATION = {
    "id": "ev-1",
    "monitor": "mo-1",
    "project": "p",
    "endpoint": "prod.credit",
    "state": "breached",
    "reason": "psi of amount is 0.3",
    "asked_by": "ana",
    "run": "r-1",
    "candidate": 3,
    "model": "p.credit",
    "version": 2,
    "policy": 1,
    "capture": "retail.predictions.credit_capture",
    "since": AT,
    "until": AT,
    "metrics": [
        {"name": "psi", "column": "amount", "value": 0.3, "n": 200, "amber": 0.1, "red": 0.25, "verdict": "red"},
        {"name": "auc", "value": None, "n": 0, "verdict": "not_computable", "reason": "no outcome yet"},
    ],
    "note": "200 calls",
    "started_at": AT,
    "ended_at": AT,
    "next": NEXT,
}
BREACH = {
    "id": "br-1",
    "monitor": "mo-1",
    "project": "p",
    "endpoint": "prod.credit",
    "metric": "psi",
    "column": "amount",
    "what": "psi of amount",
    "state": "open",
    "severity": "red",
    "value": 0.3,
    "limit": 0.25,
    "candidate": 3,
    "count": 2,
    "evaluation": "ev-1",
    "first_seen_at": AT,
    "last_seen_at": AT,
    "acknowledged": None,
    "resolved": None,
    "muted": {"until": AT, "reason": "known", "by": "vera", "at": AT},
    "next": NEXT,
}


def page(*items: object) -> Answer:
    return Answer(200, {"items": list(items), "next_cursor": None})


def called(server: FarSide) -> tuple[str, str, object]:
    """Return the last call: its method, its path and its body."""
    call = server.calls[-1]
    return call.method, call.path.removeprefix("/api/v1"), call.json() if call.body else None


@pytest.fixture
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("time.sleep", lambda _seconds: None)


def test_a_monitor_is_found_by_its_endpoint(client: lockgate.Client, server: FarSide) -> None:
    server.says(page({**MONITOR, "id": "mo-9", "endpoint": "prod.other"}, MONITOR))
    found = monitors.monitor("prod.credit", client=client)
    assert (found.id, found.candidate, found.every_s, found.amber) == ("mo-1", 3, 3600, 1)
    assert found.truth is not None
    assert found.truth.column == "repaid"
    assert found.last is not None
    assert (found.last.state, found.tolerances[0].red) == ("within", 0.25)
    server.says(page())
    with pytest.raises(lockgate.NotFoundError, match=r"watches endpoint `prod\.none`"):
        monitors.monitor("prod.none", client=client)


@pytest.mark.usefixtures("at_once")
def test_an_evaluation_is_waited_for(client: lockgate.Client, server: FarSide) -> None:
    running = {**EVALUATION, "state": "running", "metrics": [], "ended_at": None}
    server.says(page(MONITOR), Answer(200, running), Answer(200, running), Answer(200, EVALUATION))
    found = monitors.evaluate("prod.credit", client=client)
    assert [call.path.removeprefix("/api/v1") for call in server.calls[1:]] == [
        "/monitors/mo-1/evaluate",
        "/evaluations/ev-1",
        "/evaluations/ev-1",
    ]
    assert (found.state, found.metrics[0].verdict, found.metrics[1].reason) == ("breached", "red", "no outcome yet")
    assert found.since == NOON
    server.says(page(MONITOR), Answer(200, running))
    assert monitors.evaluate("prod.credit", timeout_s=0, client=client).state == "running"
    server.says(page(MONITOR), Answer(200, running))
    server.otherwise = lambda _call: Answer(200, running)
    with pytest.raises(lockgate.UnavailableError, match="`ev-1` is not over after 1e-06 s"):
        monitors.evaluate("prod.credit", timeout_s=1e-6, client=client)


def test_evaluations_are_listed(client: lockgate.Client, server: FarSide) -> None:
    server.says(page(MONITOR), page(EVALUATION))
    (found,) = monitors.evaluations("prod.credit", client=client)
    assert found.id == "ev-1"
    assert server.calls[-1].path.startswith("/api/v1/monitors/mo-1/evaluations")


def test_settings_keep_what_is_not_named(client: lockgate.Client, server: FarSide) -> None:
    server.says(page(MONITOR), Answer(200, {**MONITOR, "every_s": 60}))
    assert monitors.change("prod.credit", settings={"every_s": 60}, client=client).every_s == 60
    assert called(server) == ("PUT", "/monitors/mo-1", {"every_s": 60, "window_h": 24, "truth": None})
    server.says(page({**MONITOR, "truth_is_set": True}), Answer(200, MONITOR))
    monitors.change("prod.credit", settings={"window_h": 48}, client=client)
    assert called(server)[2] == {"every_s": 3600, "window_h": 48, "truth": MONITOR["truth"]}


def test_a_monitor_is_paused_and_resumed(client: lockgate.Client, server: FarSide) -> None:
    paused = {**MONITOR, "state": "paused", "paused": {"reason": "holidays", "by": "ana", "at": AT}}
    server.says(page(MONITOR), Answer(200, paused))
    found = monitors.pause("prod.credit", reason="holidays", client=client)
    assert found.paused is not None
    assert (found.state, found.paused.by) == ("paused", "ana")
    assert called(server) == ("POST", "/monitors/mo-1/pause", {"reason": "holidays"})
    server.says(page(paused), Answer(200, MONITOR))
    assert monitors.resume("mo-1", client=client).state == "active"


def test_breaches_are_listed_and_answered(client: lockgate.Client, server: FarSide) -> None:
    server.says(page(BREACH))
    (found,) = monitors.breaches(project="p", state="open", client=client)
    assert (found.what, found.severity, found.count, found.muted) == ("psi of amount", "red", 2, found.muted)
    assert found.muted is not None
    assert found.muted.until == NOON
    for verb in (monitors.acknowledge, monitors.resolve):
        server.says(Answer(200, BREACH))
        verb("br-1", reason="I look", client=client)
        assert called(server) == ("POST", f"/breaches/br-1/{verb.__name__}", {"reason": "I look"})
    server.says(Answer(200, BREACH))
    monitors.mute("br-1", until=NOON, reason="known", client=client)
    method, path, body = called(server)
    assert (method, path) == ("POST", "/breaches/br-1/mute")
    assert isinstance(body, dict)
    assert body["reason"] == "known"
    server.says(Answer(409, problem("monitoring.breach_not_possible", "breach `br-1` is `resolved`")))
    with pytest.raises(lockgate.ConflictError, match="is `resolved`"):
        monitors.acknowledge("br-1", reason="late", client=client)
    server.says(Answer(200, BREACH))
    assert monitors.breach("br-1", client=client).limit == 0.25
