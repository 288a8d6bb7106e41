"""Projects: a repository, three environments and their people, made from a template in seconds."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from lockgate.client import Client, current
from lockgate.environments import Environment
from lockgate.errors import ConflictError, UnavailableError
from lockgate.records import Record, given

UNFINISHED = frozenset({"provisioning", "under_change", "terminating"})


@dataclass(frozen=True, kw_only=True)
class Project(Record):
    """A project as the server shows it to you."""

    id: str
    title: str = ""
    state: str
    team: str | None = None
    owner: str | None = None
    tier: int | None = None
    intended_use: str = ""
    prohibited_use: str = ""
    created_by: str | None = None
    template: str = ""
    template_version: str = ""
    clone_url: str = ""
    commit: str | None = None
    environments: tuple[Environment, ...] = ()
    reason: str | None = None
    created_at: datetime | None = None
    available_at: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class Template(Record):
    """A working repository to start a project from."""

    name: str
    title: str = ""
    description: str = ""
    versions: tuple[str, ...] = ()
    parameters: Mapping[str, Any] = field(default_factory=dict)
    files: tuple[str, ...] = ()


def create(
    name: str,
    *,
    title: str,
    team: str,
    owner: str,
    tier: int,
    intended_use: str,
    prohibited_use: str,
    template: str,
    parameters: Mapping[str, Any] | None = None,
    wait: bool = True,
    timeout_s: float = 60.0,
    client: Client | None = None,
) -> Project:
    """Make a project from a template: repository, dev, preprod and prod.

    Parameters
    ----------
    name
        Name of the project, for example ``"credit-risk"``; part of addresses, and never changed.
    title
        What people read.
    team
        Team that it belongs to.
    owner
        Person who answers for its models.
    tier
        How much depends on it: 1 (most) to 3.
    intended_use, prohibited_use
        What its models are for, and what they must not be used for.
    template
        Name of the template; :func:`templates` lists them.
    parameters
        What the template asks for.
    wait
        Whether to return when it can be used, or at once.
    timeout_s
        Longest wait; making it goes on after it.
    client
        Connection to use; by default the one opened by :func:`lockgate.connect`.

    Raises
    ------
    InvalidError
        A name, the tier or a parameter is wrong.
    ConflictError
        There is a project of that name already, or making it failed; :func:`retry` tries again.
    UnavailableError
        It is not done in time.
    """
    client = client or current()
    body = given(
        name=name,
        title=title,
        team=team,
        owner=owner,
        tier=tier,
        intended_use=intended_use,
        prohibited_use=prohibited_use,
        template=template,
        parameters=dict(parameters or {}),
    )
    made = Project.from_json(client.call("create_project", body=body))
    return _wait(made, timeout_s, client) if wait else made


def list(*, limit: int | None = None, client: Client | None = None) -> Sequence[Project]:
    """Return the projects that you may see."""
    return [Project.from_json(one) for one in (client or current()).pages("list_projects", limit=limit)]


def get(project: str, *, client: Client | None = None) -> Project:
    """Return a project with its environments.

    Raises
    ------
    NotFoundError
        It does not exist, or you hold no role in it.
    """
    return Project.from_json((client or current()).call("get_project", id=project))


def retry(project: str, *, wait: bool = True, timeout_s: float = 60.0, client: Client | None = None) -> Project:
    """Go on making a project whose making failed; what is there already is not made again."""
    client = client or current()
    made = Project.from_json(client.call("retry_project", id=project))
    return _wait(made, timeout_s, client) if wait else made


def templates(*, client: Client | None = None) -> Sequence[Template]:
    """Return the templates."""
    return [Template.from_json(one) for one in (client or current()).call("list_templates")["items"]]


def template(name: str, *, client: Client | None = None) -> Template:
    """Return a template: its versions, its parameters as JSON Schema, and its files."""
    return Template.from_json((client or current()).call("get_template", name=name))


def _wait(project: Project, timeout_s: float, client: Client) -> Project:
    until, pause_s = time.monotonic() + timeout_s, 0.05
    while project.state in UNFINISHED:
        if time.monotonic() > until:
            raise UnavailableError(
                f"project `{project.id}` is `{project.state}` after {timeout_s:g} s",
                code="sdk.timeout",
                hint="it goes on: look at it with `projects.get`",
            )
        time.sleep(pause_s)
        pause_s = min(pause_s * 1.5, 0.25)
        project = get(project.id, client=client)
    if project.state == "error":
        raise ConflictError(
            f"project `{project.id}` could not be made: {project.reason or 'see its page'}",
            code="sdk.project_failed",
            hint=f'when the cause is mended: `projects.retry("{project.id}")`',
        )
    return project
