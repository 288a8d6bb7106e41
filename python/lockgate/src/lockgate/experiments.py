"""Experiments and their runs, as stock ``mlflow`` logged them: read access."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from lockgate.client import Client, JsonObject, current
from lockgate.records import Record


@dataclass(frozen=True, kw_only=True)
class Experiment(Record):
    """An experiment in the space of a project or a person."""

    id: str
    name: str
    space: str = ""
    state: str = ""


@dataclass(frozen=True, kw_only=True)
class ExperimentRun(Record):
    """A run of an experiment, with the last value of each metric; ``attempt`` is set if a step of ours logged it."""

    id: str
    name: str = ""
    state: str = ""
    attempt: str | None = None
    started_at: datetime | None = None
    ended_at: datetime | None = None
    params: Mapping[str, str] = field(default_factory=dict)
    metrics: Mapping[str, float] = field(default_factory=dict)
    tags: Mapping[str, str] = field(default_factory=dict)


def list(*, space: str | None = None, limit: int | None = None, client: Client | None = None) -> Sequence[Experiment]:
    """Return the experiments that you may see, of one space (``"credit-risk"`` or ``"person/ana"``) or of all."""
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


def metric(run: str, key: str, *, client: Client | None = None) -> JsonObject:
    """Return the history of a metric of a run, thinned to what a picture can show."""
    return (client or current()).call("get_metric_history", id=run, key=key)


def artifacts(run: str, path: str = "", *, client: Client | None = None) -> Sequence[JsonObject]:
    """Return the artifacts of a run below a path."""
    answer = (client or current()).call("list_artifacts", query={"path": path or None}, id=run)
    return [*answer["items"]]
