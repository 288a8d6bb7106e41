"""The contract says what columns are for; what it lacks, it is told."""

import pytest
import yaml

from classifier.contract import BrokenContractError, Contract
from tests.given import CONTRACT

KEY = {"name": "id", "logicalType": "string", "primaryKey": True}
LENGTH = {
    "name": "length",
    "logicalType": "number",
    "customProperties": [{"property": "effect", "value": "lowers"}],
}
COLOUR = {"name": "colour", "logicalType": "string"}
AGE = {"name": "age", "logicalType": "integer", "tags": ["sensitive"]}


def outcome(values=(1, 0), kind="integer", **more):
    rule = {
        "metric": "invalidValues",
        "arguments": {"validValues": list(values)},
    }
    return {
        "name": "outcome",
        "logicalType": kind,
        "tags": ["target"],
        "quality": [rule],
        **more,
    }


def positive(value):
    return {"customProperties": [{"property": "positive", "value": value}]}


def written(tmp_path, *columns):
    path = tmp_path / "contract.yaml"
    count = {"metric": "rowCount", "mustBeGreaterOrEqualTo": 3}
    table = {"name": "t", "quality": [count], "properties": list(columns)}
    path.write_text(yaml.safe_dump({"schema": [table]}), encoding="utf-8")
    return Contract.read(path)


def test_it_says_what_each_column_is_for(tmp_path):
    terms = written(tmp_path, KEY, LENGTH, COLOUR, AGE, outcome())
    assert (terms.key, terms.target) == ("id", "outcome")
    assert terms.sensitive == ["age"]
    assert terms.features == ["length", "colour"]
    assert (terms.numbers, terms.words) == (["length"], ["colour"])
    assert terms.effects == {"length": "lowers"}
    assert terms.least_rows == 3


def test_no_feature_of_this_project_is_key_target_or_sensitive():
    hidden = {CONTRACT.key, CONTRACT.target, *CONTRACT.sensitive}
    assert not hidden & set(CONTRACT.features)
    assert set(CONTRACT.features) | hidden == set(CONTRACT.columns)
    assert sorted(CONTRACT.words + CONTRACT.numbers) == sorted(
        CONTRACT.features
    )


@pytest.mark.parametrize(
    ("column", "outcomes", "asked"),
    [
        (outcome(), [0, 1], 0),
        (outcome(**positive(1)), [0, 1], 1),
        (outcome(["no", "bad"], "string"), ["bad", "no"], "bad"),
        (outcome(["a", "b"], "string", **positive("b")), ["a", "b"], "b"),
        (
            outcome([], logicalTypeOptions={"minimum": 1, "maximum": 2}),
            [1, 2],
            1,
        ),
    ],
)
def test_the_outcomes_are_its_valid_values(tmp_path, column, outcomes, asked):
    terms = written(tmp_path, KEY, COLOUR, column)
    assert terms.outcomes == outcomes
    assert terms.positive == asked


@pytest.mark.parametrize(
    ("columns", "said"),
    [
        ([KEY, COLOUR], "names 0 columns as target, not one"),
        ([COLOUR, outcome()], "names 0 columns as primary key, not one"),
        ([KEY, outcome([])], "what values target `outcome` has"),
        ([KEY, outcome(**positive(2))], "`positive` is `2`"),
        ([KEY, outcome([0.5, 1.0], "number")], "`outcome` is a `number`"),
        ([{**KEY, "logicalType": "date"}], "`id` is a `date`, and taken are"),
        ([outcome([True, False], "string")], "in quotes only"),
        ([{**COLOUR, "examples": ["red", 1]}], "`1` in its list is none"),
    ],
)
def test_what_it_lacks_is_said(tmp_path, columns, said):
    with pytest.raises(BrokenContractError, match=said):
        _ = written(tmp_path, *columns).positive, CONTRACT.key
        _ = written(tmp_path, *columns).key
