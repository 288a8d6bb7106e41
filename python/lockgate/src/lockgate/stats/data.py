"""What statistics take as a table and as a column, and how the library gets it: as Arrow, mostly without a copy."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from typing import Any, Final, Protocol, TypeAlias, TypeVar, cast, runtime_checkable

from lockgate.stats.library import _kernels

VALUE: Final = "value"
"""What the column is called of data that is one column and has no name."""
TABLE: Final = "a path, a table that speaks Arrow, a dictionary of columns, or one column"
"""What a table may be."""
NUMBERS: Final = "biuf"
"""NumPy's kinds of flags, integers and floats."""
TIMES: Final = "mM"
"""NumPy's kinds of spans and times."""
UNKNOWN: Final = "cV"
"""NumPy's kinds of complex numbers and of records, which Arrow has no column of."""


Taken = TypeVar("Taken")


@runtime_checkable
class ArrowStream(Protocol):
    """What hands over Arrow batches: tables of pyarrow, pandas and Polars, relations of DuckDB."""

    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object:
        """Return a capsule."""
        ...


@runtime_checkable
class ArrowArray(Protocol):
    """What hands over one Arrow array or batch."""

    def __arrow_c_array__(self, requested_schema: object | None = None) -> tuple[object, object]:
        """Return two capsules."""
        ...


Values: TypeAlias = "ArrowStream | ArrowArray | Iterable[Any]"
"""One column: an array or series of NumPy, pyarrow, pandas or Polars, or a list."""
Data: TypeAlias = "str | os.PathLike[str] | ArrowStream | ArrowArray | Mapping[str, Values] | Iterable[Any]"
"""A table: a path, a table of any library that speaks Arrow, a dictionary of columns, or one column."""


def table(data: Data, argument: str) -> _kernels.Data:
    """Return ``data`` as a table; ``argument`` is what the caller calls it.

    Raises
    ------
    OSError
        A file that is not there or cannot be read.
    ValueError
        It is neither a path nor a table nor a column.
    """
    if isinstance(data, (str, os.PathLike)):
        return _opened(os.fsdecode(data), argument)
    if isinstance(data, Mapping):
        return _of_named(data.items(), argument)
    if _is_frame(data):
        return _of_frame(cast("Any", data), argument)
    # Of the class: of a relation of DuckDB, columns are attributes, whatever they are called.
    if hasattr(type(data), "collect") and hasattr(type(data), "collect_schema"):
        data = cast("Any", data).collect()  # a query of Polars that has not run
    if not _has_values(data):
        raise ValueError(f"`{argument}` is {type(data).__name__}: expected {TABLE}")
    if isinstance(data, ArrowStream) and not _is_column(data):
        return _told(argument, _of_batches if _is_of(data, "pyarrow") else _kernels.Data.of_stream, _typed(data))
    if isinstance(data, ArrowArray):
        batch = _told(argument, _kernels.Data.of_array, data)
        if batch is not None:
            return batch
    own = getattr(data, "name", None)
    called = own if isinstance(own, str) and own else VALUE
    return _of_columns({_unicode(called): column(cast("Any", data), argument)})


def _opened(path: str, argument: str) -> _kernels.Data:
    try:
        return _kernels.Data.open(path)
    except FileNotFoundError as error:
        words = f"`{argument}` is no file or folder: expected {TABLE}"
        raise FileNotFoundError(error.errno, words, error.filename) from error
    except OSError as error:
        if error.errno is None:
            raise type(error)(f"`{argument}`: {error}") from error
        raise type(error)(error.errno, f"`{argument}`: {error.strerror}", error.filename) from error


def columns(named: Mapping[str, tuple[str, Values]]) -> _kernels.Data:
    """Return columns of one length as a table: the name of each, what the caller calls it, and its values."""
    taken = {_unicode(key): column(values, argument) for key, (argument, values) in named.items()}
    return _of_columns(taken, {key: argument for key, (argument, _) in named.items()})


