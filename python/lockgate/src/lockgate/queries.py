"""Governed reads and writes: only what your grants show, filtered and masked, as Arrow."""

from __future__ import annotations

import contextlib
import io
from collections.abc import Iterator, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any, TypeAlias

import httpx
import pyarrow as pa
import pyarrow.parquet as pq

from lockgate.client import Client, JsonObject, current
from lockgate.errors import InternalError, InvalidError, LockgateError, UnavailableError, from_problem

ARROW = "application/vnd.apache.arrow.stream"
PARQUET = "application/vnd.apache.parquet"
END_OF_STREAM = b"\xff\xff\xff\xff\x00\x00\x00\x00"
OPERATORS = ("=", "!=", "<", "<=", ">", ">=")

Condition: TypeAlias = "tuple[str, str, object]"
"""A column, an operator (``=``, ``!=``, ``<``, ``<=``, ``>``, ``>=``, ``in``, ``is``) and a value."""


class Batches:
    """A running query: iterate over it for record batches, as they arrive.

    Leaving its ``with`` block early, or :meth:`cancel`, ends the query on the server as well.

    Attributes
    ----------
    id
        Id of the query, to find it again in ``lockgate.queries.get`` and in the audit log.
    schema
        Names and types of the columns.
    """

    def __init__(self, client: Client, response: httpx.Response) -> None:
        self.id: str = response.headers.get("lockgate-query", "")
        self._client = client
        self._body = _Body(response)
        self._over = False
        with self._explained():
            # Buffered: pyarrow wants as many bytes as it asks for, and a body comes in parts.
            self._reader = pa.ipc.open_stream(pa.PythonFile(io.BufferedReader(self._body), mode="r"))
        self.schema: pa.Schema = self._reader.schema

    def __iter__(self) -> Iterator[pa.RecordBatch]:
        """Yield the batches that are left; raise if the query breaks off, so that a part never passes for the whole."""
        while True:
            with self._explained():
                try:
                    batch = self._reader.read_next_batch()
                except StopIteration:
                    break
            yield batch
        with self._explained():
            self._body.drain()
            if not self._body.complete:
                raise httpx.RemoteProtocolError("the stream has no end")
        self._over = True

    def read_all(self) -> pa.Table:
        """Return all batches that are left as one table."""
        return pa.Table.from_batches(list(self), schema=self.schema)

    def cancel(self) -> None:
        """End the query on the server; does nothing if it is over."""
        if not self._over:
            self._over = True
            cancel(self.id, client=self._client)

    @contextlib.contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except (httpx.TransportError, pa.ArrowInvalid, OSError) as error:
            self._over = True
            raise self._why(error) from error

    def _why(self, error: Exception) -> LockgateError:
        # A stream cannot carry a problem after its first byte: the query's own record says why it broke off.
        with contextlib.suppress(LockgateError):
            problem = get(self.id, client=self._client).get("error")
            if problem:
                return from_problem(int(problem.get("status") or 409), problem)
        if isinstance(error, httpx.TransportError):
            return UnavailableError(
                f"query `{self.id}` broke off: {error}", code="sdk.broken_stream", hint="run it again"
            )
        return InternalError(f"query `{self.id}` did not answer in Arrow's stream format", code="sdk.not_arrow")


@contextlib.contextmanager
def batches(
    statement: str,
    *,
    purpose: str | None = None,
    use: str = "explore",
    grants: Sequence[str] = (),
    limit: int | None = None,
    client: Client | None = None,
) -> Iterator[Batches]:
    """Run SQL and stream its result, never holding more than one batch.

    Parameters
    ----------
    statement
        A ``SELECT`` over datasets by their names, for example ``SELECT * FROM retail.core.customers``.
    purpose
        Id of the purpose that the data is read for; one that a grant of yours names. May be left out where your grants
        leave one only.
    use
        ``"explore"``, ``"train"``, ``"score"`` or ``"monitor"``; by default ``"explore"``.
    grants
        Ids of the grants to read under, where several fit.
    limit
        Most rows to return.
    client
        Connection to use; by default the one opened by :func:`lockgate.connect`.

    Raises
    ------
    InvalidError
        The SQL is wrong; the detail points at the place.
    ForbiddenError
        No grant fits; the hint says how to ask.
    ConflictError
        Several grants fit; name one. Or the query was ended: cancelled, its grant revoked, its dataset changed.

    Examples
    --------
    >>> with batches("SELECT 1 AS one", purpose="p-1") as running:  # doctest: +SKIP
    ...     for batch in running:
    ...         print(batch.num_rows)
    1
    """
    client = client or current()
    body: dict[str, Any] = {"sql": statement, "use": use}
    if purpose is not None:
        body["purpose"] = purpose
    if grants:
        body["grants"] = list(grants)
    if limit is not None:
        body["limit"] = limit
    with client.stream("run_query", {}, json_body=body, headers={"Accept": ARROW}) as response:
        if response.headers.get("content-type", "").split(";")[0] != ARROW:
            raise InternalError("the server did not answer in Arrow's stream format", code="sdk.not_arrow")
        running = Batches(client, response)
        try:
            yield running
        finally:
            with contextlib.suppress(LockgateError):
                running.cancel()


