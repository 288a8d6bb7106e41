"""The audit log: who did, read or was refused what, for auditors and those who look after things."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from lockgate.client import Client, JsonObject, current
from lockgate.records import Record, when


@dataclass(frozen=True, kw_only=True)
class Entry(Record):
    """An entry; ``seq`` is set once it is sealed into the chain."""

    at: datetime
    actor: str
    action: str
    resource: str
    outcome: str
    seq: int | None = None
    grant: str | None = None
    purpose: str | None = None
    reason: str | None = None


def entries(
    *,
    actor: str | None = None,
    action: str | None = None,
    resource: str | None = None,
    outcome: str | None = None,
    start: datetime | None = None,
    end: datetime | None = None,
    limit: int | None = None,
    client: Client | None = None,
) -> Iterator[Entry]:
    """Yield entries, newest first.

    Parameters
    ----------
    actor, action, resource
        Only of this caller, action or thing.
    outcome
        ``"allowed"``, ``"refused"`` or ``"failed"``.
    start, end
        Only from, and before, these times.
    limit
        Most entries to yield.
    client
        Connection to use; by default the one opened by :func:`lockgate.connect`.
    """
    query = {"actor": actor, "action": action, "resource": resource, "outcome": outcome}
    times = {"from": when(start), "to": when(end)}
    pages = (client or current()).pages("list_audit_entries", query={**query, **times}, limit=limit)
    return (Entry.from_json(one) for one in pages)


def status(*, client: Client | None = None) -> JsonObject:
    """Return whether the chain is intact, how many entries are sealed, and the last checkpoint."""
    return (client or current()).call("get_audit_status")
