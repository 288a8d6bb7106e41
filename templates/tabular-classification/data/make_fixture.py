"""Make `fixture.csv`: synthetic loan applications from a fixed seed.

The columns and their words are those of the Statlog (German Credit Data)
set; no row is taken from it, and none belongs to a person. Run it as
`python data/make_fixture.py`; it always writes the same bytes.
"""

import csv
import math
import random
from pathlib import Path

SEED = 20261126
ROWS = 400

CHOICES = {
    "status_of_existing_checking_account": (
        "no checking account",
        "... < 0 DM",
        "0 <= ... < 200 DM",
        "... >= 200 DM",
    ),
    "credit_history": (
        "existing credits paid back duly till now",
        "critical account",
        "delay in paying off in the past",
        "all credits at this bank paid back duly",
    ),
    "loan_purpose": (
        "radio/television",
        "car (new)",
        "furniture/equipment",
        "car (used)",
        "education",
        "business",
    ),
    "savings_account_and_bonds": (
        "... < 100 DM",
        "unknown/ no savings account",
        "100 <= ... < 500 DM",
        "... >= 1000 DM",
    ),
    "present_employment_since": (
        "1 <= ... < 4 years",
        "... >= 7 years",
        "4 <= ... < 7 years",
        "... < 1 year",
        "unemployed",
    ),
    "property": (
        "car or other",
        "real estate",
        "building society savings agreement/ life insurance",
        "unknown / no property",
    ),
    "job": (
        "skilled employee / official",
        "unskilled - resident",
        "management/ self-employed",
        "unemployed/ unskilled - non-resident",
    ),
}

RISKS = {
    "... < 0 DM": 1.3,
    "0 <= ... < 200 DM": 0.8,
    "no checking account": -0.6,
    "critical account": -0.7,
    "delay in paying off in the past": 0.5,
    "all credits at this bank paid back duly": 0.9,
    "car (new)": 0.4,
    "education": 0.5,
    "car (used)": -0.6,
    "... < 100 DM": 0.4,
    "... >= 1000 DM": -0.8,
    "... < 1 year": 0.6,
    "unemployed": 0.7,
    "unknown / no property": 0.6,
    "rent": 0.4,
}
"""What a word adds to the log-odds of a bad outcome."""


def application(number: int, rng: random.Random) -> dict[str, object]:
    """Return one made-up application and its outcome."""
    age = min(75, 19 + int(rng.expovariate(1 / 16)))
    young = age <= 25
    words = {
        name: rng.choices(words, weights=range(len(words) + 1, 1, -1))[0]
        for name, words in CHOICES.items()
    }
    housing = rng.choices(
        ("own", "rent", "for free"),
        weights=(35, 60, 5) if young else (75, 14, 11),
    )[0]
    months = rng.choice((6, 9, 12, 12, 15, 18, 18, 24, 24, 30, 36, 48, 60))
    amount = int(rng.lognormvariate(6.3 + months / 40, 0.6)) + 250
    rate = rng.randint(1, 4)
    odds = -1.9 + 0.025 * months + 0.00004 * amount + 0.12 * rate
    odds += sum(RISKS.get(word, 0.0) for word in (*words.values(), housing))
    bad = rng.random() < 1 / (1 + math.exp(-odds))
    return {
        "record_id": f"F{number:05}",
        "duration_in_month": months,
        "credit_amount": amount,
        "installment_rate_in_percentage_of_disposable_income": rate,
        "present_residence_since": rng.randint(1, 4),
        "number_of_existing_credits_at_this_bank": rng.choice((1, 1, 1, 2, 3)),
        **words,
        "housing": housing,
        "age_in_years": age,
        "creditability": "bad" if bad else "good",
    }


def make(path: Path) -> None:
    """Write the fixture to `path`."""
    rng = random.Random(SEED)
    rows = [application(number, rng) for number in range(1, ROWS + 1)]
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


if __name__ == "__main__":
    make(Path(__file__).with_name("fixture.csv"))
