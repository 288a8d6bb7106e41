"""The server is killed six times while the whole journey is walked on PostgreSQL: nothing lost, nothing twice."""

from __future__ import annotations

import contextlib
import json
import os
import random
import shutil
import subprocess
import uuid
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import lockgate
import pytest
from bank import Bank, open_bank, wait_until
from ending import end_state
from journey.build import PROJECT, Build
from journey.checks import Checked
from journey.main import parts
from journey.process import free_port
from journey.walk import GROUPS
from journey.watch import CAPTURE
from kills import (
    CHECKPOINTS,
    KILLS,
    Acknowledged,
    Answered,
    Commands,
    Driver,
    Killer,
    Operating,
    Releasing,
    Travelling,
    Walking,
    six,
)
from told import Told

READ_AGAIN = {
    "get_request": ("create_request", "decide_request", "withdraw_request"),
    "get_purpose": ("create_purpose",),
    "get_lake": ("connect_lake",),
    "get_crawl": ("crawl_lake",),
    "get_grant": ("revoke_grant",),
    "get_project": ("create_project",),
    "get_run": ("start_run",),
    "get_promotion": (
        "create_promotion",
        "approve_promotion",
        "abandon_promotion",
        "roll_back",
        "resume_production",
    ),
    "get_batch": ("create_batch", "start_batch"),
    "get_evaluation": ("evaluate_monitor",),
    "get_breach": ("acknowledge_breach", "resolve_breach"),
}
"""How what operations made or changed is read again."""
FINAL = frozenset({"approved", "rejected", "withdrawn", "revoked", "resolved", "abandoned", "superseded"})
"""States that nothing of the story leaves again."""


