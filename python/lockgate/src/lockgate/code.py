"""Code of projects: branches, commits, files and pushes. Stock ``git`` clones and pushes; this reads."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from lockgate.client import Client, current
from lockgate.records import Record


@dataclass(frozen=True, kw_only=True)
class Signature(Record):
    """Who wrote a commit, as the commit says."""

    name: str
    email: str


@dataclass(frozen=True, kw_only=True)
class Commit(Record):
    """A commit; ``tree`` is equal for equal files."""

    id: str
    tree: str = ""
    subject: str = ""
    message: str = ""
    author: Signature | None = None
    committed_at: datetime | None = None
    parents: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Branch(Record):
    """A branch, the commit that it is at, and who brought it there; a protected one moves by merge only."""

    name: str
    commit: Commit
    is_protected: bool = False
    pusher: str | None = None
    moved_at: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class Entry(Record):
    """A file or folder in a folder."""

    name: str
    kind: str
    size_bytes: int | None = None


@dataclass(frozen=True, kw_only=True)
class Files(Record):
    """What lies at a path: a folder's entries, or a file's text; ``text`` is ``None`` of a large or binary file."""

    path: str
    kind: str
    commit: Commit
    entries: tuple[Entry, ...] = ()
    has_more: bool = False
    size_bytes: int | None = None
    text: str | None = None


@dataclass(frozen=True, kw_only=True)
class Push(Record):
    """The record of one move of a branch or tag: who moved it from where to where, and what came of it."""

    id: str
    reference: str
    branch: str | None = None
    old: str | None = None
    new: str | None = None
    pusher: str | None = None
    state: str
    rewritten: bool = False
    recorded_at: datetime | None = None


def branches(project: str, *, limit: int | None = None, client: Client | None = None) -> Sequence[Branch]:
    """Return the branches of a project, by name."""
    return [Branch.from_json(one) for one in (client or current()).pages("list_branches", limit=limit, id=project)]


def commits(
    project: str, *, branch: str = "main", limit: int | None = None, client: Client | None = None
) -> Iterator[Commit]:
    """Yield the commits behind a branch, tag or commit, newest first."""
    pages = (client or current()).pages("list_commits", query={"branch": branch}, limit=limit, id=project)
    return (Commit.from_json(one) for one in pages)


def files(project: str, path: str = "", *, revision: str = "main", client: Client | None = None) -> Files:
    """Return a folder's entries, or a file's text, at a branch, tag or commit.

    Raises
    ------
    NotFoundError
        There is no such project, revision or path, or you may not see it.
    """
    query = {"rev": revision, "path": path or None}
    return Files.from_json((client or current()).call("get_files", query=query, id=project))


def pushes(project: str, *, limit: int | None = None, client: Client | None = None) -> Iterator[Push]:
    """Yield the pushes to a project, newest first."""
    return (Push.from_json(one) for one in (client or current()).pages("list_pushes", limit=limit, id=project))
