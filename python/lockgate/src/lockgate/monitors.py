"""What watches the endpoints of *prod*: monitors, their evaluations, and the breaches that they raise."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from lockgate.client import Client, current
from lockgate.errors import NotFoundError, UnavailableError
from lockgate.records import Record, when
from lockgate.releases import Stopped, Tolerance


@dataclass(frozen=True, kw_only=True)
class Truth(Record):
    """Where outcomes stand that came later; the dataset holds the record key, too."""

    dataset: str
    column: str


@dataclass(frozen=True, kw_only=True)
class LastEvaluation(Record):
    """The newest evaluation of a monitor."""

    id: str
    state: str
    reason: str | None = None
    started_at: datetime | None = None
    ended_at: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class Monitor(Record):
    """What watches one endpoint: ``active`` or ``paused``."""

    id: str
    project: str
    endpoint: str
    state: str
    candidate: int
    model: str
    version: int
    tolerances: tuple[Tolerance, ...] = ()
    truth: Truth | None = None
    truth_is_set: bool = False
    every_s: int
    window_h: int
    capture: str | None = None
    paused: Stopped | None = None
    due_at: datetime | None = None
    last: LastEvaluation | None = None
    red: int = 0
    amber: int = 0


@dataclass(frozen=True, kw_only=True)
class Metric(Record):
    """A number beside its limits, or the reason why there is none.

    ``verdict`` is ``within``, ``amber``, ``red``, ``not_computable`` or ``no_limit``.
    """

    name: str
    column: str | None = None
    value: float | None = None
    low: float | None = None
    high: float | None = None
    n: int = 0
    amber: float | None = None
    red: float | None = None
    verdict: str
    reason: str | None = None


@dataclass(frozen=True, kw_only=True)
class Evaluation(Record):
    """One look of a monitor: ``running``, ``within``, ``breached``, ``not_computable`` or ``failed``."""

    id: str
    monitor: str
    endpoint: str
    state: str
    reason: str | None = None
    run: str | None = None
    candidate: int
    since: datetime
    until: datetime
    metrics: tuple[Metric, ...] = ()
    note: str = ""
    started_at: datetime | None = None
    ended_at: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class Muted(Record):
    """Who hides the alerts of a breach until when, and why."""

    until: datetime
    reason: str
    by: str


@dataclass(frozen=True, kw_only=True)
class Breach(Record):
    """What a monitor found beyond a limit: ``open``, ``acknowledged`` or ``resolved``, ``amber`` or ``red``."""

    id: str
    monitor: str
    endpoint: str
    metric: str
    column: str | None = None
    what: str
    state: str
    severity: str
    value: float
    limit: float
    count: int = 1
    evaluation: str
    first_seen_at: datetime | None = None
    last_seen_at: datetime | None = None
    acknowledged: Stopped | None = None
    resolved: Stopped | None = None
    muted: Muted | None = None


def monitors(
    *, project: str | None = None, limit: int | None = None, client: Client | None = None
) -> Sequence[Monitor]:
    """Return the monitors that you may see, by endpoint."""
    found = (client or current()).pages("list_monitors", query={"project": project}, limit=limit)
    return [Monitor.from_json(one) for one in found]


def monitor(endpoint: str, *, client: Client | None = None) -> Monitor:
    """Return the monitor of an endpoint.

    Parameters
    ----------
    endpoint
        The endpoint, for example ``"prod.credit"``, or the monitor's id.
    client
        Connection to use; by default the one opened by :func:`lockgate.connect`.

    Raises
    ------
    NotFoundError
        Nothing that you may see watches it.
    """
    for one in monitors(client=client):
        if endpoint in {one.endpoint, one.id}:
            return one
    raise NotFoundError(
        f"nothing that you may see watches endpoint `{endpoint}`",
        code="sdk.no_monitor",
        hint="what goes live in prod gets a monitor",
    )


def evaluate(endpoint: str, *, timeout_s: float = 900.0, client: Client | None = None) -> Evaluation:
    """Have a monitor look now, and return what it found; while an evaluation of it runs, it is that one.

    Parameters
    ----------
    endpoint
        The endpoint, or the monitor's id.
    timeout_s
        Longest wait; 0 returns at once, and the evaluation goes on.
    client
        Connection to use; by default the one opened by :func:`lockgate.connect`.

    Raises
    ------
    ConflictError
        The monitor is paused.
    UnavailableError
        It is not over in time.
    """
    client = client or current()
    found = Evaluation.from_json(client.call("evaluate_monitor", id=monitor(endpoint, client=client).id))
    until, pause_s = time.monotonic() + timeout_s, 0.1
    while found.state == "running" and timeout_s > 0:
        if time.monotonic() > until:
            raise UnavailableError(
                f"evaluation `{found.id}` is not over after {timeout_s:g} s", code="sdk.timeout", hint="it goes on"
            )
        time.sleep(pause_s)
        pause_s = min(pause_s * 1.5, 1.0)
        found = evaluation(found.id, client=client)
    return found


def evaluation(id: str, *, client: Client | None = None) -> Evaluation:
    """Return an evaluation."""
    return Evaluation.from_json((client or current()).call("get_evaluation", id=id))


def evaluations(endpoint: str, *, limit: int | None = None, client: Client | None = None) -> Sequence[Evaluation]:
    """Return the evaluations of an endpoint's monitor, the newest first."""
    client = client or current()
    found = client.pages("list_evaluations", id=monitor(endpoint, client=client).id, limit=limit)
    return [Evaluation.from_json(one) for one in found]