@pytest.fixture
def database() -> Iterator[Callable[[], str]]:
    """Yield a maker of empty databases, which are dropped at the end."""
    admin = os.environ.get("LOCKGATE_TEST_POSTGRES")
    assert admin, "LOCKGATE_TEST_POSTGRES is not set: `make test` starts PostgreSQL and sets it"
    made: list[str] = []

    def psql(statement: str) -> None:
        program = shutil.which("psql") or next(map(str, Path("/usr/lib/postgresql").glob("*/bin/psql")))
        subprocess.run([program, f"{admin}/postgres", "-qc", statement], check=True, timeout=30)

    def make() -> str:
        name = f"e2e_{uuid.uuid4().hex[:12]}"
        psql(f"CREATE DATABASE {name}")
        made.append(name)
        return f"{admin}/{name}"

    yield make
    for name in made:
        psql(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")


def walk(bank: Bank, killer: Killer, acknowledged: Acknowledged) -> Answered:
    """Walk the whole journey, and return which calls the endpoint answered."""
    clients = {name: Driver(bank.url, bank.token(name), killer, acknowledged) for name in GROUPS}
    journey = Walking(bank.url, bank.lakes, clients, say=print, expires_after_s=10.0, killer=killer)
    _, token = lockgate.tokens.create("laptop", ttl_seconds=12 * 3600, client=clients["ana"])
    laptop = Travelling(bank.server.data.with_name("laptop"), bank.url, "ana", token, killer=killer)
    build = Build(journey, laptop)
    checked, answered = Checked(build), Answered()
    released = Releasing(build, checked, bank.server.serving, killer=killer, answered=answered)
    operated = Operating(released, Commands(**vars(bank.server), killer=killer), killer=killer, answered=answered)
    for part in parts(journey, build, checked, released, operated):
        part()
    killer.finish()
    for client in clients.values():
        client.close()
    return answered


def check_kept(acknowledged: Acknowledged, bank: Bank) -> None:
    """Check that whatever was acknowledged as made is still there, in the state that was said or a later one."""
    clients = [bank.client(name) for name in GROUPS]

    def find(operation: str, **path: Any) -> lockgate.client.JsonObject:
        for client in clients:
            with contextlib.suppress(lockgate.NotFoundError, lockgate.ForbiddenError):
                return client.call(operation, **path)
        raise AssertionError(f"{path} was acknowledged, and is lost for `{operation}`")

    for read, operations in READ_AGAIN.items():
        for answer in acknowledged.of(*operations):
            found = find(read, id=answer["id"])
            assert answer.get("state") not in FINAL or found["state"] == answer["state"], (read, answer, found)
    cancelled = {answer["id"] for answer in acknowledged.of("cancel_run")}
    for answer in acknowledged.of("start_run"):
        wanted = "cancelled" if answer["id"] in cancelled else "succeeded"
        assert find("get_run", id=answer["id"])["state"] == wanted, answer
    for answer in acknowledged.of("crawl_lake"):
        assert find("get_crawl", id=answer["id"])["state"] == "done"
    for answer in acknowledged.of("approve_promotion"):
        approvals = find("get_promotion", id=answer["id"])["approvals"]
        assert [one["by"] for one in approvals] == ["vera"], answer
    for answer in acknowledged.of("start_batch"):
        assert find("get_batch", id=answer["id"])["last"]["run"] == answer["run"]
    ana, pat, ben = (bank.client(name) for name in ("ana", "pat", "ben"))
    merges = {one.id: one.state for one in lockgate.delivery.merges(PROJECT, client=ana)}
    assert all(merges[answer["id"]] == "merged" for answer in acknowledged.of("merge_branch"))
    holds = {one.id: one.lifted for one in lockgate.releases.holds(PROJECT, client=ben)}
    assert all(holds[answer["id"]] for answer in acknowledged.of("lift_hold"))
    tokens = {one.id for one in lockgate.tokens.list(client=pat)}
    assert all(answer["id"] in tokens for answer in acknowledged.of("create_token"))


def check_captured(bank: Bank, answered: Answered) -> None:
    """Check that each call that was answered is in the dataset of calls, once: Ana is let in to see."""
    dora, ana = bank.client("dora"), bank.client("ana")
    wait_until(lambda: lockgate.datasets.get(CAPTURE, client=dora).rows == answered.rows.total(), within_s=30.0)
    (purpose,) = lockgate.purposes.list(client=dora)
    end = datetime.now(timezone.utc) + timedelta(days=1)
    request = lockgate.requests.create(
        CAPTURE, purpose=purpose.id, text="Each call, once.", columns=["record_id"], expires_at=end, client=ana
    )
    lockgate.requests.approve(request, client=dora)
    table = lockgate.read(CAPTURE, columns=["record_id"], purpose=purpose.id, client=ana)
    assert Counter(table["record_id"].to_pylist()) == answered.rows


def check_audit_log(bank: Bank, known: list[bytes], key: Path, folder: Path) -> None:
    """Check the exported log without a server, by what was known of it all along: the key, and what each kill left.

    So nothing that was sealed before a kill was lost, changed or sealed anew after it.
    """
    reader = {"LOCKGATE_URL": bank.url, "LOCKGATE_TOKEN": bank.token("ivo")}
    wait_until(lambda: lockgate.audit.status(client=bank.client("ivo"))["unsealed"] == 0)
    # Before the export: what is recorded later, the export itself among it, may be known of and not be in it.
    known = [*filter(None, known), (bank.server.data / CHECKPOINTS).read_bytes()]
    export = bank.server.run("audit", "export", **reader)
    assert export.returncode == 0, export.stderr
    bank.server.stop()
    log, checkpoint = folder / "audit.jsonl", folder / "checkpoints.jsonl"
    log.write_text(export.stdout)
    sealed = [line["seq"] for line in map(json.loads, export.stdout.splitlines()) if "seq" in line]
    assert sealed == [*range(1, len(sealed) + 1)]
    for each in known:
        checkpoint.write_bytes(each)
        done = bank.server.run(
            "audit", "verify", str(log), "--key", str(key), "--checkpoint", str(checkpoint), "--json"
        )
        assert done.returncode == 0, done.stdout + done.stderr
        report = json.loads(done.stdout)["report"]
        assert report["sealed"] == len(sealed), report
        assert report["checkpoints"] >= len(each.splitlines()), report
    # What was known before is what is known now: checkpoints are added, never written again.
    assert all(known[-1].startswith(each) for each in known)


def test_six_kills_lose_nothing_and_do_nothing_twice(
    binary: Path, tmp_path: Path, database: Callable[[], str], told: Told, monkeypatch: pytest.MonkeyPatch
) -> None:
    seed = int(os.environ.get("LOCKGATE_E2E_SEED") or random.SystemRandom().randrange(10**6))
    print(f"LOCKGATE_E2E_SEED={seed}")
    monkeypatch.setattr("lockgate.client.LONGEST_WAIT_S", 0.3)
    port, serving = free_port(), free_port()
    listen = {"listen": f"127.0.0.1:{port}", "serving_listen": f"127.0.0.1:{serving}"}
    with open_bank(binary, tmp_path / "killed" / "bank", same_split=True, database=database(), **listen) as bank:
        killer, acknowledged = Killer(bank, []), Acknowledged()
        pinned = tmp_path / "audit.pub"
        shutil.copyfile(bank.server.data / "keys" / "audit.pub", pinned)
        killer.strikes = six(bank, random.Random(seed))
        print(*killer.strikes, sep="\n")
        try:
            answered = walk(bank, killer, acknowledged)
        finally:
            killer.close()
        print(killer.events)
        assert len(killer.kills) == KILLS, killer.strikes
        assert end_state(bank) == told.ending
        check_kept(acknowledged, bank)
        check_captured(bank, answered)
        check_audit_log(bank, killer.checkpoints, pinned, tmp_path)
