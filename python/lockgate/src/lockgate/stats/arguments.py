"""What else functions are asked with: names, numbers, values of columns; and how many threads there are."""

from __future__ import annotations

import operator
import os
from collections.abc import Iterable, Mapping
from numbers import Real
from typing import Any, Final, TypeGuard, cast

MOST_THREADS: Final = 1_024
"""No machine computes faster on more, whatever a variable says."""


def threads() -> int:
    """Return how many threads to compute on: as ``OMP_NUM_THREADS`` tells numerical libraries; 0 is all processors.

    Results do not depend on it.
    """
    # A list is of nested levels; the first is the outermost.
    told = os.environ.get("OMP_NUM_THREADS", "").partition(",")[0].strip()
    return min(int(told[:9]), MOST_THREADS) if told.isdecimal() else 0


def name(given: object, argument: str) -> str:
    """Return the name of a column.

    Raises
    ------
    ValueError
        It is something else.
    """
    if not isinstance(given, str) or not _is_text(given):
        raise ValueError(f"`{argument}` is {given!r}: expected the name of a column")
    return given


def names(given: str | Iterable[str], argument: str) -> list[str]:
    """Return names of columns or the like; one alone stands for a list of one.

    Raises
    ------
    ValueError
        Something else is among them.
    """
    if not isinstance(given, Iterable):
        raise ValueError(f"`{argument}` is {given!r}: expected names")
    try:
        listed = [given] if isinstance(given, str) else list(given)
    except TypeError as error:  # an array of no dimension
        raise ValueError(f"`{argument}` is {given!r}: expected names") from error
    for one in listed:
        if not isinstance(one, str) or not _is_text(one):
            raise ValueError(f"`{argument}` has {one!r}: expected names")
    return listed


def _is_text(given: str) -> bool:
    """Return whether it is of whole characters, as names in Arrow are."""
    try:
        given.encode()
    except UnicodeEncodeError:
        return False
    return True


def whole(given: object, argument: str, expected: str) -> int:
    """Return a whole number that is not negative, and that the library has a type for.

    Raises
    ------
    ValueError
        It is something else; ``expected`` says what it must be.
    """
    try:
        found = operator.index(cast("Any", given))
    except TypeError:
        found = -1
    if isinstance(given, bool) or not 0 <= found < 2**64:
        raise ValueError(f"`{argument}` is {given!r}: expected {expected}")
    return found


def real(given: object, argument: str, expected: str) -> float:
    """Return a number.

    Raises
    ------
    ValueError
        It is something else; ``expected`` says what it must be.
    """
    if not is_number(given):
        raise ValueError(f"`{argument}` is {given!r}: expected {expected}")
    try:
        return float(given)
    except OverflowError:
        raise ValueError(f"`{argument}` is more than a float holds: expected {expected}") from None


def flag(given: object, argument: str) -> bool | None:
    """Return true, false or none, of Python or of NumPy.

    Raises
    ------
    ValueError
        It is something else.
    """
    found = plain(given)
    if found is not None and not isinstance(found, bool):
        raise ValueError(f"`{argument}` is {given!r}: expected true, false or none")
    return found


def text(value: object) -> str:
    """Return a value of a column as reports write it."""
    value = plain(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if hasattr(value, "astimezone") and hasattr(value, "isoformat"):
        return _time(value)
    return str(value)


def plain(value: object) -> object:
    """Return a scalar of NumPy as Python has it, all else as it is."""
    some = cast("Any", value)
    if not hasattr(value, "item") or getattr(value, "ndim", None) != 0:
        return value
    if getattr(getattr(value, "dtype", None), "kind", "") == "M" and isinstance(some.item(), int):
        some = some.astype("datetime64[us]")  # nanoseconds, which Python has no time of
    return cast("object", some.item())


def _time(value: Any) -> str:
    """Return a day and time as reports write it: RFC 3339, in UTC where it says its zone."""
    if value != value:  # noqa: PLR0124 # the time that is none
        return str(value)
    zone = value.utcoffset()
    at = value if zone is None else (value - zone).replace(tzinfo=None)
    micros = at.microsecond
    places = "seconds" if not micros else "microseconds" if micros % 1_000 else "milliseconds"
    written: str = at.isoformat(timespec=places)
    return written if zone is None else f"{written}Z"


def is_number(value: object) -> TypeGuard[float]:
    """Return whether it is one number, of Python or of NumPy; a flag is none."""
    return isinstance(value, Real) and not isinstance(value, bool)


def binned(given: Mapping[str, Iterable[float]], argument: str) -> list[tuple[str, list[float]]]:
    """Return columns and the thresholds that part their numbers.

    Raises
    ------
    ValueError
        It is something else.
    """
    expected = "ascending numbers for names of columns, such as {'age': [25, 40]}"
    if not isinstance(given, Mapping):
        raise ValueError(f"`{argument}` is {given!r}: expected {expected}")
    found = []
    for column, thresholds in given.items():
        if isinstance(thresholds, str) or not isinstance(thresholds, Iterable):
            raise ValueError(f"`{argument}` has {thresholds!r}: expected {expected}")
        found.append((name(column, argument), [real(one, argument, expected) for one in thresholds]))
    return found
