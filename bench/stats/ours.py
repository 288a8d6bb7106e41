"""Lockgate's side, called as users call it: `ours.py WHAT FILE…`."""

from __future__ import annotations

import sys
from typing import Any

import pyarrow.parquet as pq
from lockgate import stats
from timed import timed

# What scipy is asked for, too.
TESTS = ["ks", "wasserstein", "psi", "jensen_shannon", "chi_square", "cramers_v"]


def enough(found: list[Any], least: int) -> str:
    """Say how many numbers there are; too few are no answer, however quick."""
    there = sum(result["value"] is not None for result in found)
    if there < least:
        raise SystemExit(f"only {there} of {len(found)} results have a value, expected {least}")
    return f"{there} numbers"


def profile(path: str) -> None:
    """Profile a file."""
    timed(lambda: stats.profile(path).to_dict() and None)


def stored(reference: str, current: str) -> None:
    """Compare two profiles that were kept as bytes."""
    left, right = (stats.profile(path).to_bytes() for path in (reference, current))

    def work() -> str:
        found = stats.drift(stats.Profile.from_bytes(left), stats.Profile.from_bytes(right)).to_dict()
        return enough([test for column in found["columns"].values() for test in column["tests"].values()], 16)

    timed(work, times=200, note="from their bytes to the dictionary, 200 in a row")


def drift(reference: str, current: str) -> None:
    """Compare two tables in memory."""
    left, right = pq.read_table(reference), pq.read_table(current)

    def work() -> str:
        found = stats.drift(left, right, tests=TESTS).to_dict()["columns"]
        return enough([test for column in found.values() for test in column["tests"].values()], 60)

    timed(work)


def bias(path: str) -> None:
    """Measure bias, of a table in memory."""
    table = pq.read_table(path)

    def work() -> str:
        found = stats.bias(
            table,
            facet="sex",
            disadvantaged=["f"],
            label="label",
            positive=[1],
            prediction="prediction",
            group="region",
        )
        facets = found.to_dict()["facets"].values()
        return enough([metric for facet in facets for metric in facet["metrics"].values()], 20)

    timed(work)


def quality(path: str, interval: str = "") -> None:
    """Measure quality, of columns in memory."""
    table = pq.read_table(path)

    def work() -> str:
        found = stats.quality(
            table["label"],
            table["prediction"],
            score=table["score"],
            task="binary",
            interval=float(interval) if interval else None,
        )
        return enough(list(found.to_dict()["metrics"].values()), 11)

    timed(work)


if __name__ == "__main__":
    {"profile": profile, "stored": stored, "drift": drift, "bias": bias, "quality": quality}[sys.argv[1]](*sys.argv[2:])
