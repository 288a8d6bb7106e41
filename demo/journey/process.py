"""The built server as a process: start it, wait until it is ready, stop or kill it, by its own id only."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

READY_WITHIN_S = 60.0
STOP_WITHIN_S = 15.0
CAPTURE_S = 2
"""How often calls are published: often, as nobody wants to wait for them in a story or a test."""


class ServerError(Exception):
    """The server did not start, or a command of it failed; the text has its last words."""


@dataclass
class Server:
    """A Lockgate server on loopback, on its own data folder.

    `roots` are the folders that lakes may lie in, by name; `database` is a PostgreSQL URL, or `None` for SQLite.
    """

    binary: Path
    data: Path
    roots: Mapping[str, Path] = field(default_factory=dict)
    database: str | None = None
    listen: str = "127.0.0.1:0"
    serving_listen: str = "127.0.0.1:0"
    url: str = ""
    serving: str = ""
    process: subprocess.Popen[bytes] | None = None

    @property
    def log(self) -> Path:
        """The file that holds what the server wrote to stderr."""
        return self.data.with_name(self.data.name + ".log")

    def start(self) -> Server:
        """Start it and return when it is ready."""
        self.data.parent.mkdir(parents=True, exist_ok=True)
        out_path = self.data.with_name(self.data.name + ".out")
        command = [str(self.binary), "server", "--data", str(self.data)]
        command += ["--listen", self.listen, "--serving-listen", self.serving_listen]
        with out_path.open("wb") as out, self.log.open("ab") as log:
            self.process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=log,
                env=self.environment(),
                start_new_session=True,
            )
        until = time.monotonic() + READY_WITHIN_S
        while time.monotonic() < until:
            ready = ready_line(out_path)
            if ready is not None:
                self.url, self.serving = str(ready["listen"]), str(ready["serving"])
                return self
            if self.process.poll() is not None:
                raise ServerError(f"the server ended with {self.process.returncode}: {self.last_words()}")
            time.sleep(0.02)
        self.kill()
        raise ServerError(f"the server was not ready within {READY_WITHIN_S:g} s: {self.last_words()}")

    def environment(self) -> dict[str, str]:
        """Return the environment that the server and its commands run in."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith("LOCKGATE")}
        kept |= {f"LOCKGATE__LAKES__ROOTS__{name.upper()}": str(path) for name, path in self.roots.items()}
        kept["LOCKGATE__SERVING__CAPTURE_S"] = str(CAPTURE_S)
        if self.database is not None:
            kept["LOCKGATE__DATABASE__URL"] = self.database
        return kept

    def command(self, *arguments: str) -> str:
        """Run a command of the binary and return what it printed."""
        done = self.run(*arguments)
        if done.returncode != 0:
            said = done.stderr.strip() or done.stdout.strip()
            raise ServerError(f"`lockgate {' '.join(arguments)}` ended with {done.returncode}: {said}")
        return done.stdout.strip()

    def run(self, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
        """Run a command of the binary, with these variables set, and return how it ended and what it said."""
        return subprocess.run(
            [str(self.binary), *arguments],
            check=False,
            capture_output=True,
            text=True,
            timeout=300,
            stdin=subprocess.DEVNULL,
            env=self.environment() | variables,
        )

    def token(self, name: str, groups: Sequence[str], ttl: str = "24h") -> str:
        """Return a new token for a person, who is created if absent."""
        options = [option for group in groups for option in ("--group", group)]
        return self.command(
            "token", "create", "--data", str(self.data), "--user", name, *options, "--ttl", ttl
        ).splitlines()[-1]

    def stop(self) -> int | None:
        """Ask it to stop, wait for it, and return its exit code; kill it if it does not stop."""
        if self.process is None:
            return None
        self.process.send_signal(signal.SIGTERM)
        try:
            return self.process.wait(STOP_WITHIN_S)
        except subprocess.TimeoutExpired:
            self.kill()
            return None
        finally:
            self.process = None

    def kill(self) -> None:
        """End it as a power cut would, and wait until it is gone."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()

    def last_words(self) -> str:
        """Return the last lines of its log."""
        lines = self.log.read_text(errors="replace").splitlines() if self.log.exists() else []
        return " | ".join(lines[-5:]) or "it said nothing"


def ready_line(path: Path) -> dict[str, object] | None:
    """Return what a server said once it was ready, read from what it printed; nothing before."""
    for line in path.read_bytes().splitlines(keepends=True):
        if line.endswith(b"\n") and line.startswith(b"{"):
            event = json.loads(line)
            if isinstance(event, dict) and event.get("event") == "ready":
                return event
    return None


def free_port() -> int:
    """Return a loopback port that is free now; for a server that must come back on the same one."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
