"""Code of projects: branches, commits, files and pushes. Stock ``git`` clones and pushes; this reads."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from lockgate.client import Client, JsonObject, current
from lockgate.records import Record


@dataclass(frozen=True, kw_only=True)
class Branch(Record):
    """A branch and the commit that it is at."""

    name: str
    commit: str


@dataclass(frozen=True, kw_only=True)
class Commit(Record):
    """A commit."""

    id: str
    message: str = ""
    committed_at: datetime | None = None
    parents: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Push(Record):
    """A push as it was recorded: who moved which branch from where to where; one that was refused says why."""

    id: str
    branch: str = ""
    pusher: str = ""
    old: str | None = None
    new: str | None = None
    state: str = ""
    at: datetime | None = None


def branches(project: str, *, limit: int | None = None, client: Client | None = None) -> Sequence[Branch]:
    """Return the branches of a project."""
    return [Branch.from_json(one) for one in (client or current()).pages("list_branches", limit=limit, id=project)]


def commits(
    project: str, *, branch: str = "main", limit: int | None = None, client: Client | None = None
) -> Iterator[Commit]:
    """Yield the commits of a branch, newest first."""
    pages = (client or current()).pages("list_commits", query={"branch": branch}, limit=limit, id=project)
    return (Commit.from_json(one) for one in pages)


def file(project: str, path: str = "", *, revision: str = "main", client: Client | None = None) -> JsonObject:
    """Return a file's text, or a folder's entries, at a revision."""
    query = {"rev": revision, "path": path or None}
    return (client or current()).call("get_file", query=query, id=project)


def pushes(project: str, *, limit: int | None = None, client: Client | None = None) -> Iterator[Push]:
    """Yield the pushes to a project, newest first."""
    return (Push.from_json(one) for one in (client or current()).pages("list_pushes", limit=limit, id=project))
