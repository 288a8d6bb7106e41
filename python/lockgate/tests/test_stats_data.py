"""What `lockgate.stats` takes as data: the same table in every library's clothes is the same profile."""

from __future__ import annotations

import datetime as dt
import decimal
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.csv
import pyarrow.feather
import pyarrow.parquet as pq
import pytest
from lockgate import stats
from lockgate.stats.arguments import text, threads

COLUMNS: dict[str, list[Any]] = {
    "age": [31, 45, None, 52, 31],
    "income": [1.5, 2.25, 3.0, None, -4.0],
    "city": ["Oslo", "Rome", "Oslo", None, "Lima"],
    "active": [True, False, None, True, True],
}
TABLE = pa.table(COLUMNS)


def duck() -> Any:
    return duckdb.connect().from_arrow(TABLE)


def pandas_of_arrow() -> Any:
    return TABLE.to_pandas(types_mapper=pd.ArrowDtype)


MAKERS: dict[str, Callable[[], Any]] = {
    "pyarrow table": lambda: TABLE,
    "pyarrow reader": TABLE.to_reader,
    "pyarrow batch": lambda: TABLE.combine_chunks().to_batches()[0],
    "pandas": pandas_of_arrow,
    "pandas with an index": lambda: pandas_of_arrow().set_axis(list("vwxyz")),
    "polars": lambda: pl.DataFrame(COLUMNS),
    "polars lazy": lambda: pl.DataFrame(COLUMNS).lazy(),
    "duckdb": duck,
    "dictionary of lists": lambda: COLUMNS,
    "dictionary of series": lambda: {name: pl.Series(values) for name, values in COLUMNS.items()},
    "dictionary of chunks": lambda: {
        name: pa.chunked_array([values[:2], values[2:]]) for name, values in COLUMNS.items()
    },
}


def counts(data: Any) -> dict[str, Any]:
    """Return what depends on values alone, not on how wide a library stores them."""
    columns = stats.profile(data).to_dict()["columns"]
    return {name: (one["counts"]["rows"], one["nulls"], one["distinct"]) for name, one in columns.items()}


@pytest.mark.parametrize("maker", MAKERS)
def test_every_library_hands_over_the_same(maker: str) -> None:
    assert counts(MAKERS[maker]()) == counts(TABLE)
    assert set(counts(TABLE)) == set(COLUMNS)


