"""Grants: what an approved request became. Checked at every read, never longer than it says."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from lockgate.client import Client, current
from lockgate.records import Record


@dataclass(frozen=True, kw_only=True)
class Grant(Record):
    """Who may do what with which object until when, and for what purpose."""

    id: str
    state: str
    kind: str
    object: str
    principal: str
    uses: tuple[str, ...] = ()
    starts_at: datetime
    expires_at: datetime
    row_filter: tuple[Any, ...] = field(default=())

    @property
    def purpose(self) -> str:
        """Id of the purpose."""
        purpose = self.json["purpose"]
        return str(purpose if isinstance(purpose, str) else purpose["id"])

    @property
    def levels(self) -> dict[str, str]:
        """Of a suspended grant: the levels of the columns that it reads as stored although they are restricted."""
        return dict(self.json.get("levels") or {})


def list(
    *,
    state: str | None = None,
    object: str | None = None,
    principal: str | None = None,
    limit: int | None = None,
    client: Client | None = None,
) -> Sequence[Grant]:
    """Return the grants that you may see: your own, and those on what you look after.

    Parameters
    ----------
    state
        ``"active"``, ``"suspended"``, ``"revoked"``, ``"scheduled"`` or ``"expired"``.
    object
        A dataset, for example ``"retail.core.customers"``.
    principal
        Whose, for example ``"person:ana"``.
    limit
        Most grants to return.
    client
        Connection to use; by default the one opened by :func:`lockgate.connect`.
    """
    query = {"state": state, "object": object, "principal": principal}
    return [Grant.from_json(one) for one in (client or current()).pages("list_grants", query=query, limit=limit)]


def get(grant: str, *, client: Client | None = None) -> Grant:
    """Return a grant.

    Raises
    ------
    NotFoundError
        The grant does not exist, or you may not see it.
    """
    return Grant.from_json((client or current()).call("get_grant", id=grant))


def revoke(grant: str, *, reason: str, client: Client | None = None) -> Grant:
    """End a grant now; reads under it, running ones included, are refused within a second.

    Parameters
    ----------
    grant
        Grant id, for example ``"g-17"``. Revoking it again changes nothing.
    reason
        Why, for the holder and the audit log.
    client
        Connection to use; by default the one opened by :func:`lockgate.connect`.

    Raises
    ------
    NotFoundError
        The grant does not exist, or you may not see it.
    ForbiddenError
        You may see it, but not end it.

    Examples
    --------
    >>> revoke("g-17", reason="the project is over").state  # doctest: +SKIP
    'revoked'
    """
    return _verb("revoke_grant", grant, reason, client)


def suspend(grant: str, *, reason: str, client: Client | None = None) -> Grant:
    """Stop a grant until a steward resumes it; suspending it again changes nothing."""
    return _verb("suspend_grant", grant, reason, client)


def resume(grant: Grant | str, *, levels: Mapping[str, str] | None = None, client: Client | None = None) -> Grant:
    """Let a suspended grant work again; only a steward who did not ask for it may.

    Parameters
    ----------
    grant
        The grant as you read it; or its id.
    levels
        The levels that you have seen of the columns that it reads as stored although they are restricted; by default
        those of the grant as you read it.
    client
        Connection to use; by default the one opened by :func:`lockgate.connect`.

    Raises
    ------
    ConflictError
        It is not suspended, or a level is another one than you have seen.
    """
    if levels is None:
        levels = grant.levels if isinstance(grant, Grant) else {}
    id = grant.id if isinstance(grant, Grant) else grant
    body = {"levels": dict(levels)} if levels else None
    return Grant.from_json((client or current()).call("resume_grant", body=body, id=id))


def _verb(operation: str, grant: str, reason: str, client: Client | None) -> Grant:
    return Grant.from_json((client or current()).call(operation, body={"reason": reason}, id=grant))