def sql(
    statement: str,
    *,
    purpose: str | None = None,
    use: str = "explore",
    grants: Sequence[str] = (),
    limit: int | None = None,
    client: Client | None = None,
) -> pa.Table:
    """Run SQL and return its result as one table; see :func:`batches` for the parameters and for large results.

    A result that breaks off, as where the server is started again, is asked for again.

    Examples
    --------
    >>> sql("SELECT count(*) AS n FROM retail.core.customers", purpose="p-1").to_pylist()  # doctest: +SKIP
    [{'n': 812}]
    """
    client = client or current()

    def read_all() -> pa.Table:
        with batches(statement, purpose=purpose, use=use, grants=grants, limit=limit, client=client) as running:
            return running.read_all()

    return client.again(read_all)


def read(
    dataset: str,
    *,
    columns: Sequence[str] | None = None,
    where: str | Sequence[Condition] | None = None,
    purpose: str | None = None,
    use: str = "explore",
    grants: Sequence[str] = (),
    limit: int | None = None,
    client: Client | None = None,
) -> pa.Table:
    """Read a dataset, or what your grant shows of it, as one table.

    Parameters
    ----------
    dataset
        Name of the dataset: lake, schema and table, for example ``"retail.core.customers"``.
    columns
        Columns to read; by default all that the grant shows.
    where
        Which rows: SQL, or conditions that must all hold, for example ``[("age", ">=", 18)]``.
    purpose, use, grants, limit, client
        As for :func:`batches`.

    Raises
    ------
    InvalidError
        The name, a column or a condition is wrong.
    ForbiddenError
        No grant fits; the hint says how to ask.

    Examples
    --------
    >>> read("retail.core.customers", columns=["age"], where=[("age", ">=", 18)], purpose="p-1")  # doctest: +SKIP
    """
    statement = select(dataset, columns, where)
    return sql(statement, purpose=purpose, use=use, grants=grants, limit=limit, client=client)


def publish(
    table: object,
    dataset: str,
    *,
    purpose: str | None = None,
    use: str | None = None,
    grant: str | None = None,
    inputs: Sequence[str] = (),
    client: Client | None = None,
) -> JsonObject:
    """Publish a table as a new version of a dataset: readers see all of it or nothing. Needs a ``write`` grant.

    Parameters
    ----------
    table
        What to publish: an Arrow table, or what ``pyarrow.table`` makes one of, such as a DataFrame of pandas or
        Polars, a record batch, or columns by name. Reset a pandas DataFrame's index first if it is to be a column.
    dataset
        Name of the dataset: lake, schema and table, for example ``"retail.predictions.scores"``.
    purpose, use
        What the table was made for; by default what the grant says.
    grant
        Id of the grant to write under, where several fit.
    inputs
        Names of the datasets that it was made from.
    client
        Connection to use; by default the one opened by :func:`lockgate.connect`.

    Returns
    -------
    dict
        ``dataset``, ``version``, ``rows`` and ``bytes`` of what was published.

    Raises
    ------
    InvalidError
        The table is none, or its name is wrong.
    """
    client = client or current()
    parts_of(dataset)
    buffer = io.BytesIO()
    pq.write_table(_table(table), buffer, compression="zstd")
    query = {"purpose": purpose, "use": use, "grant": grant, "inputs": ",".join(inputs) or None}
    with client.stream(
        "publish_dataset", {"id": dataset}, content=buffer.getvalue(), query=query, headers={"Content-Type": PARQUET}
    ) as response:
        response.read()
        answer: JsonObject = response.json()
        return answer


