"""Profiles: all that one pass over a table tells of each of its columns."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lockgate.stats.arguments import threads, whole
from lockgate.stats.data import table
from lockgate.stats.library import _kernels
from lockgate.stats.report import Report, number

if TYPE_CHECKING:
    from lockgate.stats.data import Data


class Profile(Report):
    """What is known of a table: counts, quantiles, frequent values, lengths, patterns and more, of each column.

    It is of bounded size however large the table is, some kilobytes a column, and profiles of parts of a table merge to
    that of all of it. Equal data, partitions and seed give equal bytes.

    ``.to_dict()`` has ``name``, ``rows`` and ``columns``, by name. Of each column: ``counts`` and ``nulls`` in rows;
    ``completeness``, ``uniqueness`` and ``distinctness`` as shares from 0 to 1; ``distinct``; ``entropy`` in nats;
    ``mean``, ``std`` (over n - 1), ``std_population`` (over n), ``min``, ``max`` and ``quantiles`` in the unit of
    the column, standard deviations of times in seconds; ``lengths`` in characters; ``histogram``, ``top``, ``shapes``;
    and ``reasons`` for what is ``None``.
    """

    __slots__ = ("_kernel",)

    def __init__(self, kernel: _kernels.Profile) -> None:
        super().__init__(kernel.report())
        self._kernel = kernel

    def to_dict(self) -> dict[str, Any]:
        """Return all that is known: ``["columns"][name]`` has a column's numbers, and ``reasons`` for lacking ones."""
        found = super().to_dict()
        for column in found["columns"].values():
            # Texts of the data may say the same, and stay what they are.
            of_numbers = column.get("type") == "number"
            for key in ("mean", "std", "std_population", *(("min", "max") if of_numbers else ())):
                column[key] = number(column.get(key))
            quantiles = column.get("quantiles") or {}
            quantiles.update({name: number(one) for name, one in quantiles.items()})
            for one in column.get("top", []) if of_numbers else []:
                one["value"] = number(one["value"])
        return found

    @classmethod
    def from_bytes(cls, data: bytes) -> Profile:
        """Read what :meth:`to_bytes` wrote, here or elsewhere.

        Raises
        ------
        ValueError
            It is no profile, or one of a version that this one cannot read.
        """
        if not isinstance(data, (bytes, bytearray, memoryview)):
            raise ValueError(f"`data` is {type(data).__name__}: expected bytes")
        return cls(_kernels.Profile.from_bytes(bytes(data)))

    def to_bytes(self) -> bytes:
        """Return the profile as bytes, to be kept or merged elsewhere."""
        return self._kernel.to_bytes()

    def merge(self, other: Profile) -> Profile:
        """Return what is known of both; neither is changed.

        Parameters
        ----------
        other
            Profile of other partitions of the same table. Only with the same ``seed`` are the bytes those of one
            profile of all.

        Raises
        ------
        ValueError
            Both know the same partitions.
        """
        if not isinstance(other, Profile):
            raise ValueError(f"`other` is {type(other).__name__}: expected a Profile")
        return Profile(self._kernel.merge(other._kernel))

    def __reduce__(self) -> tuple[object, tuple[bytes]]:
        """Return what pickles it, so that processes can hand it over."""
        return Profile.from_bytes, (self.to_bytes(),)


def profile(data: Data, *, seed: int = 0, partitions: range | tuple[int, int] | None = None) -> Profile:
    """Profile a table in one pass.

    Parameters
    ----------
    data
        Path of a file (Parquet, CSV, JSON Lines, Arrow IPC) or of a hive folder, which are read in bounded memory; or
        a table or column in memory (pyarrow, pandas, Polars, DuckDB, NumPy, a dictionary of columns). The index of
        pandas is no column.
    seed
        Source of the coins that sketches toss.
    partitions
        Which partitions to read, for example ``range(0, 4)``; none is all. A partition is a row group of Parquet, a
        file of another format, or 2²⁰ rows in memory; :func:`count_partitions` says how many there are.

    Returns
    -------
    Profile
        What is known of each column; see there for its dictionary.

    Raises
    ------
    OSError
        A file that is not there or cannot be read.
    ValueError
        ``data`` is no table, or there are no such partitions.

    Notes
    -----
    Exact up to 1,024 different values of a column. Beyond them, distinct values are estimated by HyperLogLog (standard
    error 1.6 %), quantiles by KLL (the error of their rank is said beside them, as ``rank_error``), and frequent values
    may be counted too low by ``top_error``. The quantile ``q`` is the smallest value that at least a share ``q`` of the
    values is at most.

    Examples
    --------
    >>> found = profile({"age": [31, 45, None]}).to_dict()
    >>> sorted(found["columns"])
    ['age']
    """
    seed = whole(seed, "seed", "a number from 0 to 2⁶⁴ - 1")
    bounds = None if partitions is None else _bounds(partitions)
    return Profile(_kernels.profile(table(data, "data"), seed=seed, partitions=bounds, threads=threads()))


def _bounds(partitions: range | tuple[int, int]) -> tuple[int, int]:
    """Return the first partition, and that after the last."""
    expected = "a range without gaps, or two numbers from 0 on"
    if isinstance(partitions, range) and partitions.step == 1:
        partitions = (partitions.start, partitions.stop)
    if not isinstance(partitions, (tuple, list)) or len(partitions) != 2:
        raise ValueError(f"`partitions` is {partitions!r}: expected {expected}")
    start, stop = (whole(one, "partitions", expected) for one in partitions)
    return start, stop


def count_partitions(data: Data) -> int:
    """Return how many partitions a table has, which :func:`profile` reads one by one.

    Parameters
    ----------
    data
        As for :func:`profile`.

    Returns
    -------
    int
        Row groups of Parquet, files of another format, or stretches of 2²⁰ rows in memory.

    Raises
    ------
    OSError
        A file that is not there or cannot be read.
    ValueError
        ``data`` is no table.

    Examples
    --------
    >>> count_partitions({"age": [31, 45]})
    1
    """
    return table(data, "data").partitions
