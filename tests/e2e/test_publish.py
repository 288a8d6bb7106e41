"""Publishing under a `write` grant: readers see all of a version or nothing of it."""

from __future__ import annotations

import threading
from datetime import datetime, timedelta, timezone

import lockgate
import pyarrow as pa
import pytest
from bank import Bank

SCORES = "retail.predictions.scores"
ROWS = 20_000


def table(mark: int) -> pa.Table:
    return pa.table({"record_id": [f"C{row:06}" for row in range(ROWS)], "mark": [mark] * ROWS})


@pytest.fixture(scope="module")
def writer(walked: Bank) -> lockgate.Client:
    """Return Ana's connection, with a write grant on `retail.predictions` and a published first version to read."""
    ana, dora = walked.client("ana"), walked.client("dora")
    end = datetime.now(timezone.utc) + timedelta(days=5)
    with pytest.raises((lockgate.ForbiddenError, lockgate.NotFoundError)):
        lockgate.publish(table(0), SCORES, purpose=walked.purpose, use="score", client=ana)
    write = lockgate.requests.create(
        "retail.predictions",
        kind="write",
        purpose=walked.purpose,
        uses=["score"],
        text="Scores.",
        expires_at=end,
        client=ana,
    )
    lockgate.requests.approve(write, client=dora)
    done = lockgate.publish(
        table(0), SCORES, purpose=walked.purpose, use="score", inputs=["risk.credit.applications"], client=ana
    )
    assert (done["dataset"], done["rows"]) == (SCORES, ROWS)
    read = lockgate.requests.create(
        SCORES, purpose=walked.purpose, text="To look at the scores.", expires_at=end, client=ana
    )
    lockgate.requests.approve(lockgate.requests.get(read.id, client=dora), client=dora)
    return ana


def test_a_published_dataset_is_found_and_read(walked: Bank, writer: lockgate.Client) -> None:
    shown = lockgate.read(SCORES, purpose=walked.purpose, client=writer)
    assert (shown.num_rows, set(shown["mark"].to_pylist())) == (ROWS, {0})
    assert lockgate.datasets.get(SCORES, client=walked.client("dora")).rows == ROWS


def test_a_crawl_leaves_a_published_dataset_alone(walked: Bank, writer: lockgate.Client) -> None:
    lockgate.lakes.crawl("retail", client=walked.client("dora"))
    assert lockgate.read(SCORES, columns=["mark"], purpose=walked.purpose, client=writer).num_rows == ROWS


def test_the_same_key_publishes_once(walked: Bank, writer: lockgate.Client) -> None:
    before = len(lockgate.datasets.versions(SCORES, client=walked.client("dora")))
    sink = pa.BufferOutputStream()
    pa.parquet.write_table(table(0), sink)
    headers = {"Content-Type": "application/vnd.apache.parquet", "Idempotency-Key": "e2e-publish-once"}
    query = {"purpose": walked.purpose, "use": "score"}
    answers = []
    for _ in range(2):
        content = sink.getvalue().to_pybytes()
        with writer.stream("publish_dataset", {"id": SCORES}, content=content, query=query, headers=headers) as answer:
            answers.append(answer.read())
    assert answers[0] == answers[1]
    assert len(lockgate.datasets.versions(SCORES, client=walked.client("dora"))) == before + 1


def test_readers_see_all_of_a_version_or_nothing_of_it(walked: Bank, writer: lockgate.Client) -> None:
    over = threading.Event()
    seen: list[tuple[int, ...]] = []
    wrong: list[Exception] = []

    def read() -> None:
        with lockgate.Client(walked.url, walked.token("ana")) as client:
            while not over.is_set():
                try:
                    rows = lockgate.sql(
                        f"SELECT mark, count(*) AS n FROM {SCORES} GROUP BY mark", purpose=walked.purpose, client=client
                    )
                except lockgate.ConflictError:
                    continue  # the dataset changed under the read, which says so instead of mixing versions
                except lockgate.LockgateError as error:
                    wrong.append(error)
                    return
                seen.append(tuple(rows["n"].to_pylist()))

    reader = threading.Thread(target=read)
    reader.start()
    try:
        for mark in range(1, 9):
            lockgate.publish(table(mark), SCORES, purpose=walked.purpose, use="score", client=writer)
    finally:
        over.set()
        reader.join()
    assert wrong == []
    assert set(seen) == {(ROWS,)}, f"a reader saw a mix: {set(seen)}"
    assert set(lockgate.read(SCORES, columns=["mark"], purpose=walked.purpose, client=writer)["mark"].to_pylist()) == {
        8
    }
