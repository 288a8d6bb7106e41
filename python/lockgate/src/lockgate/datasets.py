"""Datasets: find them, see what they hold and whom to ask, and look after those of your lakes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from lockgate.client import Client, JsonObject, current
from lockgate.records import Record, given


@dataclass(frozen=True, kw_only=True)
class Dataset(Record):
    """A table in a lake, as its listing shows it."""

    id: str
    lake: str
    state: str
    description: str | None = None
    team: str | None = None
    level: str | None = None
    visibility: str = "listed"
    rows: int | None = None
    record_key: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Column(Record):
    """A column: its type, how sensitive it is and by whose word, and how you see it."""

    name: str
    type: str
    level: str
    level_source: str = ""
    description: str | None = None


@dataclass(frozen=True)
class Found:
    """What a search found: the datasets, best first; there are ``total`` of them, of which these are the first."""

    datasets: tuple[Dataset, ...]
    total: int
    json: JsonObject = field(repr=False)

    def __iter__(self) -> Iterator[Dataset]:
        """Yield the datasets, best first."""
        return iter(self.datasets)

    def __len__(self) -> int:
        """Return how many are here."""
        return len(self.datasets)


def search(
    text: str = "",
    *,
    lake: str | None = None,
    team: str | None = None,
    level: str | None = None,
    access: str | None = None,
    limit: int = 50,
    client: Client | None = None,
) -> Found:
    """Search names, columns and descriptions, forgiving a typo; without text, browse.

    Parameters
    ----------
    text
        Words to find.
    lake, team, level, access
        Only of this lake, team, highest sensitivity, or your access to it.
    limit
        Most datasets to return.
    client
        Connection to use; by default the one opened by :func:`lockgate.connect`.

    Examples
    --------
    >>> [found.id for found in search("customer")]  # doctest: +SKIP
    ['retail.core.customers']
    """
    query = {"q": text or None, "lake": lake, "team": team, "level": level, "access": access, "limit": limit}
    page = (client or current()).call("list_datasets", query=query)
    items = tuple(Dataset.from_json(one) for one in page["items"])
    return Found(items, int(page.get("total") or len(items)), page)


def get(dataset: str, *, client: Client | None = None) -> Dataset:
    """Return a dataset.

    Raises
    ------
    NotFoundError
        It does not exist, or it is hidden from you.
    """
    return Dataset.from_json((client or current()).call("get_dataset", id=dataset))


def columns(dataset: str, *, client: Client | None = None) -> Sequence[Column]:
    """Return the columns of a dataset, and how you see each."""
    return [Column.from_json(one) for one in (client or current()).call("list_columns", id=dataset)["items"]]


def profile(dataset: str, *, client: Client | None = None) -> JsonObject:
    """Return the profile of a dataset: values, ranges and histograms only of columns that your grants show in clear."""
    return (client or current()).call("get_profile", id=dataset)


def versions(dataset: str, *, limit: int | None = None, client: Client | None = None) -> Sequence[JsonObject]:
    """Return the versions of a dataset, newest first."""
    return [*(client or current()).pages("list_versions", limit=limit, id=dataset)]


def describe(
    dataset: str, text: str, *, columns: Mapping[str, str] | None = None, client: Client | None = None
) -> Dataset:
    """Say what a dataset, and columns of it, hold; its steward may."""
    body = given(description=text, columns=None if columns is None else dict(columns))
    return Dataset.from_json((client or current()).call("describe_dataset", body=body, id=dataset))


def classify(dataset: str, column: str, level: str, *, client: Client | None = None) -> JsonObject:
    """Correct or confirm how sensitive a column is: ``public``, ``internal``, ``confidential`` or ``restricted``.

    Raising a level suspends the grants that read the column less masked than policy now asks.
    """
    return (client or current()).call("classify_column", body={"level": level}, id=dataset, column=column)


def set_record_key(dataset: str, columns: Sequence[str], *, client: Client | None = None) -> Dataset:
    """Name the columns that identify a record; its steward may.

    By them, a fifth of the records is held out of what each project trains on. An empty list takes it back.
    """
    body = {"columns": list(columns)}
    return Dataset.from_json((client or current()).call("set_record_key", body=body, id=dataset))


def set_visibility(dataset: str, visibility: str, *, client: Client | None = None) -> Dataset:
    """Make a dataset ``"listed"`` or ``"hidden"``; its steward may."""
    body = {"visibility": visibility}
    return Dataset.from_json((client or current()).call("set_visibility", body=body, id=dataset))
