"""What auditors ask for: the signed dossier of a candidate, and what was live at a moment, approved by whom."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime

from lockgate.client import Client, current
from lockgate.records import Record, when


@dataclass(frozen=True, kw_only=True)
class Approver(Record):
    """Who approved what was live, and the roles that they held then."""

    person: str
    roles: tuple[str, ...] = ()
    at: datetime
    comment: str | None = None
    promotion: str


@dataclass(frozen=True, kw_only=True)
class Suspended(Record):
    """A stop that was in effect."""

    by: str
    since: datetime
    reason: str | None = None


@dataclass(frozen=True, kw_only=True)
class Live(Record):
    """What was live on an endpoint at the moment that was asked about; ``verifying`` answered, and was not live yet."""

    project: str
    environment: str
    endpoint: str
    candidate: int
    digest: str
    model: str
    version: int
    promotion: str
    kind: str
    verifying: bool = False
    asked_by: str
    approved_by: tuple[Approver, ...] = ()
    no_approval: str | None = None
    live_from: datetime
    live_until: datetime | None = None
    suspended: Suspended | None = None


def dossier(project: str, number: int, *, client: Client | None = None) -> bytes:
    """Return the signed dossier of a candidate: all that is on record about it.

    Keep the bytes as they are: they are what is signed, and ``lockgate evidence verify`` checks every one of them.

    Parameters
    ----------
    project
        Name of the project, for example ``"credit-risk"``.
    number
        The candidate's number.
    client
        Connection to use; by default the one opened by :func:`lockgate.connect`.

    Raises
    ------
    NotFoundError
        There is no such candidate, or you may not see it.
    ForbiddenError
        You may see the project, and are no auditor, validator, owner or developer of it.
    """
    path = {"project": project, "number": str(number)}
    with (client or current()).stream("export_dossier", path, whole=True) as response:
        return response.content


def key(*, client: Client | None = None) -> str:
    """Return the public key that dossiers are checked with; pin it where the deployment cannot change it."""
    return str((client or current()).call("get_evidence_key")["key"])


def live(
    at: datetime | date | None = None,
    *,
    project: str | None = None,
    environment: str | None = None,
    limit: int | None = None,
    client: Client | None = None,
) -> Iterator[Live]:
    """Yield what was live at a moment, by endpoint, with who approved it.

    Parameters
    ----------
    at
        The moment, with its time zone; of a date the end of that day in UTC, or now where it is today; now where
        none is given.
    project, environment
        Of this project, or of ``"preprod"`` or ``"prod"``, alone.
    limit
        Most rows to yield.
    client
        Connection to use; by default the one opened by :func:`lockgate.connect`.

    Raises
    ------
    InvalidError
        The moment has not come, or has no time zone.
    """
    moment = when(at) if at is None or isinstance(at, datetime) else at.isoformat()
    query = {"at": moment, "project": project, "environment": environment}
    return (Live.from_json(one) for one in (client or current()).pages("list_live", query=query, limit=limit))