def change(endpoint: str, *, settings: Mapping[str, Any], client: Client | None = None) -> Monitor:
    """Change how a monitor looks; settings survive the next release.

    Parameters
    ----------
    endpoint
        The endpoint, or the monitor's id.
    settings
        ``truth`` (``{"dataset": ..., "column": ...}``, or ``None`` for the target of the contract), ``every_s`` and
        ``window_h``; those that are left out stay as they are.
    client
        Connection to use; by default the one opened by :func:`lockgate.connect`.

    Raises
    ------
    InvalidError
        A setting does not fit; the message says which.
    ForbiddenError
        You are no developer or owner of the project.
    """
    client = client or current()
    before = monitor(endpoint, client=client)
    kept: dict[str, Any] = {"every_s": before.every_s, "window_h": before.window_h, "truth": None}
    if before.truth_is_set:
        kept["truth"] = before.json["truth"]
    body = {**kept, **settings}
    return Monitor.from_json(client.call("set_monitor", id=before.id, body=body))


def pause(endpoint: str, *, reason: str, client: Client | None = None) -> Monitor:
    """Let a monitor look no more until it is resumed."""
    client = client or current()
    id = monitor(endpoint, client=client).id
    return Monitor.from_json(client.call("pause_monitor", id=id, body={"reason": reason}))


def resume(endpoint: str, *, client: Client | None = None) -> Monitor:
    """Let a paused monitor look again, at once."""
    client = client or current()
    return Monitor.from_json(client.call("resume_monitor", id=monitor(endpoint, client=client).id))


def breaches(
    *,
    project: str | None = None,
    state: str | None = None,
    limit: int | None = None,
    client: Client | None = None,
) -> Sequence[Breach]:
    """Return the breaches that you may see, the newest first.

    Parameters
    ----------
    project
        Those of this project alone.
    state
        ``"open"``, ``"acknowledged"`` or ``"resolved"``.
    limit
        How many at most.
    client
        Connection to use; by default the one opened by :func:`lockgate.connect`.
    """
    found = (client or current()).pages("list_breaches", query={"project": project, "state": state}, limit=limit)
    return [Breach.from_json(one) for one in found]


def breach(id: str, *, client: Client | None = None) -> Breach:
    """Return a breach."""
    return Breach.from_json((client or current()).call("get_breach", id=id))


def acknowledge(id: str, *, reason: str, client: Client | None = None) -> Breach:
    """Say that you look after a breach.

    Raises
    ------
    ForbiddenError
        You are no owner or validator of the project.
    ConflictError
        It is not open.
    """
    return Breach.from_json((client or current()).call("acknowledge_breach", id=id, body={"reason": reason}))


def resolve(id: str, *, reason: str, client: Client | None = None) -> Breach:
    """Say that a breach that was acknowledged is over; if it is not, the next evaluation raises another."""
    return Breach.from_json((client or current()).call("resolve_breach", id=id, body={"reason": reason}))


def mute(id: str, *, until: datetime, reason: str, client: Client | None = None) -> Breach:
    """Hide the alerts of a breach for a while, 90 days at most; the breach stays on show."""
    body = {"until": when(until), "reason": reason}
    return Breach.from_json((client or current()).call("mute_breach", id=id, body=body))
