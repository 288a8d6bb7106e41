"""Lakes: where data already lives; connecting one and crawling it finds its datasets."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from lockgate.client import Client, current
from lockgate.errors import ConflictError, UnavailableError
from lockgate.records import Record, given

UNFINISHED = frozenset({"queued", "leased", "running"})


@dataclass(frozen=True, kw_only=True)
class Lake(Record):
    """A lake and who looks after it."""

    id: str
    name: str
    root: str
    folder: str = ""
    team: str
    description: str = ""


@dataclass(frozen=True, kw_only=True)
class BrokenFile(Record):
    """A file that a crawl could not read, and why; it is left out of its dataset."""

    path: str
    reason: str


@dataclass(frozen=True, kw_only=True)
class Crawl(Record):
    """One look through a lake: what it found, read and skipped."""

    id: str
    state: str
    files_read: int = 0
    files_skipped: int = 0
    tables_found: int = 0
    tables_changed: int = 0
    broken: tuple[BrokenFile, ...] = ()
    ended_at: datetime | None = None


def connect(
    name: str,
    *,
    root: str,
    team: str,
    folder: str = "",
    description: str = "",
    client: Client | None = None,
) -> Lake:
    """Connect a folder as a lake.

    Parameters
    ----------
    name
        Name of the lake, and the first part of its datasets' names.
    root
        Name of a root that the server's configuration knows.
    team
        Team that owns the data.
    folder
        Folder below the root; by default the root itself.
    description
        What lies there.
    client
        Connection to use; by default the one opened by :func:`lockgate.connect`.

    Raises
    ------
    ConflictError
        There is a lake of that name already.
    """
    body = given(name=name, root=root, team=team, folder=folder, description=description)
    return Lake.from_json((client or current()).call("connect_lake", body=body))


def list(*, limit: int | None = None, client: Client | None = None) -> Sequence[Lake]:
    """Return the lakes that you may see."""
    return [Lake.from_json(one) for one in (client or current()).pages("list_lakes", limit=limit)]


def get(lake: str, *, client: Client | None = None) -> Lake:
    """Return a lake."""
    return Lake.from_json((client or current()).call("get_lake", id=lake))


def crawl(lake: str, *, wait: bool = True, timeout_s: float = 300.0, client: Client | None = None) -> Crawl:
    """Look through a lake for tables; only what changed since the last crawl is read.

    Parameters
    ----------
    lake
        Name of the lake.
    wait
        Whether to return when it is done, or at once.
    timeout_s
        Longest wait; the crawl goes on after it.
    client
        Connection to use; by default the one opened by :func:`lockgate.connect`.

    Raises
    ------
    UnavailableError
        It is not done in time.
    ConflictError
        It failed; the detail says why.
    """
    client = client or current()
    started = Crawl.from_json(client.call("crawl_lake", id=lake))
    until, pause_s = time.monotonic() + timeout_s, 0.05
    while wait and started.state in UNFINISHED:
        if time.monotonic() > until:
            raise UnavailableError(
                f"crawl `{started.id}` of `{lake}` is not done after {timeout_s:g} s",
                code="sdk.timeout",
                hint="it goes on: look at it with `lakes.get_crawl`",
            )
        time.sleep(pause_s)
        pause_s = min(pause_s * 1.5, 0.25)
        started = get_crawl(started.id, client=client)
    if wait and started.state in {"dead", "failed"}:
        reason = started.json.get("reason") or "see its job"
        raise ConflictError(f"crawl `{started.id}` of `{lake}` failed: {reason}", code="sdk.crawl_failed")
    return started


def get_crawl(crawl: str, *, client: Client | None = None) -> Crawl:
    """Return a crawl, with the files that it could not read."""
    return Crawl.from_json((client or current()).call("get_crawl", id=crawl))


def crawls(lake: str, *, limit: int | None = None, client: Client | None = None) -> Sequence[Crawl]:
    """Return the crawls of a lake, newest first."""
    return [Crawl.from_json(one) for one in (client or current()).pages("list_crawls", limit=limit, id=lake)]
