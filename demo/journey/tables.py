"""Make the demo's two lakes from a table: `retail` in hive-partitioned Parquet, `risk` in CSV.

Personal columns are synthetic, from a fixed seed, and say so.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pv
import pyarrow.parquet as pq

from journey.own import Terms, kind_of

SEED = 20260907
TODAY = date(2026, 1, 1)
REGIONS = ("east", "north", "south", "west")
PERSONAL = ("full_name", "email", "iban", "date_of_birth")
ADDED = ("record_id", "region", *PERSONAL)
FIRST = ("Ada", "Boris", "Clara", "David", "Elsa", "Fritz", "Greta", "Hugo", "Ida", "Jonas", "Karla", "Lars", "Mira")
LAST = ("Ahrens", "Brandt", "Claus", "Dietz", "Ebert", "Falk", "Gruber", "Haas", "Imhoff", "Jung", "Keller", "Lorenz")
SYNTHETIC = "synthetic: made up from a fixed seed, belongs to nobody"


class BadTableError(Exception):
    """The table cannot be told as the journey; the text says why and what to do."""


@dataclass(frozen=True)
class Lakes:
    """What was written, and the names that the journey needs."""

    root: Path
    rows: int
    target: str
    sensitive: str | None
    customer_columns: tuple[str, ...]
    application_columns: tuple[str, ...]
    filter_column: str
    filter_at_most: float
    filter_values: pa.ChunkedArray
    broken_file: str
    table: pa.Table
    own: Terms | None = None
    """What Ana says in the contract of a table of the user's own; none for German Credit, which the template knows."""
    time: str | None = None
    """The first column of dates or times, if there is one."""

    customers: str = "retail.core.customers"
    applications: str = "risk.credit.applications"


def make_lakes(source: Path, target: str, sensitive: str | None, root: Path) -> Lakes:
    """Write both lakes below `root` from the CSV file `source`."""
    table = read_table(source)
    check_target(table, target)
    if pa.types.is_floating(table.schema.field(target).type):
        table = as_integers(table, [target])
    if sensitive is not None and sensitive not in table.column_names:
        raise BadTableError(f"`{source.name}` has no column `{sensitive}`, only {_names(table.column_names)}")
    if sensitive == target:
        raise BadTableError(f"`{target}` cannot be both TARGET and SENSITIVE")
    own = None if is_german_credit(table, target, sensitive) else terms_of(table, target, sensitive)
    features = [name for name in table.column_names if name != target]
    half = (len(features) + 1) // 2
    retail, risk = features[:half], [*features[half:], target]
    added = made_up(table)
    customers = pa.table({**added, **{name: table[name] for name in retail}})
    applications = pa.table({"record_id": added["record_id"], **{name: table[name] for name in risk}})
    _write_retail(customers, root / "retail" / "core" / "customers")
    _write_risk(applications, root / "risk" / "credit" / "applications")
    column, at_most = row_filter(table, [name for name in retail if name != sensitive])
    return Lakes(
        root=root,
        rows=table.num_rows,
        target=target,
        sensitive=sensitive,
        customer_columns=tuple(customers.column_names),
        application_columns=tuple(applications.column_names),
        filter_column=column,
        filter_at_most=at_most,
        filter_values=table[column],
        broken_file="broken.parquet",
        table=table,
        own=own,
        time=next((field.name for field in table.schema if pa.types.is_temporal(field.type)), None),
    )


def is_german_credit(table: pa.Table, target: str, sensitive: str | None) -> bool:
    """Say whether it is the table that the template's contract describes."""
    known = {"credit_amount", "housing"} <= {*table.column_names}
    return known and (target, sensitive) == ("creditability", "age_in_years")


def terms_of(table: pa.Table, target: str, sensitive: str | None) -> Terms:
    """Return what the contract of a table of the user's own says, or refuse one that leaves nothing to learn from."""
    if sensitive is not None and not kind_of(table.schema.field(sensitive).type):
        raise BadTableError(f"`{sensitive}` is neither words nor a number, so no groups are formed by it")
    terms = Terms.of(table, target, sensitive)
    if not terms.features:
        why = "; ".join(f"`{name}`: {reason}" for name, reason in terms.left_out.items())
        raise BadTableError(f"no column is left to learn `{target}` from: {why}")
    return terms


def read_table(source: Path) -> pa.Table:
    """Return the CSV file as a table, true as 1; `purpose` becomes `loan_purpose`, and no column has a name of ours."""
    try:
        table = pv.read_csv(source)
    except FileNotFoundError:
        raise BadTableError(f"there is no file `{source}`; say DATA=file.csv") from None
    except (OSError, pa.ArrowInvalid) as error:
        raise BadTableError(f"`{source}` cannot be read as CSV: {error}") from error
    taken = {name: f"{name}_given" for name in ADDED} | {"purpose": "loan_purpose"}
    table = table.rename_columns([taken.get(name, name) for name in table.column_names])
    if table.num_rows < 20 or table.num_columns < 3:
        raise BadTableError(f"`{source}` has {table.num_rows} rows of {table.num_columns} columns; it takes 20 of 3")
    if len({name.lower() for name in table.column_names}) < table.num_columns:
        raise BadTableError(f"`{source}` has two columns of the same name: {_names(table.column_names)}")
    truth = [name for name in table.column_names if pa.types.is_boolean(table.schema.field(name).type)]
    return as_integers(table, truth)


