"""Rows that break the contract are refused; a row stays on its side."""

import make_fixture
import pandas as pd
import pytest

from classifier import rows
from classifier.contract import BrokenContractError, Contract
from tests.given import CONTRACT, FIXTURE, fixture


def test_the_fixture_is_what_its_script_makes(tmp_path):
    make_fixture.make(tmp_path / "again.csv")
    assert (tmp_path / "again.csv").read_bytes() == FIXTURE.read_bytes()


def test_the_fixture_keeps_the_contract():
    table = fixture()
    assert list(table) == list(CONTRACT.columns)
    assert rows.breaches(table, CONTRACT) == []
    assert set(table[CONTRACT.target]) == set(CONTRACT.outcomes)


def column(name, kind, **more):
    return {"name": name, "logicalType": kind, "required": True, **more}


def only(*values):
    rule = {"metric": "invalidValues", "mustBe": 0}
    return {"quality": [{**rule, "arguments": {"validValues": list(values)}}]}


SMALL = Contract(
    {
        one["name"]: one
        for one in [
            column("id", "string", primaryKey=True, unique=True),
            column(
                "length",
                "number",
                logicalTypeOptions={"minimum": 0.5, "maximum": 9},
            ),
            column("rooms", "integer", logicalTypeOptions={"minimum": 1}),
            column("colour", "string", **only("red", "blue")),
            column("age", "integer", tags=["sensitive"]),
            column("outcome", "integer", tags=["target"], **only(0, 1)),
        ]
    },
    least_rows=3,
)
TABLE = pd.DataFrame(
    {
        "id": ["a", "b", "c"],
        "length": [1.5, 2.5, 9.0],
        "rooms": [1, 2, 3],
        "colour": ["red", "blue", "red"],
        "age": [20, 30, 40],
        "outcome": [0, 1, 0],
    }
)
BREAKS = {
    "column `colour` is missing": TABLE.drop(columns="colour"),
    "column `colour` has `boat`, not allowed": TABLE.assign(
        colour=["boat", "blue", "red"]
    ),
    "column `outcome` has `2`, not allowed": TABLE.assign(outcome=[0, 1, 2]),
    "column `length` is empty in 1 rows": TABLE.assign(length=[None, 2, 9]),
    "column `length` has 0.1, below 0.5": TABLE.assign(length=[0.1, 2, 9]),
    "column `length` has 9.5, above 9": TABLE.assign(length=[1, 2, 9.5]),
    "column `length` is not a number everywhere": TABLE.assign(length="x"),
    "column `rooms` has 0, below 1": TABLE.assign(rooms=[0, 1, 2]),
    "column `rooms` is not a whole number everywhere": TABLE.assign(
        rooms=TABLE["rooms"] + 0.5
    ),
    "column `id` has `a` twice": TABLE.assign(id=["a", "b", "a"]),
    "2 rows, fewer than 3": TABLE.head(2),
}


@pytest.mark.parametrize("words", BREAKS)
def test_a_breach_is_found_and_named(words):
    assert rows.breaches(TABLE, SMALL) == []
    assert rows.breaches(BREAKS[words], SMALL) == [words]


def test_rows_that_break_the_contract_are_not_read(tmp_path):
    path = tmp_path / "broken.csv"
    TABLE.drop(columns=["rooms", "length"]).to_csv(path, index=False)
    with pytest.raises(BrokenContractError) as raised:
        rows.read(path, SMALL)
    assert str(raised.value) == (
        "broken.csv: column `length` is missing; column `rooms` is missing"
    )


def test_rows_are_read_as_the_contract_types_them(tmp_path):
    path = tmp_path / "rows.csv"
    table = TABLE.assign(id=["01", "NA", "c"], length=[1, 2, 3])
    table.assign(rooms=[1.0, 2.0, 3.0]).to_csv(path, index=False)
    read = rows.read(path, SMALL)
    assert read["id"].to_list() == ["01", "NA", "c"]
    kinds = read.dtypes.astype(str).to_dict()
    assert (kinds["length"], kinds["rooms"]) == ("float64", "int64")


def test_a_row_stays_on_its_side_whatever_else_is_there():
    table, key = fixture(), CONTRACT.key
    train, holdout = rows.split(table, key, seed=7)
    assert len(train) + len(holdout) == len(table)
    assert 0.1 < len(holdout) / len(table) < 0.3
    fewer, fewer_out = rows.split(table[100:], key, seed=7)
    assert set(fewer[key]) <= set(train[key])
    assert set(fewer_out[key]) <= set(holdout[key])


def test_another_seed_holds_out_other_rows():
    table, key = fixture(), CONTRACT.key
    first = rows.split(table, key, seed=7)[1]
    second = rows.split(table, key, seed=8)[1]
    assert set(first[key]) != set(second[key])


def test_tables_are_joined_by_record_and_may_lack_what_is_sensitive():
    one, two = TABLE[["id", "length"]], TABLE.drop(columns=["length", "age"])
    joined = rows.join(one, two.tail(2), key="id")
    assert joined["id"].to_list() == ["b", "c"]
    few = Contract(SMALL.columns, least_rows=2)
    assert list(rows.checked(joined, few)) == [
        name for name in SMALL.columns if name != "age"
    ]
