"""The data contract: what the table must look like, and what it is for."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import yaml

Outcome = str | int
TYPES = ("string", "integer", "number")
"""The logical types that a column may have here."""


class BrokenContractError(ValueError):
    """Rows are not what the contract says, or it says too little."""


@dataclass(frozen=True)
class Contract:
    """What the table must look like, and what its columns are for."""

    columns: dict[str, dict[str, Any]]
    least_rows: int = 0

    @classmethod
    def read(cls, path: Path) -> "Contract":
        """Return the contract in a file."""
        document = yaml.safe_load(path.read_text(encoding="utf-8"))
        (table,) = document["schema"]
        rules = {rule["metric"]: rule for rule in table.get("quality", [])}
        rows = rules.get("rowCount", {}).get("mustBeGreaterOrEqualTo", 0)
        columns = {one["name"]: one for one in table["properties"]}
        for name, column in columns.items():
            _check(name, column)
        return cls(columns, rows)

    @cached_property
    def key(self) -> str:
        """The column that names a row."""
        return self._only("primaryKey", "primary key")

    @cached_property
    def target(self) -> str:
        """The column to predict."""
        return self._only("target", "target")

    @cached_property
    def outcomes(self) -> list[Outcome]:
        """The values of the target, in the order of their probabilities."""
        name, column = self.target, self.columns[self.target]
        if column["logicalType"] == "number":
            raise BrokenContractError(
                f"target `{name}` is a `number`, not words or whole numbers"
            )
        found = valid_values(column)
        least, most = limits(column)
        if None not in (least, most) and not found:
            found = range(least, most + 1)
        if len(found) < 2:
            raise BrokenContractError(
                f"the contract does not say what values target `{name}` has: "
                "list them in a rule `invalidValues`"
            )
        return sorted(found)

    @cached_property
    def positive(self) -> Outcome:
        """The outcome that the model is asked about; unless said, the first.

        So does the platform when it judges the model.
        """
        outcomes = self.outcomes
        named = custom(self.columns[self.target], "positive", outcomes[0])
        if named not in outcomes:
            raise BrokenContractError(
                f"`positive` is `{named}`, which is none of {outcomes}"
            )
        return named

    @cached_property
    def sensitive(self) -> list[str]:
        """The columns that the bias check forms groups by."""
        return [name for name in self.columns if self._is(name, "sensitive")]

    @cached_property
    def features(self) -> list[str]:
        """The columns to predict from: never key, target or sensitive."""
        hidden = {self.key, self.target, *self.sensitive}
        return [name for name in self.columns if name not in hidden]

    @cached_property
    def words(self) -> list[str]:
        """The features that are words."""
        return [one for one in self.features if self.type_of(one) == "string"]

    @cached_property
    def numbers(self) -> list[str]:
        """The features that are numbers, whole ones or others."""
        return [one for one in self.features if self.type_of(one) != "string"]

    @cached_property
    def effects(self) -> dict[str, str]:
        """What more of a number is said to do to the positive outcome."""
        said = {
            one: custom(self.columns[one], "effect") for one in self.numbers
        }
        return {name: effect for name, effect in said.items() if effect}

    def type_of(self, name: str) -> str:
        """Return the logical type of a column."""
        return self.columns[name]["logicalType"]

    def _is(self, name: str, mark: str) -> bool:
        column = self.columns[name]
        return bool(column.get(mark)) or mark in column.get("tags", ())

    def _only(self, mark: str, word: str) -> str:
        marked = [name for name in self.columns if self._is(name, mark)]
        if len(marked) != 1:
            raise BrokenContractError(
                f"the contract names {len(marked)} columns as {word}, not one"
            )
        return marked[0]


def _check(name: str, column: dict[str, Any]) -> None:
    kind = column["logicalType"]
    if kind not in TYPES:
        raise BrokenContractError(
            f"column `{name}` is a `{kind}`, and taken are "
            f"{', '.join(TYPES)}: leave it out"
        )
    wanted = {"string": str, "integer": int, "number": int | float}[kind]
    for value in listed_values(column):
        if not isinstance(value, wanted) or isinstance(value, bool):
            raise BrokenContractError(
                f"column `{name}` is a `{kind}`, and `{value}` in its list "
                "is none: YAML takes `no` and `1` for words in quotes only"
            )


def limits(column: dict[str, Any]) -> tuple[Any, Any]:
    """Return the least and the largest number that a column may hold."""
    options = column.get("logicalTypeOptions", {})
    return options.get("minimum"), options.get("maximum")


def valid_values(column: dict[str, Any]) -> Sequence[Any]:
    """Return the only values that a column may hold; none for any."""
    for rule in column.get("quality", []):
        if rule.get("metric") == "invalidValues":
            return rule["arguments"]["validValues"]
    return ()


def listed_values(column: dict[str, Any]) -> Sequence[Any]:
    """Return the values that a column is said to hold: all, or examples."""
    return valid_values(column) or column.get("examples", ())


def custom(column: dict[str, Any], name: str, otherwise: Any = None) -> Any:
    """Return a custom property, which the standard writes as a pair."""
    for one in column.get("customProperties", []):
        if one["property"] == name:
            return one["value"]
    return otherwise
