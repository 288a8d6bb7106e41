"""Quality of a model: measured against the truth, and estimated while there is none."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, Final, Literal, TypeAlias, cast

from lockgate.stats.arguments import binned, name, names, real, text, threads, whole
from lockgate.stats.data import columns, is_table, table
from lockgate.stats.library import _kernels
from lockgate.stats.report import Report

if TYPE_CHECKING:
    from lockgate.stats.data import Data, Values

    Scores: TypeAlias = Values | Mapping[Any, Values]
    Costs: TypeAlias = Mapping[str, float] | Mapping[tuple[Any, Any], float]

Task: TypeAlias = Literal["binary", "multiclass", "regression", "ranking"]
Method: TypeAlias = Literal["cbpe", "dle"]
REPLICATES: Final = 1_000


class Quality(Report):
    """How good a model is.

    ``.to_dict()["metrics"][id]`` has ``value``, ``interval`` (``low``, ``high``), ``standard_error`` (of the bootstrap,
    in the unit of the value) and ``reason``; ids are scikit-learn's names. Shares are from 0 to 1, losses of quantities
    in the unit of the truth (or its square), ``cost`` in that of ``costs``, per row. Curves, the confusion matrix and
    the bins of calibration stand beside them, and ``["slices"]``, by column and value, has ``rows`` and ``metrics`` of
    parts of the rows.
    """

    __slots__ = ()


class Estimate(Report):
    """How good a model may be expected to be.

    ``.to_dict()["metrics"][id]`` has ``value``, for rows whose truth is not known; ``sampling_error``; ``interval``,
    three of these to either side; ``reference``, what was measured there; and ``reason``. Units are as in
    :class:`Quality`. ``["assumptions"]`` says what must hold.
    """

    __slots__ = ()


def quality(
    truth: Values,
    prediction: Values | None = None,
    *,
    score: Scores | None = None,
    task: Task,
    weights: Values | None = None,
    interval: float | None = None,
    slices: Data | None = None,
    positive: object = None,
    query: Values | None = None,
    metrics: str | Iterable[str] | None = None,
    costs: Costs | None = None,
    threshold: float | None = None,
    quantile: float | None = None,
    k: int = 10,
    slice_bins: Mapping[str, Iterable[float]] | None = None,
) -> Quality:
    """Measure predictions and scores against the truth.

    Parameters
    ----------
    truth
        What was true: an array, a series or a list of numbers, flags or texts; for a ranking, how relevant each item
        is.
    prediction
        What was predicted, in the values of ``truth``.
    score
        Binary: the probability, or any score, of the positive class. Multiclass: a dictionary (or table) of each
        class and the column of its scores, such as ``dict(zip(model.classes_, model.predict_proba(x).T))``. Ranking:
        what orders the items.
    task
        ``"binary"``, ``"multiclass"``, ``"regression"`` or ``"ranking"``.
    weights
        How much each row counts; 1 without.
    interval
        Confidence of the bootstrap interval of each metric, for example ``0.95``; none without.
    slices
        Columns whose values part the rows: a series with a name, a table, or a dictionary. Each part has its metrics,
        too.
    positive
        Binary: the value of ``truth`` that is a yes. None: true, or 1 where the others are 0 or -1.
    query
        Ranking: which rows belong to one query; all without.
    metrics
        Ids of the metrics to compute, with their intervals; none is all that the task has. Each of them is in the
        report, with a number or a reason.
    costs
        What decisions cost, per row. Binary: by outcome, such as ``{"false_positive": 1, "false_negative": 5}``; what
        is not named costs nothing. Multiclass: by truth and prediction, such as ``{("cat", "dog"): 2}``, for all that
        are wrong. Gives the metric ``cost`` and, of scores, ``["best_threshold"]``.
    threshold
        Binary: the score from which on a row is predicted positive, where there is no ``prediction``.
    quantile
        Regression: the quantile that predictions are of; gives the metric ``mean_pinball_loss``.
    k
        Ranking: how many of the first places the metrics that end in ``_at_k`` are of.
    slice_bins
        Ascending thresholds of columns of ``slices`` that are numbers: ``{"age": [25, 40]}`` makes the slices ``≤ 25``,
        ``> 25 ≤ 40`` and ``> 40``. Without them each value is a slice.

    Returns
    -------
    Quality
        Every metric of the task that the inputs allow; see there for its dictionary.

    Raises
    ------
    ValueError
        A wrong argument; the message names it.

    Notes
    -----
    A row without a truth, a prediction or a weight above 0 is left out of what needs it, and counted. Equal scores
    count as half in ``roc_auc``. Intervals are percentiles of 1,000 Poisson bootstraps, whose weights come from a hash
    of row and replicate, so that slices and threads change nothing. Values are those of scikit-learn 1.9; where it says
    0 for lack of a number, there is ``None`` and a reason.

    Examples
    --------
    >>> found = quality([0, 0, 1, 1], score=[0.1, 0.4, 0.35, 0.8], task="binary")
    >>> found.to_dict()["metrics"]["roc_auc"]["value"]
    0.75
    """
    named: dict[str, tuple[str, Values]] = {"truth": ("truth", truth)}
    for argument, given in (("prediction", prediction), ("query", query), ("weights", weights)):
        if given is not None:
            named[argument] = (argument, given)
    scores: list[tuple[str, str | None]] = []
    for label, values in _scores(score):
        called = "score" if label is None else f"score of {label}"
        if called in named:
            raise ValueError(f"`score` has two columns of the class `{label}`: expected one of each")
        named[called] = (called, values)
        scores.append((called, label))
    share = "a number between 0 and 1, or none"
    if interval is not None and not 0 < real(interval, "interval", share) < 1:
        raise ValueError(f"`interval` is {interval}: expected {share}")
    return Quality(
        _kernels.quality(
            columns(named),
            prediction="prediction" if "prediction" in named else None,
            score=scores,
            query="query" if "query" in named else None,
            weights="weights" if "weights" in named else None,
            slices=None if slices is None else table(slices, "slices"),
            slice_bins=[] if slice_bins is None else binned(slice_bins, "slice_bins"),
            task=str(task),
            positive=None if positive is None else text(positive),
            metrics=None if metrics is None else names(metrics, "metrics"),
            interval=None if interval is None else (float(interval), REPLICATES, 0),
            costs=None if costs is None else _costs(costs),
            threshold=None if threshold is None else real(threshold, "threshold", "a number, or none"),
            quantile=None if quantile is None else real(quantile, "quantile", "a number from 0 to 1, or none"),
            k=whole(k, "k", "a number of places"),
            threads=threads(),
        )
    )


def _costs(costs: Costs) -> list[tuple[list[str], float]]:
    """Return costs, each by the name of an outcome, or by truth and prediction."""
    expected = (
        "costs by outcome, such as {'false_positive': 1}, or by truth and prediction, such as {('cat', 'dog'): 2}"
    )
    if not isinstance(costs, Mapping):
        raise ValueError(f"`costs` is {costs!r}: expected {expected}")
    each = cast("Mapping[Any, float]", costs).items()
    return [
        (list(map(text, key)) if isinstance(key, tuple) else [text(key)], real(cost, "costs", expected))
        for key, cost in each
    ]


def _scores(score: Scores | None) -> list[tuple[str | None, Values]]:
    """Return the columns of scores, each with the class that it is of, or none where it is the only one."""
    if score is None:
        return []
    if isinstance(score, Mapping):
        return [(text(label), values) for label, values in score.items()]
    if getattr(score, "ndim", 1) == 2 and hasattr(score, "__array_interface__"):
        raise ValueError(
            "`score` has two dimensions: expected one column, or a dictionary of classes and their columns"
        )
    if is_table(score):
        frame = cast("Any", score)
        labels: list[Any] = list(getattr(frame, "column_names" if hasattr(frame, "column_names") else "columns", []))
        if len(labels) == 1:
            return [(None, frame[labels[0]])]
        if labels:
            return [(text(label), frame[label]) for label in labels]
    return [(None, score)]


def estimate(
    reference: Data,
    current: Data,
    *,
    method: Method = "cbpe",
    truth: str = "truth",
    prediction: str | None = None,
    score: str | Mapping[Any, str] | None = None,
    positive: object = None,
    features: Iterable[str] | None = None,
) -> Estimate:
    """Estimate how good predictions are whose truth is not known yet.

    Both methods assume that the truth still depends on the features as it did in the reference: they see other data,
    not another world. The report says so.

    Parameters
    ----------
    reference
        A table whose truth is known, and which the model was not trained on.
    current
        A table of the same columns but for the truth.
    method
        ``"cbpe"``: of classifiers, from their scores. ``"dle"``: of quantities, by a second model of their errors.
    truth
        Name of the column of the truth.
    prediction
        Name of the column of predictions; ``"prediction"`` where both tables have such a column.
    score
        Name of the column of the positive class's probability, or a dictionary of each class and the name of its
        column; ``"score"`` where both tables have such a column. For ``"cbpe"``.
    positive
        The value of the truth that is a yes; None: true, or 1 where the others are 0 or -1. For ``"cbpe"``.
    features
        Names of the columns that errors may depend on; none is all that both tables have. For ``"dle"``.

    Returns
    -------
    Estimate
        The metrics as they may be expected of ``current``; see there for its dictionary.

    Raises
    ------
    UnknownColumnError
        A column that a table does not have.
    ValueError
        Another wrong argument; the message names it.
    OSError
        A file that is not there or cannot be read.

    Notes
    -----
    CBPE calibrates scores on the reference, by isotonic regression where that lowers the error there, and takes the
    expectation of the confusion matrix. Scores that separate the classes of the reference (a ROC-AUC above 0.999) are
    taken as they are; ``["calibration"]`` says so. DLE fits a model of each row's loss. Both are as NannyML 0.13 has
    them.

    Examples
    --------
    >>> known = {"truth": [0, 0, 0, 1, 0, 1, 1, 1] * 50, "score": [0.25, 0.25, 0.25, 0.25, 0.75, 0.75, 0.75, 0.75] * 50}
    >>> known["prediction"] = [int(score > 0.5) for score in known["score"]]
    >>> new = {"score": [0.25, 0.75, 0.75], "prediction": [0, 1, 1]}
    >>> estimate(known, new).to_dict()["metrics"]["accuracy"]["value"]
    0.75
    """
    sides = [table(reference, "reference"), table(current, "current")]

    def if_there(column: str) -> str | None:
        return column if all(column in side.columns for side in sides) else None

    if score is None and method == "cbpe":
        score = if_there("score")
    scores: list[tuple[str, str | None]] = []
    if isinstance(score, Mapping):
        scores = [(name(column, "score"), text(label)) for label, column in score.items()]
    elif score is not None:
        scores = [(name(score, "score"), None)]
    return Estimate(
        _kernels.estimate(
            *sides,
            method=str(method),
            truth=name(truth, "truth"),
            prediction=if_there("prediction") if prediction is None else name(prediction, "prediction"),
            score=scores,
            positive=None if positive is None else text(positive),
            features=None if features is None else names(features, "features"),
            threads=threads(),
        )
    )
