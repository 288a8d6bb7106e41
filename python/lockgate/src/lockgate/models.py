"""Registered models and their versions: read access; stock ``mlflow`` registers them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from lockgate.client import Client, current
from lockgate.records import Record


@dataclass(frozen=True, kw_only=True)
class Model(Record):
    """A registered model."""

    id: str
    name: str
    space: str = ""
    description: str | None = None
    aliases: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Version(Record):
    """A version of a model."""

    version: str
    state: str = ""
    run: str | None = None
    source: str = ""
    created_at: datetime | None = None


def list(*, space: str | None = None, limit: int | None = None, client: Client | None = None) -> Sequence[Model]:
    """Return the models that you may see, of one space (``"credit-risk"`` or ``"person/ana"``) or of all."""
    pages = (client or current()).pages("list_models", query={"space": space}, limit=limit)
    return [Model.from_json(one) for one in pages]


def get(model: str, *, client: Client | None = None) -> Model:
    """Return a model by its id."""
    return Model.from_json((client or current()).call("get_model", id=model))


def version(model: str, version: str, *, client: Client | None = None) -> Version:
    """Return a version of a model."""
    return Version.from_json((client or current()).call("get_version", id=model, version=version))
