"""The disk of the data folder is full: what cannot be kept is refused saying so, and nothing is half kept."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from journey.process import ready_line

SIZE = 30_000_000
STARTED_WITHIN_S = 60.0
PEOPLE = {"ana": "model-developers", "dora": "data-stewards"}
START = """
for one in {people}; do
  name=${{one%%:*}}
  "{binary}" token create --data "{data}" --user "$name" --group "${{one##*:}}" --ttl 1h | tail -1 > "{out}/$name"
done
echo $$ > "{out}/pid"
exec "{binary}" server --data "{data}" --listen 127.0.0.1:0 --serving-listen 127.0.0.1:0
"""


@dataclass
class Small:
    """A server whose data folder lies on a disk of 30 MB that it alone sees."""

    url: str
    disk: Path
    tokens: dict[str, str]

    def call(self, person: str, method: str, path: str, **what: object) -> httpx.Response:
        """Call the server as a person."""
        headers = {"authorization": f"Bearer {self.tokens[person]}"} | dict(what.pop("headers", {}))  # type: ignore[call-overload]
        return httpx.request(method, f"{self.url}{path}", headers=headers, timeout=60.0, **what)  # type: ignore[arg-type]

    def fill(self) -> None:
        """Write until nothing more goes onto the disk."""
        with (self.disk / "fill").open("wb", buffering=0) as file:
            for size in (1 << 20, 1 << 12, 1):
                with contextlib.suppress(OSError):
                    while True:
                        file.write(bytes(size))

    def free(self) -> None:
        """Give the room back."""
        (self.disk / "fill").unlink()


@pytest.fixture
def small(binary: Path, tmp_path: Path) -> Iterator[Small]:
    """Start it, in a mount namespace of its own."""
    place, out = tmp_path / "small", tmp_path / "out"
    place.mkdir()
    out.mkdir()
    people = " ".join(f"{name}:{group}" for name, group in PEOPLE.items())
    script = START.format(people=people, binary=binary, data=place / "data", out=out)
    bwrap = shutil.which("bwrap")
    assert bwrap, "`scripts/need bwrap` installs it"
    library = binary.with_name("lib_kernels.so")  # copied onto the disk, for the steps
    command = [
        bwrap,
        "--dev-bind",
        "/",
        "/",
        "--size",
        str(SIZE + library.stat().st_size),
        "--tmpfs",
        str(place),
        "--die-with-parent",
        "bash",
        "-euc",
        script,
    ]
    kept = {name: value for name, value in os.environ.items() if not name.startswith("LOCKGATE")}
    said = tmp_path / "server.out"
    with said.open("wb") as stdout, (tmp_path / "server.log").open("wb") as stderr:
        running = subprocess.Popen(command, env=kept, stdin=subprocess.DEVNULL, stdout=stdout, stderr=stderr)
    try:
        until = time.monotonic() + STARTED_WITHIN_S
        while (ready := ready_line(said)) is None:
            log = (tmp_path / "server.log").read_text()
            assert running.poll() is None, log
            assert time.monotonic() < until, log
            time.sleep(0.05)
        pid = int((out / "pid").read_text())
        tokens = {name: (out / name).read_text().strip() for name in PEOPLE}
        yield Small(str(ready["listen"]), Path(f"/proc/{pid}/root{place}"), tokens)
        os.kill(pid, signal.SIGTERM)
        assert running.wait(30) == 0
    finally:
        running.kill()


def test_an_artifact_that_has_no_room_is_refused_and_nothing_of_it_is_kept(small: Small) -> None:
    made = small.call("ana", "POST", "/api/2.0/mlflow/experiments/create", json={"name": "x"}).json()
    run = small.call("ana", "POST", "/api/2.0/mlflow/runs/create", json=made).json()["run"]["info"]
    place = run["artifact_uri"].removeprefix("mlflow-artifacts:/")
    path = f"/api/2.0/mlflow-artifacts/artifacts/{place}/big.bin"
    refused = small.call("ana", "PUT", path, content=bytes(SIZE + 10_000_000))
    assert refused.status_code >= 500
    assert "the disk that holds the objects is full; free space" in refused.json()["message"]
    listed = small.call("ana", "GET", "/api/2.0/mlflow/artifacts/list", params={"run_id": run["run_id"]}).json()
    assert not listed.get("files")
    assert small.call("ana", "PUT", path, content=b"small").status_code == 200
    assert small.call("ana", "GET", path).content == b"small"


def test_a_full_disk_refuses_writes_saying_so_answers_reads_and_goes_on_once_there_is_room(small: Small) -> None:
    def record(name: str) -> httpx.Response:
        purpose = {
            "id": name,
            "name": "Credit risk",
            "text": "x" * 3_900,
            "lawful_basis": "law",
            "controller": "Bank",
            "allowed_uses": ["explore"],
            "retention_days": 30,
        }
        return small.call("dora", "POST", "/api/v1/purposes", json=purpose, headers={"idempotency-key": name})

    kept = []
    small.fill()
    for number in range(2_000):  # what was set aside for the log takes some yet
        answer = record(f"p-{number}")
        if answer.status_code != 200:
            break
        kept.append(f"p-{number}")
    problem = answer.json()
    assert (answer.status_code, problem["code"]) == (507, "store.full"), problem
    assert "free space on the disk of the database" in problem["hint"], problem
    assert small.call("ana", "GET", "/ready").status_code == 200
    assert small.call("dora", "GET", "/api/v1/purposes").status_code == 200
    small.free()
    assert record(f"p-{number}").status_code == 200, "the same call again, with the same key"
    listed, cursor = [], ""
    while True:
        page = small.call("dora", "GET", f"/api/v1/purposes?limit=100{cursor}").json()
        listed += [one["id"] for one in page["items"]]
        if not page.get("next_cursor"):
            break
        cursor = f"&cursor={page['next_cursor']}"
    assert sorted(listed) == sorted([*kept, f"p-{number}"])
