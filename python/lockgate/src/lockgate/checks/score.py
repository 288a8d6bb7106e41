"""Score: an endpoint predicts the rows of datasets, and what it says is published, all of it or nothing.

It reads as the environment of the endpoint and calls it as any caller does, so a stop ends this, too.
"""

from __future__ import annotations

import http.client
import io
import json
import os
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import pyarrow as pa
import pyarrow.parquet as pq

from lockgate.checks import held_out
from lockgate.checks.measure import NotComputableError, in_words
from lockgate.checks.report import plain
from lockgate.checks.told import Told

ROWS: Final = 1_000
"""How many rows are asked about at once."""
SECONDS: Final = 120
MOST_TEXT: Final = 400
EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


class BusyError(Exception):
    """The endpoint or the server did not answer; the whole may be tried again."""


def check(told: Told) -> None:
    """Score the rows, publish the predictions, and report how many they are."""
    batch: Mapping[str, Any] = told.values["batch"]
    try:
        report = scored(told, batch)
    except NotComputableError as why:
        report = {"reason": plain(str(why), MOST_TEXT)}
    told.outputs["report"].write_text(json.dumps(report), encoding="utf-8")


def scored(told: Told, batch: Mapping[str, Any]) -> dict[str, Any]:
    """Return what was published."""
    key = str(batch["key"])
    tables = [(source.dataset, held_out.fetch(source)) for source in told.sources]
    rows = held_out.joined(tables, [key])
    if rows.num_rows == 0:
        raise NotComputableError("there is no row to score: no record is in all of the datasets")
    with in_words("the rows cannot be put into the order of the record key"):
        rows = rows.sort_by(key)
    versions: set[str] = set()
    parts = []
    for part in (rows.slice(at, ROWS) for at in range(0, rows.num_rows, ROWS)):
        version, outputs = predicted(part, batch)
        versions.add(version)
        parts.append(outputs)
    if len(versions) > 1:
        raise NotComputableError("another version of the model took over while this ran: start it again")
    table = with_origin(rows, together(parts), batch, int(versions.pop()))
    published = publish(table, batch)
    model_version = int(table["model_version"][0].as_py())
    return {"rows": table.num_rows, "version": int(published["version"]), "model_version": model_version}


def predicted(rows: pa.Table, batch: Mapping[str, Any]) -> tuple[str, pa.Table]:
    """Return the version that answered, and its outputs as columns."""
    inputs = [
        {
            "name": one["name"],
            "datatype": one["datatype"],
            "shape": [rows.num_rows, 1],
            "data": list(values(rows[str(one["name"])], str(one["name"]), str(one["datatype"]))),
        }
        for one in batch["inputs"]
    ]
    said = call(str(batch["endpoint"]), {"inputs": inputs})
    columns: dict[str, list[Any]] = {}
    for output in said["outputs"]:
        name, data = f"prediction_{output['name']}", list(output["data"])
        width = len(data) // rows.num_rows
        if width * rows.num_rows != len(data) or width == 0:
            raise NotComputableError(f"output `{output['name']}` has no value for each row")
        if width == 1:
            columns[name] = data
        else:
            columns.update({f"{name}_{at}": data[at::width] for at in range(width)})
    with in_words("the outputs have values of several kinds"):
        return str(said["model_version"]), pa.table(columns)


def together(parts: list[pa.Table]) -> pa.Table:
    """Return one table; numbers that happen to be whole in one part and not in another are fractions in all."""
    with in_words("the outputs have values of several kinds"):
        return pa.concat_tables(parts, promote_options="permissive")


def values(column: pa.ChunkedArray, name: str, datatype: str) -> Iterator[Any]:
    """Return a column's values as the protocol takes them."""
    for value in column.to_pylist():
        if value is None:
            raise NotComputableError(f"column `{name}` has empty values, and the model takes none")
        if datatype == "BYTES":
            yield str(value)
        elif datatype.startswith("FP"):
            yield float(value)
        elif datatype == "BOOL":
            yield bool(value)
        else:
            yield int(value)


def with_origin(rows: pa.Table, outputs: pa.Table, batch: Mapping[str, Any], version: int) -> pa.Table:
    """Return predictions with the record that each is of, and with the version and the time."""
    at = EPOCH + timedelta(microseconds=int(batch["scored_at_us"]))
    count = rows.num_rows
    columns = {
        str(batch["key"]): rows[str(batch["key"])].combine_chunks(),
        "model_version": pa.array([version] * count, pa.int64()),
        "scored_at": pa.array([at] * count, pa.timestamp("us", tz="UTC")),
    }
    return pa.table(columns | {name: outputs[name].combine_chunks() for name in outputs.column_names})


def call(endpoint: str, body: Mapping[str, Any]) -> Mapping[str, Any]:
    """Ask an endpoint for predictions, in the Open Inference Protocol."""
    address = f"{server()}/v2/models/{urllib.parse.quote(endpoint, safe='')}/infer"
    headers = {"Content-Type": "application/json"}
    status, said = send(address, json.dumps(body).encode(), headers)
    if status == 200:
        return said
    reason = str(said.get("error", f"status {status}"))
    if status == 503 and reason == "model suspended":
        raise NotComputableError("the model is suspended")
    if status >= 500 or status in (401, 404):
        raise BusyError(f"the endpoint did not answer: {status}")
    # The endpoint's own words may quote a value.
    raise NotComputableError(f"the endpoint refused the rows with status {status}: do they fit its signature?")


def publish(table: pa.Table, batch: Mapping[str, Any]) -> Mapping[str, Any]:
    """Publish a table as the next version of the output."""
    with io.BytesIO() as file:
        pq.write_table(table, file, compression="snappy")
        body = file.getvalue()
    query = urllib.parse.urlencode({"purpose": batch["purpose"]})
    address = f"{server()}/api/v1/datasets/{urllib.parse.quote(str(batch['output']), safe='')}/publish?{query}"
    headers = {
        "Content-Type": "application/vnd.apache.parquet",
        "Idempotency-Key": f"batch-{batch['output']}-{batch['scored_at_us']}",
    }
    status, said = send(address, body, headers)
    if status in (200, 201):
        return said
    if status >= 500:
        raise BusyError(f"the server did not publish: {status}")
    raise NotComputableError(f"nothing could be published as `{batch['output']}`: `{said.get('code', status)}`")


def send(address: str, body: bytes, headers: Mapping[str, str]) -> tuple[int, Mapping[str, Any]]:
    """Send a body, and return the status and what was said."""
    token = {"Authorization": f"Bearer {os.environ['LOCKGATE_TOKEN']}"}
    request = urllib.request.Request(address, body, {**headers, **token})  # noqa: S310 - the runner says where
    try:
        with urllib.request.urlopen(request, timeout=SECONDS) as answer:  # noqa: S310
            return answer.status, json.loads(answer.read())
    except urllib.error.HTTPError as error:
        try:
            said = json.loads(error.read(65_536))
        except (ValueError, OSError, http.client.HTTPException):
            said = {}
        return error.code, said if isinstance(said, dict) else {}


def server() -> str:
    """Return where the server is."""
    return os.environ["LOCKGATE_URL"].rstrip("/")
