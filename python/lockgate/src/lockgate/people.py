"""People, for administrators."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from lockgate.client import Client, current
from lockgate.records import Record, given


@dataclass(frozen=True, kw_only=True)
class Person(Record):
    """Someone who may sign in."""

    id: str
    name: str = ""
    state: str
    groups: tuple[str, ...] = ()


def create(id: str, *, name: str | None = None, client: Client | None = None) -> Person:
    """Add a person; :func:`link` lets them set a password."""
    return Person.from_json((client or current()).call("create_person", body=given(id=id, name=name)))


def list(*, limit: int | None = None, client: Client | None = None) -> Sequence[Person]:
    """Return the people."""
    return [Person.from_json(one) for one in (client or current()).pages("list_people", limit=limit)]


def link(person: str, *, client: Client | None = None) -> str:
    """Return a link that works once, with which the person sets a password and signs in. It is a secret."""
    answer = (client or current()).call("create_link", id=person)
    return str(answer["link"])


def deactivate(person: str, *, client: Client | None = None) -> Person:
    """End a person's sessions, tokens and pending approvals; what they approved stands."""
    return Person.from_json((client or current()).call("deactivate_person", id=person))
