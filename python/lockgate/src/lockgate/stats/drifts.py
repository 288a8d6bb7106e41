"""Drift: how far the values of a table moved from a reference, beyond what chance explains."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from lockgate.stats.arguments import flag, names, real, threads, whole
from lockgate.stats.data import table
from lockgate.stats.library import _kernels
from lockgate.stats.profiles import Profile
from lockgate.stats.report import Report

if TYPE_CHECKING:
    from lockgate.stats.data import Data


class Drift(Report):
    """What moved.

    ``.to_dict()["columns"][name]["tests"][id]`` has ``value``, in the unit of the test; ``p_value``, from 0 to 1;
    ``threshold``, the least value that the test calls drift at ``alpha``; ``interval`` (``low``, ``high``), which holds
    the population's value in a share ``1 - alpha`` of all cases; ``verdict`` (``within``, ``drifted``,
    ``not_computable``) of the test by itself; and ``reason``. A column's own ``verdict`` allows for the number of
    columns, as ``adjusted_p_value`` does, and ``["dataset"]`` is of all of them together.
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
    seed: int = 0,
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
    seed
        Source of the permutations that some p-values come from, and of what the model draws.

    Returns
    -------
    Drift
        Each column and the table; see there for its dictionary. ``outcome`` is ``"breached"`` where anything drifted.

    Raises
    ------
    UnknownColumnError
        A name in ``columns`` that neither side has.
    ValueError
        Another wrong argument; the message names it.
    OSError
        A file that is not there or cannot be read.

    Notes
    -----
    By default a number is compared by ``ks``, a category by ``chi_square``, every column by ``null_share``. On equal
    distributions false alarms occur at the rate ``alpha``: p-values are exact where tables are small, of a closed form
    where they are large, of permuted labels else. Columns are judged together (Benjamini & Hochberg). Two profiles are
    compared by their sketches, and what these may be off by is taken for equal. ``jensen_shannon`` is the distance in
    base 2, ``kl`` is in nats, ``psi`` cuts at the deciles of the reference.

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
            seed=whole(seed, "seed", "a number from 0 to 2⁶⁴ - 1"),
            threads=threads(),
        )
    )
