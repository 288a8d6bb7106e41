"""Decoding and profiling a Parquet file, by others than Lockgate: `profile_peers.py WHAT FILE [ROWS]`."""

from __future__ import annotations

import sys

from timed import timed


def decode_with_pyarrow(path: str) -> None:
    """Decode every value, a row group at a time; count those that are there."""
    import pyarrow as pa  # noqa: PLC0415  # each peer has only its own packages
    import pyarrow.parquet as pq  # noqa: PLC0415

    pa.set_cpu_count(2)

    def work() -> None:
        file = pq.ParquetFile(path)
        for group in range(file.num_row_groups):
            table = file.read_row_group(group)
            assert all(len(column) - column.null_count >= 0 for column in table.columns)

    timed(work)


def decode_with_polars(path: str) -> None:
    """Count the values of all columns and look for the least and the greatest, so that each is decoded."""
    import polars as pl  # noqa: PLC0415

    def work() -> None:
        scan = pl.scan_parquet(path, use_statistics=False)
        every = [pl.all().count().name.suffix(" n"), pl.all().min().name.suffix(" <"), pl.all().max().name.suffix(" >")]
        assert scan.select(*every).collect(engine="streaming").width == 3 * len(scan.collect_schema())

    timed(work)


def summarize_with_duckdb(path: str) -> None:
    """SUMMARIZE: least, greatest, approximate distinct and quartiles, mean, deviation, nulls."""
    import duckdb  # noqa: PLC0415

    connection = duckdb.connect()
    connection.execute("SET threads = 2")
    timed(lambda: connection.execute("SUMMARIZE SELECT * FROM read_parquet(?)", [path]).fetchall() and None)


def describe_with_polars(path: str) -> None:
    """`describe`: count, nulls, mean, deviation, least, exact quartiles, greatest."""
    import polars as pl  # noqa: PLC0415

    timed(lambda: pl.scan_parquet(path).describe() is None)


def log_with_whylogs(path: str, rows: str) -> None:
    """Profile a pandas frame of the first rows."""
    import pyarrow.parquet as pq  # noqa: PLC0415
    import whylogs  # noqa: PLC0415

    file = pq.ParquetFile(path)
    batch = next(file.iter_batches(batch_size=int(rows)))
    frame = batch.to_pandas()
    assert len(frame) == int(rows)
    whylogs.log(pandas=frame.head(100))
    timed(lambda: whylogs.log(pandas=frame).view().serialize() and None)


if __name__ == "__main__":
    {
        "pyarrow": decode_with_pyarrow,
        "polars": decode_with_polars,
        "duckdb": summarize_with_duckdb,
        "describe": describe_with_polars,
        "whylogs": log_with_whylogs,
    }[sys.argv[1]](*sys.argv[2:])
