"""From a candidate to production: promotions through the gates, rollback, the stop button, holds."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from lockgate.client import Client, current
from lockgate.errors import ConflictError, UnavailableError
from lockgate.records import Record, given

ENDED = frozenset({"live", "superseded", "rejected", "failed", "abandoned", "rolled_back"})
"""States in which a promotion stays, or which only a later promotion ends."""


@dataclass(frozen=True, kw_only=True)
class Metric(Record):
    """A number that a check computed, beside the limits that it was judged by."""

    name: str
    group: str | None = None
    value: float | None = None
    low: float | None = None
    high: float | None = None
    n: int | None = None
    reason: str | None = None
    amber: float | None = None
    red: float | None = None
    verdict: str


@dataclass(frozen=True, kw_only=True)
class Judgement(Record):
    """How a required check of a release run was judged: ``passed``, ``failed`` or ``not_computable``."""

    name: str
    verdict: str
    note: str = ""
    metrics: tuple[Metric, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Author(Record):
    """Somebody who had a hand in a candidate, and may therefore not approve it."""

    name: str
    person: str | None = None
    why: str = ""


@dataclass(frozen=True, kw_only=True)
class Candidate(Record):
    """What moves through the gates: code, model, data and configuration under one digest, which never changes."""

    project: str
    number: int
    digest: str
    commit: str
    subject: str = ""
    model: str
    version: int
    run: str
    created_at: datetime
    authors: tuple[Author, ...] = ()
    unmapped: tuple[str, ...] = ()
    purposes: tuple[str, ...] = ()
    checks: tuple[Judgement, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Release(Record):
    """A training of ``main`` as *preprod*, and what came of it: a candidate, or why there is none."""

    commit: str
    subject: str = ""
    run: str | None = None
    state: str
    candidate: int | None = None
    reason: str | None = None
    checks: tuple[Judgement, ...] = ()
    started_at: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class Gate(Record):
    """One thing that a promotion has to pass."""

    name: str
    state: str
    note: str = ""


@dataclass(frozen=True, kw_only=True)
class Approval(Record):
    """What a person decided on a promotion."""

    by: str
    decision: str
    comment: str | None = None
    at: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class Promotion(Record):
    """A candidate's way into an environment."""

    id: str
    project: str
    environment: str
    candidate: int
    kind: str
    state: str
    reason: str | None = None
    gates: tuple[Gate, ...] = ()
    approvals: tuple[Approval, ...] = ()
    rollout: str | None = None
    run: str | None = None
    asked_by: str
    created_at: datetime | None = None
    ended_at: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class Stopped(Record):
    """Who stopped what is live, and why."""

    reason: str
    by: str
    at: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class Production(Record):
    """What an environment serves, and whether it was stopped."""

    environment: str
    endpoint: str
    live: int | None = None
    answers: int | None = None
    """The candidate that callers are answered by: what bakes took over from what is live."""
    back_to: int | None = None
    """The candidate that a rollback would bring back."""
    resumable: Sequence[int] = ()
    """The candidates that were suspended here and may be asked to answer again."""
    suspended: Stopped | None = None


@dataclass(frozen=True, kw_only=True)
class Hold(Record):
    """What keeps promotions out of an environment, until it is lifted."""

    id: str
    project: str
    environment: str
    reason: str
    by: str
    at: datetime | None = None
    breach: str | None = None
    lifted: Stopped | None = None


@dataclass(frozen=True, kw_only=True)
class Tolerance(Record):
    """What a metric may be: ``better`` is ``higher`` or ``lower``; beyond ``red`` a gate stays closed."""

    metric: str
    better: str
    amber: float | None = None
    red: float | None = None
    rationale: str = ""


@dataclass(frozen=True, kw_only=True)
class GatePolicy(Record):
    """What a candidate has to pass to enter an environment; changed by people who may not author candidates."""

    environment: str
    version: int
    state: str
    required: tuple[str, ...] = ()
    may_be_not_computable: tuple[str, ...] = ()
    baking_s: int = 0
    tolerances: tuple[Tolerance, ...] = ()
    by: str | None = None


def candidates(project: str, *, limit: int | None = None, client: Client | None = None) -> Sequence[Candidate]:
    """Return the candidates of a project, the newest first."""
    return [Candidate.from_json(one) for one in (client or current()).pages("list_candidates", id=project, limit=limit)]


