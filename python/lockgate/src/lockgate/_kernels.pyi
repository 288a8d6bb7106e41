"""The compiled half of ``lockgate.stats``; nothing else uses it."""

from collections.abc import Sequence
from os import PathLike
from typing import final

@final
class Column:
    """The values of a column, in parts that follow each other."""

    @staticmethod
    def of_arrays(parts: Sequence[object]) -> Column:
        """Take arrays of one type, each an object with ``__arrow_c_array__``."""

    @staticmethod
    def of_stream(source: object) -> Column:
        """Take the one column of a table with ``__arrow_c_stream__``."""

    @staticmethod
    def of_buffer(kind: str, bytes: bytes) -> Column | None:
        """Take numbers as they lie in memory, of a type as ``memoryview`` says it, or ``None`` for another."""

    @staticmethod
    def of_values(values: Sequence[object]) -> Column | None:
        """Take flags, numbers or texts, any of them missing, or ``None`` where something else is among them."""

    def __len__(self) -> int: ...

@final
class Data:
    """A table: a file or folder, or Arrow in memory."""

    @staticmethod
    def open(path: str | PathLike[str]) -> Data:
        """Open a file, or a folder of files."""

    @staticmethod
    def of_stream(source: object) -> Data:
        """Take all that an object with ``__arrow_c_stream__`` has; raise ``ValueError`` where that is no table."""

    @staticmethod
    def of_batches(parts: Sequence[object]) -> Data | None:
        """Take batches of one table, each an object with ``__arrow_c_array__``, or ``None`` where there are none."""

    @staticmethod
    def of_array(source: object) -> Data | None:
        """Take the batch of an object with ``__arrow_c_array__``, or ``None`` where it is one column."""

    @staticmethod
    def of_columns(columns: Sequence[tuple[str, Column]]) -> Data:
        """Take columns of one length, by their names."""

    @property
    def columns(self) -> list[str]:
        """The names of the columns."""

    @property
    def partitions(self) -> int:
        """How many partitions there are."""

@final
class Report:
    """What was computed, ready to be shown."""

    def json(self) -> str:
        """Return the public dictionary, as JSON."""

    def text(self, width: int) -> str:
        """Return the report for a terminal of so many columns."""

    def markdown(self) -> str:
        """Return the report for a merge request."""

    def html(self) -> str:
        """Return the report as a piece of HTML."""

    def outcome(self) -> str:
        """Return ``within``, ``breached`` or ``not_computable``."""

@final
class Profile:
    """What is known of a table."""

    @staticmethod
    def from_bytes(bytes: bytes) -> Profile:
        """Read ``to_bytes``."""

    def to_bytes(self) -> bytes:
        """Return the profile as bytes."""

    def merge(self, other: Profile) -> Profile:
        """Return what is known of both."""

    def report(self) -> Report:
        """Return the profile as it is shown."""

def profile(data: Data, *, seed: int, partitions: tuple[int, int] | None, threads: int) -> Profile:
    """Profile these partitions of a table, or all of them."""

def drift(
    reference: Profile | Data,
    current: Profile | Data,
    *,
    columns: Sequence[str] | None,
    tests: Sequence[str] | None,
    domain_classifier: bool | None,
    alpha: float,
    seed: int,
    threads: int,
) -> Report:
    """Compare two tables."""

def quality(
    columns: Data,
    *,
    prediction: str | None,
    score: Sequence[tuple[str, str | None]],
    query: str | None,
    weights: str | None,
    slices: Data | None,
    slice_bins: Sequence[tuple[str, Sequence[float]]],
    task: str,
    positive: str | None,
    metrics: Sequence[str] | None,
    interval: tuple[float, int, int] | None,
    costs: Sequence[tuple[Sequence[str], float]] | None,
    threshold: float | None,
    quantile: float | None,
    k: int,
    threads: int,
) -> Report:
    """Return how good predictions and scores are."""

def estimate(
    reference: Data,
    current: Data,
    *,
    method: str,
    truth: str,
    prediction: str | None,
    score: Sequence[tuple[str, str | None]],
    positive: str | None,
    features: Sequence[str] | None,
    threads: int,
) -> Report:
    """Return how good predictions may be expected to be."""

def bias(
    data: Data,
    *,
    facet: Sequence[str],
    disadvantaged: Sequence[str] | float | None,
    bins: Sequence[tuple[str, Sequence[float]]],
    label: str,
    positive: Sequence[str] | float,
    prediction: str | None,
    group: str | None,
    features: Sequence[str],
    metrics: Sequence[str] | None,
    min_group: int,
    compat: str | None,
    confidence: float,
    threads: int,
) -> Report:
    """Compare the groups of protected columns."""
