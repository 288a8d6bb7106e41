"""What a step costs beside its own work: processor time of a runner and all that it starts, for `/bin/true`.

    LOCKGATE_BIN=… python3 bench/runner/measure.py

The far side is a server of this script that speaks the protocol. Times are
those that the kernel counts for children that were waited for, all of a step's processes included; `perf` counts the
same more finely where it exists.
"""

from __future__ import annotations

import json
import os
import resource
import shutil
import socketserver
import subprocess
import tempfile
import threading
import time
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

BUDGET_MS = 5.0
SPEC: dict[str, Any] = {
    "run": "r-1", "step": "nothing", "attempt": "a-1", "project": "bench", "environment": "bench/dev",
    "action": {"command": ["/bin/true"]}, "parameters": {}, "inputs": {}, "outputs": [], "env": {},
    "timeout_s": 60, "cpus": 1, "memory_mib": 256,
}  # fmt: skip


class Answer(BaseHTTPRequestHandler):
    """Says what the server would say to a runner of this attempt."""

    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        """Answer a runner's call."""
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        verb = self.path.rsplit("/", 1)[-1]
        if verb == "report":
            assert body["outcome"] == "succeeded", body
        said = {"claim": {"fence": 1, "spec": SPEC}, "heartbeat": {"cancel": False}, "report": {"taken": True}}[verb]
        data = json.dumps(said).encode()
        self.send_response(200)
        self.send_header("content-length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *args: object) -> None:
        """Says nothing."""


class Server(socketserver.ThreadingUnixStreamServer):
    """Listens on a Unix socket."""

    daemon_threads = True

    def get_request(self) -> tuple[Any, Any]:
        """Return a connection under a name that the handler can print."""
        request, _ = super().get_request()
        return request, ("runner", 0)


def launch(root: Path, isolation: str) -> Path:
    """Write a launch file and return it."""
    folder = root / "a-1"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(mode=0o700)
    told = {
        "launch": {
            "attempt": "a-1", "runner_token": "t", "server": f"unix:{root}/s",
            "folder": str(folder), "code": str(root / "code"),
            "python": None, "interpreter": {"program": "/usr/bin/python3", "version": "3", "roots": []},
            "sdk": str(root / "code"),
            "inputs": {}, "spec": SPEC, "step_token": "t",
        },
        "isolation": isolation, "bwrap": "/usr/bin/bwrap", "shared": str(root / "shared"),
    }  # fmt: skip
    (folder / "launch.json").write_text(json.dumps(told))
    return folder / "launch.json"


def shared(root: Path) -> None:
    """Make what sandboxes share, as the engine does."""
    for folder in ["code", "shared/etc/ssl", "shared/etc/alternatives", "shared/dev/shm"]:
        (root / folder).mkdir(parents=True)
    for name in ["etc/ld.so.cache", "etc/localtime", "dev/null", "dev/zero", "dev/full", "dev/random", "dev/urandom"]:
        (root / "shared" / name).touch()


def cost(command: list[str]) -> tuple[float, float]:
    """Run a command; return its processor time and its wall time, in milliseconds."""
    before, at = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    subprocess.run(command, check=True, env={})
    wall, after = time.perf_counter() - at, resource.getrusage(resource.RUSAGE_CHILDREN)
    return (after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime) * 1e3, wall * 1e3


def main() -> int:
    """Print a table, and fail where the budget is missed."""
    binary = os.environ["LOCKGATE_BIN"]
    runs = int(os.environ.get("RUNS", "100"))
    root = Path(tempfile.mkdtemp())
    shared(root)
    threading.Thread(target=Server(str(root / "s"), Answer).serve_forever, daemon=True).start()
    print("| what | CPU ms | wall ms |\n| --- | --- | --- |")
    rows: list[tuple[str, Any]] = [
        ("bare `/bin/true`", lambda: ["/bin/true"]),
        ("the program's own start", lambda: [binary, "runner", "inner", "--socket", "/no/such"]),
        ('runner, `isolation = "none"`', lambda: [binary, "runner", "--launch", str(launch(root, "none"))]),
        ("runner, bubblewrap and Landlock", lambda: [binary, "runner", "--launch", str(launch(root, "bubblewrap"))]),
    ]
    means = []
    for name, command in rows:
        costs = []
        for _ in range(runs):
            line = command()
            if name.startswith("the program"):
                line = ["/bin/sh", "-c", f"{' '.join(line)} 2>/dev/null; true"]
            costs.append(cost(line))
        means.append(sum(c for c, _ in costs) / runs)
        print(f"| {name} | {means[-1]:.2f} | {sorted(w for _, w in costs)[runs // 2]:.1f} |")
    shutil.rmtree(root)
    over = means[-1] - means[0]
    met = over <= BUDGET_MS
    print(f"over a bare one: {over:.2f} ms of CPU, budget ≤ {BUDGET_MS:g} ms: {'met' if met else 'missed'}")
    return 0 if met else 1


if __name__ == "__main__":
    raise SystemExit(main())