def candidate(project: str, number: int, *, client: Client | None = None) -> Candidate:
    """Return a candidate of a project.

    Raises
    ------
    NotFoundError
        The project has no such candidate, or you may not see it.
    """
    return Candidate.from_json((client or current()).call("get_candidate", id=project, number=str(number)))


def releases(project: str, *, limit: int | None = None, client: Client | None = None) -> Sequence[Release]:
    """Return the trainings of ``main`` as *preprod*, newest first: the candidate of each, or why there is none."""
    return [Release.from_json(one) for one in (client or current()).pages("list_releases", id=project, limit=limit)]


def release(project: str, commit: str, *, timeout_s: float = 900.0, client: Client | None = None) -> Release:
    """Wait until the training of a commit of ``main`` is over, and return what came of it.

    Parameters
    ----------
    project
        Name of the project, for example ``"credit-risk"``.
    commit
        The commit that ``main`` moved to, whole.
    timeout_s
        Longest wait; the training goes on after it.
    client
        Connection to use; by default the one opened by :func:`lockgate.connect`.

    Raises
    ------
    UnavailableError
        It is not over in time.
    """
    client = client or current()
    until, pause_s = time.monotonic() + timeout_s, 0.1
    while True:
        found = [one for one in releases(project, limit=50, client=client) if one.commit == commit]
        if found and found[0].state != "running":
            return found[0]
        if time.monotonic() > until:
            raise _late(f"the training of commit `{commit[:10]}`", timeout_s)
        time.sleep(pause_s)
        pause_s = min(pause_s * 1.5, 0.25)


def review(project: str, number: int, *, environment: str = "prod", client: Client | None = None) -> Mapping[str, Any]:
    """Return what a decider should know: what is asked, what changed, what was tested, whom it affects."""
    query = {"environment": environment}
    found: Mapping[str, Any] = (client or current()).call(
        "review_candidate", id=project, number=str(number), query=query
    )
    return found


def promote(project: str, number: int, *, environment: str, client: Client | None = None) -> Promotion:
    """Send a candidate on its way into an environment; asked again while it is on its way, it is the same promotion.

    Raises
    ------
    ConflictError
        Something stands in the way; the message says what.
    ForbiddenError
        You are no developer or owner of the project.
    """
    body = {"candidate": number, "environment": environment}
    return Promotion.from_json((client or current()).call("create_promotion", id=project, body=body))


def promotions(
    project: str, *, environment: str | None = None, limit: int | None = None, client: Client | None = None
) -> Sequence[Promotion]:
    """Return the promotions of a project, the newest first."""
    query = {"environment": environment}
    found = (client or current()).pages("list_promotions", id=project, query=query, limit=limit)
    return [Promotion.from_json(one) for one in found]


def promotion(id: str, *, client: Client | None = None) -> Promotion:
    """Return a promotion."""
    return Promotion.from_json((client or current()).call("get_promotion", id=id))


def wait(id: str, *, until: Sequence[str] = (), timeout_s: float = 900.0, client: Client | None = None) -> Promotion:
    """Wait until a promotion is live, or is in one of the states ``until``.

    Raises
    ------
    ConflictError
        It came to another end; the message says which, and why.
    UnavailableError
        It is not there in time; it goes on.
    """
    client = client or current()
    deadline, pause_s = time.monotonic() + timeout_s, 0.1
    while True:
        found = promotion(id, client=client)
        if found.state in (until or ("live",)):
            return found
        if found.state in ENDED:
            raise ConflictError(
                f"promotion `{id}` is {found.state}: {found.reason or 'no reason is known'}",
                code="sdk.promotion_ended",
                hint="its page says what stood in the way",
            )
        if time.monotonic() > deadline:
            raise _late(f"promotion `{id}`, which is {found.state},", timeout_s)
        time.sleep(pause_s)
        pause_s = min(pause_s * 1.5, 0.25)


def decisions(*, limit: int | None = None, client: Client | None = None) -> Sequence[Promotion]:
    """Return the promotions that wait for your approval."""
    found = (client or current()).pages("list_promotion_decisions", limit=limit)
    return [Promotion.from_json(one) for one in found]


