"""Releases: what is sent, what comes back, what is waited for, and how far a gate policy changes."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timezone
from typing import Any

import lockgate
import pytest
from far_side import Answer, FarSide, problem
from lockgate import releases

AT = "2026-11-26T12:00:00Z"
NOON = datetime(2026, 11, 26, 12, tzinfo=timezone.utc)
NEXT = {"text": "It waits for you.", "reason": "", "tone": "working", "action": None}
AUC = {"name": "auc", "value": 0.79, "low": 0.7, "high": 0.85, "n": 200, "amber": 0.7, "red": 0.6, "better": "higher"}
NO_BIAS = {"name": "demographic_parity", "group": "age", "value": None, "n": 12, "reason": "12 rows"}
CHECKS = [
    {"name": "quality", "verdict": "passed", "note": "on 200 rows", "metrics": [{**AUC, "verdict": "passed"}]},
    {"name": "bias", "verdict": "not_computable", "note": "", "metrics": [{**NO_BIAS, "verdict": "not_computable"}]},
]
CANDIDATE = {
    "project": "p",
    "number": 3,
    "digest": "d" * 64,
    "commit": "c" * 40,
    "subject": "Smaller c",
    "model": "p.credit",
    "version": 2,
    "onnx": "o" * 64,
    "run": "r-1",
    "created_at": AT,
    "authors": [{"name": "Ana", "person": "ana", "why": "committed"}, {"name": "X <x@y>", "person": None, "why": "co"}],
    "unmapped": ["X <x@y>"],
    "datasets": [{"dataset": "a.b.c", "version": 4}],
    "purposes": ["p-1"],
    "checks": CHECKS,
    "promotions": [{"id": "pr-1", "environment": "prod", "state": "live", "kind": "release"}],
    "next": NEXT,
}
RELEASE = {
    "commit": "c" * 40,
    "subject": "Smaller c",
    "run": "r-1",
    "state": "cut",
    "candidate": 3,
    "reason": None,
    "checks": CHECKS,
    "started_at": AT,
    "next": NEXT,
}
PROMOTION = {
    "id": "pr-1",
    "project": "p",
    "environment": "prod",
    "endpoint": "prod.p",
    "candidate": 3,
    "digest": "d" * 64,
    "kind": "release",
    "state": "awaiting_approval",
    "reason": None,
    "gates": [{"name": "approvals", "state": "waiting", "note": "1 of 2"}],
    "approvals": [{"by": "vera", "decision": "approved", "comment": "read", "at": AT, "counts": True}],
    "needed": [{"role": "validator", "count": 2}],
    "policy": 1,
    "rollout": None,
    "run": "r-2",
    "asked_by": "ana",
    "created_at": AT,
    "changed_at": AT,
    "ended_at": None,
    "next": NEXT,
}
STOPPED = {"reason": "a complaint", "by": "vera", "at": AT}
PRODUCTION = {"environment": "prod", "endpoint": "prod.p", "live": 3, "suspended": STOPPED, "next": NEXT}
HOLD = {
    "id": "h-1",
    "project": "p",
    "environment": "prod",
    "state": "lifted",
    "reason": "year end",
    "by": "eli",
    "at": AT,
    "lifted": {**STOPPED, "reason": "it is over"},
    "next": NEXT,
}
TOLERANCE = {"metric": "auc", "better": "higher", "amber": 0.7, "red": 0.6, "rationale": "usual"}
GATE = {
    "environment": "prod",
    "version": 1,
    "state": "in_force",
    "required": ["parity", "quality"],
    "may_be_not_computable": ["bias"],
    "approvals": [{"role": "validator", "count": 1}],
    "baking_s": 600,
    "tolerances": [TOLERANCE],
    "by": "eli",
    "at": AT,
    "next": NEXT,
}


def page(*items: object) -> Answer:
    return Answer(200, {"items": list(items), "next_cursor": None})


def called(server: FarSide) -> tuple[str, str, object]:
    """Return the last call: its method, its path below the project's or promotion's, and its body."""
    call = server.calls[-1]
    return call.method, call.path.removeprefix("/api/v1"), call.json() if call.body else None


def test_a_candidate_shows_what_it_is_who_made_it_and_how_it_was_judged(
    client: lockgate.Client, server: FarSide
) -> None:
    server.says(Answer(200, CANDIDATE))
    found = releases.candidate("p", 3, client=client)
    assert called(server) == ("GET", "/projects/p/candidates/3", None)
    assert (found.number, found.version, found.created_at, found.unmapped) == (3, 2, NOON, ("X <x@y>",))
    assert [(one.name, one.person) for one in found.authors] == [("Ana", "ana"), ("X <x@y>", None)]
    quality, bias = found.checks
    assert (quality.verdict, quality.note, quality.metrics[0].red) == ("passed", "on 200 rows", 0.6)
    assert (quality.metrics[0].value, quality.metrics[0].low, quality.metrics[0].high) == (0.79, 0.7, 0.85)
    assert (bias.metrics[0].value, bias.metrics[0].reason, bias.metrics[0].group) == (None, "12 rows", "age")
    assert found.purposes == ("p-1",)
    assert found.json["datasets"] == [{"dataset": "a.b.c", "version": 4}]
    assert found.next is not None
    assert found.next.text == "It waits for you."
    server.says(page(CANDIDATE, {**CANDIDATE, "number": 2}))
    assert [one.number for one in releases.candidates("p", limit=2, client=client)] == [3, 2]
    assert called(server)[1] == "/projects/p/candidates?limit=2"


def test_a_release_without_a_run_or_a_candidate_says_why(client: lockgate.Client, server: FarSide) -> None:
    refused = {**RELEASE, "run": None, "state": "failed", "candidate": None, "reason": "no `train`", "checks": []}
    server.says(page(RELEASE, refused))
    cut, failed = releases.releases("p", client=client)
    assert called(server)[1].startswith("/projects/p/releases?")
    assert (cut.run, cut.candidate, cut.started_at, cut.checks[0].name) == ("r-1", 3, NOON, "quality")
    assert (failed.run, failed.candidate, failed.reason) == (None, None, "no `train`")


def test_a_promotion_shows_its_gates_and_who_decided(client: lockgate.Client, server: FarSide) -> None:
    server.says(Answer(200, PROMOTION))
    found = releases.promotion("pr-1", client=client)
    assert called(server) == ("GET", "/promotions/pr-1", None)
    assert (found.candidate, found.kind, found.run, found.asked_by) == (3, "release", "r-2", "ana")
    assert (found.created_at, found.ended_at, found.rollout) == (NOON, None, None)
    assert (found.gates[0].name, found.gates[0].state, found.gates[0].note) == ("approvals", "waiting", "1 of 2")
    vera = found.approvals[0]
    assert (vera.by, vera.decision, vera.comment, vera.at) == ("vera", "approved", "read", NOON)
    server.says(page(PROMOTION))
    assert [one.id for one in releases.promotions("p", environment="prod", limit=1, client=client)] == ["pr-1"]
    assert called(server)[1] == "/projects/p/promotions?environment=prod&limit=1"
    server.says(page(PROMOTION))
    assert [one.id for one in releases.decisions(client=client)] == ["pr-1"]
    assert called(server)[1].startswith("/decisions/promotions?")


def test_what_is_served_and_held_comes_in_lists_without_pages(client: lockgate.Client, server: FarSide) -> None:
    running = {"environment": "preprod", "endpoint": "preprod.p", "live": None, "suspended": None, "next": NEXT}
    server.says(Answer(200, [running, PRODUCTION]))
    preprod, prod = releases.production("p", client=client)
    assert called(server) == ("GET", "/projects/p/production", None)
    assert (preprod.live, preprod.suspended, prod.live, prod.endpoint) == (None, None, 3, "prod.p")
    assert prod.suspended == releases.Stopped(reason="a complaint", by="vera", at=NOON)
    server.says(Answer(200, [HOLD, {**HOLD, "id": "h-2", "state": "placed", "lifted": None}]))
    lifted, placed = releases.holds("p", client=client)
    assert called(server) == ("GET", "/projects/p/holds", None)
    assert lifted.lifted == releases.Stopped(reason="it is over", by="vera", at=NOON)
    assert (placed.lifted, placed.by, placed.reason, placed.at) == (None, "eli", "year end", NOON)
    server.says(Answer(200, [GATE]))
    (gate,) = releases.gates("p", client=client)
    assert called(server) == ("GET", "/projects/p/gates", None)
    assert (gate.required, gate.may_be_not_computable, gate.baking_s) == (("parity", "quality"), ("bias",), 600)
    assert gate.tolerances[0].json == TOLERANCE
    assert (gate.tolerances[0].better, gate.tolerances[0].red, gate.version) == ("higher", 0.6, 1)
    for strange in ({"items": [GATE]}, ["prod"]):
        server.says(Answer(200, strange))
        with pytest.raises(lockgate.LockgateError, match="did not answer with a list of JSON objects"):
            releases.gates("p", client=client)


VERBS: list[tuple[Callable[[lockgate.Client], Any], Any, tuple[str, str, object]]] = [
    (
        lambda client: releases.promote("p", 3, environment="prod", client=client),
        PROMOTION,
        ("POST", "/projects/p/promotions", {"candidate": 3, "environment": "prod"}),
    ),
    (
        lambda client: releases.approve("pr-1", comment="read", client=client),
        PROMOTION,
        ("POST", "/promotions/pr-1/approve", {"comment": "read"}),
    ),
    (lambda client: releases.approve("pr-1", client=client), PROMOTION, ("POST", "/promotions/pr-1/approve", {})),
    (
        lambda client: releases.reject("pr-1", reason="why", client=client),
        PROMOTION,
        ("POST", "/promotions/pr-1/reject", {"reason": "why"}),
    ),
    (
        lambda client: releases.abandon("pr-1", reason="why", client=client),
        PROMOTION,
        ("POST", "/promotions/pr-1/abandon", {"reason": "why"}),
    ),
    (
        lambda client: releases.roll_back("p", environment="prod", reason="why", client=client),
        PROMOTION,
        ("POST", "/projects/p/rollback", {"environment": "prod", "reason": "why"}),
    ),
    (
        lambda client: releases.suspend("p", reason="why", client=client),
        PRODUCTION,
        ("POST", "/projects/p/suspend", {"environment": "prod", "reason": "why"}),
    ),
    (
        lambda client: releases.resume("p", client=client),
        PROMOTION,
        ("POST", "/projects/p/resume", {"environment": "prod"}),
    ),
    (
        lambda client: releases.hold("p", environment="prod", reason="why", client=client),
        HOLD,
        ("POST", "/projects/p/holds", {"environment": "prod", "reason": "why"}),
    ),
    (
        lambda client: releases.lift("h-1", reason="why", client=client),
        HOLD,
        ("POST", "/holds/h-1/lift", {"reason": "why"}),
    ),
]


@pytest.mark.parametrize(("verb", "answer", "wanted"), VERBS)
def test_each_verb_sends_what_it_takes_and_returns_what_it_is_now(
    client: lockgate.Client,
    server: FarSide,
    verb: Callable[[lockgate.Client], Any],
    answer: dict[str, Any],
    wanted: tuple[str, str, object],
) -> None:
    server.says(Answer(200, answer))
    assert verb(client).json == answer
    assert called(server) == wanted


def test_a_review_is_for_prod_unless_another_is_named(client: lockgate.Client, server: FarSide) -> None:
    server.says(Answer(200, {"changes": [], "gates": []}), Answer(200, {}))
    assert releases.review("p", 3, client=client)["changes"] == []
    assert called(server) == ("GET", "/projects/p/candidates/3/review?environment=prod", None)
    releases.review("p", 3, environment="preprod", client=client)
    assert called(server)[1] == "/projects/p/candidates/3/review?environment=preprod"


def test_what_stands_in_the_way_keeps_the_servers_words(client: lockgate.Client, server: FarSide) -> None:
    server.says(Answer(409, problem("delivery.held", "prod is held: year end")))
    with pytest.raises(lockgate.ConflictError, match="prod is held: year end"):
        releases.promote("p", 3, environment="prod", client=client)
    server.says(Answer(403, problem("delivery.own_work", "you had a hand in it")))
    with pytest.raises(lockgate.ForbiddenError, match="you had a hand in it"):
        releases.approve("pr-1", client=client)


@pytest.fixture
def at_once(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Let nothing wait, and return how long each pause would have been."""
    pauses: list[float] = []
    monkeypatch.setattr("lockgate.releases.time.sleep", pauses.append)
    return pauses


