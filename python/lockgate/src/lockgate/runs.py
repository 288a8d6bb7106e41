"""Runs of pipelines: start one, watch it, see why a step was computed again, and take its outputs."""

from __future__ import annotations

import contextlib
import json
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx

from lockgate.client import Client, current
from lockgate.errors import ConflictError, NotFoundError, UnavailableError
from lockgate.events import Event, events
from lockgate.records import Record, given

ENDED = frozenset({"succeeded", "failed", "cancelled"})
"""States in which a run stays."""


@dataclass(frozen=True, kw_only=True)
class Attempt(Record):
    """One try of a step; ``number`` counts from 1, ``failure`` says whose fault it was, ``detail`` what happened."""

    id: str
    number: int = 1
    state: str = ""
    failure: str | None = None
    exit_code: int | None = None
    detail: str | None = None
    ended_at: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class StepOutput(Record):
    """What a step wrote."""

    name: str
    kind: str = "file"
    digest: str = ""
    size_bytes: int = 0


@dataclass(frozen=True, kw_only=True)
class RunStep(Record):
    """A step of a run: ``kind`` says whether it was executed, taken from the cache or skipped, ``why`` says why."""

    name: str
    state: str
    kind: str | None = None
    why: str | None = None
    cached_from: str | None = None
    after: tuple[str, ...] = ()
    attempts: tuple[Attempt, ...] = ()
    outputs: tuple[StepOutput, ...] = ()
    started_at: datetime | None = None
    ended_at: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class Run(Record):
    """A run of a pipeline in an environment; lists leave its steps out."""

    id: str
    state: str
    environment: str = ""
    pipeline: str = ""
    revision: str | None = None
    commit: str | None = None
    started_by: str = ""
    parameters: Mapping[str, Any] = field(default_factory=dict)
    reason: str | None = None
    steps: tuple[RunStep, ...] = ()
    created_at: datetime | None = None
    started_at: datetime | None = None
    ended_at: datetime | None = None

    def step(self, name: str) -> RunStep:
        """Return the step of that name."""
        for one in self.steps:
            if one.name == name:
                return one
        raise NotFoundError(f"run `{self.id}` has no step `{name}`", code="sdk.no_such_step")


@dataclass(frozen=True, kw_only=True)
class Line(Record):
    """A line of a step's log."""

    n: int
    at: datetime
    source: str
    text: str


@dataclass(frozen=True, kw_only=True)
class KeyPart(Record):
    """A part of a step's cache key beside that of the run before."""

    part: str
    same: bool
    before: str | None = None
    after: str | None = None


@dataclass(frozen=True, kw_only=True)
class Key(Record):
    """Why a step was computed again or not: a sentence, the run it is compared with, and the parts of its cache key."""

    step: str = ""
    sentence: str = ""
    before: str | None = None
    parts: tuple[KeyPart, ...] = ()

    @property
    def changed(self) -> Sequence[str]:
        """The parts that differ from the run before."""
        return [one.part for one in self.parts if not one.same]


def start(
    project: str,
    pipeline: str,
    *,
    revision: str = "main",
    environment: str = "dev",
    parameters: Mapping[str, Any] | None = None,
    client: Client | None = None,
) -> Run:
    """Start a pipeline of a project; it runs as the environment, never as you.

    Parameters
    ----------
    project
        Name of the project.
    pipeline
        Name of the pipeline: ``pipelines/<name>.json`` of the repository.
    revision
        Branch or commit whose code runs.
    environment
        Where; people start runs in ``dev`` only.
    parameters
        Values of the pipeline's parameters; those with a default may be left out.
    client
        Connection to use; by default the one opened by :func:`lockgate.connect`.

    Raises
    ------
    InvalidError
        There is no such revision or pipeline in it, the pipeline is wrong, or a parameter is.
    ConflictError
        The environment is not available.
    """
    body = given(
        project=project,
        environment=environment,
        revision=revision,
        pipeline=pipeline,
        parameters=dict(parameters or {}),
    )
    return Run.from_json((client or current()).call("start_run", body=body))


def list(
    *,
    project: str | None = None,
    environment: str | None = None,
    pipeline: str | None = None,
    state: str | None = None,
    limit: int | None = None,
    client: Client | None = None,
) -> Sequence[Run]:
    """Return the runs that you may see, newest first.

    Parameters
    ----------
    project, environment, pipeline, state
        Only of this project, environment (``"dev"`` of the project), pipeline or state.
    limit
        Most runs to return.
    client
        Connection to use; by default the one opened by :func:`lockgate.connect`.
    """
    query = {"project": project, "environment": environment, "pipeline": pipeline, "state": state}
    return [Run.from_json(one) for one in (client or current()).pages("list_runs", query=query, limit=limit)]


def get(run: str, *, client: Client | None = None) -> Run:
    """Return a run with its steps.

    Raises
    ------
    NotFoundError
        It does not exist, or you hold no role in its project.
    """
    return Run.from_json((client or current()).call("get_run", id=run))


def cancel(run: str, *, client: Client | None = None) -> Run:
    """End a run now, with the steps that are running; cancelling one that is over changes nothing."""
    return Run.from_json((client or current()).call("cancel_run", id=run))


