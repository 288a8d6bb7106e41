"""Bad input: each an error that names the input and the way out; nothing half applied, and the server goes on."""

from __future__ import annotations

import contextlib
import json
import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import lockgate
import pyarrow as pa
import pytest
from bank import Bank, wait_until
from journey.process import Server, ServerError

C = "retail.core.customers"


@pytest.fixture(autouse=True)
def goes_on(walked: Bank) -> Iterator[None]:
    """After each test the server still answers."""
    yield
    assert walked.raw("GET", "/ready").status == 200
    assert walked.server.process is not None
    assert walked.server.process.poll() is None


# --- who calls


def test_a_revoked_token_is_refused_within_a_second(walked: Bank) -> None:
    token, secret = lockgate.tokens.create("short", ttl_seconds=600, client=walked.client("cho"))
    assert walked.raw("GET", "/api/v1/me", token=secret).status == 200
    lockgate.tokens.revoke(token.id, client=walked.client("cho"))
    time.sleep(1.0)
    assert walked.raw("GET", "/api/v1/me", token=secret).status == 401


@pytest.mark.parametrize(
    "header", ["Bearer", "Bearer  ", "bearer x y", "Basic Zm9v", "Token x", "Bearer \x7f", "=" * 9000]
)
def test_a_malformed_credential_is_refused(walked: Bank, header: str) -> None:
    answer = walked.raw("GET", "/api/v1/me", headers={"Authorization": header})
    assert answer.status in {400, 401, 431}, answer


# --- what is sent


@pytest.mark.parametrize(
    "body",
    [
        "",
        "{",
        "[]",
        "null",
        "1",
        '"x"',
        '{"name": 1}',
        '{"name": null}',
        "{" * 5000,
        '{"a":' * 200 + "1" + "}" * 200,
        "\x00",
    ],
)
@pytest.mark.parametrize("path", ["/api/v1/lakes", "/api/v1/purposes", "/api/v1/requests", "/api/v1/query"])
def test_a_malformed_body_is_named(walked: Bank, path: str, body: str) -> None:
    answer = walked.raw("POST", path, token=walked.token("dora"), body=body)
    assert answer.status in {400, 403, 415, 422}, answer
    assert answer.problem()["detail"]


def test_an_oversized_body_is_refused(walked: Bank) -> None:
    body = json.dumps({"sql": "SELECT 1 -- " + "x" * 2_000_000})
    answer = walked.raw("POST", "/api/v1/query", token=walked.token("ana"), body=body)
    assert answer.status == 413, answer
    assert answer.problem()["hint"] or answer.problem()["detail"]


def test_a_body_that_is_not_json_is_refused(walked: Bank) -> None:
    headers = {"Content-Type": "text/plain"}
    answer = walked.raw("POST", "/api/v1/query", token=walked.token("ana"), body='{"sql":"SELECT 1"}', headers=headers)
    assert answer.status in {400, 415}, answer
    answer.problem()


@pytest.mark.parametrize("cursor", ["x", "%00", "-1", "eyJhIjoxfQ==", "'" * 50])
@pytest.mark.parametrize("path", ["/grants", "/requests", "/datasets", "/audit/entries", "/queries"])
def test_a_made_up_cursor_is_refused(walked: Bank, path: str, cursor: str) -> None:
    answer = walked.raw("GET", f"/api/v1{path}?cursor={cursor}", token=walked.token("ivo"))
    assert answer.status == 400, answer
    answer.problem()


@pytest.mark.parametrize("limit", ["0", "-1", "201", "1e9", "x", "99999999999999999999"])
def test_a_limit_out_of_bounds_never_widens_the_page(walked: Bank, limit: str) -> None:
    answer = walked.raw("GET", f"/api/v1/audit/entries?limit={limit}", token=walked.token("ivo"))
    assert answer.status in {200, 400}, answer
    if answer.status == 200:
        assert 1 <= len(answer.json()["items"]) <= 200
    else:
        answer.problem()


@pytest.mark.parametrize(
    "name",
    [
        "",
        "..",
        "../retail",
        "/etc",
        "A",
        "a b",
        "a/b",
        "a" * 64,
        "-a",
        "1a",
        "a.b",
        "ü",
        "a\x00",
        "';--",
        "<b>",
        "retail\n",
    ],
)
def test_a_hostile_name_is_refused(walked: Bank, name: str) -> None:
    pat, sam = walked.client("pat"), steward_of_team(walked)
    lakes, people = names_of(walked)
    with pytest.raises(lockgate.InvalidError) as refused:
        lockgate.lakes.connect(name, root="spare", team="spare", client=sam)
    said = str(refused.value)
    if "\0" in name:
        assert "U+0000" in said, said
    else:
        assert name.replace("\n", r"\n")[:63] in said, "it names what was given"
        assert "1 to 63" in said, "and what would do"
    with pytest.raises(lockgate.InvalidError):
        lockgate.people.create(name, client=pat)
    assert names_of(walked) == (lakes, people)


