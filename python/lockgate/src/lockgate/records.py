"""What the server shows: typed, read only, and tolerant of fields that a newer server adds."""

from __future__ import annotations

import types
import typing
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, field, fields
from datetime import datetime
from typing import Any, TypeVar

from lockgate.client import JsonObject
from lockgate.errors import InternalError, InvalidError

R = TypeVar("R", bound="Record")


@dataclass(frozen=True)
class Next:
    """What you should know and may do next, in the server's words."""

    text: str
    reason: str
    tone: str
    action: str | None


@dataclass(frozen=True, kw_only=True)
class Record:
    """An object as the server shows it to you; ``json`` is the whole of it."""

    json: JsonObject = field(repr=False, compare=False, default_factory=dict)

    @classmethod
    def from_json(cls: type[R], data: JsonObject) -> R:
        """Return the object that the server sent."""
        hints = typing.get_type_hints(cls)
        values: dict[str, Any] = {"json": data}
        for one in fields(cls):
            if one.name != "json" and data.get(one.name) is not None:
                values[one.name] = _value(hints[one.name], data[one.name])
            elif one.name != "json" and one.default is MISSING and one.default_factory is MISSING:
                raise InternalError(
                    f"the server's answer for a {cls.__name__.lower()} has no `{one.name}`",
                    code="sdk.unexpected_answer",
                    hint="update the SDK, or the server",
                )
        return cls(**values)

    @property
    def next(self) -> Next | None:
        """What you should know and may do next; ``None`` where the server says nothing."""
        said = self.json.get("next")
        if not isinstance(said, Mapping):
            return None
        return Next(str(said["text"]), str(said.get("reason") or ""), str(said.get("tone")), said.get("action"))


def _value(kind: Any, value: Any) -> Any:
    """Return a JSON value as the type that its field declares: times, nested records, lists of those; else as it is."""
    if typing.get_origin(kind) in {types.UnionType, typing.Union}:
        kind = next(one for one in typing.get_args(kind) if one is not type(None))
    if kind is datetime:
        return datetime.fromisoformat(value.replace("Z", "+00:00"))
    if typing.get_origin(kind) is tuple:
        return tuple(_value(typing.get_args(kind)[0], one) for one in value)
    if isinstance(kind, type) and issubclass(kind, Record):
        return kind.from_json(value)
    return value


def when(value: datetime | None) -> str | None:
    """Return a time as the API takes it; a time without zone would mean another moment elsewhere, so it is refused."""
    if value is None:
        return None
    if value.tzinfo is None:
        raise InvalidError(
            f"`{value.isoformat()}` has no time zone",
            code="sdk.bad_argument",
            hint="use for example `datetime.now(timezone.utc)`",
        )
    return value.isoformat()


def given(**values: object) -> dict[str, object]:
    """Return the values that are not ``None``, as a body."""
    return {name: value for name, value in values.items() if value is not None}
