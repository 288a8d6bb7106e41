"""Rows: read, checked against the contract, and split."""

import hashlib
from pathlib import Path
from typing import Any

import pandas as pd

from classifier.contract import (
    BrokenContractError,
    Contract,
    limits,
    valid_values,
)


def read(path: Path, contract: Contract) -> pd.DataFrame:
    """Return the rows of a CSV file, as the contract wants them.

    Only an empty field is missing: `NA` and `None` are words like others.
    """
    words = {
        name: "str"
        for name in contract.columns
        if contract.type_of(name) == "string"
    }
    table = pd.read_csv(
        path, dtype=words, keep_default_na=False, na_values=[""]
    )
    return checked(table, contract, path.name)


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
    kept = [one for one in contract.columns if one in table]
    return table[kept].astype(
        {one: _dtype(table[one], contract.type_of(one)) for one in kept}
    )


def _dtype(values: pd.Series, logical_type: str) -> Any:
    if logical_type == "string":
        return values.dtype
    is_whole = logical_type == "integer" and not values.hasnans
    return "int64" if is_whole else "float64"


def breaches(table: pd.DataFrame, contract: Contract) -> list[str]:
    """Return what is wrong with the rows, a sentence for each finding."""
    found = []
    if len(table) < contract.least_rows:
        found.append(f"{len(table)} rows, fewer than {contract.least_rows}")
    for name, column in contract.columns.items():
        if name in table:
            wrong = _column_breaches(table[name], column)
            found += [f"column `{name}` {words}" for words in wrong]
        elif name not in contract.sensitive:
            found.append(f"column `{name}` is missing")
    return found


def _column_breaches(values: pd.Series, column: dict[str, Any]) -> list[str]:
    found = []
    empty = int(values.isna().sum())
    if column.get("required") and empty:
        found.append(f"is empty in {empty} rows")
    values = values.dropna()
    if column["logicalType"] != "string":
        if not pd.api.types.is_numeric_dtype(values.dtype):
            return [*found, "is not a number everywhere"]
        if column["logicalType"] == "integer":
            if (values % 1 != 0).any():
                return [*found, "is not a whole number everywhere"]
            values = values.astype("int64")
        least, most = limits(column)
        if least is not None and (values < least).any():
            found.append(f"has {values.min()}, below {least}")
        if most is not None and (values > most).any():
            found.append(f"has {values.max()}, above {most}")
    if column.get("unique") and values.duplicated().any():
        found.append(f"has `{values[values.duplicated()].iloc[0]}` twice")
    allowed = valid_values(column)
    if allowed:
        others = sorted(set(values.unique()) - set(allowed))
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
