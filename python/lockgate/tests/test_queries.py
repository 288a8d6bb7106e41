"""Reads and writes: Arrow in parts, whole or not at all."""

from __future__ import annotations

import io
from collections.abc import Sequence
from datetime import date, datetime

import lockgate
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from far_side import Answer, Call, FarSide, problem
from lockgate.queries import ARROW, PARQUET, Condition, select

BATCHES = [pa.record_batch({"n": [1, 2]}), pa.record_batch({"n": [3]})]


def stream(batches: Sequence[pa.RecordBatch] = BATCHES) -> bytes:
    sink = io.BytesIO()
    with pa.ipc.new_stream(sink, BATCHES[0].schema) as writer:
        for batch in batches:
            writer.write_batch(batch)
    return sink.getvalue()


def arrow(body: bytes, *, cut: bool = False) -> Answer:
    return Answer(200, body, {"Content-Type": ARROW, "Lockgate-Query": "q-17"}, cut=cut)


def test_sql_answers_a_table_and_says_what_for(client: lockgate.Client, server: FarSide) -> None:
    server.says(arrow(stream()))
    table = lockgate.sql("SELECT n", purpose="p-1", use="train", grants=["g-1"], limit=9, client=client)
    assert table.column("n").to_pylist() == [1, 2, 3]
    (call,) = server.calls
    assert call.headers["accept"] == ARROW
    assert call.json() == {"sql": "SELECT n", "purpose": "p-1", "use": "train", "grants": ["g-1"], "limit": 9}


def test_a_batch_that_arrives_in_many_parts_is_one(client: lockgate.Client, server: FarSide) -> None:
    big = pa.record_batch({"n": [*range(200_000)]})
    server.says(arrow(stream([big, big])))
    assert lockgate.sql("SELECT n", purpose="p-1", client=client).num_rows == 400_000


def test_a_result_without_rows_keeps_its_columns(client: lockgate.Client, server: FarSide) -> None:
    server.says(arrow(stream([])))
    table = lockgate.sql("SELECT n", purpose="p-1", client=client)
    assert (table.num_rows, table.schema.names) == (0, ["n"])


def test_leaving_early_cancels_on_the_server(client: lockgate.Client, server: FarSide) -> None:
    server.says(arrow(stream()), Answer(200, {"id": "q-17", "state": "cancelled"}))
    with lockgate.batches("SELECT n", purpose="p-1", client=client) as running:
        assert running.id == "q-17"
        assert next(iter(running)).num_rows == 2
    assert [call.path for call in server.calls] == ["/api/v1/query", "/api/v1/queries/q-17/cancel"]


def test_reading_to_the_end_cancels_nothing(client: lockgate.Client, server: FarSide) -> None:
    server.says(arrow(stream()))
    with lockgate.batches("SELECT n", purpose="p-1", client=client) as running:
        assert sum(batch.num_rows for batch in running) == 3
    assert len(server.calls) == 1


def ended(_call: Call) -> Answer:
    error = problem("query.revoked", "grant `g-1` was revoked", "ask again") | {"status": 403}
    return Answer(200, {"id": "q-17", "state": "failed", "error": error})


@pytest.mark.parametrize("kept", range(0, 420, 13))
@pytest.mark.parametrize("cut", [True, False])
def test_a_broken_stream_never_passes_for_the_whole(
    client: lockgate.Client, server: FarSide, kept: int, cut: bool
) -> None:
    body = stream()
    assert kept < len(body)
    server.otherwise = ended
    server.says(arrow(body[:kept], cut=cut))
    with pytest.raises(lockgate.ForbiddenError, match="grant `g-1` was revoked"):
        lockgate.sql("SELECT n", purpose="p-1", client=client)


def test_a_whole_stream_on_a_broken_connection_is_refused_too(client: lockgate.Client, server: FarSide) -> None:
    server.otherwise = lambda _call: Answer(200, {"id": "q-17", "state": "running", "error": None})
    server.says(arrow(stream(), cut=True))
    with (
        lockgate.batches("SELECT n", purpose="p-1", client=client) as running,
        pytest.raises(lockgate.UnavailableError, match="query `q-17` broke off"),
    ):
        running.read_all()


def test_a_whole_table_is_asked_for_again_where_its_stream_breaks_off(client: lockgate.Client, server: FarSide) -> None:
    still = Answer(200, {"id": "q-17", "state": "running", "error": None})
    server.says(arrow(stream()[:200], cut=True), still, arrow(stream()))
    assert lockgate.sql("SELECT n", purpose="p-1", client=client).num_rows == 3
    assert [call.path for call in server.calls].count("/api/v1/query") == 2


def test_the_purpose_may_be_left_to_the_server(client: lockgate.Client, server: FarSide) -> None:
    server.says(arrow(stream()))
    lockgate.sql("SELECT n", client=client)
    assert server.calls[0].json() == {"sql": "SELECT n", "use": "explore"}


