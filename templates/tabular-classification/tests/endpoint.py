"""The endpoint under test, asked in plain JSON (Open Inference Protocol)."""

import json
import os
import urllib.error
import urllib.request
from typing import Any

import pandas as pd
import pytest

from tests.given import CONTRACT, fixture

NAME = os.environ.get("LOCKGATE_ENDPOINT", "")
"""Which one: `preprod.<project>`; the platform says so when it verifies."""
DATATYPES = {"string": "BYTES", "integer": "INT64", "number": "FP32"}

needs_endpoint = pytest.mark.skipif(
    not NAME, reason="LOCKGATE_ENDPOINT names no endpoint to call"
)


def records(count: int) -> pd.DataFrame:
    """Return synthetic records, as a caller has them."""
    return fixture()[CONTRACT.features].head(count)


def tensor(name: str, values: pd.Series) -> dict[str, Any]:
    """Return a column as the protocol writes it."""
    return {
        "name": name,
        "datatype": DATATYPES[CONTRACT.type_of(name)],
        "shape": [len(values), 1],
        "data": values.to_list(),
    }


def request(table: pd.DataFrame) -> dict[str, Any]:
    """Return what to send for these rows."""
    return {"inputs": [tensor(name, table[name]) for name in table]}


def call(path: str, body: dict[str, Any] | None = None) -> tuple[int, Any]:
    """Ask the endpoint; return status and answer."""
    server = os.environ["LOCKGATE_URL"].rstrip("/")
    asked = urllib.request.Request(
        f"{server}/v2/models/{NAME}{path}",
        None if body is None else json.dumps(body).encode(),
        {
            "Authorization": f"Bearer {os.environ['LOCKGATE_TOKEN']}",
            "Content-Type": "application/json",
        },
    )
    try:
        with urllib.request.urlopen(asked, timeout=30) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        return error.code, json.load(error)


def outputs(answer: dict[str, Any]) -> dict[str, list[Any]]:
    """Return the values of each output by its name."""
    return {one["name"]: one["data"] for one in answer["outputs"]}


def probabilities(said: dict[str, list[Any]]) -> list[list[float]]:
    """Return the probability of each outcome, for each row."""
    flat, width = said["probabilities"], len(CONTRACT.outcomes)
    return [flat[at : at + width] for at in range(0, len(flat), width)]