def in_state(state: str, **more: object) -> Answer:
    return Answer(200, {**PROMOTION, "state": state, **more})


def test_a_promotion_is_waited_for_until_it_is_live(
    client: lockgate.Client, server: FarSide, at_once: list[float]
) -> None:
    server.says(in_state("checking"), in_state("deploying"), in_state("verifying"), in_state("live"))
    assert releases.wait("pr-1", client=client).state == "live"
    assert (len(server.calls), at_once[0] < at_once[1] < at_once[2] <= 1) == (4, True)


@pytest.mark.usefixtures("at_once")
def test_a_promotion_is_waited_for_until_it_is_where_it_should_be(client: lockgate.Client, server: FarSide) -> None:
    server.says(in_state("checking"), in_state("awaiting_approval"))
    assert releases.wait("pr-1", until=("awaiting_approval",), client=client).state == "awaiting_approval"
    server.says(in_state("rolled_back"))
    assert releases.wait("pr-1", until=("rolled_back",), client=client).state == "rolled_back", "an end may be wanted"


@pytest.mark.usefixtures("at_once")
@pytest.mark.parametrize("end", sorted(releases.ENDED - {"live"}))
def test_another_end_is_a_conflict_that_says_which_and_why(client: lockgate.Client, server: FarSide, end: str) -> None:
    server.says(in_state("verifying"), in_state(end, reason="its tests failed"))
    with pytest.raises(lockgate.ConflictError, match=f"`pr-1` is {end}: its tests failed") as why:
        releases.wait("pr-1", client=client)
    assert why.value.code == "sdk.promotion_ended"


