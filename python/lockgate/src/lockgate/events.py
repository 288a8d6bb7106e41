"""Server-sent events: lines of text into events, one by one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass


@dataclass(frozen=True)
class Event:
    """An event: its name (``"message"`` where the server gives none), its id, and its data."""

    name: str
    id: str | None
    data: str


def events(lines: Iterable[str]) -> Iterator[Event]:
    """Yield the events in these lines; one that is cut off before its empty line is not an event."""
    name, last, data = "message", None, list[str]()
    for line in lines:
        if not line:
            if data:
                yield Event(name, last, "\n".join(data))
            name, data = "message", []
            continue
        field, _, value = line.partition(":")
        value = value.removeprefix(" ")
        if field == "data":
            data.append(value)
        elif field == "event":
            name = value
        elif field == "id":
            last = value
