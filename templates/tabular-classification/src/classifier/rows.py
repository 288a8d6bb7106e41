"""Rows: read, checked against the contract, and split."""

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import yaml


class BrokenContractError(ValueError):
    """The rows are not what the contract says; the text names columns."""


@dataclass(frozen=True)
class Contract:
    """What the table must look like, and what its columns are for."""

    columns: dict[str, dict[str, Any]]
    least_rows: int

    @classmethod
    def read(cls, path: Path) -> "Contract":
        """Return the contract in a file."""
        document = yaml.safe_load(path.read_text(encoding="utf-8"))
        (table,) = document["schema"]
        rules = {rule["metric"]: rule for rule in table.get("quality", [])}
        rows = rules.get("rowCount", {}).get("mustBeGreaterOrEqualTo", 0)
        return cls({one["name"]: one for one in table["properties"]}, rows)

    @property
    def key(self) -> str:
        """The column that names a row."""
        return self._only("primaryKey", "primary key")

    @property
    def target(self) -> str:
        """The column to predict."""
        return self._only("target", "target")

    @property
    def features(self) -> list[str]:
        """The columns to predict from: never key, target or sensitive."""
        return [
            name
            for name, column in self.columns.items()
            if not column.get("primaryKey")
            and not {"target", "sensitive"} & set(column.get("tags", ()))
        ]

    @property
    def words(self) -> list[str]:
        """The features that are words."""
        return [one for one in self.features if self._is_text(one)]

    @property
    def numbers(self) -> list[str]:
        """The features that are numbers."""
        return [one for one in self.features if not self._is_text(one)]

    def _is_text(self, name: str) -> bool:
        return self.columns[name]["logicalType"] == "string"

    def _only(self, mark: str, word: str) -> str:
        marked = [
            name
            for name, column in self.columns.items()
            if column.get(mark) or mark in column.get("tags", ())
        ]
        if len(marked) != 1:
            raise BrokenContractError(
                f"the contract names {len(marked)} columns as {word}, not one"
            )
        return marked[0]


def read(path: Path, contract: Contract) -> pd.DataFrame:
    """Return the rows of a CSV file, as the contract wants them."""
    return checked(pd.read_csv(path), contract, path.name)


def join(*tables: pd.DataFrame, key: str) -> pd.DataFrame:
    """Return tables as one, a row for each record that all of them have."""
    joined, *others = tables
    for other in others:
        joined = joined.merge(other, on=key, validate="one_to_one")
    return joined


def checked(
    table: pd.DataFrame, contract: Contract, name: str = "the table"
) -> pd.DataFrame:
    """Return the rows as the contract wants them, or say what is wrong.

    A sensitive column may be missing: outside of dev the platform alone
    reads it.
    """
    broken = breaches(table, contract)
    if broken:
        raise BrokenContractError(f"{name}: " + "; ".join(broken))
    return table[[one for one in contract.columns if one in table]]


def breaches(table: pd.DataFrame, contract: Contract) -> list[str]:
    """Return what is wrong with the rows, a sentence for each finding."""
    found = []
    if len(table) < contract.least_rows:
        found.append(f"{len(table)} rows, fewer than {contract.least_rows}")
    for name, column in contract.columns.items():
        if name in table:
            wrong = _column_breaches(table[name], column)
            found += [f"column `{name}` {words}" for words in wrong]
        elif "sensitive" not in column.get("tags", ()):
            found.append(f"column `{name}` is missing")
    return found


def _column_breaches(values: pd.Series, column: dict[str, Any]) -> list[str]:
    found = []
    empty = int(values.isna().sum())
    if column.get("required") and empty:
        found.append(f"is empty in {empty} rows")
    values = values.dropna()
    if column["logicalType"] == "integer":
        if not pd.api.types.is_integer_dtype(values.dtype) and not (
            pd.api.types.is_float_dtype(values.dtype)
            and (values % 1 == 0).all()
        ):
            return [*found, "is not a whole number everywhere"]
        options = column.get("logicalTypeOptions", {})
        least, most = options.get("minimum"), options.get("maximum")
        if least is not None and (values < least).any():
            found.append(f"has {values.min()}, below {least}")
        if most is not None and (values > most).any():
            found.append(f"has {values.max()}, above {most}")
    if column.get("unique") and values.duplicated().any():
        found.append(f"has `{values[values.duplicated()].iloc[0]}` twice")
    for rule in column.get("quality", []):
        allowed = rule.get("arguments", {}).get("validValues", [])
        if rule["metric"] == "invalidValues":
            others = sorted(set(values.astype(str)) - set(allowed))
            found += [f"has `{other}`, not allowed" for other in others[:3]]
    return found


def is_held_out(record_id: str, seed: int, share: float) -> bool:
    """Say whether a row is held out: by its id, so it stays on its side."""
    digest = hashlib.sha256(f"{seed}:{record_id}".encode()).digest()
    return int.from_bytes(digest[:8], "big") / 2**64 < share


def split(
    table: pd.DataFrame, key: str, seed: int, share: float = 0.2
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the rows to train on, and those held out."""
    out = table[key].map(lambda name: is_held_out(str(name), seed, share))
    return (
        table[~out].reset_index(drop=True),
        table[out].reset_index(drop=True),
    )
