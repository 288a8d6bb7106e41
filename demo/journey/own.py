"""A table of the user's own: what its contract says of it, and which column is a proxy for the sensitive one.

The template takes its columns from `contract.yaml` alone, so this is all that Ana writes for another table.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

MOST_WORDS = 50
"""A column of more different words is free text, or names records."""
MOST_GROUPS = 5
"""A sensitive number of more different values forms two groups, at its median."""
LEAST_ROWS = 100
"""The fewest rows that the contract asks for; of a small table, half of them."""
LEAST_GAP = 0.4
"""How far the shares of two groups have to lie apart for a proxy: the gate allows outcomes to differ by 0.2."""
FEWEST_OF_GROUP = 150
"""The fewest rows of a group that counts: a fifth of them is held out, and the bias check takes groups of 20."""
LONGEST = 60
"""How long the condition of a proxy may be: the line that flips by it has to keep PEP 8."""
PLAIN = re.compile(r"(?!(?:y|n|yes|no|on|off|true|false|null)$)[A-Za-z_][A-Za-z0-9_]*", re.IGNORECASE)
"""What YAML takes for text without quotes."""


@dataclass(frozen=True)
class Column:
    """A column as a contract describes it: its logical type, and its words or its least and largest number."""

    name: str
    kind: str
    words: tuple[Any, ...] = ()
    least: float = 0.0
    most: float = 0.0


@dataclass(frozen=True)
class Proxy:
    """What tells the groups of the sensitive column apart: rows with this word, or with a number beyond this one."""

    column: str
    beyond: Any
    is_word: bool
    shares: tuple[float, float]

    @property
    def holds(self) -> str:
        """Return the condition in Python, on the rows `train`, as a formatter writes it."""
        name, beyond = (json.dumps(one, ensure_ascii=False) for one in (self.column, self.beyond))
        return f"train[{name}] {'==' if self.is_word else '>'} {beyond}"

    @property
    def text(self) -> str:
        """Return the condition in words."""
        return f"{self.column} {'is' if self.is_word else '>'} {self.beyond}"


def described(table: pa.Table, name: str) -> Column:
    """Return a column as a contract describes it."""
    values, kind = table[name], kind_of(table.schema.field(name).type)
    if kind == "string":
        counted = pc.value_counts(values.drop_null()).to_pylist()
        ordered = sorted(counted, key=lambda one: (-one["counts"], one["values"]))
        return Column(name, kind, tuple(one["values"] for one in ordered))
    ends = pc.min_max(values).as_py()
    return Column(name, kind, (), outward(ends["min"], math.floor), outward(ends["max"], math.ceil))


def kind_of(data_type: pa.DataType) -> str:
    """Return the logical type that a contract of the template may have, or nothing."""
    if pa.types.is_integer(data_type):
        return "integer"
    if pa.types.is_floating(data_type):
        return "number"
    return "string" if pa.types.is_string(data_type) else ""


def outward(value: float, towards: Any) -> float:
    """Return a limit rounded to its first digit, away from the values that lie within."""
    if not value:
        return 0.0
    step = Decimal(10) ** Decimal(repr(abs(float(value)))).adjusted()
    return float(towards(Decimal(repr(float(value))) / step) * step)


def why_no_feature(table: pa.Table, name: str) -> str:
    """Return why a column cannot be a feature, or nothing."""
    values, kind = table[name], kind_of(table.schema.field(name).type)
    if not kind:
        return "neither a number nor words"
    if is_incomplete(values, kind):
        return "has empty values"
    different = len(values.unique())
    if different == 1:
        return "the same everywhere"
    if kind == "string" and different > MOST_WORDS:
        return f"{different:,} different words"
    if kind == "integer" and different == table.num_rows and numbers_rows(values):
        return "numbers the rows"
    return ""


def is_incomplete(values: pa.ChunkedArray, kind: str) -> bool:
    """Say whether a value is missing, or is none that counts."""
    if values.null_count:
        return True
    if kind == "string":
        return bool(pc.any(pc.equal(values, "")).as_py())
    return kind == "number" and not pc.all(pc.is_finite(values)).as_py()


def numbers_rows(values: pa.ChunkedArray) -> bool:
    """Say whether each value is larger than the one before."""
    return all(one < other for one, other in pairwise(values.to_pylist()))


@dataclass(frozen=True)
class Terms:
    """What Ana says of a table in its contract."""

    key: str
    target: Column
    positive: Any
    features: tuple[Column, ...]
    sensitive: Column | None
    bounds: tuple[float, ...]
    left_out: Mapping[str, str]
    rows: int

    @classmethod
    def of(cls, table: pa.Table, target: str, sensitive: str | None) -> Terms:
        """Return the terms of a table whose target has two values."""
        others = [name for name in table.column_names if name not in (target, sensitive)]
        left_out = {name: why for name in others if (why := why_no_feature(table, name))}
        counted = pc.value_counts(table[target]).to_pylist()
        outcomes = tuple(sorted(one["values"] for one in counted))
        rarest = min(counted, key=lambda one: (one["counts"], one["values"]))["values"]
        is_number = pa.types.is_integer(table.schema.field(target).type)
        return cls(
            key="record_id",
            target=Column(target, "integer" if is_number else "string", outcomes),
            positive=outcomes[-1] if is_number else rarest,
            features=tuple(described(table, name) for name in others if name not in left_out),
            sensitive=None if sensitive is None else described(table, sensitive),
            bounds=() if sensitive is None else bounds_of(table[sensitive]),
            left_out=left_out,
            rows=table.num_rows,
        )

    def written(self, title: str, project: str) -> str:
        """Return the contract as the template has it."""
        lines = [
            "# What the table must look like: a subset of the Open Data Contract Standard.",
            "# Limits are those of the table, rounded outward.",
            "apiVersion: v3.1.0",
            "kind: DataContract",
            f"id: {json.dumps(f'{project}-applications')}",
            f"name: {json.dumps(title)}",
            "version: 1.0.0",
            "status: active",
            "schema:",
            "  - name: applications",
            "    logicalType: object",
            "    quality:",
            "      - metric: rowCount",
            f"        mustBeGreaterOrEqualTo: {min(LEAST_ROWS, self.rows // 2)}",
            "    properties:",
            *self._properties(),
        ]
        return "\n".join(lines) + "\n"

    def _properties(self) -> Iterator[str]:
        yield from head(Column(self.key, "string"))
        yield from ("        unique: true", "        primaryKey: true")
        for one in self.features:
            yield from head(one)
            yield from allowed(one)
        if self.sensitive is not None:
            yield from head(self.sensitive, required=False)
            yield from ("        classification: restricted", "        tags: [sensitive]")
            if self.bounds:
                listed = ", ".join(map(number, self.bounds))
                yield from ("        customProperties:", f"          - {{property: groupBounds, value: [{listed}]}}")
            yield from allowed(self.sensitive)
        yield from head(self.target)
        yield from ("        tags: [target]", "        customProperties:")
        yield f"          - {{property: positive, value: {scalar(self.positive)}}}"
        yield from allowed(self.target)

    def proxy(self, table: pa.Table) -> Proxy | None:
        """Return the condition on a feature by which the groups of the sensitive column differ most, if any does."""
        if self.sensitive is None:
            return None
        groups = grouped(table[self.sensitive.name], self.bounds)
        found = [one for feature in self.features for one in conditions(table[feature.name], feature, groups)]
        return max(found, key=lambda one: one.shares[1] - one.shares[0], default=None)


def is_proxy(proxy: Proxy | None) -> bool:
    """Say whether a condition tells the groups apart well enough to make a model unfair by it."""
    if proxy is None or proxy.shares[1] - proxy.shares[0] < LEAST_GAP:
        return False
    return len(proxy.holds) <= LONGEST and "\\" not in proxy.holds


def bounds_of(values: pa.ChunkedArray) -> tuple[float, ...]:
    """Return the bound between two groups of a number; words, and few values, form groups by themselves."""
    if kind_of(values.type) == "string" or len(values.drop_null().unique()) <= MOST_GROUPS:
        return ()
    return (pc.quantile(values, q=0.5, interpolation="lower")[0].as_py(),)


def grouped(values: pa.ChunkedArray, bounds: Sequence[float]) -> list[pa.ChunkedArray]:
    """Return which rows are in each group that is large enough."""
    if bounds:
        groups = [pc.less_equal(values, bounds[0]), pc.greater(values, bounds[0])]
    else:
        groups = [pc.equal(values, one) for one in values.drop_null().unique().to_pylist()]
    return [one for one in groups if (pc.sum(one).as_py() or 0) >= FEWEST_OF_GROUP]


def conditions(values: pa.ChunkedArray, column: Column, groups: Sequence[pa.ChunkedArray]) -> Iterator[Proxy]:
    """Yield conditions on a feature with the smallest and the largest share of a group that they hold for."""
    if len(groups) < 2:
        return
    is_word = column.kind == "string"
    tenths = pc.quantile(values, q=[n / 10 for n in range(1, 10)], interpolation="lower") if not is_word else None
    for beyond in column.words if tenths is None else dict.fromkeys(tenths.to_pylist()):
        holds = pc.equal(values, beyond) if is_word else pc.greater(values, beyond)
        shares = [float(pc.mean(pc.cast(holds.filter(group), pa.float64())).as_py()) for group in groups]
        yield Proxy(column.name, beyond, is_word, (min(shares), max(shares)))


def head(column: Column, *, required: bool = True) -> Iterator[str]:
    """Yield how the description of a column begins."""
    yield f"      - name: {word(column.name)}"
    yield f"        logicalType: {column.kind}"
    if required:
        yield "        required: true"


def allowed(column: Column) -> Iterator[str]:
    """Yield which values a column may have."""
    if column.words and len(column.words) > MOST_WORDS:
        yield f"        examples: [{', '.join(map(scalar, column.words[:MOST_WORDS]))}]"
    elif column.words:
        yield "        quality:"
        yield "          - metric: invalidValues"
        yield f"            arguments: {{validValues: [{', '.join(map(scalar, column.words))}]}}"
        yield "            mustBe: 0"
    else:
        yield f"        logicalTypeOptions: {{minimum: {number(column.least)}, maximum: {number(column.most)}}}"


def word(text: str) -> str:
    """Return a name as YAML, in quotes where it has to be."""
    return text if PLAIN.fullmatch(text) else json.dumps(text, ensure_ascii=False)


def scalar(value: Any) -> str:
    """Return a word or a number as YAML."""
    return json.dumps(value, ensure_ascii=False) if isinstance(value, str) else number(value)


def number(value: float) -> str:
    """Return a number as YAML reads one, without an exponent."""
    return str(int(value)) if float(value).is_integer() else format(Decimal(repr(value)), "f")
