"""Groups, for administrators."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from lockgate.client import Client, JsonObject, current
from lockgate.records import Record


@dataclass(frozen=True, kw_only=True)
class Group(Record):
    """A group; the built-in ones give their role everywhere."""

    id: str
    role: str | None = None
    members: tuple[Any, ...] = ()


def list(*, client: Client | None = None) -> Sequence[Group]:
    """Return the groups and who is in them."""
    return [Group.from_json(one) for one in (client or current()).call("list_groups")["items"]]


def add(group: str, person: str, *, client: Client | None = None) -> JsonObject:
    """Put a person into a group; doing it again changes nothing."""
    return (client or current()).call("add_member", body={"person": person}, id=group)


def remove(group: str, person: str, *, client: Client | None = None) -> JsonObject:
    """Take a person out of a group."""
    return (client or current()).call("remove_member", id=group, person=person)
