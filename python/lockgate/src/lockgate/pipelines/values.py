"""What travels between steps, and as which bytes: tables as Parquet, plain values as JSON, bytes and files as they are.

Nothing is pickled: whoever wants to hand on a model writes it to a file, in a format of their choice.
"""

from __future__ import annotations

import atexit
import contextlib
import contextvars
import importlib
import json
import shutil
import sys
import tempfile
import types
import typing
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from lockgate.errors import InvalidError

if TYPE_CHECKING:
    import pyarrow as pa

Kind: TypeAlias = Literal["pandas", "arrow", "json", "bytes", "path", "dataset", "nothing"]
"""How a value is written and read; what a parameter or a result is annotated with says which."""

TABLES = ("pandas", "arrow")
USES = ("explore", "train", "score", "monitor")
PLAIN = (bool, int, float, str, type(None), list, dict)

TAKES: Mapping[Kind, tuple[Kind, ...]] = {
    "pandas": ("pandas", "arrow", "path", "bytes"),
    "arrow": ("pandas", "arrow", "path", "bytes"),
    "json": ("json", "path", "bytes"),
    "bytes": ("bytes", "path", "json", "pandas", "arrow"),
    "path": ("path", "bytes", "json", "pandas", "arrow"),
    "dataset": ("dataset",),
    "nothing": (),
}
"""As which kinds a step may take what another has made."""

WORDS: Mapping[Kind, str] = {
    "pandas": "a pandas table",
    "arrow": "an Arrow table",
    "json": "a plain value (JSON)",
    "bytes": "bytes",
    "path": "a file or folder",
    "dataset": "a dataset",
    "nothing": "nothing",
}


@dataclass(frozen=True)
class Dataset:
    """A governed dataset as an input: the step reads it itself, under the grant of its environment.

    On a laptop it is read under your own grant. Its version and the terms of the grant are part of the cache key.
    With a ``fixture``, the step gets the rows of that file in *dev* and on a laptop, where nothing of the dataset is
    read; then the digest of the file is part of the key instead.

    Parameters
    ----------
    name
        Lake, schema and table, for example ``"retail.core.customers"``.
    use
        What for: ``"explore"``, ``"train"``, ``"score"`` or ``"monitor"``.
    purpose
        Id of the purpose; may be left out where the grants leave one only.
    columns
        Columns to read; by default all that the grant shows.
    fixture
        Path of a CSV or Parquet file in the repository, for example ``"data/customers.csv"``.
    file
        Where the fixture lies; whoever runs the step says so.
    """

    name: str
    use: str = "train"
    purpose: str | None = None
    columns: Sequence[str] | None = None
    fixture: str | None = None
    file: Path | None = field(default=None, repr=False, kw_only=True)

    def __post_init__(self) -> None:
        if self.name.count(".") != 2 or not all(self.name.split(".")):
            raise InvalidError(
                f"`{self.name}` is not the name of a dataset",
                code="sdk.bad_argument",
                hint="write lake, schema and table, like `retail.core.customers`",
            )
        if self.use not in USES:
            raise InvalidError(
                f"`{self.use}` is not a use of data", code="sdk.bad_argument", hint=f"there is {', '.join(USES)}"
            )
        if isinstance(self.columns, str) or (self.columns is not None and not self.columns):
            raise InvalidError(
                f"`columns` of `{self.name}` is `{self.columns!r}`",
                code="sdk.bad_argument",
                hint="name columns in a list, or leave it out",
            )

    def read(
        self,
        *,
        columns: Sequence[str] | None = None,
        where: str | Sequence[tuple[str, str, object]] | None = None,
        limit: int | None = None,
    ) -> pa.Table:
        """Return what the grant shows of it, or the rows of its fixture; see :func:`lockgate.read`."""
        columns = self.columns if columns is None else columns
        if self.file is not None:
            tables = _tables(f"the fixture of `{self.name}`")
            stand_in: pa.Table = tables.stand_in(self.file, f"`{self.name}`", columns, where, limit)
            return stand_in
        # Not above: a step that reads no dataset runs without the packages that a connection needs.
        queries = importlib.import_module("lockgate.queries")
        table: pa.Table = queries.read(
            self.name, columns=columns, where=where, purpose=self.purpose, use=self.use, limit=limit
        )
        return table


