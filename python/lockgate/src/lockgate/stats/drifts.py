"""Drift: how far the values of a table moved from a reference, beyond what chance explains."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from lockgate.stats.arguments import flag, names, real, threads
from lockgate.stats.data import table
from lockgate.stats.library import _kernels
from lockgate.stats.profiles import Profile
from lockgate.stats.report import Report

if TYPE_CHECKING:
    from lockgate.stats.data import Data


class Drift(Report):
    """What moved.

    ``.to_dict()["columns"][name]["tests"][id]`` has ``value``, ``p_value``, ``threshold``, ``interval``,
    ``verdict`` and ``reason``.
    """

    __slots__ = ()


def drift(
    reference: Profile | Data,
    current: Profile | Data,
    *,
    columns: str | Iterable[str] | None = None,
    tests: str | Iterable[str] | None = None,
    alpha: float = 0.05,
    domain_classifier: bool | None = None,
) -> Drift:
    """Compare a table with a reference.

    Parameters
    ----------
    reference
        What is as it should be: a :class:`Profile`, or a table as for :func:`profile`.
    current
        What to compare with it, likewise.
    columns
        Names of the columns to compare; none is all.
    tests
        Measures beside the default of each column: ``psi``, ``ks``, ``wasserstein``, ``wasserstein_normed``,
        ``jensen_shannon``, ``hellinger``, ``kl``, ``chi_square``, ``g_test``, ``l_infinity``, ``cramers_v``,
        ``total_variation``, ``energy``, ``new_share``, ``vanished_share``, ``null_share``; or ``domain_classifier``.
    alpha
        Rate of false alarms on equal distributions, of each test and of all columns together.
    domain_classifier
        Whether a model is asked if it tells the sides apart by all columns together, which needs the rows of both; on
        small tables it takes longer than the default tests. None: unless ``tests`` are named without it.

    Raises
    ------
    UnknownColumnError
        A name in ``columns`` that neither side has.
    ValueError
        Another wrong argument; the message names it.
    OSError
        A file that is not there or cannot be read.

    Examples
    --------
    >>> found = drift({"age": list(range(100))}, {"age": list(range(50, 150))})
    >>> found.to_dict()["columns"]["age"]["verdict"]
    'drifted'
    """
    sides = [
        one._kernel if isinstance(one, Profile) else table(one, name)
        for one, name in ((reference, "reference"), (current, "current"))
    ]
    return Drift(
        _kernels.drift(
            *sides,
            columns=None if columns is None else names(columns, "columns"),
            tests=None if tests is None else names(tests, "tests"),
            alpha=real(alpha, "alpha", "a number between 0 and 1"),
            domain_classifier=flag(domain_classifier, "domain_classifier"),
            seed=0,
            threads=threads(),
        )
    )