def column(values: Values, argument: str) -> _kernels.Column:
    """Return ``values`` as a column; ``argument`` is what the caller calls it.

    Texts stand for what has no type in Arrow: a list of numbers and texts is a list of texts.

    Raises
    ------
    ValueError
        It is no column, or of more than one dimension.
    """
    if not _has_values(values):
        raise ValueError(
            f"`{argument}` is {type(values).__name__}: expected a column, such as an array, a series or a list"
        )
    some = cast("Any", values)
    if _is_column(values):
        return _of_series(some, argument)
    if isinstance(values, ArrowArray):
        return _told(argument, _kernels.Column.of_arrays, [values])
    if isinstance(values, ArrowStream):
        return _told(argument, _kernels.Column.of_stream, values)
    if hasattr(values, "__array_interface__"):
        return _of_numpy(some, argument)
    return _of_list(list(values), argument)


def is_table(data: object) -> bool:
    """Return whether it is a table in memory that has several columns, or may have."""
    return _is_frame(data) or (isinstance(data, ArrowStream) and not _is_column(data))


def _told(argument: str, take: Callable[[Any], Taken], source: object) -> Taken:
    """Take ``source``, and name the argument where its library or ours cannot."""
    try:
        return take(source)
    except (KeyboardInterrupt, MemoryError, ImportError):
        raise
    except Exception as error:  # each library raises its own
        raise ValueError(f"`{argument}` cannot be taken as Arrow data: {error}") from error


def _has_values(data: object) -> bool:
    """Return whether it may be a column, or a table other than a path and a dictionary."""
    if isinstance(data, (str, bytes, Mapping)):
        return False
    return isinstance(data, (ArrowStream, ArrowArray, Iterable))


def _is_of(data: object, library: str) -> bool:
    """Return whether its class, or one that it is derived from, is of a library."""
    return any(base.__module__.partition(".")[0] == library for base in type(data).__mro__)


def _typed(data: Any) -> Any:
    """Return a table of Polars with a type where it has none: it hands nulls over with a buffer that Arrow has not."""
    if not _is_of(data, "polars") or not hasattr(data, "schema"):
        return data
    polars: Any = sys.modules["polars"]

    def typed(dtype: Any) -> Any:
        if dtype == polars.Null:
            return polars.Boolean
        if isinstance(dtype, polars.List):
            return polars.List(typed(dtype.inner))
        if isinstance(dtype, polars.Array):
            return polars.Array(typed(dtype.inner), dtype.size)
        if isinstance(dtype, polars.Struct):
            return polars.Struct([polars.Field(field.name, typed(field.dtype)) for field in dtype.fields])
        return dtype

    untyped = {name: typed(dtype) for name, dtype in data.schema.items() if typed(dtype) != dtype}
    return data.cast(untyped) if untyped else data


def _is_frame(data: object) -> bool:
    """Return whether it is a table of pandas, whose index is no column and would be one in Arrow."""
    return _is_of(data, "pandas") and getattr(data, "ndim", 0) == 2


def _is_column(data: object) -> bool:
    """Return whether a stream is of one column: a series, or an array in chunks."""
    return any(hasattr(type(data), one) for one in ("to_frame", "chunks", "num_chunks"))


def _unicode(told: str) -> str:
    """Return a text without halves of characters, which Arrow has not."""
    return told.encode(errors="replace").decode()


def _of_named(named: Iterable[tuple[object, Values]], argument: str) -> _kernels.Data:
    taken: dict[str, _kernels.Column] = {}
    for key, values in named:
        called = _unicode(str(key))
        if called in taken:
            raise ValueError(f"`{argument}` has two columns `{called}`: expected distinct names")
        taken[called] = column(values, f"{argument}[{key!r}]")
    return _of_columns(taken)


def _of_batches(source: Any) -> _kernels.Data:
    """Take a table, a batch or a reader of pyarrow batch by batch.

    Its buffers may lie at any address, such as those that came over a wire: of a batch they are moved to where they may
    be read, of a stream they are not. What a reader raises is raised as it is.
    """
    if hasattr(source, "read_all"):
        source = source.read_all()
    batches = source.to_batches() if hasattr(source, "to_batches") else [source]
    taken = _kernels.Data.of_batches(batches)
    return _kernels.Data.of_stream(source) if taken is None else taken