def _table(given: object) -> pa.Table:
    if isinstance(given, pa.Table):
        return given
    try:
        return pa.table(given)
    except (TypeError, ValueError, AttributeError, pa.ArrowException) as error:
        raise InvalidError(
            f"a `{type(given).__module__}.{type(given).__qualname__}` cannot be published: {error}",
            code="sdk.bad_argument",
            hint="give an Arrow table, a DataFrame, or what `pyarrow.table` takes",
        ) from error


def get(query: str, *, client: Client | None = None) -> JsonObject:
    """Return the record of one of your queries: state, rows, bytes, and why it failed if it did."""
    return (client or current()).call("get_query", id=query)


def cancel(query: str, *, client: Client | None = None) -> JsonObject:
    """End a running query; cancelling one that is over changes nothing."""
    return (client or current()).call("cancel_query", id=query)


def select(dataset: str, columns: Sequence[str] | None, where: str | Sequence[Condition] | None) -> str:
    """Return the SQL that :func:`read` runs; names and values are quoted."""
    wanted = "*" if columns is None else ", ".join(quote_name(column) for column in columns)
    if not wanted:
        raise InvalidError("`columns` is empty", code="sdk.bad_argument", hint="name a column, or leave it out")
    statement = f"SELECT {wanted} FROM {'.'.join(quote_name(part) for part in parts_of(dataset))}"
    if where is not None and not isinstance(where, str):
        where = " AND ".join(_condition(*condition) for condition in where)
    return f"{statement} WHERE {where}" if where else statement


def parts_of(dataset: str) -> tuple[str, str, str]:
    """Return lake, schema and table of a dataset's name."""
    parts = dataset.split(".")
    if len(parts) != 3 or not all(parts):
        raise InvalidError(
            f"`{dataset}` is not the name of a dataset",
            code="sdk.bad_argument",
            hint="write lake, schema and table, like `retail.core.customers`",
        )
    return parts[0], parts[1], parts[2]


def quote_name(name: str) -> str:
    """Return a name as SQL, quoted so that it means just this name."""
    return '"' + name.replace('"', '""') + '"'


def quote_value(value: object) -> str:
    """Return a value as an SQL literal."""
    if value is None:
        return "NULL"
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, int | float | Decimal):
        text = str(value)
        if text.lower().lstrip("-") in {"nan", "inf", "infinity"}:
            raise InvalidError(f"`{text}` cannot be compared with", code="sdk.bad_argument")
        return text
    if isinstance(value, datetime):
        return f"TIMESTAMP '{value.isoformat(sep=' ')}'"
    if isinstance(value, date):
        return f"DATE '{value.isoformat()}'"
    if isinstance(value, str):
        return "'" + value.replace("'", "''") + "'"
    raise InvalidError(f"a `{type(value).__name__}` cannot be compared with", code="sdk.bad_argument")


def _condition(column: str, operator: str, value: object) -> str:
    name, operator = quote_name(column), operator.lower()
    if operator in OPERATORS:
        if value is None:
            raise InvalidError(
                f"`{column} {operator} None` holds for no row", code="sdk.bad_argument", hint="use `is` instead"
            )
        return f"{name} {operator} {quote_value(value)}"
    if operator == "in" and isinstance(value, list | tuple | set | frozenset) and value:
        return f"{name} IN ({', '.join(sorted(quote_value(one) for one in value))})"
    if operator in {"is", "is not"} and value is None:
        return f"{name} {operator.upper()} NULL"
    raise InvalidError(
        f"`{column} {operator} {value!r}` is not a condition",
        code="sdk.bad_argument",
        hint="operators are `=`, `!=`, `<`, `<=`, `>`, `>=`, `in` with a list, `is` and `is not` with `None`",
    )


class _Body(io.RawIOBase):
    """The body of an answer as a file to read from, which notes whether Arrow's end of stream was seen."""

    def __init__(self, response: httpx.Response) -> None:
        self._parts = response.iter_bytes()
        self._left = b""
        self._tail = b""

    def readable(self) -> bool:
        """Return that it can be read."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Fill as much of `buffer` as the next part of the answer allows."""
        view = memoryview(buffer).cast("B")
        if not self._left:
            self._left = next(self._parts, b"")
            self._tail = (self._tail + self._left)[-len(END_OF_STREAM) :]
        taken = self._left[: len(view)]
        view[: len(taken)] = taken
        self._left = self._left[len(taken) :]
        return len(taken)

    def drain(self) -> None:
        """Read to the end of the answer, which is where a break shows."""
        while self.read(65536):
            pass

    @property
    def complete(self) -> bool:
        """Whether the answer ended as a whole Arrow stream does."""
        return self._tail == END_OF_STREAM
