"""Registered models and their versions: read access; stock ``mlflow`` registers them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from lockgate.client import Client, current
from lockgate.records import Record


@dataclass(frozen=True, kw_only=True)
class Version(Record):
    """A version of a model: what it was made from, by which run, and the digest of its files, which never change."""

    version: int
    name: str = ""
    state: str = ""
    stage: str = ""
    aliases: tuple[str, ...] = ()
    source: str = ""
    run: str = ""
    attempt: str | None = None
    digest: str = ""
    size_bytes: int = 0
    created_by: str = ""
    created_at: datetime | None = None
    params: Mapping[str, str] = field(default_factory=dict)
    tags: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Model(Record):
    """A registered model; lists leave its versions out."""

    id: str
    name: str
    space: str = ""
    description: str = ""
    aliases: Mapping[str, int] = field(default_factory=dict)
    newest_version: int | None = None
    versions: tuple[Version, ...] = ()


def list(*, space: str | None = None, limit: int | None = None, client: Client | None = None) -> Sequence[Model]:
    """Return registered models by name, of one space (``"project/credit-risk"``, ``"person/ana"``) or of all."""
    pages = (client or current()).pages("list_models", query={"space": space}, limit=limit)
    return [Model.from_json(one) for one in pages]


def get(model: str, *, client: Client | None = None) -> Model:
    """Return a model with its versions by its id."""
    return Model.from_json((client or current()).call("get_registered_model", id=model))


def version(model: str, version: int, *, client: Client | None = None) -> Version:
    """Return a version of a model."""
    found = (client or current()).call("get_model_version", id=model, version=str(version))
    return Version.from_json(found)
