"""Batch jobs: an endpoint scores datasets each night, or when asked, and publishes what it says as a dataset."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from lockgate.client import Client, current
from lockgate.errors import ConflictError, UnavailableError
from lockgate.records import Record, given


@dataclass(frozen=True, kw_only=True)
class Outcome(Record):
    """What came of a run: the version that it published, or the reason why it published nothing."""

    run: str
    at: datetime
    rows: int | None = None
    version: int | None = None
    model_version: int | None = None
    reason: str | None = None


@dataclass(frozen=True, kw_only=True)
class BatchJob(Record):
    """What is scored by which endpoint, and where its predictions go: ``idle``, ``running`` or ``removed``."""

    id: str
    endpoint: str
    project: str
    environment: str
    name: str
    datasets: tuple[str, ...] = ()
    key: str
    output: str
    daily_at: str | None = None
    next_at: datetime | None = None
    state: str
    run: str | None = None
    last: Outcome | None = None
    made_by: str
    created_at: datetime
    may_start: bool = False


def create(
    endpoint: str,
    name: str,
    *,
    datasets: Sequence[str],
    key: str,
    output: str,
    daily_at: str | None = None,
    client: Client | None = None,
) -> BatchJob:
    """Set up a batch job. It reads and publishes as the endpoint's environment, under grants of one purpose.

    Parameters
    ----------
    endpoint
        The endpoint that scores, for example ``"prod.credit-risk"``.
    name
        Unique for the endpoint, for example ``"nightly"``.
    datasets
        What is scored: the records that are in all of them.
    key
        The column that a record is known by in each.
    output
        Where predictions go, for example ``"retail.predictions.scores"``: all of a run, or nothing.
    daily_at
        When it starts by itself each day, in UTC, for example ``"02:00"``; by default only when asked.
    client
        Connection to use; by default the one opened by :func:`lockgate.connect`.

    Raises
    ------
    ForbiddenError
        The environment lacks a grant; the hint says which to ask for.
    InvalidError
        The datasets do not hold what the model takes.
    ConflictError
        The endpoint answers nobody now, or has a batch job of this name.
    """
    body = given(endpoint=endpoint, name=name, datasets=[*datasets], key=key, output=output, daily_at=daily_at)
    return BatchJob.from_json((client or current()).call("create_batch", body=body))


def list(*, project: str | None = None, limit: int | None = None, client: Client | None = None) -> Sequence[BatchJob]:
    """Return the batch jobs that you may see."""
    found = (client or current()).pages("list_batches", query={"project": project}, limit=limit)
    return [BatchJob.from_json(one) for one in found]


def get(id: str, *, client: Client | None = None) -> BatchJob:
    """Return a batch job.

    Raises
    ------
    NotFoundError
        It does not exist, or you may not see it.
    """
    return BatchJob.from_json((client or current()).call("get_batch", id=id))


def start(id: str, *, wait: bool = True, timeout_s: float = 900.0, client: Client | None = None) -> BatchJob:
    """Have a batch job score now; while it does so already, it is that run.

    Parameters
    ----------
    id
        The batch job's id.
    wait
        Whether to return when its predictions are published, or at once.
    timeout_s
        Longest wait; the run goes on after it.
    client
        Connection to use; by default the one opened by :func:`lockgate.connect`.

    Raises
    ------
    ConflictError
        It cannot start, as the model is suspended for example; or it published nothing, and the message says why.
    ForbiddenError
        A grant that it needs has ended, or you may not start it.
    UnavailableError
        It is not over in time.
    """
    client = client or current()
    found = BatchJob.from_json(client.call("start_batch", id=id))
    until, pause_s = time.monotonic() + timeout_s, 0.1
    while wait and found.state == "running":
        if time.monotonic() > until:
            raise UnavailableError(
                f"batch job `{id}` is not over after {timeout_s:g} s", code="sdk.timeout", hint="it goes on"
            )
        time.sleep(pause_s)
        pause_s = min(pause_s * 1.5, 1.0)
        found = get(id, client=client)
    if wait and found.last is not None and found.last.reason is not None:
        raise ConflictError(
            f"batch job `{id}` published nothing: {found.last.reason}",
            code="sdk.batch_failed",
            hint=f"look at run `{found.last.run}`",
        )
    return found


def remove(id: str, *, client: Client | None = None) -> BatchJob:
    """End a batch job for good; what it published stays. Removing it again changes nothing.

    Raises
    ------
    ConflictError
        It scores now.
    """
    return BatchJob.from_json((client or current()).call("remove_batch", id=id))
