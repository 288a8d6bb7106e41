"""How long from start to ready, and how much memory an idle server holds."""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import statistics
import subprocess
import tempfile
import time
from pathlib import Path

RUNS = 11
READY_BUDGET_S = 0.5
IDLE_BUDGET_MIB = 80.0
SETTLE_S = 3.0


def main() -> int:
    """Measure, print the table, and fail where a budget is missed."""
    binary = Path(os.environ["LOCKGATE_BIN"])
    first, again = [], []
    with tempfile.TemporaryDirectory(prefix="lockgate-bench-") as folder:
        for run in range(RUNS):
            data = Path(folder) / f"data-{run}"
            first.append(start(binary, data)[0])
            again.append(start(binary, data)[0])
        _, idle = start(binary, Path(folder) / "data-0", settle_s=SETTLE_S)
    print(f"{binary}, {RUNS} runs, load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
    print("| path | measured | budget | |\n| --- | --- | --- | --- |")
    met = [
        line("start → ready, data folder there", statistics.median(again), READY_BUDGET_S, "s"),
        line("idle memory (PSS of server and empty `serve`)", idle, IDLE_BUDGET_MIB, "MiB"),
    ]
    slowest = f"slowest {max(first):.3f}"
    print(f"| start → ready, first start (migrations, keys) | {statistics.median(first):.3f} s | none | {slowest} |")
    return 0 if all(met) else 1


def line(path: str, measured: float, budget: float, unit: str) -> bool:
    """Print one line of the table and return whether the budget is met."""
    met = measured < budget
    print(f"| {path} | {measured:.3f} {unit} | < {budget:g} {unit} | {'met' if met else 'missed'} |")
    return met


def start(binary: Path, data: Path, settle_s: float = 0.0) -> tuple[float, float]:
    """Start a server on `data`, wait for its ready line, and end it; return seconds and, once settled, MiB."""
    began = time.perf_counter()
    arguments = ["server", "--data", str(data), "--listen", "127.0.0.1:0", "--serving-listen", "127.0.0.1:0"]
    with subprocess.Popen([binary, *arguments], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as server:
        try:
            assert server.stdout is not None
            ready = json.loads(server.stdout.readline())
            seconds = time.perf_counter() - began
            if ready.get("event") != "ready":
                raise SystemExit(f"not a ready line: {ready}")
            time.sleep(settle_s)
            if not settle_s:
                return seconds, float("nan")
            both = processes(binary, data)
            if len(both) != 2:
                raise SystemExit(f"not a server and its serving process, but {len(both)} processes")
            return seconds, sum(pss_mib(pid) for pid in both)
        finally:
            server.send_signal(signal.SIGTERM)
            server.wait(timeout=15)


def processes(binary: Path, data: Path) -> list[int]:
    """Return the server on `data` and its serving process."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            words = (folder / "cmdline").read_bytes().decode(errors="replace")
            if str(data) in words and (folder / "exe").resolve() == binary.resolve():
                found.append(int(folder.name))
    return found


def pss_mib(pid: int) -> float:
    """Return the proportional set size of a process."""
    text = Path(f"/proc/{pid}/smaps_rollup").read_text()
    found = re.search(r"^Pss:\s+(\d+) kB", text, re.MULTILINE)
    return int(found[1]) / 1024 if found else float("nan")