@pytest.mark.parametrize("folder", ["..", "../retail", "/etc", "a/../../retail", "./..", "a\x00b", "link"])
def test_a_lake_stays_below_its_root(walked: Bank, folder: str) -> None:
    spare = walked.server.roots["spare"]
    if not (spare / "link").exists():
        (spare / "link").symlink_to("/etc")
    steward = steward_of(walked, "escape")
    with pytest.raises((lockgate.InvalidError, lockgate.NotFoundError, lockgate.ConflictError)) as raised:
        lockgate.lakes.connect("escape", root="spare", folder=folder, team="spare", client=steward)
    assert "passwd" not in str(raised.value)
    assert "escape" not in {lake.id for lake in lockgate.lakes.list(client=walked.client("pat"))}


def test_a_root_that_is_not_configured_is_named(walked: Bank) -> None:
    with pytest.raises(lockgate.LockgateError, match="nowhere"):
        lockgate.lakes.connect("escape", root="nowhere", team="spare", client=steward_of(walked, "escape"))


def names_of(bank: Bank) -> tuple[set[str], set[str]]:
    """Return the names of all lakes and people."""
    pat = bank.client("pat")
    return {one.id for one in lockgate.lakes.list(client=pat)}, {one.id for one in lockgate.people.list(client=pat)}


def steward_of_team(bank: Bank) -> lockgate.Client:
    """Return the connection of Sam, who is a steward of all lakes of team `spare`, however they are called."""
    if "sam" not in bank.tokens:
        bank.tokens["sam"] = bank.server.token("sam", ["data-stewards"])
        lockgate.roles.assign("data_steward", "person:sam", "team:spare", client=bank.client("pat"))
    return bank.client("sam")


def steward_of(bank: Bank, lake: str) -> lockgate.Client:
    """Return Dora's connection, steward of one more lake."""
    with contextlib.suppress(lockgate.ConflictError):  # she is already
        lockgate.roles.assign("data_steward", "person:dora", f"lake/{lake}", client=bank.client("pat"))
    return bank.client("dora")


# --- what lies in a lake


def test_ragged_corrupt_and_hostile_files_are_listed_not_fatal(walked: Bank) -> None:
    root = walked.server.roots["spare"] / "odd"
    shutil.rmtree(root, ignore_errors=True)
    good = root / "core" / "good"
    good.mkdir(parents=True)
    (good / "a.csv").write_text("id,amount\n1,2\n2,3\n")
    for table, text in {
        "ragged": b"id,amount\n1,2,3\n4\n",
        "empty": b"",
        "binary": bytes(range(256)) * 40,
        "twice": b"id,id\n1,2\n",
    }.items():
        (root / "core" / table).mkdir()
        (root / "core" / table / "a.csv").write_bytes(text)
    (root / "core" / "cut").mkdir()
    sink = pa.BufferOutputStream()
    pa.parquet.write_table(pa.table({"id": list(range(5000))}), sink)
    (root / "core" / "cut" / "a.parquet").write_bytes(sink.getvalue().to_pybytes()[:-40])
    (root / "core" / "bad name!").mkdir()
    (root / "core" / "bad name!" / "a.csv").write_text("id\n1\n")
    (root / "core" / "away").symlink_to("/etc")
    client = steward_of(walked, "odd")
    lockgate.lakes.connect("odd", root="spare", folder="odd", team="spare", client=client)
    crawl = lockgate.lakes.crawl("odd", client=client)
    broken = {file.path: file.reason for file in crawl.broken}
    for table in ("ragged", "binary", "twice", "cut", "bad name!"):
        assert any(table in path for path in broken), f"`{table}` is not among {broken}"
    assert all(broken.values()), broken
    assert not any("/etc" in reason or str(root.parent) in reason for reason in broken.values()), broken
    names = {found.id for found in lockgate.datasets.search(lake="odd", client=client)}
    assert "odd.core.good" in names
    assert not names & {"odd.core.ragged", "odd.core.binary", "odd.core.cut", "odd.core.away"}, names


def test_publishing_what_is_not_parquet_is_refused(walked: Bank) -> None:
    for body in (b"", b"PAR1 no PAR1", bytes(range(256)) * 20):
        headers = {"Content-Type": "application/vnd.apache.parquet", "Idempotency-Key": "k" + str(len(body))}
        path = f"/api/v1/datasets/retail.predictions.scores/publish?purpose={walked.purpose}"
        answer = walked.raw("POST", path, token=walked.token("ana"), body=body, headers=headers)
        assert 400 <= answer.status < 500, answer
        answer.problem()


# --- what is asked


@pytest.mark.parametrize(
    ("statement", "named"),
    [
        ("SELEC 1", "SELEC"),
        (f"SELECT record_id FRM {C}", "FRM"),
        (f"SELECT recrod_id FROM {C}", "recrod_id"),
        ("SELECT * FROM retail.core.custmers", "custmers"),
        (f"SELECT nofunction(record_id) FROM {C}", "nofunction"),
        (f"SELECT record_id FROM {C} WHERE", ""),
        ("", ""),
        (";", ""),
        ("SELECT '", ""),
    ],
)
def test_wrong_sql_points_at_the_place(walked: Bank, statement: str, named: str) -> None:
    with pytest.raises((lockgate.InvalidError, lockgate.ForbiddenError, lockgate.NotFoundError)) as raised:
        lockgate.sql(statement, purpose=walked.purpose, client=walked.client("ana"))
    error = raised.value
    assert named.lower() in f"{error.detail} {error.hint}".lower(), error
    assert "DataFusion" not in str(error), error


