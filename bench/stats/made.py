"""Makes the tables that are measured, the same bytes each time: `made.py FOLDER PROFILE_ROWS ROWS`.

Folder names carry the rows and VERSION: what is there already is left alone.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

GROUPS = 10


def some_null(values: pa.Array, random: np.random.Generator, share: float) -> pa.Array:
    """Return the values, with this share of nulls."""
    return pc.if_else(pa.array(random.random(len(values)) >= share), values, pa.scalar(None, values.type))


def skewed(random: np.random.Generator, names: list[str], rows: int) -> pa.Array:
    """Return texts of which the first are frequent, as places and products are."""
    weights = 1 / np.arange(1, len(names) + 1)
    codes = random.choice(len(names), rows, p=weights / weights.sum())
    return pa.DictionaryArray.from_arrays(codes.astype(np.int32), names).dictionary_decode()


def numbered(prefix: str, numbers: np.ndarray, suffix: str = "") -> pa.Array:
    """Return texts that differ where the numbers do."""
    texts = pc.utf8_lpad(pc.cast(pa.array(numbers), pa.string()), 9, padding="0")
    return pc.binary_join_element_wise(prefix, texts, suffix, "")


def decimals(numbers: np.ndarray, precision: int, scale: int) -> pa.Array:
    """Return numbers as decimals, exact ones."""
    whole = pc.cast(pa.array(numbers.astype(np.int64)), pa.decimal128(19, 0))
    unit = pa.scalar(Decimal(1).scaleb(-scale), pa.decimal128(scale + 1, scale))
    return pc.cast(pc.multiply(whole, unit), pa.decimal128(precision, scale))


def people(random: np.random.Generator, start: int, rows: int) -> pa.Table:
    """Return rows of 20 columns: numbers, decimals, texts of few and of many values, times; nulls in seven."""
    first_day = (date(2015, 1, 1) - date(1970, 1, 1)).days
    seconds = 1_700_000_000 + random.integers(0, 31_536_000, rows)
    words = [f"said {at * 7919 % 200_003:x} of {at:x}" for at in range(2_000)]
    columns: dict[str, Any] = {
        "row": pa.array(np.arange(start, start + rows)),
        "customer": pa.array(random.integers(0, 2_000_000, rows)),
        "age": pa.array(np.clip(random.normal(45, 16, rows), 18, 99).astype(np.int32)),
        "visits": pa.array(random.poisson(4, rows).astype(np.int16)),
        "income": some_null(pa.array(random.lognormal(10, 0.6, rows)), random, 0.03),
        "score": pa.array(random.beta(2, 5, rows)),
        "ratio": some_null(pa.array(random.standard_t(3, rows)), random, 0.1),
        "temperature": pa.array(random.normal(20, 8, rows).astype(np.float32)),
        "seldom": some_null(pa.array(random.exponential(3, rows)), random, 0.6),
        "amount": decimals(random.integers(1, 10_000_000, rows), 12, 2),
        "balance": some_null(decimals(random.normal(0, 1e9, rows), 18, 4), random, 0.02),
        "flag": pa.array(random.random(rows) < 0.2),
        "country": skewed(random, [f"C{at:02}" for at in range(40)], rows),
        "product": some_null(skewed(random, ["loan", "card", "account", "mortgage", "deposit"], rows), random, 0.01),
        "postcode": numbered("", random.integers(0, 20_000, rows)),
        "remark": some_null(skewed(random, words, rows), random, 0.4),
        "mail": numbered("someone.", np.arange(start, start + rows), "@example.org"),
        "reference": numbered("T", random.integers(0, 900_000_000, rows)),
        "opened": some_null(
            pa.array((first_day + random.integers(0, 4_000, rows)).astype(np.int32)).cast(pa.date32()), random, 0.01
        ),
        "changed": pa.array(seconds * 1_000_000 + random.integers(0, 1_000_000, rows)).cast(
            pa.timestamp("us", tz="UTC")
        ),
    }
    return pa.table(columns)


def drifting(by: float) -> Callable[[np.random.Generator, int, int], pa.Table]:
    """Return the maker of rows of 12 numbers and 4 categories of 8 to 20,000 values, half of which drift by so much."""

    def rows_of(random: np.random.Generator, _start: int, rows: int) -> pa.Table:
        columns: dict[str, Any] = {}
        for at in range(12):
            moved = by if at % 2 else 0.0
            values = random.normal(moved, 1, rows) if at % 3 else random.lognormal(moved, 1, rows)
            columns[f"number_{at}"] = pa.array(values if at % 4 else np.round(values, 2))
        for at, count in enumerate((8, 40, 700, 20_000)):
            names = [f"value {code}" for code in range(count)]
            columns[f"category_{at}"] = skewed(random, names[1:] + names[:1] if by and at % 2 else names, rows)
        return pa.table(columns)

    return rows_of


def judged(random: np.random.Generator, _start: int, rows: int) -> pa.Table:
    """Return rows of 10 columns: a protected one, a label, a score, the prediction by it, a group, five features."""
    sex = random.random(rows) < 0.4
    wealth = random.normal(0, 1, rows)
    odds = 1 / (1 + np.exp(-(wealth - 0.3 * sex - 0.5)))
    label = random.random(rows) < odds
    score = np.clip(odds + random.normal(0, 0.05, rows), 0.001, 0.999)
    columns: dict[str, Any] = {
        "sex": pa.DictionaryArray.from_arrays(sex.astype(np.int8), ["m", "f"]).dictionary_decode(),
        "label": pa.array(label.astype(np.int64)),
        "score": pa.array(score),
        "prediction": pa.array((score >= 0.5).astype(np.int64)),
        "region": skewed(random, ["north", "east", "south", "west", "abroad"], rows),
        "wealth": pa.array(wealth),
    }
    columns |= {f"feature_{at}": pa.array(random.normal(0, 1, rows)) for at in range(4)}
    return pa.table(columns)


def batches(make: Callable[[np.random.Generator, int, int], pa.Table], seed: int, rows: int) -> Iterator[pa.Table]:
    """Return the rows as so many groups, each from a seed of its own."""
    each = -(-rows // GROUPS)
    for group, start in enumerate(range(0, rows, each)):
        yield make(np.random.default_rng([seed, group]), start, min(each, rows - start))


def write(path: Path, tables: Iterator[pa.Table]) -> None:
    """Write a file of one row group for each table, whole or not at all."""
    if path.exists():
        return
    half = path.with_suffix(".half")
    writer = None
    for table in tables:
        writer = writer or pq.ParquetWriter(half, table.schema)
        writer.write_table(table, row_group_size=len(table))
    assert writer is not None
    writer.close()
    half.rename(path)


def main() -> None:
    """Make all tables."""
    folder, profile_rows, rows = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
    folder.mkdir(parents=True, exist_ok=True)
    write(folder / "people.parquet", batches(people, 1, profile_rows))
    write(folder / "reference.parquet", batches(drifting(0.0), 2, rows))
    write(folder / "current.parquet", batches(drifting(0.02), 3, rows))
    write(folder / "judged.parquet", batches(judged, 4, rows))


if __name__ == "__main__":
    main()
