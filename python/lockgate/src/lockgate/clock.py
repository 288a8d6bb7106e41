"""The route-to-live clock: how long each stage takes, who waits for whom, and what it took before."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from lockgate.client import Client, current
from lockgate.records import Record


@dataclass(frozen=True, kw_only=True)
class Began(Record):
    """Something that began at a time; the server calls it ``from``, which Python keeps for itself."""

    @property
    def start(self) -> datetime | None:
        """When it began; ``None`` where nothing is measured."""
        said = self.json.get("from")
        return None if said is None else datetime.fromisoformat(str(said).replace("Z", "+00:00"))


@dataclass(frozen=True, kw_only=True)
class Measured(Began):
    """One way through a stage; ``open`` goes on, ``ended`` says why it ended on the way."""

    about: str
    to: datetime | None = None
    open: bool = False
    ended: str | None = None
    seconds: float
    people_s: float = 0.0
    machines_s: float = 0.0
    working_s: float = 0.0


@dataclass(frozen=True, kw_only=True)
class Stage(Began):
    """A stage of a project: the first way through that arrived stands for it, else the first that goes on."""

    stage: str
    definition_from: str
    definition_to: str
    to: datetime | None = None
    seconds: float | None = None
    people_s: float | None = None
    machines_s: float | None = None
    working_s: float | None = None
    open: bool = False
    note: str | None = None
    measured: tuple[Measured, ...] = ()


@dataclass(frozen=True, kw_only=True)
class RunTime(Record):
    """How long runs, or the starts of steps, take: a median of ``n``."""

    what: str
    median_s: float | None = None
    n: int = 0


@dataclass(frozen=True, kw_only=True)
class ProjectClock(Record):
    """The clock of a project."""

    project: str
    title: str = ""
    stages: tuple[Stage, ...] = ()
    run_times: tuple[RunTime, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Comparison(Record):
    """A stage beside a line of the baseline; a saving is only worked out where both measured the same."""

    baseline_s: float
    n: int
    source: str
    same_definition: bool
    saving_s: float | None = None
    ratio: float | None = None
    saving_low_s: float | None = None
    saving_high_s: float | None = None
    note: str | None = None


@dataclass(frozen=True, kw_only=True)
class Summary(Record):
    """A stage over all projects that you may see; ``definition_from`` and ``definition_to`` are its words."""

    stage: str
    definition_from: str
    definition_to: str
    median_s: float | None = None
    n: int = 0
    open: int = 0
    comparisons: tuple[Comparison, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Overview(Record):
    """Every stage over all projects that you may see, and what may be said of the saving."""

    total: int
    stages: tuple[Summary, ...] = ()
    run_times: tuple[RunTime, ...] = ()
    headline: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Line(Record):
    """A line of a baseline."""

    stage: str
    value: float
    unit: str
    seconds: float
    n: int
    definition_from: str
    definition_to: str
    same_definition: bool = False
    source: str


@dataclass(frozen=True, kw_only=True)
class Baseline(Record):
    """What the stages took before, by whoever measured it."""

    id: str
    digest: str
    imported_by: str
    imported_at: datetime
    lines: tuple[Line, ...] = ()


def of(project: str, *, client: Client | None = None) -> ProjectClock:
    """Return the clock of a project.

    Raises
    ------
    NotFoundError
        The project does not exist, or you may not see it.
    """
    return ProjectClock.from_json((client or current()).call("get_project_clock", project=project))


def overview(*, client: Client | None = None) -> Overview:
    """Return every stage over all projects that you may see, beside the baseline."""
    return Overview.from_json((client or current()).call("get_clock", query={"limit": 1}))


def projects(*, limit: int | None = None, client: Client | None = None) -> Iterator[ProjectClock]:
    """Yield the clock of each project that you may see, by name."""
    return (ProjectClock.from_json(one) for one in (client or current()).pages("get_clock", limit=limit))


def import_baseline(text: str, *, client: Client | None = None) -> Baseline:
    """Import what the stages took before; the one that counts already changes nothing.

    Parameters
    ----------
    text
        CSV with the columns ``stage,value,unit,n,definition_from,definition_to,source``.
    client
        Connection to use; by default the one opened by :func:`lockgate.connect`.

    Raises
    ------
    InvalidError
        A field does not fit; the message names line and column. Nothing was imported.
    ForbiddenError
        You are neither platform administrator nor model owner.
    """
    headers = {"Content-Type": "text/csv"}
    with (client or current()).stream("import_baseline", {}, content=text.encode(), headers=headers) as response:
        response.read()
        return Baseline.from_json(response.json())


def baselines(*, limit: int | None = None, client: Client | None = None) -> Iterator[Baseline]:
    """Yield the baselines that were imported, the newest first; the clock is compared with that one."""
    return (Baseline.from_json(one) for one in (client or current()).pages("list_baselines", limit=limit))