def as_integers(table: pa.Table, names: list[str]) -> pa.Table:
    """Return the table with these columns as whole numbers: true is 1, false is 0."""
    for name in names:
        table = table.set_column(table.column_names.index(name), name, pc.cast(table[name], pa.int64()))
    return table


def check_target(table: pa.Table, target: str) -> None:
    """Refuse a target that is not binary, saying what it is instead."""
    if target not in table.column_names:
        raise BadTableError(f"there is no column `{target}`; say TARGET=column, one of {_names(table.column_names)}")
    found = [value for value in table[target].unique().to_pylist() if value is not None]
    if len(found) != 2:
        number = pa.types.is_floating(table.schema.field(target).type) or len(found) > 20
        kind = "has one value only" if len(found) < 2 else "is numeric" if number else f"has {len(found)} classes"
        raise BadTableError(f"target `{target}` {kind}; for now the journey takes a binary target, with two values")
    if table[target].null_count:
        raise BadTableError(f"target `{target}` is empty in {table[target].null_count} rows; leave them out")
    kind = kind_of(table.schema.field(target).type)
    if not kind or "" in found or (kind == "number" and any(value % 1 for value in found)):
        raise BadTableError(
            f"target `{target}` is {found[0]!r} or {found[1]!r}; write words, or whole numbers such as 0 and 1"
        )


def row_filter(table: pa.Table, features: list[str]) -> tuple[str, float]:
    """Return the first numeric feature and its 95th percentile, which the steward's row filter keeps to."""
    for name in features:
        kind = table.schema.field(name).type
        if pa.types.is_integer(kind) or pa.types.is_floating(kind):
            at_most = pc.quantile(table[name], q=0.95, interpolation="lower")[0].as_py()
            if at_most is not None:
                return name, at_most
    raise BadTableError(f"none of {_names(features)} is numeric; put a numeric column into the first half of the file")


def made_up(table: pa.Table) -> dict[str, pa.Array]:
    """Return the columns that we add: record id and region, and the synthetic personal ones."""
    rng = random.Random(SEED)
    ages = table["age_in_years"].to_pylist() if "age_in_years" in table.column_names else []
    columns: dict[str, list[object]] = {name: [] for name in ADDED}
    for row in range(table.num_rows):
        first, last = rng.choice(FIRST), rng.choice(LAST)
        age = ages[row] if ages and isinstance(ages[row], int) else rng.randint(19, 75)
        columns["record_id"].append(f"C{row + 1:06}")
        columns["region"].append(rng.choice(REGIONS))
        columns["full_name"].append(f"{first} {last}")
        columns["email"].append(f"{first}.{last}.{row + 1}@mail.example".lower())
        columns["iban"].append(iban("".join(rng.choices("0123456789", k=18))))
        columns["date_of_birth"].append(TODAY - timedelta(days=365 * age + age // 4 + rng.randint(1, 364)))
    return {name: pa.array(values) for name, values in columns.items()}


def iban(account: str) -> str:
    """Return the German IBAN of a bank code and account number of 18 digits, with its valid checksum."""
    check = 98 - int(account + "131400") % 97
    return f"DE{check:02}{account}"


def _write_retail(customers: pa.Table, folder: Path) -> None:
    body = customers.drop_columns(["region"])
    fields = [
        field.with_metadata({"description": SYNTHETIC}) if field.name in PERSONAL else field for field in body.schema
    ]
    body = body.cast(pa.schema(fields))
    for region in REGIONS:
        part = folder / f"region={region}"
        part.mkdir(parents=True)
        pq.write_table(body.filter(pc.equal(customers["region"], region)), part / "part-0.parquet", row_group_size=256)
    (folder / "region=east" / "broken.parquet").write_bytes(b"PAR1 this is no Parquet file PAR1")
    (folder.parents[1] / "_ABOUT.txt").write_text(f"{', '.join(PERSONAL)}: {SYNTHETIC}.\n")


def _write_risk(applications: pa.Table, folder: Path) -> None:
    folder.mkdir(parents=True)
    half = applications.num_rows // 2
    pv.write_csv(applications.slice(0, half), folder / "part-0.csv")
    pv.write_csv(applications.slice(half), folder / "part-1.csv")


def _names(columns: list[str]) -> str:
    return ", ".join(f"`{name}`" for name in columns)
