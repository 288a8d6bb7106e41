"""Purposes: what data is read for, on record before anyone asks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from lockgate.client import Client, current
from lockgate.records import Record, given


@dataclass(frozen=True, kw_only=True)
class Purpose(Record):
    """A purpose, with its lawful basis and the uses it allows."""

    id: str
    name: str
    text: str
    lawful_basis: str
    controller: str
    allowed_uses: tuple[str, ...]
    retention_days: int
    impact_assessment: str | None = None


def create(
    name: str,
    text: str,
    *,
    lawful_basis: str,
    controller: str,
    allowed_uses: Sequence[str],
    retention_days: int,
    impact_assessment: str | None = None,
    id: str | None = None,
    client: Client | None = None,
) -> Purpose:
    """Put a purpose on record; you become its owner.

    Parameters
    ----------
    name
        A few words, for example ``"Probation check"``.
    text
        What the data is read for, in full sentences.
    lawful_basis
        For example ``"legitimate interest"``.
    controller
        Legal entity that answers for it.
    allowed_uses
        Of ``"explore"``, ``"train"``, ``"check"``, ``"score"`` and ``"monitor"``.
    retention_days
        How long what is made from the data may be kept.
    impact_assessment
        Reference of the assessment, where there is one.
    id
        Short name to use as id; by default the server makes one.
    client
        Connection to use; by default the one opened by :func:`lockgate.connect`.
    """
    body = given(
        id=id,
        name=name,
        text=text,
        lawful_basis=lawful_basis,
        controller=controller,
        allowed_uses=[*allowed_uses],
        retention_days=retention_days,
        impact_assessment=impact_assessment,
    )
    return Purpose.from_json((client or current()).call("create_purpose", body=body))


def list(*, limit: int | None = None, client: Client | None = None) -> Sequence[Purpose]:
    """Return the purposes on record."""
    return [Purpose.from_json(one) for one in (client or current()).pages("list_purposes", limit=limit)]


def get(purpose: str, *, client: Client | None = None) -> Purpose:
    """Return a purpose."""
    return Purpose.from_json((client or current()).call("get_purpose", id=purpose))
