"""Stock git on the built binary: the server is killed in the midst of pushes, and every move is on record once."""

from __future__ import annotations

import contextlib
import functools
import os
import random
import shutil
import subprocess
import threading
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import lockgate
import pytest
from bank import Bank, open_bank, wait_until
from journey.laptop import Laptop, LaptopError
from journey.process import free_port

PROJECT = "pushed"
KILLS = 6
PUSHERS = 3


def more_than(acknowledged: dict[str, str], count: int, failures: list[str]) -> bool:
    """Return whether more pushes than `count` were acknowledged, or one failed."""
    return len(acknowledged) > count or bool(failures)


@pytest.fixture(scope="module")
def bank(binary: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bank]:
    """Yield a bank with a project, which comes back on the same ports after a kill."""
    listen = {"listen": f"127.0.0.1:{free_port()}", "serving_listen": f"127.0.0.1:{free_port()}"}
    with open_bank(binary, tmp_path_factory.mktemp("git") / "bank", **listen) as opened:
        for name in ("ben", "pat"):
            opened.token(name)
        lockgate.projects.create(
            PROJECT,
            title="Pushed to",
            team="risk",
            owner="ben",
            tier=3,
            intended_use="Be pushed to.",
            prohibited_use="Be trusted.",
            template="tabular-classification",
            client=opened.client("ana"),
        )
        yield opened


def laptop(bank: Bank, name: str, person: str = "ana") -> tuple[Laptop, Path]:
    """Return a laptop of a person with a clone of the project."""
    made = Laptop(bank.server.data.with_name(name), bank.url, person, bank.token(person)).set_up()
    made.git("clone", "--quiet", f"{bank.url}/git/{PROJECT}.git", "clone")
    return made, made.home / "clone"


def commit(machine: Laptop, clone: Path, text: str) -> str:
    """Commit a change and return the commit."""
    (clone / "change.txt").write_text(text)
    machine.git("add", "change.txt", folder=clone)
    machine.git("commit", "--quiet", "-m", text[:40], folder=clone)
    return machine.git("rev-parse", "HEAD", folder=clone).strip()


def pushes(bank: Bank) -> list[dict[str, Any]]:
    """Return every record of a push, the newest first."""
    found: list[dict[str, Any]] = []
    cursor: str | None = None
    while True:
        query = {"limit": 200} | ({"cursor": cursor} if cursor else {})
        page = bank.client("ana").call("list_pushes", id=PROJECT, query=query)
        found += page["items"]
        cursor = page.get("next_cursor")
        if cursor is None:
            return found


def tips(machine: Laptop, clone: Path) -> dict[str, str]:
    """Return every branch on the server with its commit, as git sees them."""
    lines = machine.git("ls-remote", "--heads", "origin", folder=clone).splitlines()
    return {name.removeprefix("refs/heads/"): commit for commit, name in (line.split("\t") for line in lines)}


def children(bank: Bank) -> list[str]:
    """Return the command lines of the git processes that work in the server's repositories."""
    folder = str(bank.server.data / "git").encode()
    found = []
    for process in Path("/proc").iterdir():
        if process.name.isdigit():
            with contextlib.suppress(OSError):
                line = (process / "cmdline").read_bytes()
                if folder in line:
                    found.append(line.replace(b"\0", b" ").decode())
    return found