@pytest.mark.usefixtures("at_once")
def test_what_is_live_will_never_wait_for_approval(client: lockgate.Client, server: FarSide) -> None:
    server.says(in_state("live"))
    with pytest.raises(lockgate.ConflictError, match="is live: no reason is known"):
        releases.wait("pr-1", until=("awaiting_approval",), client=client)


@pytest.mark.usefixtures("at_once")
def test_a_promotion_that_is_late_says_where_it_is(client: lockgate.Client, server: FarSide) -> None:
    server.otherwise = lambda _call: in_state("verifying")
    with pytest.raises(lockgate.UnavailableError, match="`pr-1`, which is verifying, is not over after 0 s") as why:
        releases.wait("pr-1", timeout_s=0, client=client)
    assert why.value.code == "sdk.timeout"


@pytest.mark.usefixtures("at_once")
def test_a_release_is_waited_for_by_its_commit(client: lockgate.Client, server: FarSide) -> None:
    other = {**RELEASE, "commit": "b" * 40}
    running = {**RELEASE, "state": "running", "candidate": None}
    server.says(page(other), page(running, other), page(RELEASE, other))
    assert releases.release("p", "c" * 40, client=client).candidate == 3
    assert len(server.calls) == 3, "neither another commit's nor a running one is taken"
    server.says(page({**RELEASE, "state": "not_cut", "candidate": None, "reason": "bias: 0.31"}))
    assert releases.release("p", "c" * 40, client=client).reason == "bias: 0.31"
    server.otherwise = lambda _call: page(running)
    with pytest.raises(lockgate.UnavailableError, match="the training of commit `cccccccccc` is not over after 0 s"):
        releases.release("p", "c" * 40, timeout_s=0, client=client)


