"""The server is killed six times while the journey is walked on PostgreSQL: nothing lost, nothing twice."""

from __future__ import annotations

import contextlib
import os
import random
import shutil
import subprocess
import threading
import time
import uuid
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import lockgate
import pytest
from bank import Bank, open_bank, wait_until
from journey.process import free_port
from journey.walk import GROUPS, Walk

KILLS = 6
READS = ("RunQuery", "Preview", "Read", "Search", "List")


@dataclass
class Killer:
    """Kills the server a moment after chosen calls were sent, and starts it again on the same port."""

    bank: Bank
    moments: set[int]
    rng: random.Random
    calls: int = 0
    kills: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)
    threads: list[threading.Thread] = field(default_factory=list)

    def called(self) -> None:
        """Count a call; strike if it is one of the chosen."""
        with self.lock:
            self.calls += 1
            if self.calls in self.moments:
                thread = threading.Thread(target=self.strike, args=(self.rng.uniform(0.0, 0.03),))
                self.threads.append(thread)
                thread.start()

    def strike(self, wait_s: float) -> None:
        """Kill it and start it again."""
        time.sleep(wait_s)
        self.bank.server.kill()
        self.kills += 1
        self.bank.server.start()


@dataclass
class Acknowledged:
    """What the server said it did."""

    answers: list[tuple[str, Mapping[str, Any]]] = field(default_factory=list)


class Driver(lockgate.Client):
    """A connection that notes what was acknowledged; what was not, every connection repeats with its key."""

    def __init__(self, url: str, token: str, killer: Killer, acknowledged: Acknowledged) -> None:
        super().__init__(url, token, tries=100)
        self._killer = killer
        self._acknowledged = acknowledged

    def call(self, operation: str, **options: Any) -> lockgate.client.JsonObject:
        answer = super().call(operation, **options)
        self._acknowledged.answers.append((operation, answer))
        return answer

    @contextlib.contextmanager
    def stream(self, operation: str, path: Mapping[str, str], **options: Any) -> Iterator[httpx.Response]:
        self._killer.called()
        with super().stream(operation, path, **options) as response:
            yield response


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


def walk(binary: Path, folder: Path, url: str, moments: set[int], rng: random.Random) -> tuple[dict[str, Any], Killer]:
    """Walk the journey on a PostgreSQL bank, with kills at these calls; return the end state and the killer."""
    port, serving = free_port(), free_port()
    listen = {"listen": f"127.0.0.1:{port}", "serving_listen": f"127.0.0.1:{serving}"}
    with open_bank(binary, folder, database=url, **listen) as bank:
        killer, acknowledged = Killer(bank, moments, rng), Acknowledged()
        clients = {name: Driver(bank.url, bank.token(name), killer, acknowledged) for name in GROUPS}
        journey = Walk(bank.url, bank.lakes, clients, say=print, expires_after_s=10.0)
        journey.run()
        for thread in killer.threads:
            thread.join()
        check_kept(acknowledged, clients["pat"], clients["ana"], clients["dora"])
        return end_state(bank), killer


def check_kept(acknowledged: Acknowledged, *clients: lockgate.Client) -> None:
    """Check that whatever was acknowledged as made is still there, in the state that was said or a later one."""
    reads = {"request": "get_request", "purpose": "get_purpose", "lake": "get_lake"}
    for operation, answer in acknowledged.answers:
        verb, _, kind = operation.partition("_")
        if verb in {"create", "connect"} and kind in reads:
            found = []
            for client in clients:
                with contextlib.suppress(lockgate.NotFoundError, lockgate.ForbiddenError):
                    found.append(lockgate.Client.call(client, reads[kind], id=answer["id"]))
            assert found, f"{operation} of {answer['id']} was acknowledged and is lost"
        if operation == "revoke_grant":
            assert lockgate.grants.get(answer["id"], client=clients[1]).state == "revoked"
    decided = [answer["id"] for operation, answer in acknowledged.answers if operation == "decide_request"]
    for request in decided:
        assert lockgate.requests.get(request, client=clients[1]).state == "approved"


def end_state(bank: Bank) -> dict[str, Any]:
    """Return what there is at the end, without ids and times."""
    pat, ana, ivo, dora = (bank.client(name) for name in ("pat", "ana", "ivo", "dora"))
    entries = [one for one in lockgate.audit.entries(client=ivo) if one.outcome == "allowed"]
    datasets = [lockgate.datasets.get(one.id, client=dora) for one in lockgate.datasets.search(client=dora)]
    # A query that a kill cut off is shown as running until it has given no sign of life for a minute.
    wait_until(lambda: not running(ana), within_s=75.0)
    return {
        "lakes": sorted(lake.id for lake in lockgate.lakes.list(client=pat)),
        "datasets": sorted((one.id, one.state, one.rows, one.description) for one in datasets),
        "versions": {one.id: len(lockgate.datasets.versions(one.id, client=dora)) for one in datasets},
        "purposes": sorted(purpose.name for purpose in lockgate.purposes.list(client=ana)),
        "requests": sorted((one.object, one.state) for one in lockgate.requests.list(view="mine", client=ana)),
        "grants": sorted((one.object, one.state) for one in lockgate.grants.list(client=ana)),
        "roles": sorted((one.principal, one.role, one.scope) for one in lockgate.roles.list(client=pat)),
        "people": sorted(person.id for person in lockgate.people.list(client=pat)),
        "running": running(ana),
        "done": Counter((one.actor, one.action) for one in entries if not one.action.startswith(READS)),
    }


def running(client: lockgate.Client) -> list[str]:
    """Return the queries that are shown as running."""
    return [one["id"] for one in client.pages("list_queries") if one["state"] == "running"]


def again(read: Callable[..., Any]) -> Callable[..., Any]:
    """Return a read that is made again when the server goes away under it: a stream that broke off is not an answer."""

    def reading(*arguments: Any, **options: Any) -> Any:
        for _ in range(20):
            with contextlib.suppress(lockgate.UnavailableError):
                return read(*arguments, **options)
        raise AssertionError("the server stays away")

    return reading


def test_six_kills_lose_nothing_and_do_nothing_twice(
    binary: Path, tmp_path: Path, database: Callable[[], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    seed = int(os.environ.get("LOCKGATE_E2E_SEED") or random.SystemRandom().randrange(10**6))
    print(f"LOCKGATE_E2E_SEED={seed}")
    rng = random.Random(seed)
    monkeypatch.setattr("lockgate.client.LONGEST_WAIT_S", 0.3)
    for name in ("read", "sql"):
        monkeypatch.setattr(lockgate, name, again(getattr(lockgate, name)))
    undisturbed, counted = walk(binary, tmp_path / "quiet", database(), set(), rng)
    moments = set(rng.sample(range(2, counted.calls), KILLS))
    print(f"kills at calls {sorted(moments)} of {counted.calls}")
    disturbed, killer = walk(binary, tmp_path / "killed", database(), moments, rng)
    assert killer.kills == KILLS
    assert disturbed == undisturbed
    assert disturbed["running"] == []
