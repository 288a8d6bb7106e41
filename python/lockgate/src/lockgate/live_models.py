"""Models that are live in *prod*: find them, read their cards, and ask to call them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from lockgate.client import Client, current
from lockgate.records import Record


@dataclass(frozen=True, kw_only=True)
class Tensor(Record):
    """What an endpoint takes or gives under one name; ``datatype`` is that of the Open Inference Protocol."""

    name: str
    datatype: str


@dataclass(frozen=True, kw_only=True)
class Metric(Record):
    """A number that the platform measured before the model went live, with the ends of its 95 % interval."""

    name: str
    value: float
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True, kw_only=True)
class LiveModel(Record):
    """The card of a model that is ``live`` or ``suspended``; ``granted`` says whether a grant lets you call it."""

    endpoint: str
    project: str
    team: str
    title: str
    owner: str
    tier: int
    intended_use: str
    prohibited_use: str
    model: str
    version: int
    candidate: int
    purposes: tuple[str, ...] = ()
    datasets: tuple[str, ...] = ()
    inputs: tuple[Tensor, ...] = ()
    outputs: tuple[Tensor, ...] = ()
    metrics: tuple[Metric, ...] = ()
    state: str
    live_since: datetime
    granted: bool = False


def list(*, search: str = "", limit: int | None = None, client: Client | None = None) -> Sequence[LiveModel]:
    """Return the models that are live, by endpoint: what you may call, or ask to call.

    Parameters
    ----------
    search
        Words of a model's name, title, team, owner or use; by default all.
    limit
        Most models to return.
    client
        Connection to use; by default the one opened by :func:`lockgate.connect`.

    Examples
    --------
    >>> [one.endpoint for one in list(search="credit")]  # doctest: +SKIP
    ['prod.credit-risk']
    """
    found = (client or current()).pages("list_live_models", query={"search": search or None}, limit=limit)
    return [LiveModel.from_json(one) for one in found]


def get(endpoint: str, *, client: Client | None = None) -> LiveModel:
    """Return the card of a live model.

    To call it, ask with :func:`lockgate.requests.create`: ``kind="use"``, ``uses=["score"]``, the endpoint as object.

    Parameters
    ----------
    endpoint
        The name to call it by, for example ``"prod.credit-risk"``.
    client
        Connection to use; by default the one opened by :func:`lockgate.connect`.

    Raises
    ------
    NotFoundError
        Nothing is live there, or you may not see it.
    """
    return LiveModel.from_json((client or current()).call("get_live_model", endpoint=endpoint))
