"""Access requests: ask for data with a purpose, and decide on what others ask."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from lockgate.client import Client, JsonObject, current
from lockgate.records import Record, given, when

Rule = Mapping[str, Any]
"""A rule of a row filter: ``{"column": …, "op": …, "value": …}``.

``op`` is ``is``, ``is_not``, ``at_most``, ``at_least``, ``less``, ``more``, ``in`` or ``is_empty``.
"""


@dataclass(frozen=True, kw_only=True)
class Request(Record):
    """Who asks for what, why and until when, and what was decided."""

    id: str
    state: str
    kind: str
    object: str
    principal: str
    uses: tuple[str, ...] = ()
    text: str = ""
    submitted_at: datetime | None = None
    grant: str | None = None

    @property
    def purpose(self) -> str:
        """Id of the purpose."""
        purpose = self.json["purpose"]
        return str(purpose if isinstance(purpose, str) else purpose["id"])

    @property
    def levels(self) -> dict[str, str]:
        """The sensitivity level of each column that is asked for, as it was when this was read."""
        return {one["name"]: one["level"] for one in self.json.get("columns", ()) if one["as"] != "left_out"}


def create(
    object: str,
    *,
    purpose: str,
    text: str,
    expires_at: datetime,
    kind: str = "read",
    uses: Sequence[str] = ("explore",),
    columns: Mapping[str, str] | Sequence[str] | None = None,
    row_filter: Sequence[Rule] = (),
    principal: str | None = None,
    starts_at: datetime | None = None,
    submit: bool = True,
    client: Client | None = None,
) -> Request:
    """Ask for access.

    Parameters
    ----------
    object
        What: a dataset (``"retail.core.customers"``), for ``kind="write"`` a lake's schema, or for ``kind="use"`` the
        endpoint of a live model (``"prod.credit-risk"``), whose one use is ``"score"``.
    purpose
        Id of the purpose.
    text
        Why this is needed, for who decides.
    expires_at
        When access ends; never later than this.
    kind
        ``"read"``, ``"write"`` or ``"use"``.
    uses
        Of ``"explore"``, ``"train"``, ``"check"``, ``"score"`` and ``"monitor"``.
    columns
        Names of the columns, or how each is wanted: ``"clear"``, ``"token"``, ``"null"`` or ``"check"``; by default
        all in clear.
    row_filter
        Rules that the rows must meet.
    principal
        Who gets it: ``"person:ana"``, ``"group:analysts"`` or ``"environment:credit-risk/preprod"``; by default you.
    starts_at
        When access starts; by default at approval.
    submit
        Whether it goes to the stewards at once, or stays a draft.
    client
        Connection to use; by default the one opened by :func:`lockgate.connect`.

    Raises
    ------
    ConflictError
        You have an open request for the same already.
    """
    if columns is not None and not isinstance(columns, Mapping):
        columns = dict.fromkeys(columns, "clear")
    body = given(
        kind=kind,
        object=object,
        principal=principal,
        purpose=purpose,
        uses=[*uses],
        text=text,
        columns=None if columns is None else dict(columns),
        row_filter=[dict(rule) for rule in row_filter],
        starts_at=when(starts_at),
        expires_at=when(expires_at),
        submit=submit,
    )
    return Request.from_json((client or current()).call("create_request", body=body))


def list(
    *, view: str = "all", state: str | None = None, limit: int | None = None, client: Client | None = None
) -> Sequence[Request]:
    """Return requests: ``"all"`` that you may see, those ``"waiting"`` for you, ``"mine"``, or ``"decided"`` ones."""
    query = {"view": view, "state": state}
    return [Request.from_json(one) for one in (client or current()).pages("list_requests", query=query, limit=limit)]


def get(request: str, *, client: Client | None = None) -> Request:
    """Return a request.

    Raises
    ------
    NotFoundError
        The request does not exist, or you may not see it.
    """
    return Request.from_json((client or current()).call("get_request", id=request))


def submit(request: str, *, client: Client | None = None) -> Request:
    """Hand a draft to the stewards; submitting it again changes nothing."""
    return Request.from_json((client or current()).call("submit_request", id=request))


def withdraw(request: str, *, client: Client | None = None) -> Request:
    """Take a request back before it is decided."""
    return Request.from_json((client or current()).call("withdraw_request", id=request))


def effect(
    request: str,
    *,
    columns: Mapping[str, str] | None = None,
    row_filter: Sequence[Rule] = (),
    until: datetime | None = None,
    client: Client | None = None,
) -> JsonObject:
    """Return what approving with these terms would do: rows kept, each column as it would be seen, what is narrower."""
    body = {"terms": terms(columns, row_filter, until)}
    return (client or current()).call("preview_request", body=body, id=request)


def approve(
    request: Request | str,
    *,
    levels: Mapping[str, str] | None = None,
    columns: Mapping[str, str] | None = None,
    row_filter: Sequence[Rule] = (),
    until: datetime | None = None,
    client: Client | None = None,
) -> Request:
    """Approve a request, as it was asked or with terms that narrow it.

    Approving confirms the levels of its columns, so it needs those that you have seen: read the
    request with :func:`get`,
    look at its ``levels``, and approve what you read.

    Parameters
    ----------
    request
        The request as you read it; or its id, with the levels.
    levels
        The levels that you have seen, by column; by default those of the request as you read it.
    columns
        What becomes of columns: ``"token"``, ``"null"``, ``"check"`` or ``"left_out"``.
    row_filter
        Rules that the rows must meet as well.
    until
        An earlier end.
    client
        Connection to use; by default the one opened by :func:`lockgate.connect`.

    Raises
    ------
    ForbiddenError
        You may not decide it: you are on the side that asks, or hold no right that someone else gave you.
    ConflictError
        It was decided already, or taken back; or a level is another one than you have seen.

    Examples
    --------
    >>> keep = [{"column": "age", "op": "at_most", "value": 65}]
    >>> asked = get("r-214")  # doctest: +SKIP
    >>> asked.levels  # doctest: +SKIP
    {'iban': 'restricted', 'age': 'internal'}
    >>> approve(asked, columns={"iban": "token"}, row_filter=keep).state  # doctest: +SKIP
    'approved'
    """
    if levels is None:
        levels = request.levels if isinstance(request, Request) else {}
    body = {"decision": "approve", "terms": terms(columns, row_filter, until), "levels": dict(levels)}
    id = request.id if isinstance(request, Request) else request
    return Request.from_json((client or current()).call("decide_request", body=body, id=id))


def reject(request: str, *, reason: str, client: Client | None = None) -> Request:
    """Reject a request and say why."""
    body = {"decision": "reject", "reason": reason}
    return Request.from_json((client or current()).call("decide_request", body=body, id=request))


def terms(columns: Mapping[str, str] | None, row_filter: Sequence[Rule], until: datetime | None) -> dict[str, object]:
    """Return terms as the API takes them."""
    return given(columns=dict(columns or {}), row_filter=[dict(rule) for rule in row_filter], until=when(until))