def _of_columns(taken: Mapping[str, _kernels.Column], arguments: Mapping[str, str] | None = None) -> _kernels.Data:
    lengths = {name: len(one) for name, one in taken.items()}
    first = next(iter(lengths), None)
    for name, rows in lengths.items():
        if first is not None and rows != lengths[first]:
            called = [arguments.get(one, one) if arguments else one for one in (name, first)]
            raise ValueError(f"`{called[0]}` has {rows} rows: expected the {lengths[first]} of `{called[1]}`")
    return _kernels.Data.of_columns(list(taken.items()))


def _of_frame(frame: Any, argument: str) -> _kernels.Data:
    """Take a table of pandas; one that Arrow cannot take as a whole, column by column."""
    rows = frame.reset_index(drop=True)
    if isinstance(rows, ArrowStream):
        with suppress(Exception):  # such as for a column of numbers and texts
            return _kernels.Data.of_stream(rows)
    if not rows.columns.is_unique:
        raise ValueError(f"`{argument}` has columns of one name: expected distinct names")
    return _of_named(((key, rows[key]) for key in rows.columns), argument)


def _of_series(series: Any, argument: str) -> _kernels.Column:
    """Take a series of pandas or Polars, or an array in chunks."""
    if hasattr(series, "to_frame"):
        if _is_of(series, "pandas"):
            with suppress(Exception):  # no stream in an older pandas, no pyarrow, or no type of Arrow's
                return _kernels.Column.of_stream(series.reset_index(drop=True).to_frame(VALUE))
            return _of_numpy(series.to_numpy(), argument)
        return _told(argument, _kernels.Column.of_stream, _typed(series.to_frame()))
    chunks = getattr(series, "chunks", None)
    if callable(chunks) or not chunks:
        return _by_pyarrow(series, argument)
    return _told(argument, _kernels.Column.of_arrays, list(chunks))


def _of_numpy(array: Any, argument: str) -> _kernels.Column:
    """Take an array of NumPy: numbers as they lie in memory, all else value by value or by pyarrow."""
    if getattr(array, "ndim", 1) != 1:
        raise ValueError(f"`{argument}` has {array.ndim} dimensions: expected one")
    dtype = getattr(array, "dtype", None)
    if dtype is None:
        return _of_list(list(array), argument)
    if dtype.kind in UNKNOWN:
        raise ValueError(f"`{argument}` has values of the type {dtype}: expected numbers, flags, texts or times")
    if hasattr(array, "mask") and dtype.kind not in TIMES:
        return _of_list(array.tolist(), argument)  # a masked value is none, whatever lies in memory
    if dtype.kind in NUMBERS:
        if not dtype.isnative:
            array = array.astype(dtype.newbyteorder("="))
        view = memoryview(array)
        taken = _kernels.Column.of_buffer(view.format.lstrip("@=<"), view.tobytes())
        if taken is not None:
            return taken
        array = array.astype("float64")  # a float of more than 64 bits
        return _of_numpy(array, argument)
    if dtype.kind in "OSU":
        return _of_list(array.tolist(), argument)
    return _by_pyarrow(array, argument)


def _of_list(values: list[Any], argument: str) -> _kernels.Column:
    taken = _kernels.Column.of_values(values)
    if taken is not None:
        return taken
    try:
        return _by_pyarrow(values, argument)
    except ValueError:
        # What else to do with a text that is no Unicode than to show that?
        texts = [None if one is None else _unicode(str(one)) for one in values]
        return cast("_kernels.Column", _kernels.Column.of_values(texts))


def _by_pyarrow(values: Any, argument: str) -> _kernels.Column:
    """Take what only pyarrow knows the Arrow type of: times, decimals, what is nested."""
    import pyarrow as pa  # noqa: PLC0415 # who has no such column does not wait for it

    def chunks(values: Any) -> list[Any]:
        if isinstance(values, ArrowStream) and not isinstance(values, pa.ChunkedArray):
            values = pa.chunked_array(values)
        elif not isinstance(values, pa.ChunkedArray):
            return [pa.array(values, from_pandas=True)]
        return values.chunks or [pa.array([], type=values.type)]

    return _told(argument, lambda values: _kernels.Column.of_arrays(chunks(values)), values)