@pytest.mark.parametrize("ending", ["parquet", "csv", "arrow"])
def test_files_are_tables_too(tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"rows.{ending}"
    if ending == "parquet":
        pq.write_table(TABLE, path)
    elif ending == "csv":
        pa.csv.write_csv(TABLE, path)
    else:
        pa.feather.write_feather(TABLE, path, compression="uncompressed")
    for place in (path, str(path)):
        assert counts(place) == counts(TABLE)


@pytest.mark.parametrize(
    "kind", ["?", "i1", "u1", "i2", "u2", "i4", "u4", "i8", "u8", "f2", "f4", "f8", "g", ">i4", ">f8"]
)
def test_numbers_of_numpy(kind: str) -> None:
    values = np.array([0, 1, 1, 1, 0, 1], dtype=kind)
    (column,) = counts(values[::2]).values()
    assert column[:2] == (3, 0)
    numbers = stats.quality(values, values, task="multiclass").to_dict()["metrics"]
    assert numbers["accuracy"]["value"] == 1.0


def test_one_column_has_its_own_name_or_none() -> None:
    assert list(counts(pl.Series("age", [1, 2]))) == ["age"]
    assert list(counts(pd.Series([1, 2], name="age"))) == ["age"]
    for plain in (pa.array([1, 2]), pa.chunked_array([[1], [2]]), np.array([1, 2]), [1, 2], pd.Series([1, 2])):
        assert counts(plain) == {"value": counts({"value": [1, 2]})["value"]}
    assert list(counts(pa.chunked_array([], type=pa.int64()))) == ["value"]


@pytest.mark.parametrize(
    "values",
    [
        [dt.date(2026, 1, 1), None, dt.date(2026, 1, 2)],
        [dt.datetime(2026, 1, 1, tzinfo=dt.timezone.utc), None, dt.datetime(2026, 1, 2, tzinfo=dt.timezone.utc)],
        [decimal.Decimal("1.10"), None, decimal.Decimal("2.20")],
        [[1, 2], None, [3]],
        [{"a": 1}, None, {"a": 2}],
        [1, None, "one"],
        [object, None, int],
        ["\ud800", None, "x"],
        [2**70, None, 1],
        np.array(["2026-01-01", "NaT", "2026-01-02"], dtype="datetime64[s]"),
        np.array(["a", None, "b"], dtype=object),
        pd.Series(pd.Categorical(["a", None, "b"])),
        pd.Series([1, None, "one"], dtype=object),
        pd.Series(pd.to_datetime(["2026-01-01", None, "2026-01-02"])).dt.tz_localize("Europe/Rome"),
        pl.Series([dt.timedelta(1), None, dt.timedelta(2)]),
        pl.Series(["a", None, "b"], dtype=pl.Categorical),
        pl.Series(["a", None, "b"], dtype=pl.Enum(["a", "b"])),
        pa.array(["a", None, "b"]).dictionary_encode(),
        pa.array(["a", None, "b"], type=pa.string_view()),
        pa.array([b"a", None, b"b"]),
    ],
    ids=str,
)
def test_whatever_a_column_holds_it_is_taken(values: Any) -> None:
    (column,) = counts(values).values()
    assert column[:2] == (3, 1)


def test_odd_columns_of_a_table_take_nothing_from_the_others() -> None:
    frame = pd.DataFrame({"mixed": [1, "one", None], "age": [1, 2, 3]})
    assert counts(frame)["age"] == counts({"age": [1, 2, 3]})["age"]
    assert counts(frame)["mixed"][:2] == (3, 1)


@pytest.mark.parametrize("empty", [{}, {"a": []}, pa.table({}), TABLE[:0], pd.DataFrame(), pl.DataFrame(), []], ids=str)
def test_nothing_is_a_table_as_well(empty: Any) -> None:
    assert all(rows == 0 for rows, _, _ in counts(empty).values())


@pytest.mark.parametrize("wrong", [None, 7, b"rows.parquet", np.zeros((2, 2)), {"a": 7}, {"a": "text"}], ids=str)
def test_what_is_no_table_is_named(wrong: Any) -> None:
    with pytest.raises(ValueError, match="`data"):
        stats.profile(wrong)


def test_columns_of_two_lengths_are_named() -> None:
    with pytest.raises(ValueError, match="`b` has 1 rows: expected the 2 of `a`"):
        stats.profile({"a": [1, 2], "b": [1]})
    with pytest.raises(ValueError, match="`prediction` has 1 rows: expected the 2 of `truth`"):
        stats.quality([1, 0], [1], task="binary")


@pytest.mark.parametrize("given", [None, 3, np.int64(3), 1j, b"a.csv", object(), dict, stats.profile({"a": [1]})])
def test_what_is_no_table_says_what_a_table_is(given: Any) -> None:
    with pytest.raises(ValueError, match=f"`data` is {type(given).__name__}: expected a path, a table"):
        stats.profile(given)


@pytest.mark.parametrize("dtype", ["c8", "c16", [("a", "i4")], "V3"])
def test_types_that_arrow_lacks_are_named(dtype: Any) -> None:
    array = np.zeros(2, dtype=dtype)
    for given in (array, {"a": array}):
        with pytest.raises(ValueError, match=re.escape(f"has values of the type {array.dtype}: expected numbers")):
            stats.profile(given)


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError) as raised:
        stats.profile(tmp_path / "no.parquet")
    assert raised.value.filename == str(tmp_path / "no.parquet")
    assert "`data` is no file or folder: expected a path, a table" in str(raised.value)
    with pytest.raises(FileNotFoundError, match="`slices` is no file or folder"):
        stats.quality([1], [1], task="regression", slices="no.csv")
    bad = tmp_path / "bad.parquet"
    bad.write_bytes(b"PAR1 this is none PAR1")
    with pytest.raises(OSError, match=r"`data`: .*bad\.parquet"):
        stats.profile(bad)


def test_texts_of_values() -> None:
    told = [text(one) for one in (True, np.bool_(False), 1, 1.0, np.float64(0.5), np.int8(3), "x")]
    assert told == ["true", "false", "1", "1", "0.5", "3", "x"]


@pytest.mark.parametrize("micros", [0, 500_000, 123_456, 1])
def test_texts_of_times_are_those_of_reports(micros: int) -> None:
    local = dt.datetime(2026, 1, 1, 12, 0, 0, micros)
    rome = local.replace(tzinfo=dt.timezone(dt.timedelta(hours=1)))
    for time in (local, rome, pd.Timestamp(local), pd.Timestamp(rome), np.datetime64(local, "ns"), local.date()):
        day: Any = np.timedelta64(1, "D") if isinstance(time, np.datetime64) else dt.timedelta(days=1)
        people = {"since": [time, time + day] * 60, "paid": [1, 0, 1] * 40}
        facets = stats.bias(people, facet="since", label="paid", positive=[1]).to_dict()["facets"]
        assert text(time) in facets
        asked = stats.bias(people, facet="since", disadvantaged=[time], label="paid", positive=[1])
        assert [one["rows"] for one in asked.to_dict()["facets"].values()] == [60]