def test_a_wrong_statement_is_invalid(client: lockgate.Client, server: FarSide) -> None:
    server.says(Answer(400, problem("query.sql", "line 1, column 8: no column `nn`", "columns are `n`")))
    with pytest.raises(lockgate.InvalidError, match="line 1, column 8"):
        lockgate.sql("SELECT nn", purpose="p-1", client=client)


def test_read_quotes_what_it_is_given() -> None:
    assert select("retail.core.customers", None, None) == 'SELECT * FROM "retail"."core"."customers"'
    where: list[Condition] = [
        ('na"me', "=", "O'Brien"),
        ("age", ">=", 18),
        ("city", "in", ["Ulm", "Bonn"]),
        ("left", "is", None),
        ("born", "<", date(2000, 1, 2)),
        ("seen", "<", datetime(2000, 1, 2, 3, 4)),
        ("active", "=", True),
    ]
    assert select("r.c.t", ["age", 'x"; DROP'], where) == (
        'SELECT "age", "x""; DROP" FROM "r"."c"."t" WHERE "na""me" = \'O\'\'Brien\' AND "age" >= 18'
        " AND \"city\" IN ('Bonn', 'Ulm') AND \"left\" IS NULL AND \"born\" < DATE '2000-01-02'"
        ' AND "seen" < TIMESTAMP \'2000-01-02 03:04:00\' AND "active" = TRUE'
    )
    assert select("r.c.t", None, "a > 1").endswith("WHERE a > 1")


@pytest.mark.parametrize(
    "condition",
    [
        ("a", "=", None),
        ("a", "in", []),
        ("a", "like", "x"),
        ("a", "= 1 OR 1", 1),
        ("a", "<", float("nan")),
        ("a", "=", object()),
        ("a", "is", 1),
    ],
)
def test_a_condition_that_is_none_is_refused(condition: Condition) -> None:
    with pytest.raises(lockgate.InvalidError):
        select("r.c.t", None, [condition])


@pytest.mark.parametrize("name", ["customers", "a.b", "a..c", "a.b.c.d", ""])
def test_a_dataset_has_three_names(name: str) -> None:
    with pytest.raises(lockgate.InvalidError, match="is not the name of a dataset"):
        select(name, None, None)


def test_publish_sends_parquet_with_one_key(client: lockgate.Client, server: FarSide) -> None:
    server.says(Answer(503, {}), Answer(201, {"dataset": "a.b.c", "version": "v-1", "rows": 2, "bytes": 9}))
    table = pa.table({"score": [0.5, 0.25]})
    done = lockgate.publish(table, "a.b.c", purpose="p-1", inputs=["r.c.t", "r.c.u"], client=client)
    assert done["version"] == "v-1"
    first, second = server.calls
    assert first.path == "/api/v1/datasets/a.b.c/publish?purpose=p-1&inputs=r.c.t%2Cr.c.u"
    assert first.headers["content-type"] == PARQUET
    assert pq.read_table(io.BytesIO(second.body)).equals(table)
    assert first.headers["idempotency-key"] == second.headers["idempotency-key"]


class Frame:
    """Hands itself over as Arrow, as the frames of Polars and others do."""

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        return pa.table({"score": [0.5, 0.25]}).__arrow_c_stream__(requested_schema)


@pytest.mark.parametrize(
    "given",
    [
        pd.DataFrame({"score": [0.5, 0.25]}),
        Frame(),
        pa.record_batch({"score": [0.5, 0.25]}),
        {"score": [0.5, 0.25]},
    ],
)
def test_what_arrow_makes_a_table_of_is_published(client: lockgate.Client, server: FarSide, given: object) -> None:
    server.says(Answer(201, {"dataset": "a.b.c", "version": 1, "rows": 2, "bytes": 9}))
    lockgate.publish(given, "a.b.c", client=client)
    sent = pq.read_table(io.BytesIO(server.calls[0].body))
    assert sent.to_pydict() == {"score": [0.5, 0.25]}


@pytest.mark.parametrize(
    ("given", "named"),
    [
        (None, "`builtins.NoneType`"),
        ("scores.parquet", "`builtins.str`"),
        ([1, 2], "`builtins.list`"),
        (pd.Series([1, 2]), r"`pandas[\w.]*\.Series`"),
        (pd.DataFrame({"odd": [1, "x"]}), "`pandas.*DataFrame` cannot be published.*column odd"),
        (object(), "`builtins.object`"),
    ],
)
def test_what_is_no_table_is_refused_by_its_type(
    client: lockgate.Client, server: FarSide, given: object, named: str
) -> None:
    with pytest.raises(lockgate.InvalidError, match=named) as caught:
        lockgate.publish(given, "a.b.c", client=client)
    assert caught.value.code == "sdk.bad_argument"
    assert not server.calls
