"""Roles held for something: a lake, a team, a project; for administrators."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from lockgate.client import Client, current
from lockgate.records import Record


@dataclass(frozen=True, kw_only=True)
class Assignment(Record):
    """Who holds which role for what, and who gave it when."""

    id: str
    principal: str
    role: str
    scope: str
    given_by: str = ""
    ended_at: datetime | None = None


def assign(role: str, principal: str, scope: str, *, client: Client | None = None) -> Assignment:
    """Give a role.

    Parameters
    ----------
    role
        For example ``"data_steward"``.
    principal
        To whom: ``"person:dora"`` or ``"group:analysts"``.
    scope
        For what: ``"lake/retail"`` covers all below it.
    client
        Connection to use; by default the one opened by :func:`lockgate.connect`.
    """
    body = {"role": role, "principal": principal, "scope": scope}
    return Assignment.from_json((client or current()).call("assign_role", body=body))


def list(*, limit: int | None = None, client: Client | None = None) -> Sequence[Assignment]:
    """Return the assignments that you may see."""
    return [Assignment.from_json(one) for one in (client or current()).pages("list_role_assignments", limit=limit)]


def end(assignment: str, *, client: Client | None = None) -> Assignment:
    """Take a role away; ending it again changes nothing."""
    return Assignment.from_json((client or current()).call("end_role_assignment", id=assignment))
