"""The demo as a process that stays up once it is told, so that tests may go on where it ends."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bank import ENVIRONMENTS, GERMAN_CREDIT, REPO, Bank, end_attempts, link_environments
from ending import end_state
from journey.process import Server
from journey.tables import make_lakes

STAYS = "press Ctrl-C to stop"
TOLD_WITHIN_S = 900.0


@dataclass(frozen=True)
class Told:
    """What the demo said, line by line, the bank that it left, and what there was when it had left it."""

    lines: list[str]
    bank: Bank
    ending: Mapping[str, Any]

    def line(self, step: str) -> str:
        """Return what was said of a step."""
        (found,) = [line for line in self.lines if line.startswith(f"{step} ")]
        return found


@contextlib.contextmanager
def tell(binary: Path, home: Path) -> Iterator[Told]:
    """Let the demo be told, and end it."""
    kept = {name: value for name, value in os.environ.items() if name not in {"DATA", "TARGET", "SENSITIVE"}}
    command = [sys.executable, str(REPO / "demo" / "run"), "--binary", str(binary), "--home", str(home), "--stay"]
    home.parent.mkdir(parents=True, exist_ok=True)
    said = home.with_name("told.txt")
    with said.open("wb") as out:
        running = subprocess.Popen(command, env=kept, stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.STDOUT)
    try:
        until = time.monotonic() + TOLD_WITHIN_S
        while STAYS not in said.read_text():
            assert running.poll() is None, said.read_text()
            assert time.monotonic() < until, said.read_text()
            time.sleep(0.1)
        bank = left(binary, home)
        link_environments(home / "data" / "python", Path(ENVIRONMENTS.name))
        # At once: tests go on from here.
        yield Told(said.read_text().splitlines(), bank, end_state(bank))
        for client in bank.clients.values():
            client.close()
    finally:
        running.send_signal(signal.SIGTERM)
        assert running.wait(60) == 130
        end_attempts(home / "data")


def left(binary: Path, home: Path) -> Bank:
    """Return the bank that a demo left in its folder, whose server is running."""
    server = Server(binary, home / "data", {lake: home / "lakes" / lake for lake in ("retail", "risk")})
    ready = (home / "data.out").read_text().splitlines()[0]
    server.url, server.serving = (str(json.loads(ready)[name]) for name in ("listen", "serving"))
    return Bank(server, make_lakes(GERMAN_CREDIT, "creditability", "age_in_years", home.with_name("same-lakes")))
