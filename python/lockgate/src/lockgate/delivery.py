"""From a push to ``main``: the checks of a commit, and its merge."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from lockgate.client import Client, current
from lockgate.errors import UnavailableError
from lockgate.records import Record, given

OPEN = frozenset({"queued", "running"})


@dataclass(frozen=True, kw_only=True)
class Finding(Record):
    """One thing that is wrong, and where; without a line it is about all of the file."""

    path: str = ""
    line: int | None = None
    column: int | None = None
    code: str
    text: str


@dataclass(frozen=True, kw_only=True)
class ColumnVerdict(Record):
    """How a column of the data contract was judged; ``column`` is ``None`` for what is claimed of the whole table."""

    table: str
    column: str | None = None
    verdict: str
    reason: str = ""


@dataclass(frozen=True, kw_only=True)
class Check(Record):
    """A check of a commit: ``lint``, ``unit`` or ``contract``."""

    name: str
    state: str
    sentence: str = ""
    run: str | None = None
    count: int = 0
    findings: tuple[Finding, ...] = ()
    columns: tuple[ColumnVerdict, ...] = ()
    reason: str | None = None
    created_at: datetime | None = None
    ended_at: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class Checks(Record):
    """The checks of a commit; ``passed`` says whether it may be merged."""

    project: str
    commit: str
    branch: str | None = None
    passed: bool
    checks: tuple[Check, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Merge(Record):
    """A move of ``main`` to the commit of a branch."""

    id: str
    project: str
    branch: str
    commit: str
    merged_by: str
    state: str
    reason: str | None = None
    asked_at: datetime | None = None
    ended_at: datetime | None = None

    @property
    def before(self) -> str:
        """Return the commit that ``main`` was at."""
        return str(self.json["from"])


def checks(
    project: str,
    *,
    branch: str | None = None,
    commit: str | None = None,
    wait: bool = False,
    timeout_s: float = 600.0,
    client: Client | None = None,
) -> Checks:
    """Return the checks of a commit: what each found, with its line or column.

    Parameters
    ----------
    project
        Name of the project, for example ``"credit-risk"``.
    branch
        Branch whose commit is meant; by default ``main``.
    commit
        Commit that is meant, in place of a branch.
    wait
        Whether to return when all of them are finished, or at once.
    timeout_s
        Longest wait; they go on after it.
    client
        Connection to use; by default the one opened by :func:`lockgate.connect`.

    Raises
    ------
    NotFoundError
        There is no such project, branch or commit, or you may not see it.
    UnavailableError
        They are not finished in time.
    """
    client = client or current()
    until, pause_s = time.monotonic() + timeout_s, 0.1
    while True:
        query = {"branch": branch, "commit": commit}
        found = Checks.from_json(client.call("list_checks", id=project, query=query))
        if not wait or (found.checks and not any(one.state in OPEN for one in found.checks)):
            return found
        if time.monotonic() > until:
            raise UnavailableError(
                f"the checks of `{found.commit[:10]}` are not finished after {timeout_s:g} s",
                code="sdk.timeout",
                hint="they go on: look at them with `delivery.checks`",
            )
        time.sleep(pause_s)
        pause_s = min(pause_s * 1.5, 0.25)


def merge(project: str, branch: str, *, commit: str | None = None, client: Client | None = None) -> Merge:
    """Bring ``main`` forward to a branch whose checks are green; merging it again changes nothing.

    Parameters
    ----------
    project
        Name of the project.
    branch
        Branch to merge; it has to build on what ``main`` is at.
    commit
        Commit that you looked at: the merge is refused if the branch has moved since.
    client
        Connection to use; by default the one opened by :func:`lockgate.connect`.

    Raises
    ------
    ConflictError
        Something stands in the way: checks are red or not finished, or ``main`` has moved. The message says what.
    ForbiddenError
        You are no developer of the project.
    """
    body = given(branch=branch, commit=commit)
    return Merge.from_json((client or current()).call("merge_branch", id=project, body=body))


def merges(project: str, *, limit: int | None = None, client: Client | None = None) -> Sequence[Merge]:
    """Return the merges of a project, the newest first."""
    return [Merge.from_json(one) for one in (client or current()).pages("list_merges", id=project, limit=limit)]