def kind_of(annotation: Any, of: str) -> Kind:
    """Return the kind that an annotation stands for; ``of`` names what is annotated, for the message."""
    if annotation is None or annotation is type(None):
        return "nothing"
    bare = isinstance(annotation, type) and typing.get_origin(annotation) is None
    found = _class_kind(annotation) if bare else None
    if found is None and _is_plain(annotation):
        return "json"
    if found is None:
        raise InvalidError(
            f"{of} is a `{_name(annotation)}`, which does not travel between steps",
            code="sdk.bad_step",
            hint="use a pandas or Arrow table, plain values (numbers, text, lists, dicts), `bytes`, or a `Path`;"
            " write a model to a file in the format of your choice",
        )
    return found


def _class_kind(annotation: type) -> Kind | None:
    if annotation.__module__.partition(".")[0] == "pandas" and annotation.__name__ == "DataFrame":
        return "pandas"
    if annotation.__module__.partition(".")[0] == "pyarrow" and annotation.__name__ == "Table":
        return "arrow"
    if issubclass(annotation, PurePath):
        return "path"
    if issubclass(annotation, bytes):
        return "bytes"
    return "dataset" if issubclass(annotation, Dataset) else None


def _is_plain(annotation: Any) -> bool:
    if annotation in PLAIN or annotation is Any:
        return True
    origin = typing.get_origin(annotation)
    if origin is typing.Literal:
        return all(isinstance(one, PLAIN) for one in typing.get_args(annotation))
    if origin in {typing.Union, types.UnionType}:
        return all(_is_plain(one) for one in typing.get_args(annotation))
    if origin is not None:
        named = isinstance(origin, type) and not issubclass(origin, tuple | set | frozenset | bytes)
        return named and issubclass(origin, Mapping | Sequence) and all(map(_is_plain, typing.get_args(annotation)))
    return typing.is_typeddict(annotation)


def kind_of_value(value: object, of: str) -> Kind:
    """Return the kind of a value that a step has made."""
    if isinstance(value, PurePath):
        return "path"
    if isinstance(value, bytes | bytearray):
        return "bytes"
    for module, name, kind in (("pandas", "DataFrame", "pandas"), ("pyarrow", "Table", "arrow")):
        known = getattr(sys.modules.get(module), name, None)
        if known is not None and isinstance(value, known):
            return typing.cast("Kind", kind)
    if isinstance(value, PLAIN) or _is_number(value):
        return "json"
    raise InvalidError(
        f"{of} is a `{_name(type(value))}`, which does not travel between steps",
        code="sdk.bad_output",
        hint="write it to a file in the format of your choice, at `scratch(name)`, and return that path",
    )


def write(value: object, path: Path, declared: Kind | None, of: str) -> None:
    """Write a value to ``path``, in the bytes of its kind; ``declared`` is the kind that it must be of."""
    kind = kind_of_value(value, of)
    if declared is not None and kind != declared:
        raise InvalidError(
            f"{of} is {WORDS[kind]} (`{_name(type(value))}`), but declared as {WORDS[declared]}",
            code="sdk.bad_output",
            hint="return what the annotation says, or change the annotation",
        )
    path.parent.mkdir(parents=True, exist_ok=True)
    if kind == "json":
        path.write_text(_plain_text(value, of), encoding="utf-8")
    elif kind == "bytes":
        path.write_bytes(typing.cast("bytes", value))
    elif kind == "path":
        _place(Path(typing.cast("PurePath", value)), path, of)
    else:
        _tables(of).write(value, path, kind, of)