def approve(id: str, *, comment: str | None = None, client: Client | None = None) -> Promotion:
    """Approve a promotion that others made.

    Raises
    ------
    ForbiddenError
        You had a hand in the candidate, or the gate does not ask for you.
    ConflictError
        It does not wait for approvals.
    """
    body = given(comment=comment)
    return Promotion.from_json((client or current()).call("approve_promotion", id=id, body=body))


def reject(id: str, *, reason: str, client: Client | None = None) -> Promotion:
    """Reject a promotion for good, with a reason."""
    return Promotion.from_json((client or current()).call("reject_promotion", id=id, body={"reason": reason}))


def abandon(id: str, *, reason: str, client: Client | None = None) -> Promotion:
    """Take a promotion back before it is live, with a reason."""
    return Promotion.from_json((client or current()).call("abandon_promotion", id=id, body={"reason": reason}))


def roll_back(project: str, *, environment: str, reason: str, client: Client | None = None) -> Promotion:
    """Bring back what was live in an environment before; it needs no approvals, but a reason."""
    body = {"environment": environment, "reason": reason}
    return Promotion.from_json((client or current()).call("roll_back", id=project, body=body))


def suspend(project: str, *, environment: str = "prod", reason: str, client: Client | None = None) -> Production:
    """Press the stop button: the live version answers nobody any more, within seconds."""
    body = {"environment": environment, "reason": reason}
    return Production.from_json((client or current()).call("suspend_production", id=project, body=body))


def resume(
    project: str, *, environment: str = "prod", candidate: int | None = None, client: Client | None = None
) -> Promotion:
    """Ask to let a suspended version answer again: a promotion with the gate's approvals.

    Without ``candidate`` it is what is live; :attr:`Production.resumable` lists those that may be asked for.
    """
    body = {"environment": environment} | ({} if candidate is None else {"candidate": candidate})
    return Promotion.from_json((client or current()).call("resume_production", id=project, body=body))


def production(project: str, *, client: Client | None = None) -> Sequence[Production]:
    """Return what *preprod* and *prod* of a project serve."""
    return [Production.from_json(one) for one in (client or current()).items("list_production", id=project)]


def holds(project: str, *, client: Client | None = None) -> Sequence[Hold]:
    """Return the holds of a project, the newest first."""
    return [Hold.from_json(one) for one in (client or current()).items("list_holds", id=project)]


def hold(project: str, *, environment: str, reason: str, client: Client | None = None) -> Hold:
    """Keep promotions out of an environment until the hold is lifted."""
    body = {"environment": environment, "reason": reason}
    return Hold.from_json((client or current()).call("place_hold", id=project, body=body))


def lift(id: str, *, reason: str, client: Client | None = None) -> Hold:
    """Lift a hold, with a reason."""
    return Hold.from_json((client or current()).call("lift_hold", id=id, body={"reason": reason}))


def gates(project: str, *, client: Client | None = None) -> Sequence[GatePolicy]:
    """Return the gate policies in force for a project's environments."""
    return [GatePolicy.from_json(one) for one in (client or current()).items("list_gates", id=project)]


def change_gate(
    project: str, *, environment: str, policy: Mapping[str, Any], client: Client | None = None
) -> GatePolicy:
    """Put another gate policy in force; approvals that were given under the one before no longer count.

    Parameters
    ----------
    project
        Name of the project.
    environment
        ``"preprod"`` or ``"prod"``.
    policy
        Its fields, as :func:`gates` shows them in ``json``: those that are left out stay as they are.
    client
        Connection to use; by default the one opened by :func:`lockgate.connect`.

    Raises
    ------
    ForbiddenError
        You may author candidates of the project, or hold no right to change its gates.
    ConflictError
        Somebody else changed it meanwhile.
    """
    before = next((one.json for one in gates(project, client=client) if one.environment == environment), {})
    fields = ("version", "required", "may_be_not_computable", "approvals", "baking_s", "tolerances")
    body = {name: before[name] for name in fields if name in before} | dict(policy)
    found = (client or current()).call("edit_gate", id=project, environment=environment, body=body)
    return GatePolicy.from_json(found)


def _late(what: str, timeout_s: float) -> UnavailableError:
    return UnavailableError(f"{what} is not over after {timeout_s:g} s", code="sdk.timeout", hint="it goes on")