def wait(
    run: str,
    *,
    timeout_s: float = 3600.0,
    progress: Callable[[RunStep], None] | None = None,
    client: Client | None = None,
) -> Run:
    """Wait until a run is over and return it.

    Parameters
    ----------
    run
        Id of the run.
    timeout_s
        Longest wait; the run goes on after it.
    progress
        Called with each step whenever its state has changed.
    client
        Connection to use; by default the one opened by :func:`lockgate.connect`.

    Raises
    ------
    ConflictError
        The run failed or was cancelled; the detail names the step and says why.
    UnavailableError
        It is not over in time.
    """
    client = client or current()
    until, pause_s, seen = time.monotonic() + timeout_s, 0.05, dict[str, str]()
    while True:
        found = get(run, client=client)
        for step in found.steps:
            if progress is not None and seen.get(step.name) != step.state:
                progress(step)
            seen[step.name] = step.state
        if found.state in ENDED:
            return _succeeded(found)
        if time.monotonic() > until:
            raise UnavailableError(
                f"run `{run}` is `{found.state}` after {timeout_s:g} s",
                code="sdk.timeout",
                hint="it goes on: look at it with `runs.get`, or end it with `runs.cancel`",
            )
        time.sleep(pause_s)
        pause_s = min(pause_s * 1.3, 0.25)


def key(run: str, step: str, *, client: Client | None = None) -> Key:
    """Return why a step was computed again or not: the parts of its cache key beside those of the run before."""
    return Key.from_json((client or current()).call("get_step_key", id=run, step=step))


def logs(
    run: str, step: str, *, attempt: int | None = None, start: int = 0, client: Client | None = None
) -> Iterator[Line]:
    """Yield the lines of a step's log that are there now.

    Parameters
    ----------
    run, step
        Id of the run and name of the step.
    attempt
        Number of an attempt, from 1; by default the last.
    start
        Number of the first line to yield, from 0.
    client
        Connection to use; by default the one opened by :func:`lockgate.connect`.
    """
    client = client or current()
    while True:
        page = client.call("get_step_log", query={"attempt": attempt, "from": start}, id=run, step=step)
        if not page["lines"]:
            return
        yield from (Line.from_json(one) for one in page["lines"])
        attempt, start = page["attempt"], page["from"]


def follow(
    run: str, step: str, *, attempt: int | None = None, tries: int = 20, client: Client | None = None
) -> Iterator[Line]:
    """Yield the lines of a step's log as they are written, until the attempt ends.

    A connection that breaks is opened again where it broke: no line is missing and none comes twice.

    Parameters
    ----------
    run, step, attempt, client
        As for :func:`logs`.
    tries
        How often in a row the connection is opened at most without a line coming.
    """
    client, last, tried = client or current(), None, 0
    while True:
        try:
            for event in _stream(client, run, step, attempt, last):
                if event.name == "end":
                    return
                tried, last = 0, event.id or last
                yield Line.from_json(json.loads(event.data))
        except UnavailableError:
            if tried >= tries:
                raise
        tried += 1
        if tried > tries:
            raise UnavailableError(
                f"the log of step `{step}` of run `{run}` breaks off", code="sdk.broken_stream", hint="try again"
            )
        time.sleep(min(0.1 * tried, 1.0))


def _stream(client: Client, run: str, step: str, attempt: int | None, last: str | None) -> Iterator[Event]:
    headers = {"Accept": "text/event-stream"} | ({} if last is None else {"Last-Event-ID": last})
    path, query = {"id": run, "step": step}, {"attempt": attempt}
    with client.stream("stream_step_log", path, query=query, headers=headers) as response:
        yield from events(response.iter_lines())


def download(run: str, step: str, output: str, to: Path | str, *, client: Client | None = None) -> Path:
    """Download an output of a step to a file and return its path; a folder comes as a tar archive.

    The file is there whole or not at all.

    Raises
    ------
    NotFoundError
        There is no such output, or you may not see it.
    """
    client, to = client or current(), Path(to)
    part = to.with_name(to.name + ".part")

    def read() -> Path:
        with _output(client, run, step, output) as response, part.open("wb") as file:
            for piece in response.iter_bytes():
                file.write(piece)
        return part.replace(to)

    try:
        return client.again(read)
    finally:
        part.unlink(missing_ok=True)


def output(run: str, step: str, output: str, *, client: Client | None = None) -> bytes:
    """Return an output of a step as bytes; see :func:`download` for large ones."""
    with _output(client or current(), run, step, output, whole=True) as response:
        return response.content


def _output(
    client: Client, run: str, step: str, output: str, *, whole: bool = False
) -> contextlib.AbstractContextManager[httpx.Response]:
    return client.stream("get_step_output", {"id": run, "step": step, "name": output}, whole=whole)


def _succeeded(run: Run) -> Run:
    if run.state == "succeeded":
        return run
    failed = next((one for one in run.steps if one.state == "failed"), None)
    why = run.reason or ""
    if failed is not None:
        last = failed.attempts[-1].detail if failed.attempts else None
        why = f"step `{failed.name}`: {last or failed.why or 'see its log'}"
    raise ConflictError(
        f"run `{run.id}` {run.state}" + (f": {why}" if why else ""),
        code="sdk.run_failed",
        hint=None if failed is None else f'`runs.logs("{run.id}", "{failed.name}")` shows its log',
    )
