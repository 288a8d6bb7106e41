"""Experiments and their runs, as stock ``mlflow`` logged them: read access."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from lockgate.client import Client, current
from lockgate.records import Record


@dataclass(frozen=True, kw_only=True)
class Experiment(Record):
    """An experiment in the space of a project or a person; ``mlflow_id`` is what MLflow's clients call it."""

    id: str
    name: str
    space: str = ""
    mlflow_id: str = ""
    state: str = ""
    created_at: datetime | None = None
    tags: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class ExperimentRun(Record):
    """A run of an experiment with the latest value of each metric (``None`` for NaN).

    ``attempt`` names the attempt of a step that logged it; ``None`` if a person did.
    """

    id: str
    name: str = ""
    experiment: str = ""
    state: str = ""
    created_by: str = ""
    attempt: str | None = None
    started_at: datetime | None = None
    ended_at: datetime | None = None
    params: Mapping[str, str] = field(default_factory=dict)
    metrics: Mapping[str, float | None] = field(default_factory=dict)
    tags: Mapping[str, str] = field(default_factory=dict)
    models: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Point(Record):
    """A value of a metric; ``None`` for NaN."""

    step: int
    at: datetime
    value: float | None = None


@dataclass(frozen=True, kw_only=True)
class Artifact(Record):
    """A file or folder of a run."""

    path: str
    is_folder: bool
    size_bytes: int | None = None


def list(*, space: str | None = None, limit: int | None = None, client: Client | None = None) -> Sequence[Experiment]:
    """Return experiments, newest first.

    Parameters
    ----------
    space
        ``"project/credit-risk"`` or ``"person/ana"``; by default every space that you may see.
    limit
        Most experiments to return.
    client
        Connection to use; by default the one opened by :func:`lockgate.connect`.
    """
    pages = (client or current()).pages("list_experiments", query={"space": space}, limit=limit)
    return [Experiment.from_json(one) for one in pages]


def get(experiment: str, *, client: Client | None = None) -> Experiment:
    """Return an experiment by its id."""
    return Experiment.from_json((client or current()).call("get_experiment", id=experiment))


def runs(
    experiment: str,
    *,
    filter: str | None = None,
    order_by: str | None = None,
    limit: int | None = None,
    client: Client | None = None,
) -> Iterator[ExperimentRun]:
    """Yield the runs of an experiment.

    Parameters
    ----------
    experiment
        Id of the experiment.
    filter
        As MLflow's ``search_runs`` takes it, for example ``"metrics.accuracy > 0.7"``.
    order_by
        For example ``"metrics.accuracy DESC"``; by default newest first.
    limit
        Most runs to yield.
    client
        Connection to use; by default the one opened by :func:`lockgate.connect`.
    """
    query = {"filter": filter, "order_by": order_by}
    pages = (client or current()).pages("list_experiment_runs", query=query, limit=limit, id=experiment)
    return (ExperimentRun.from_json(one) for one in pages)


def run(run: str, *, client: Client | None = None) -> ExperimentRun:
    """Return a run by its id."""
    return ExperimentRun.from_json((client or current()).call("get_experiment_run", id=run))


def metric(run: str, key: str, *, client: Client | None = None) -> Sequence[Point]:
    """Return the history of a metric of a run, thinned to what a picture can show."""
    answer = (client or current()).call("get_metric_history", id=run, key=key)
    return [Point.from_json(one) for one in answer["points"]]


def artifacts(run: str, path: str = "", *, client: Client | None = None) -> Sequence[Artifact]:
    """Return the files and folders of a run in a folder, by default in its root."""
    answer = (client or current()).call("list_run_artifacts", query={"path": path or None}, id=run)
    return [Artifact.from_json(one) for one in answer["items"]]