def test_a_cross_join_that_cannot_be_held_says_so(walked: Bank) -> None:
    cross = " CROSS JOIN ".join(f"{C} t{i}" for i in range(4))
    with pytest.raises(lockgate.InvalidError, match="memory") as raised:
        lockgate.sql(f"SELECT t0.record_id FROM {cross}", purpose=walked.purpose, client=walked.client("ana"))
    assert raised.value.hint


def test_a_runaway_cross_join_is_cancelled_within_a_second(walked: Bank) -> None:
    """It streams rows without end; whoever started it ends it, from another connection."""
    cross = " CROSS JOIN ".join(f"{C} t{i}" for i in range(3))  # one more, and its memory ends it first
    with lockgate.batches(
        f"SELECT t0.record_id FROM {cross}", purpose=walked.purpose, client=walked.client("ana")
    ) as running:
        first = next(iter(running))
        assert first.num_rows > 0
        lockgate.queries.cancel(running.id, client=walked.client("ana"))
        started = time.monotonic()
        with pytest.raises(lockgate.LockgateError):
            read_on(running, 10)
        assert time.monotonic() - started < 3
        assert lockgate.queries.get(running.id, client=walked.client("ana"))["state"] != "running"


def read_on(running: lockgate.queries.Batches, seconds: float) -> None:
    """Read on, for so long at most."""
    until = time.monotonic() + seconds
    for _ in running:
        assert time.monotonic() < until, f"the query still runs after {seconds} s"


def test_a_silent_cross_join_is_cancelled_too(walked: Bank) -> None:
    """It computes without a row to show: cancelling frees the worker, which the record of the query says."""
    cross = " CROSS JOIN ".join(f"{C} t{i}" for i in range(5))
    failed: list[Exception] = []

    def run() -> None:
        try:
            lockgate.sql(
                f"SELECT count(*) AS n, max(t4.record_id || t3.record_id) AS m FROM {cross}",
                purpose=walked.purpose,
                client=walked.client("ana"),
            )
        except lockgate.LockgateError as error:
            failed.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    with lockgate.Client(walked.url, walked.token("ana")) as other:
        running = wait_until(
            lambda: [one for one in other.pages("list_queries", limit=20) if one["state"] == "running"]
        )
        lockgate.queries.cancel(running[0]["id"], client=other)
        started = time.monotonic()
        thread.join(20)
        assert not thread.is_alive(), "the query still runs 20 s after it was cancelled"
        assert time.monotonic() - started < 5
        assert failed
        assert lockgate.queries.get(running[0]["id"], client=other)["state"] == "cancelled"


def test_a_running_query_ends_when_its_grant_is_revoked(walked: Bank) -> None:
    walk = walked.walk
    assert walk is not None
    cross = " CROSS JOIN ".join(f"{C} t{i}" for i in range(3))  # one more, and its memory ends it first
    grant = walk.grants["retail"]
    try:
        with lockgate.batches(
            f"SELECT t0.record_id FROM {cross}", purpose=walked.purpose, client=walked.client("ana")
        ) as running:
            next(iter(running))
            lockgate.grants.revoke(grant, reason="test", client=walked.client("dora"))
            started = time.monotonic()
            with pytest.raises(lockgate.LockgateError) as raised:
                read_on(running, 10)
            assert time.monotonic() - started < 3
    finally:
        walk.grant_again()
    assert grant in str(raised.value), raised.value


# --- how the server is started


def test_a_port_in_use_is_named(walked: Bank, binary: Path, tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(ServerError, match=str(port)):
            Server(binary, tmp_path / "data", listen=f"127.0.0.1:{port}").start()


@pytest.mark.parametrize(
    "url", ["postgres://u:hunter2@127.0.0.1:9/x", "mysql://127.0.0.1/x", "nonsense", "postgres://"]
)
def test_a_wrong_database_url_is_named_without_its_password(binary: Path, tmp_path: Path, url: str) -> None:
    server = Server(binary, tmp_path / "data", database=url)
    with pytest.raises(ServerError) as raised:
        server.start()
    assert "hunter2" not in str(raised.value) + server.log.read_text()
    assert "database" in str(raised.value).lower()


def test_a_data_folder_that_cannot_be_is_named(binary: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    done = subprocess.run(
        [str(binary), "server", "--data", str(tmp_path / "file" / "data"), "--listen", "127.0.0.1:0"],
        capture_output=True, text=True, timeout=30, check=False,
    )  # fmt: skip
    assert done.returncode != 0
    assert "data" in done.stderr


def test_two_servers_do_not_share_a_data_folder(walked: Bank, binary: Path) -> None:
    done = subprocess.run(
        [str(binary), "server", "--data", str(walked.server.data), "--listen", "127.0.0.1:0"],
        capture_output=True, text=True, timeout=30, check=False,
    )  # fmt: skip
    assert done.returncode != 0, done
