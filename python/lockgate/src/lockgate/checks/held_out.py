"""The held-out rows: read through the server, which shows a platform step that fifth alone, and put together."""

from __future__ import annotations

import http.client
import io
import json
import os
import re
import urllib.error
import urllib.request
from collections.abc import Mapping, Sequence
from typing import Any, Final

import pyarrow as pa

from lockgate.checks.measure import FEWEST_ROWS, NotComputableError, in_words
from lockgate.checks.told import Source

ARROW: Final = "application/vnd.apache.arrow.stream"
END_OF_STREAM: Final = b"\xff\xff\xff\xff\x00\x00\x00\x00"
MOST_BYTES: Final = 512 << 20
SECONDS: Final = 300
CODE: Final = re.compile(r"[a-z_]{1,40}\.[a-z_]{1,40}")


class NoAnswerError(Exception):
    """The server did not say whether the rows may be read."""


class BrokenOffError(Exception):
    """The rows did not come whole."""


def read(sources: Sequence[Source], contract: Mapping[str, Any]) -> pa.Table:
    """Return the held-out rows of all sources, joined on the record key, with the names of the contract.

    Raises
    ------
    NotComputableError
        There is nothing to read, it may not be read, or it does not fit together; the text says which.
    """
    if "why" in contract:
        raise NotComputableError(str(contract["why"]))
    if not sources:
        raise NotComputableError("the contract names no dataset")
    keys = [str(name) for name in contract["key"]]
    if not keys:
        raise NotComputableError("the contract names no primary key")
    for source in sources:
        if source.refused is not None:
            raise NotComputableError(f"`{source.dataset}` may not be read: {source.refused}")
    tables = [named(fetch(source), source.dataset, contract) for source in sources]
    rows = joined([(source.dataset, table) for source, table in zip(sources, tables, strict=True)], keys)
    if rows.num_rows < FEWEST_ROWS:
        raise NotComputableError(f"{rows.num_rows} held-out rows; at least {FEWEST_ROWS} are needed")
    with in_words("the held-out rows cannot be put into the order of the record key"):
        return rows.sort_by([(key, "ascending") for key in keys])


def joined(tables: Sequence[tuple[str, pa.Table]], keys: Sequence[str]) -> pa.Table:
    """Return the rows whose key is in every table, each there once."""
    rows: pa.Table | None = None
    for dataset, table in tables:
        with in_words(f"`{dataset}` cannot be joined on the record key"):
            if table.num_rows != len(table.group_by(list(keys)).aggregate([])):
                raise NotComputableError(f"`{dataset}` has rows with the same {', '.join(f'`{key}`' for key in keys)}")
            rows = table if rows is None else rows.join(table, keys=list(keys), join_type="inner")
    if rows is None:
        raise NotComputableError("the contract names no dataset")
    return rows


def named(table: pa.Table, dataset: str, contract: Mapping[str, Any]) -> pa.Table:
    """Return the rows under the names that the contract gives its columns; what it does not name keeps its own."""
    places = {there: name for name, there in contract["sources"][dataset].items()}
    return table.rename_columns([places.get(name, name) for name in table.column_names])


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def fetch(source: Source, where: str = "") -> pa.Table:
    """Return the rows of one source, all that the grant shows unless ``where`` says which.

    Raises
    ------
    NotComputableError
        It may not be read, or not so; the text says why.
    """
    if source.refused is not None:
        raise NotComputableError(f"`{source.dataset}` may not be read: {source.refused}")
    columns = ", ".join(_quoted(name) for name in source.columns) or "*"
    sql = f"SELECT {columns} FROM {'.'.join(_quoted(part) for part in source.dataset.split('.'))}{where}"
    body = {"sql": sql, "use": source.use} | ({} if source.purpose is None else {"purpose": source.purpose})
    request = urllib.request.Request(  # noqa: S310 - the runner says where the server is
        f"{os.environ['LOCKGATE_URL'].rstrip('/')}/api/v1/query",
        json.dumps(body).encode(),
        {
            "Authorization": f"Bearer {os.environ['LOCKGATE_TOKEN']}",
            "Content-Type": "application/json",
            "Accept": ARROW,
        },
    )
    try:
        with urllib.request.urlopen(request, timeout=SECONDS) as answer:  # noqa: S310
            bytes_read = answer.read(MOST_BYTES + 1)
    except urllib.error.HTTPError as error:
        if error.code >= 500 or error.code == 401:
            raise NoAnswerError(f"the server did not answer for `{source.dataset}`: {error.code}") from error
        raise NotComputableError(f"`{source.dataset}` cannot be read: {_code(error)}") from error
    except http.client.IncompleteRead as error:
        raise BrokenOffError(f"the rows of `{source.dataset}` broke off") from error
    if len(bytes_read) > MOST_BYTES:
        raise NotComputableError(f"the rows of `{source.dataset}` have more than {MOST_BYTES} bytes")
    if not bytes_read.endswith(END_OF_STREAM):
        raise BrokenOffError(f"the rows of `{source.dataset}` broke off")  # a part never passes for the whole
    return _plain(pa.ipc.open_stream(io.BytesIO(bytes_read)).read_all())


def _plain(table: pa.Table) -> pa.Table:
    """Return texts and bytes that are views, which few of Arrow's functions take, as plain ones."""
    kinds = {pa.string_view(): pa.string(), pa.binary_view(): pa.binary()}
    return table.cast(pa.schema([field.with_type(kinds.get(field.type, field.type)) for field in table.schema]))


def _code(error: urllib.error.HTTPError) -> str:
    """Return the code of a problem, which the documentation explains; its detail may quote a value that a query met."""
    try:
        code = str(json.loads(error.read(65_536))["code"])
    except (ValueError, KeyError, TypeError, OSError, http.client.HTTPException):
        code = ""
    return f"`{code}`" if CODE.fullmatch(code) else f"status {error.code}"