def read(path: Path, kind: Kind, of: str) -> Any:
    """Return what lies at ``path`` as a value of this kind."""
    if kind == "path":
        return path
    if path.is_dir():
        raise InvalidError(
            f"{of} is a folder, not {WORDS[kind]}", code="sdk.bad_input", hint="take it as a `Path`, and read its files"
        )
    if kind == "bytes":
        return path.read_bytes()
    if kind == "json":
        try:
            return json.loads(path.read_bytes())
        except ValueError as error:
            raise InvalidError(f"{of} is no JSON: {error}", code="sdk.bad_input", hint="take it as a `Path`") from error
    return _tables(of).read(path, kind, of)


def _plain_text(value: object, of: str) -> str:
    try:
        text = json.dumps(value, allow_nan=False, sort_keys=True, ensure_ascii=False, default=_number)
        same = json.loads(text) == value
    except (TypeError, ValueError) as error:
        raise InvalidError(
            f"{of} cannot be written as JSON: {error}",
            code="sdk.bad_output",
            hint="numbers (not NaN), text, truth values, `None`, lists and dicts with text as keys can",
        ) from error
    if not same:
        raise InvalidError(
            f"{of} would not come back from JSON as it is",
            code="sdk.bad_output",
            hint="use lists instead of tuples, and text as keys of dicts",
        )
    return text


def _is_number(value: object) -> bool:
    """Return whether it is a number of NumPy's, which JSON writes as the number that it is."""
    return type(value).__module__ == "numpy" and getattr(value, "shape", None) == () and hasattr(value, "item")


def _number(value: object) -> object:
    if _is_number(value):
        plain: object = value.item()  # type: ignore[attr-defined]
        return plain
    raise TypeError(f"a `{_name(type(value))}` is no JSON value")


def _tables(of: str) -> types.ModuleType:
    """Return the part that knows Parquet; a step without tables runs on a bare interpreter."""
    try:
        return importlib.import_module("lockgate.pipelines.tables")
    except ModuleNotFoundError as error:
        raise InvalidError(
            f"{of} is a table, and `{error.name}` is not installed",
            code="sdk.missing_package",
            hint="add `pyarrow` (and `pandas`) to requirements.in, and lock again",
        ) from error


def _place(found: Path, path: Path, of: str) -> None:
    """Put a file or folder in its place: moved where it lies in the step's scratch folder, else copied."""
    if not found.exists():
        raise InvalidError(
            f"{of} is `{found}`, which is not there", code="sdk.bad_output", hint="write the file before returning"
        )
    if path.exists() and found.samefile(path):
        return
    folder = _SCRATCH.get()
    if folder is not None and found.resolve().is_relative_to(folder.resolve()):
        shutil.move(found, path)
    elif found.is_dir():
        shutil.copytree(found, path)
    else:
        shutil.copyfile(found, path)


_SCRATCH: contextvars.ContextVar[Path | None] = contextvars.ContextVar("scratch", default=None)


def scratch(name: str) -> Path:
    """Return a path in the step's own scratch folder, to write a file or a folder at that the step returns.

    Parameters
    ----------
    name
        Name of the file, for example ``"model.skops"``.
    """
    if PurePath(name).name != name:
        raise InvalidError(f"`{name}` is not the name of a file", code="sdk.bad_argument", hint="leave out folders")
    folder = _SCRATCH.get()
    if folder is None:  # called directly, as tests do: a folder of its own, until the process ends
        folder = Path(tempfile.mkdtemp(prefix="lockgate-"))
        atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder / name


@contextlib.contextmanager
def scratch_folder() -> Iterator[None]:
    """Give the step in this block a scratch folder, which is gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="lockgate-", ignore_cleanup_errors=True) as folder:
        before = _SCRATCH.set(Path(folder))
        try:
            yield
        finally:
            _SCRATCH.reset(before)


def _name(annotation: Any) -> str:
    return getattr(annotation, "__qualname__", None) or str(annotation)
