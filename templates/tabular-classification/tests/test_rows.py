"""Rows that break the contract are refused; a row stays on its side."""

from pathlib import Path

import make_fixture
import pandas as pd
import pytest

from classifier import rows

ROOT = Path(__file__).resolve().parents[1]
FIXTURE = ROOT / "data" / "fixture.csv"
CONTRACT = rows.Contract.read(ROOT / "contract.yaml")


def fixture() -> pd.DataFrame:
    return rows.read(FIXTURE, CONTRACT)


def test_the_fixture_is_what_its_script_makes(tmp_path):
    make_fixture.make(tmp_path / "again.csv")
    assert (tmp_path / "again.csv").read_bytes() == FIXTURE.read_bytes()


def test_the_fixture_keeps_the_contract():
    assert rows.breaches(fixture(), CONTRACT) == []


def test_features_leave_out_key_target_and_what_is_sensitive():
    assert CONTRACT.key == "record_id"
    assert CONTRACT.target == "creditability"
    assert len(CONTRACT.features) == 13
    hidden = {"record_id", "creditability", "age_in_years"}
    assert not hidden & set(CONTRACT.features)
    assert sorted(CONTRACT.words + CONTRACT.numbers) == sorted(
        CONTRACT.features
    )


BREAKS = {
    "column `housing` is missing": lambda t: t.drop(columns="housing"),
    "column `housing` has `boat`, not allowed": lambda t: t.assign(
        housing=["boat", *t["housing"][1:]]
    ),
    "column `credit_amount` is empty in 1 rows": lambda t: t.assign(
        credit_amount=[None, *t["credit_amount"][1:]]
    ),
    "column `credit_amount` has -5, below 1": lambda t: t.assign(
        credit_amount=[-5, *t["credit_amount"][1:]]
    ),
    "column `age_in_years` has 340, above 120": lambda t: t.assign(
        age_in_years=[340, *t["age_in_years"][1:]]
    ),
    "column `duration_in_month` is not a whole number everywhere": (
        lambda t: t.assign(duration_in_month=t["duration_in_month"] + 0.5)
    ),
    "column `record_id` has `F00001` twice": lambda t: pd.concat(
        [t, t.head(1)]
    ),
    "99 rows, fewer than 100": lambda t: t.head(99),
}


@pytest.mark.parametrize("words", BREAKS)
def test_a_breach_is_found_and_named(words):
    assert rows.breaches(BREAKS[words](fixture()), CONTRACT) == [words]


def test_rows_that_break_the_contract_are_not_read(tmp_path):
    path = tmp_path / "broken.csv"
    fixture().drop(columns=["job", "property"]).to_csv(path, index=False)
    with pytest.raises(rows.BrokenContractError) as raised:
        rows.read(path, CONTRACT)
    assert str(raised.value) == (
        "broken.csv: column `property` is missing; column `job` is missing"
    )


def test_a_row_stays_on_its_side_whatever_else_is_there():
    table = fixture()
    train, holdout = rows.split(table, "record_id", seed=7)
    assert len(train) + len(holdout) == len(table)
    assert 0.1 < len(holdout) / len(table) < 0.3
    fewer, fewer_out = rows.split(table[100:], "record_id", seed=7)
    assert set(fewer["record_id"]) <= set(train["record_id"])
    assert set(fewer_out["record_id"]) <= set(holdout["record_id"])


def test_another_seed_holds_out_other_rows():
    first = rows.split(fixture(), "record_id", seed=7)[1]
    second = rows.split(fixture(), "record_id", seed=8)[1]
    assert set(first["record_id"]) != set(second["record_id"])


def test_tables_are_joined_by_record_and_may_lack_what_is_sensitive():
    table = fixture()
    key = CONTRACT.key
    one = table[[key, *CONTRACT.numbers]]
    two = table[[key, *CONTRACT.words, CONTRACT.target]].head(150)
    joined = rows.checked(rows.join(one, two, key=key), CONTRACT)
    assert list(joined[key]) == list(table[key].head(150))
    assert "age_in_years" not in joined
