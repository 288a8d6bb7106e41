"""Make `fixture.csv`: synthetic rows of the table in `contract.yaml`.

Each value is drawn from what the contract allows, from a fixed seed: no row
is taken from anywhere, and none belongs to a person. Another table needs
another contract, and nothing here. Run it as `python data/make_fixture.py`;
the same contract always gives the same bytes.
"""

import csv
import math
import random
import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "src"))

from classifier.contract import Contract, Outcome, limits, listed_values

SEED = 20261126
ROWS = 400
SPREAD = 2.5
"""How far the log-odds of rows lie apart: their standard deviation."""
MIDDLE = -0.8
"""The log-odds of the positive outcome in the middle: fewer than half."""
CONTRACT = Path(__file__).resolve().parents[1] / "contract.yaml"

Row = dict[str, Any]


def made(contract: Contract) -> list[Row]:
    """Return rows that the contract allows, with outcomes to learn."""
    rng = random.Random(SEED)
    names = [one for one in contract.columns if one != contract.target]
    rows = [
        {name: drawn(contract, name, number, rng) for name in names}
        for number in range(1, ROWS + 1)
    ]
    for row, odds in zip(rows, odds_of(contract, rows), strict=True):
        row[contract.target] = outcome(contract, odds, rng)
    return rows


def drawn(
    contract: Contract, name: str, number: int, rng: random.Random
) -> Any:
    """Return a value of a column for the row with this number.

    Words are the rarer the later they are listed, and numbers the rarer the
    larger they are.
    """
    column, kind = contract.columns[name], contract.type_of(name)
    if name == contract.key:
        return f"F{number:05}" if kind == "string" else number
    listed = listed_values(column)
    if listed:
        weights = range(len(listed) + 1, 1, -1)
        return rng.choices(listed, weights=weights)[0]
    if kind == "string":
        raise SystemExit(
            f"column `{name}` holds words: list some in the contract, as its "
            "`examples` or as its valid values"
        )
    least, most = range_of(contract, name)
    value = least + (most - least) * rng.betavariate(1.5, 4)
    if kind == "integer":
        return round(value)
    return min(max(float(f"{value:.6g}"), least), most)


def range_of(contract: Contract, name: str) -> tuple[float, float]:
    """Return the least and the largest number that are drawn."""
    least, most = limits(contract.columns[name])
    if least is None:
        least = 0 if most is None or most > 0 else most - 100
    return least, least + 100 if most is None else most


def odds_of(contract: Contract, rows: list[Row]) -> list[float]:
    """Return the log-odds of the positive outcome for each row."""
    sums = [
        sum(effect(contract, name, row[name]) for name in contract.features)
        for row in rows
    ]
    middle = sum(sums) / len(sums)
    spread = math.sqrt(sum((one - middle) ** 2 for one in sums) / len(sums))
    return [MIDDLE + SPREAD * (one - middle) / (spread or 1) for one in sums]


def effect(contract: Contract, name: str, value: Any) -> float:
    """Return what a value adds to the log-odds, before they are spread.

    It comes from the seed and from the names, so that there is something to
    learn; where the contract says what more of a number does, it does that.
    """
    if name in contract.words:
        return random.Random(f"{SEED} {name} {value}").gauss(0, 1)
    least, most = range_of(contract, name)
    signs = {"raises": 1, "lowers": -1}
    drawn_sign = random.Random(f"{SEED} {name}").choice((-1, 1))
    sign = signs.get(contract.effects.get(name, ""), drawn_sign)
    return 6 * sign * (value - least) / ((most - least) or 1)


def outcome(contract: Contract, odds: float, rng: random.Random) -> Outcome:
    """Return the positive outcome as often as its log-odds say."""
    if rng.random() < 1 / (1 + math.exp(-odds)):
        return contract.positive
    others = [one for one in contract.outcomes if one != contract.positive]
    return rng.choice(others)


def make(path: Path, contract: Path = CONTRACT) -> None:
    """Write the fixture of a contract to `path`."""
    terms = Contract.read(contract)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(terms.columns), lineterminator="\n")
        writer.writeheader()
        writer.writerows(made(terms))


if __name__ == "__main__":
    make(Path(__file__).with_name("fixture.csv"))
