"""Tables between steps: written and read as Parquet."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from lockgate.errors import InvalidError
from lockgate.pipelines.values import Kind

PARQUET = b"PAR1"


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
