"""What serves, beside what was promised: drift of what is asked, and quality and bias of what is answered.

It reads the calls that were written down within a window, the datasets of the contract as the reference, and outcomes
that came later, joined on the record key. Each number is computed by itself: what cannot be read takes its own away.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from lockgate.checks import bias, drift, held_out, measure, quality
from lockgate.checks.drift import KS, NULL_SHARE, PSI
from lockgate.checks.measure import FEWEST_ROWS, Flags, Floats, Metric, NotComputableError, in_words
from lockgate.checks.model import LABELS, PROBABILITIES, Predicted, by_name, classes_of, positive_of, text_of
from lockgate.checks.told import Source, Told

CALLED_AT: Final = "called_at"
RECORD_ID: Final = "record_id"
VERSION: Final = "model_version"
PREDICTION: Final = "prediction_"
MOST_METRICS: Final = 1_000
"""The most that the server reads of this report."""
EVERY: Final = (PSI, NULL_SHARE, KS, quality.AUC, quality.ACCURACY, bias.PARITY)


def check(told: Told) -> None:
    """Measure the calls of the window."""
    notes: list[str] = []
    try:
        metrics = measured(told, notes)
    except NotComputableError as why:
        metrics = [Metric.without(name, str(why)) for name in EVERY]
        notes = [*notes, str(why)]
    measure.write(told.outputs["report"], metrics, "; ".join(notes), MOST_METRICS)


@dataclass
class Lake:
    """The datasets that may be read, each read once, under the names of the contract."""

    contract: Mapping[str, Any]
    sources: Mapping[str, Source]
    kept: dict[str, pa.Table | NotComputableError] = field(default_factory=dict)

    def rows(self, dataset: str) -> pa.Table:
        """Return the rows of a dataset.

        Raises
        ------
        NotComputableError
            It cannot be read; the text says why.
        """
        if dataset not in self.kept:
            try:
                self.kept[dataset] = self._read(dataset)
            except NotComputableError as why:
                self.kept[dataset] = why
        found = self.kept[dataset]
        if isinstance(found, NotComputableError):
            raise found
        return found

    def _read(self, dataset: str) -> pa.Table:
        if dataset not in self.sources:
            raise NotComputableError(f"`{dataset}` is not among what is read")
        rows = held_out.fetch(self.sources[dataset])
        return held_out.named(rows, dataset, self.contract) if dataset in self.contract["sources"] else rows

    def place_of(self, column: str) -> str:
        """Return the dataset that holds a column of the contract."""
        for dataset, columns in self.contract["sources"].items():
            if column in columns:
                return str(dataset)
        raise NotComputableError(f"`{column}` comes from no dataset")

    def key(self) -> str:
        """Return the record key, which is one column where calls are to be joined with anything."""
        keys = [str(name) for name in self.contract["key"]]
        if len(keys) != 1:
            raise NotComputableError(f"the record key has {len(keys)} columns, and a call names one `{RECORD_ID}`")
        return keys[0]


def measured(told: Told, notes: list[str]) -> list[Metric]:
    """Return every metric, and say in ``notes`` what was read and what was left out."""
    contract: Mapping[str, Any] = told.values["contract"]
    asked: Mapping[str, Any] = told.values["monitor"]
    if "why" in contract:
        raise NotComputableError(str(contract["why"]))
    lake = Lake(contract, {source.dataset: source for source in told.sources})
    calls = calls_of(lake, asked, notes)
    said = _each((quality.AUC, quality.ACCURACY), lambda: of_truth(lake, asked, calls, notes))
    gaps = _each((bias.PARITY,), lambda: of_groups(lake, calls, notes))
    return [*said, *gaps, *of_features(lake, calls, notes)]


def _each(names: Sequence[str], of: Callable[[], list[Metric]]) -> list[Metric]:
    try:
        return of()
    except NotComputableError as why:
        return [Metric.without(name, str(why)) for name in names]


def calls_of(lake: Lake, asked: Mapping[str, Any], notes: list[str]) -> pa.Table:
    """Return the calls of the window that the version which is live has answered, the oldest first."""
    since, until = (datetime.fromisoformat(str(asked[name]).replace("Z", "+00:00")) for name in ("from", "until"))
    capture = str(asked["capture"])
    if capture not in lake.sources:
        raise NotComputableError(f"`{capture}` is not among what is read")
    rows = held_out.fetch(lake.sources[capture], f" WHERE \"{CALLED_AT}\" >= '{since:%Y-%m-%dT%H:%M:%S.%fZ}'")
    for name in (CALLED_AT, VERSION):
        if name not in rows.column_names:
            raise NotComputableError(f"the captured calls have no column `{name}`, or it is not shown")
    with in_words("the captured calls do not say when they were made"):
        times = pc.cast(rows[CALLED_AT], pa.timestamp("us", "UTC"))
        within = pc.and_(pc.greater_equal(times, pa.scalar(since)), pc.less_equal(times, pa.scalar(until)))
        rows = rows.filter(within)
        rows = rows.sort_by([(CALLED_AT, "ascending")])
    with in_words("the captured calls do not say which version answered"):
        mine = rows.filter(pc.equal(rows[VERSION], int(asked["version"])))
    others = rows.num_rows - mine.num_rows
    of_version = f"{mine.num_rows} calls of version {int(asked['version'])}"
    notes.append(of_version + (f"; {others} of other versions are left out" if others else ""))
    if mine.num_rows < FEWEST_ROWS:
        raise NotComputableError(f"{of_version} in the window; at least {FEWEST_ROWS} are needed")
    return mine


def of_features(lake: Lake, calls: pa.Table, notes: list[str]) -> list[Metric]:
    """Return how far each feature moved from the reference."""
    names = [str(feature["name"]) for feature in lake.contract["features"]]
    try:
        reference, why = reference_of(lake, names)
    except NotComputableError as failed:
        reference, why = pa.table({}), dict.fromkeys(names, str(failed))
    metrics: list[Metric] = []
    kept: list[str] = []
    for name in names:
        if name in reference.column_names and name in calls.column_names:
            kept.append(name)
            continue
        reason = f"the captured calls have no column `{name}`, or it is not shown"
        if name not in reference.column_names:
            reason = why.get(name, f"`{name}` comes from no dataset")
        metrics += [Metric.without(metric, reason, group=name) for metric in (PSI, NULL_SHARE)]
    if reference.num_rows:
        notes.append(f"compared with {reference.num_rows} rows; drift that chance explains is 0")
    return [*metrics, *drift.of_features(reference.select(kept), calls)]


def reference_of(lake: Lake, names: Sequence[str]) -> tuple[pa.Table, dict[str, str]]:
    """Return the rows that features are compared with, joined on the record key, and why some features have none."""
    why: dict[str, str] = {}
    tables: dict[str, pa.Table] = {}
    for name in names:
        found, missing = _found(lake, name)
        if missing is None:
            tables.update(found)
        else:
            why[name] = missing
    if len(tables) < 2:
        return next(iter(tables.values()), pa.table({})), why
    keys = [str(name) for name in lake.contract["key"]]
    kept = [(dataset, table.select(_once(table, [*keys, *names]))) for dataset, table in tables.items()]
    return held_out.joined(kept, keys), why


def _found(lake: Lake, column: str) -> tuple[dict[str, pa.Table], str | None]:
    """Return the dataset that holds a column, by name, or why there is none."""
    try:
        dataset = lake.place_of(column)
        return {dataset: lake.rows(dataset)}, None
    except NotComputableError as why:
        return {}, str(why)


def _once(table: pa.Table, names: Sequence[str]) -> list[str]:
    return [name for name in table.column_names if name in names]


def of_truth(lake: Lake, asked: Mapping[str, Any], calls: pa.Table, notes: list[str]) -> list[Metric]:
    """Return how well calls were answered whose outcome is known by now."""
    truth = asked["truth"]
    if truth is None:
        raise NotComputableError("no dataset is known to hold outcomes: the monitor's settings name one")
    known, counted = outcomes_of(lake, str(truth["dataset"]), str(truth["column"]), truth["key"])
    last, repeated = last_of(calls)
    ids = last[RECORD_ID].to_pylist()
    has = np.asarray([known.get(one) is not None for one in ids], dtype=bool)
    left = [
        (repeated, "calls repeat a record, whose last call counts"),
        (calls.num_rows - repeated - last.num_rows, "calls name no record"),
        (sum(one not in known for one in ids), "records are not among the outcomes"),
        (sum(one in known and known[one] is None for one in ids), "records have no outcome yet"),
        (counted, "records have several outcomes, and are left out"),
    ]
    words = f"{int(has.sum())} records with an outcome"
    notes.append(", ".join([words, *(f"{count} {what}" for count, what in left if count)]))
    if has.sum() < FEWEST_ROWS:
        raise NotComputableError(f"{words}; at least {FEWEST_ROWS} are needed")
    answered = last.filter(pa.array(has))
    values = [known[one] or "" for one, is_known in zip(ids, has, strict=True) if is_known]
    said = predicted(lake.contract, answered, values)
    notes[-1] += quality.strangers_of(said, values)
    if said.probabilities is not None:
        metrics, _ = quality.of_classes(said, values, lake.contract, "record with an outcome")
        return metrics
    return [
        Metric.without(quality.AUC, "the captured calls hold no probability for each class", len(values)),
        quality.accuracy_of(said.labels, values),
    ]


def outcomes_of(lake: Lake, dataset: str, column: str, key: str | None) -> tuple[dict[str, str | None], int]:
    """Return the outcome of each record, none where it has none yet, and how many records have several."""
    rows = lake.rows(dataset)
    places = {there: name for name, there in lake.contract["sources"].get(dataset, {}).items()}
    names = {"key": places.get(str(key), str(key)), "outcome": places.get(column, column)}
    lake.key()
    for what, name in names.items():
        if key is None or name not in rows.column_names:
            raise NotComputableError(f"`{dataset}` has no column that is the {what}, or it is not shown")
    rows = rows.filter(pc.is_valid(rows[names["key"]]))
    ids = text_of(rows[names["key"]])
    is_known = pc.is_valid(rows[names["outcome"]]).to_pylist()
    values = text_of(rows[names["outcome"]])
    found: dict[str, str | None] = {}
    several: set[str] = set()
    for one, value, known in zip(ids, values, is_known, strict=True):
        if one in found:
            several.add(one)
        found[one] = value if known else None
    return {one: value for one, value in found.items() if one not in several}, len(several)


def last_of(calls: pa.Table) -> tuple[pa.Table, int]:
    """Return the last call of each record, and how many calls of the same records were before."""
    if RECORD_ID not in calls.column_names:
        raise NotComputableError(f"the captured calls have no column `{RECORD_ID}`, or it is not shown")
    named = calls.filter(pc.is_valid(calls[RECORD_ID]))
    ids = text_of(named[RECORD_ID])
    last = {one: position for position, one in enumerate(ids)}
    kept = named.take(pa.array(sorted(last.values()), pa.int64()))
    return _with(kept, RECORD_ID, pa.array(sorted(last, key=last.__getitem__), pa.string())), len(ids) - len(last)


def _with(table: pa.Table, name: str, values: pa.Array) -> pa.Table:
    position = table.column_names.index(name)
    return table.set_column(position, name, values)


def predicted(contract: Mapping[str, Any], calls: pa.Table, outcomes: Sequence[str] = ()) -> Predicted:
    """Return what the model said, as the calls hold it."""
    label = next((PREDICTION + one for one in LABELS if PREDICTION + one in calls.column_names), None)
    if label is None:
        raise NotComputableError("the captured calls hold no label, or it is not shown")
    if calls[label].null_count:
        raise NotComputableError("calls were captured without the label")
    labels = text_of(calls[label])
    columns: list[str] = []
    for name in PROBABILITIES:
        numbered = (f"{PREDICTION}{name}_{number}" for number in range(len(calls.column_names)))
        columns = columns or [one for one in numbered if one in calls.column_names]
    classes = classes_of(contract, [*labels, *outcomes])
    labels = by_name(labels, classes)
    if not columns or len(columns) != len(classes):
        return Predicted(labels, None, classes, None)
    with in_words("the captured probabilities are no numbers"):
        each = [pc.cast(calls[one], pa.float64()).to_numpy(zero_copy_only=False) for one in columns]
    probabilities: Floats = np.column_stack(each)
    if not np.isfinite(probabilities).all():
        raise NotComputableError("calls were captured without probabilities")
    return Predicted(labels, probabilities, classes, None)


def of_groups(lake: Lake, calls: pa.Table, notes: list[str]) -> list[Metric]:
    """Return how far the rates of the positive outcome differ between groups of records."""
    if not lake.contract["sensitive"]:
        raise NotComputableError("the contract marks no column as `sensitive`")
    key = lake.key()
    last, _ = last_of(calls)
    said = predicted(lake.contract, last)
    positive = positive_of(lake.contract, said.classes)
    said.position(positive)  # refuses a value that the model does not know
    flags: Flags = np.asarray([one == positive for one in said.labels])
    metrics: list[Metric] = []
    words = []
    for column in lake.contract["sensitive"]:
        name = str(column["name"])
        try:
            values, known = sensitive_of(lake, name, key, last)
            bounds = [float(one) for one in column["bounds"]]
            metric, note = bias.of_column(values, name, bounds, flags[known], "records in the window")
            metrics.append(replace(metric, group=name))
        except NotComputableError as why:
            note = str(why)
            metrics.append(Metric.without(bias.PARITY, note, last.num_rows, name))
        words.append(note)
    notes.append("; ".join(words))
    beside = metrics if len(metrics) > 1 else []
    return [bias.worst(metrics, "; ".join(words)), *beside]


def sensitive_of(lake: Lake, name: str, key: str, calls: pa.Table) -> tuple[pa.Table, Flags]:
    """Return the sensitive column of the records that were asked for, and which of the calls those are."""
    rows = lake.rows(lake.place_of(name))
    for column in (key, name):
        if column not in rows.column_names:
            raise NotComputableError(f"`{column}` is not shown")
    rows = rows.filter(pc.is_valid(rows[key]))
    places = {one: position for position, one in enumerate(text_of(rows[key]))}
    if len(places) != rows.num_rows:
        raise NotComputableError(f"the dataset of `{name}` has rows with the same `{key}`")
    found = [places.get(one) for one in calls[RECORD_ID].to_pylist()]
    known: Flags = np.asarray([one is not None for one in found], dtype=bool)
    return rows.select([name]).take(pa.array([one for one in found if one is not None], pa.int64())), known
