"""Environments: where a project's steps run, and the Python environments that they run in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from lockgate.client import Client, current
from lockgate.errors import InvalidError
from lockgate.records import Record


@dataclass(frozen=True, kw_only=True)
class Environment(Record):
    """The dev, preprod or prod of a project."""

    id: str
    project: str = ""
    name: str
    state: str
    engine: str = ""
    isolation: str = ""
    reason: str | None = None


@dataclass(frozen=True, kw_only=True)
class Package(Record):
    """A package of a Python environment."""

    name: str
    version: str


@dataclass(frozen=True, kw_only=True)
class PythonEnvironment(Record):
    """What a lock became: installed once, used by every step with that lock."""

    key: str
    state: str
    interpreter: str = ""
    platform: str = ""
    reason: str | None = None
    packages: tuple[Package, ...] = ()
    size_bytes: int = 0
    log: str = ""
    ended_at: datetime | None = None


def list(
    *, project: str | None = None, limit: int | None = None, client: Client | None = None
) -> Sequence[Environment]:
    """Return the environments that you may see, of one project or of all."""
    pages = (client or current()).pages("list_environments", query={"project": project}, limit=limit)
    return [Environment.from_json(one) for one in pages]


def get(environment: str, *, client: Client | None = None) -> Environment:
    """Return an environment, for example ``"credit-risk/dev"``.

    Raises
    ------
    NotFoundError
        It does not exist, or you hold no role in its project.
    """
    project, name = parts_of(environment)
    return Environment.from_json((client or current()).call("get_environment", project=project, name=name))


def python(key: str, *, client: Client | None = None) -> PythonEnvironment:
    """Return a Python environment by its key: state, packages, size, and the end of its build log."""
    return PythonEnvironment.from_json((client or current()).call("get_python_environment", key=key))


def parts_of(environment: str) -> tuple[str, str]:
    """Return project and name of an environment's id."""
    project, _, name = environment.partition("/")
    if not project or not name or "/" in name:
        raise InvalidError(
            f"`{environment}` is not an environment",
            code="sdk.bad_argument",
            hint="write project and name, like `credit-risk/dev`",
        )
    return project, name