def test_a_gate_keeps_what_is_not_named(client: lockgate.Client, server: FarSide) -> None:
    preprod = {**GATE, "environment": "preprod", "version": 7, "required": [], "baking_s": 0}
    server.says(Answer(200, [preprod, GATE]), Answer(200, {**GATE, "version": 2, "baking_s": 10}))
    changed = releases.change_gate("p", environment="prod", policy={"baking_s": 10}, client=client)
    assert (changed.version, changed.baking_s) == (2, 10)
    fields = ("version", "required", "may_be_not_computable", "approvals", "tolerances")
    kept = {name: GATE[name] for name in fields}
    assert called(server) == ("POST", "/projects/p/gates/prod", {**kept, "baking_s": 10})


def test_a_gate_takes_all_that_is_named(client: lockgate.Client, server: FarSide) -> None:
    named = {
        "version": 5,
        "required": [],
        "may_be_not_computable": [],
        "approvals": [{"role": "owner", "count": 2}],
        "baking_s": 0,
        "tolerances": [],
    }
    server.says(Answer(200, [GATE]), Answer(200, GATE))
    releases.change_gate("p", environment="prod", policy=named, client=client)
    assert called(server)[2] == named


def test_a_gate_that_somebody_else_changed_meanwhile_is_not_overwritten(
    client: lockgate.Client, server: FarSide
) -> None:
    server.says(Answer(200, [GATE]), Answer(409, problem("delivery.gate_policy_moved", "version 2 is in force")))
    with pytest.raises(lockgate.ConflictError, match="version 2 is in force"):
        releases.change_gate("p", environment="prod", policy={"baking_s": 1}, client=client)
