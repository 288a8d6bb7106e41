"""Bias of data and of a model between the groups of protected columns: Clarify's, Fairlearn's and AIF360's metrics."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from lockgate.stats.arguments import binned, is_number, name, names, plain, real, text, threads, whole
from lockgate.stats.data import table
from lockgate.stats.library import _kernels
from lockgate.stats.report import Report, number

if TYPE_CHECKING:
    from lockgate.stats.data import Data

Chosen: TypeAlias = "Iterable[object] | float | str"
"""Values of a column, or one threshold of a column of numbers: all above it."""


class Bias(Report):
    """How groups fare.

    ``.to_dict()["facets"][value]["metrics"][id]`` has ``value``, ``interval`` (``low``, ``high``), ``p_value`` and
    ``reason``. Ids are Clarify's abbreviations, such as ``DPL`` and ``DI``, and the names of AIF360's and Fairlearn's
    functions. Differences of shares are from -1 to 1: Clarify's are *advantaged less disadvantaged*, but for ``SD``,
    ``DCR``, ``DRR`` and ``TE``; AIF360's are the other way round, Fairlearn's the largest less the smallest. Ratios are
    from 0 on, ``KL`` and ``JS`` in nats. ``["groups"]`` has Fairlearn's of all groups, ``["proxy"]`` how well features
    tell the groups.
    """

    __slots__ = ()

    def to_dict(self) -> dict[str, Any]:
        """Return all that was computed; infinite numbers, of ``compat`` alone, as floats."""
        found = super().to_dict()
        facets = [facet["metrics"] for facet in found["facets"].values()]
        for metrics in (*facets, found["groups"]):
            for one in metrics.values():
                one["value"] = number(one["value"])
                if one["interval"] is not None:
                    one["interval"] = {end: number(limit) for end, limit in one["interval"].items()}
        return found


def bias(
    data: Data,
    *,
    facet: str | Iterable[str],
    disadvantaged: Chosen | None = None,
    label: str,
    positive: Chosen,
    prediction: str | None = None,
    group: str | None = None,
    features: Iterable[str] | None = None,
    min_group: int = 30,
    compat: Literal["clarify"] | None = None,
    bins: Mapping[str, Iterable[float]] | None = None,
    metrics: str | Iterable[str] | None = None,
    confidence: float = 0.95,
) -> Bias:
    """Compare how the groups of protected columns fare.

    Parameters
    ----------
    data
        A table, as for :func:`profile`. Only the columns named below are read.
    facet
        Name of the protected column. Several are compared by their intersections.
    disadvantaged
        Values of ``facet`` thought to be at a disadvantage, or one threshold for a column of numbers (all above it).
        Without, each value is compared with the rest. An intersection is a tuple of its values, or written ``"female
        & 30"``.
    label
        Name of the column of what was observed.
    positive
        Labels and predictions that are good to have, or one threshold (all above it).
    prediction
        Name of the column of what a model said; metrics of a model need it.
    group
        Name of the column whose values are the strata of CDDL and CDDPL.
    features
        Names of the columns that FT looks at, and the check whether they can tell the protected column.
    min_group
        Rows that a group must have to be reported.
    compat
        ``"clarify"``: the conventions of smclarify 0.5, its defects included, to compare with reports that are kept.
    bins
        Ascending thresholds of facets that are numbers: ``{"age": [25, 40]}``.
    metrics
        Ids of the metrics to compute; none is all. The difference that leads, ``DPPL`` or without predictions ``DPL``,
        is there whatever is named.
    confidence
        How often intervals hold the number of the population; a p-value is small below 1 less this.

    Returns
    -------
    Bias
        Each group beside the rest; see there for its dictionary. ``outcome`` is ``"breached"`` where a group fails the
        four-fifths rule by more than chance would do, and ``"not_computable"`` where nothing is positive as asked.

    Raises
    ------
    UnknownColumnError
        A column that the data does not have.
    ValueError
        Another wrong argument; the message names it.
    OSError
        A file that is not there or cannot be read.

    Notes
    -----
    All but FT and the proxy check come from one table of counts. A row without facet, label, prediction or stratum is
    left out of what needs it, and counted. Values are those of smclarify 0.5, Fairlearn 0.15 and AIF360 0.6 where these
    have a number; what ``compat`` changes, ``docs/concepts/statistics.md`` lists.

    Examples
    --------
    >>> people = {"sex": ["f", "m"] * 50, "paid": [1, 1, 0, 1] * 25}
    >>> found = bias(people, facet="sex", disadvantaged=["f"], label="paid", positive=[1])
    >>> found.to_dict()["facets"]["f"]["metrics"]["DPL"]["value"]
    0.5
    """
    return Bias(
        _kernels.bias(
            table(data, "data"),
            facet=names(facet, "facet"),
            disadvantaged=None if disadvantaged is None else _chosen(disadvantaged, "disadvantaged"),
            bins=[] if bins is None else binned(bins, "bins"),
            label=name(label, "label"),
            positive=_chosen(positive, "positive"),
            prediction=None if prediction is None else name(prediction, "prediction"),
            group=None if group is None else name(group, "group"),
            features=[] if features is None else names(features, "features"),
            metrics=None if metrics is None else names(metrics, "metrics"),
            min_group=whole(min_group, "min_group", "a number of rows"),
            compat=None if compat is None else str(compat),
            confidence=real(confidence, "confidence", "a number between 0 and 1"),
            threads=threads(),
        )
    )


def _chosen(given: Chosen, argument: str) -> list[str] | float:
    """Return values as reports write them, or a threshold. One text or flag alone is a value."""
    alone = plain(given)
    if isinstance(alone, (str, bool)):
        return [text(alone)]
    if is_number(alone):
        return real(alone, argument, "a list of values, or a threshold")
    if not isinstance(given, Iterable):
        raise ValueError(f"`{argument}` is {given!r}: expected a list of values, or a threshold")
    return [" & ".join(map(text, one)) if isinstance(one, tuple) else text(one) for one in given]