def test_masked_values_of_numpy_are_missing() -> None:
    masks = {"number": [1.0, 2.0, 3.0], "whole": [1, 2, 3], "word": ["a", "b", "c"]}
    for values in (*masks.values(), np.array(["2026-01-01"] * 3, dtype="datetime64[ns]")):
        (column,) = counts(np.ma.array(values, mask=[False, True, False])).values()
        assert column[:2] == (3, 1)


def test_the_index_of_a_frame_that_is_derived_is_no_column_either() -> None:
    # As geopandas and others do it.
    frame = type("Frame", (pd.DataFrame,), {"__module__": "elsewhere"})({"a": [1, 2]}, index=["x", "y"])
    series = type("Series", (pd.Series,), {"__module__": "elsewhere"})([1, 2], index=["x", "y"], name="a")
    assert counts(frame) == counts(series) == counts({"a": [1, 2]})
    one = pd.DataFrame({"p": [0.9, 0.1]}, index=["x", "y"])
    assert stats.quality([1, 0], score=one, task="binary").to_dict()["metrics"]["roc_auc"]["value"] == 1.0


def test_columns_of_duckdb_may_be_called_like_attributes() -> None:
    query = "select 1 as chunks, 2 as to_frame, 3 as collect, 4 as collect_schema, 5 as ndim, 6 as name"
    assert len(counts(duckdb.connect().sql(query))) == 6


def test_buffers_may_lie_at_any_address() -> None:
    # Those that come over a wire do.
    raw = b"x" + np.arange(3).tobytes()
    odd = pa.Array.from_buffers(pa.int64(), 3, [None, pa.py_buffer(raw).slice(1)])
    table = pa.table({"value": odd, "other": odd})
    assert odd.buffers()[1].address % 8
    for data in (odd, pa.chunked_array([odd]), table, table.to_batches()[0], table.to_reader(), {"value": odd}):
        assert counts(data)["value"] == counts([0, 1, 2])["value"]

    class Stream:
        def __arrow_c_stream__(self, requested_schema: object | None = None) -> object:
            return table.__arrow_c_stream__(requested_schema)

    with pytest.raises(ValueError, match="`data` cannot be taken as Arrow data"):
        stats.profile(Stream())


def test_what_a_reader_raises_is_not_hidden() -> None:
    def batches() -> Any:
        yield TABLE.to_batches()[0]
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        stats.profile(pa.RecordBatchReader.from_batches(TABLE.schema, batches()))


def test_columns_that_would_have_one_name_are_named() -> None:
    for data in ({1: [1], "1": [2]}, pd.DataFrame({1: [1, "one"], "1": [2, 3]})):
        with pytest.raises(ValueError, match="`data` has two columns `1`"):
            stats.profile(data)
    assert list(counts({"\ud800": [1]})) == ["?"]


@pytest.mark.parametrize(("told", "least"), [("3", 3), ("2,1", 2), ("", 0), ("-1", 0), ("many", 0), ("9" * 40, 1_024)])
def test_threads_are_those_that_numerical_libraries_take(
    told: str, least: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", told)
    assert threads() == least


def run(code: str, **variables: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", code]
    return subprocess.run(command, env=os.environ | variables, capture_output=True, text=True, timeout=60, check=False)  # noqa: S603


def test_importing_brings_neither_pyarrow_nor_numpy() -> None:
    brought = set(run("import sys; from lockgate import stats; print(*sys.modules)").stdout.split())
    assert "lockgate._kernels" in brought
    assert not brought & {"pyarrow", "numpy", "httpx"}


def test_numbers_and_texts_need_no_pyarrow() -> None:
    code = (
        "import sys; from lockgate import stats;"
        "found = stats.quality([1, 0], score=[0.9, 0.1], task='binary').to_dict();"
        "print(found['metrics']['roc_auc']['value'], 'pyarrow' in sys.modules)"
    )
    assert run(code).stdout.split() == ["1.0", "False"]


def test_without_the_library_it_says_what_to_do() -> None:
    done = run("import sys; sys.modules['lockgate._kernels'] = None; from lockgate import stats")
    last = done.stderr.strip().splitlines()[-1]
    assert last.startswith("ImportError: `lockgate.stats` computes with the library")
    assert "pip install lockgate" in last


def test_columns_of_polars_that_have_no_type_are_nulls() -> None:
    frame = pl.DataFrame({"n": [None, None], "a": [1, 2], "s": [[], []], "d": [{"a": None}, {"a": None}]})
    tables: list[Any] = [frame, frame.lazy()]
    for table in tables:
        columns = stats.profile(table).to_dict()["columns"]
        assert [columns[name]["nulls"] for name in frame.columns] == [2, 0, 0, 0]
    found = stats.drift(frame["n"].alias("value"), frame["a"].alias("value")).to_dict()["columns"]["value"]
    assert found["verdict"] == stats.drift([None, None], [1, 2]).to_dict()["columns"]["value"]["verdict"]
