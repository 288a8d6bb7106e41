"""Tables between steps: written and read as Parquet."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq

from lockgate.errors import InvalidError
from lockgate.pipelines.values import Kind

PARQUET = b"PAR1"
OPERATORS: Mapping[str, Callable[[Any, Any], Any]] = {
    "=": pc.equal,
    "!=": pc.not_equal,
    "<": pc.less,
    "<=": pc.less_equal,
    ">": pc.greater,
    ">=": pc.greater_equal,
}
"""Those conditions that are as easily said of a file; the others are the server's to judge."""


def write(value: Any, path: Path, kind: Kind, of: str) -> None:
    """Write a table to ``path``."""
    try:
        table = pa.Table.from_pandas(value) if kind == "pandas" else value
        pq.write_table(table, path, compression="zstd")
    except (pa.ArrowException, ValueError, TypeError) as error:
        raise InvalidError(
            f"{of} cannot be written as Parquet: {error}",
            code="sdk.bad_output",
            hint="give each column one type and a name of its own",
        ) from error


def read(path: Path, kind: Kind, of: str) -> Any:
    """Return the table at ``path``."""
    with path.open("rb") as file:
        if file.read(4) != PARQUET:
            raise InvalidError(
                f"{of} is no Parquet file", code="sdk.bad_input", hint="take it as a `Path`, and read it yourself"
            )
    try:
        # Not `read_table`: that would look for partitions in the names of the folders above.
        table = pq.ParquetFile(path).read()
    except pa.ArrowException as error:
        raise InvalidError(f"{of} cannot be read as Parquet: {error}", code="sdk.bad_input") from error
    return table.to_pandas() if kind == "pandas" else table


def stand_in(
    path: Path,
    of: str,
    columns: Sequence[str] | None,
    where: str | Sequence[tuple[str, str, object]] | None,
    limit: int | None,
) -> pa.Table:
    """Return the rows of a fixture, CSV or Parquet, as those of the dataset ``of`` that it stands in for."""
    try:
        with path.open("rb") as file:
            is_parquet = file.read(4) == PARQUET
        table = pq.ParquetFile(path).read() if is_parquet else pa_csv.read_csv(path)
        for one in () if where is None else where:
            if isinstance(one, str) or one[1] not in OPERATORS:
                raise InvalidError(
                    f"the fixture of {of} cannot be filtered by `{where}`",
                    code="sdk.bad_argument",
                    hint=f"say `where` as conditions with {', '.join(OPERATORS)}, or filter the rows in the step",
                )
            table = table.filter(OPERATORS[one[1]](table[one[0]], one[2]))
        table = table if columns is None else table.select(list(columns))
    except (pa.ArrowException, KeyError, OSError) as error:
        raise InvalidError(
            f"the fixture of {of} cannot be read as that: {error}",
            code="sdk.bad_input",
            hint="it is a CSV file with a header, or Parquet, with the columns of the dataset",
        ) from error
    return table if limit is None else table.slice(0, limit)