def test_kills_lose_no_push_and_tell_of_none_twice(bank: Bank) -> None:
    seed = int(os.environ.get("LOCKGATE_SEED") or random.randrange(1 << 32))
    print(f"LOCKGATE_SEED={seed}")
    rng = random.Random(seed)
    machines = [laptop(bank, f"laptop-{number}") for number in range(PUSHERS)]
    acknowledged: dict[str, str] = {}
    done = threading.Event()
    failures: list[str] = []

    def push_on(number: int) -> None:
        machine, clone = machines[number]
        count = 0
        while not done.is_set():
            count += 1
            branch = f"own-{number}-{count}"
            at = commit(machine, clone, f"{number} {count}")
            for _ in range(50):
                try:
                    machine.git("push", "--quiet", "origin", f"HEAD:{branch}", folder=clone)
                except LaptopError:
                    time.sleep(0.1)
                    continue
                acknowledged[branch] = at
                break
            else:
                failures.append(branch)

    threads = [threading.Thread(target=push_on, args=(number,)) for number in range(PUSHERS)]
    for thread in threads:
        thread.start()
    for kill in range(KILLS):
        before = len(acknowledged)
        wait_until(functools.partial(more_than, acknowledged, before + 1, failures), within_s=120)
        if kill % 2 == 0:
            # In the midst of a push, if one can be caught.
            with contextlib.suppress(AssertionError):
                wait_until(lambda: any("receive-pack" in line for line in children(bank)), within_s=5)
        time.sleep(rng.uniform(0.0, 0.03))
        bank.server.kill()
        bank.server.start()
    done.set()
    for thread in threads:
        thread.join(timeout=120)
    assert not failures

    # Settled: by the look at start, by the next push, or by the children that outlived a killed server.
    wait_until(lambda: not children(bank), within_s=60)
    machine, clone = machines[0]
    acknowledged["last"] = commit(machine, clone, "last")
    machine.git("push", "--quiet", "origin", "HEAD:last", folder=clone)

    on_disk = tips(machine, clone)
    assert on_disk.items() >= acknowledged.items(), "what was acknowledged is there"
    shown = {branch.name: branch.commit.id for branch in lockgate.code.branches(PROJECT, client=bank.client("ana"))}
    assert shown == on_disk, "what is shown is what is there"
    records = pushes(bank)
    states = Counter(push["state"] for push in records)
    print(dict(states))
    assert states["unexplained"] == 0
    assert states["recorded"] == 0
    applied = Counter((push["branch"], push["new"]) for push in records if push["state"] == "applied")
    assert applied == Counter(dict.fromkeys(on_disk.items(), 1)), "each move is on record, and published, exactly once"


def test_what_a_server_that_is_down_is_pushed_is_refused(bank: Bank) -> None:
    """Nobody pushes past the server: not over its folder, and not while it is away."""
    machine, clone = laptop(bank, "around")
    commit(machine, clone, "around")
    folder = bank.server.data / "git" / f"{PROJECT}.git"
    with pytest.raises(LaptopError, match="nothing may be pushed here directly"):
        machine.git("push", str(folder), "HEAD:refs/heads/around", folder=clone)
    before = tips(machine, clone)
    bank.server.kill()
    with pytest.raises(LaptopError):
        machine.git("push", "origin", "HEAD:refs/heads/around", folder=clone)
    bank.server.start()
    assert tips(machine, clone) == before


def test_a_ref_that_somebody_moved_on_the_disk_is_shown_as_an_incident(bank: Bank) -> None:
    machine, clone = laptop(bank, "incident")
    at = tips(machine, clone)["main"]
    folder = bank.server.data / "git" / f"{PROJECT}.git"
    git = shutil.which("git")
    assert git is not None
    quiet = {"PATH": os.environ["PATH"], "GIT_CONFIG_GLOBAL": "/dev/null", "GIT_CONFIG_NOSYSTEM": "1"}
    bank.server.stop()
    subprocess.run([git, "update-ref", "refs/heads/by-hand", at], cwd=folder, env=quiet, check=True)
    bank.server.start()
    found = wait_until(lambda: [push for push in pushes(bank) if push["branch"] == "by-hand"])
    assert [(push["state"], push["pusher"], push["next"]["tone"]) for push in found] == [("unexplained", None, "bad")]
    assert "a ref moved without a push" in bank.server.log.read_text()


def test_a_stop_waits_for_a_push_that_is_under_way(bank: Bank) -> None:
    """Ended by SIGTERM in the midst of pushes, the server leaves nothing half done and no process behind."""
    machine, clone = laptop(bank, "stopped")
    for number in range(3):
        at = commit(machine, clone, f"stopped {number}")
        told: list[bool] = []

        def push(number: int = number, told: list[bool] = told) -> None:
            try:
                machine.git("push", "--quiet", "origin", f"HEAD:stopped-{number}", folder=clone)
                told.append(True)
            except LaptopError:
                told.append(False)

        thread = threading.Thread(target=push)
        thread.start()
        with contextlib.suppress(AssertionError):
            wait_until(lambda: any("receive-pack" in line for line in children(bank)), within_s=5)
        assert bank.server.stop() == 0
        thread.join(timeout=60)
        assert not children(bank)
        bank.server.start()
        there = tips(machine, clone).get(f"stopped-{number}")
        assert there in ({at} if told == [True] else {at, None})
        records = [push["state"] for push in pushes(bank) if push["branch"] == f"stopped-{number}"]
        assert records.count("applied") == (there is not None)
        assert "recorded" not in records
