#!/usr/bin/env python3
"""What the server adds to steps that do nothing: `LOCKGATE_BIN=… PYTHONPATH=demo bench/steps/measure.py`.

A pipeline of 100 steps `/bin/true`, one after another and all at once, and the same again from the cache. Counted is
the processor time of the whole machine, less what it used as long at rest with the server up: nothing else may run.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "demo"))

import lockgate
from journey.laptop import Laptop
from journey.process import Server
from lockgate import Client

STEPS = 100
STEP_BUDGET_MS = 5.0
CACHED_BUDGET_S = 0.2
PROJECT = "bench"


def busy_s() -> float:
    """Return the processor time that the machine has used so far."""
    fields = [int(one) for one in Path("/proc/stat").read_text().splitlines()[0].split()[1:]]
    idle = fields[3] + fields[4]
    return (sum(fields[:8]) - idle) / os.sysconf("SC_CLK_TCK")


def pipeline(name: str, *, in_a_row: bool) -> str:
    """Return a pipeline of steps that do nothing, each its own entry of the cache: it knows a step by what it runs."""
    steps = []
    for number in range(STEPS):
        after = [f"s{number - 1}"] if in_a_row and number else []
        step = {"name": f"s{number}", "run": {"command": ["/bin/true"]}, "env": {"N": f"{name}-{number}"}}
        steps.append({**step, "outputs": [], "after": after})
    return json.dumps({"version": 1, "name": name, "parameters": {}, "steps": steps})


@contextmanager
def open_project(binary: Path, folder: Path) -> Iterator[Client]:
    """Start a server with a project that holds both pipelines, and yield Ana's connection."""
    server = Server(binary, folder / "data", {}).start()
    try:
        token = server.token("ana", ["model-developers", "model-owners"])
        with Client(server.url, token) as ana:
            made = lockgate.projects.create(
                PROJECT,
                title="Bench",
                team="bench",
                owner="ana",
                tier=3,
                intended_use="Measure steps",
                prohibited_use="Anything else",
                template="tabular-classification",
                client=ana,
            )
            laptop = Laptop(folder / "laptop", server.url, "ana", token).set_up()
            checkout = laptop.home / PROJECT
            laptop.git("clone", "--quiet", made.clone_url, PROJECT)
            laptop.git("checkout", "--quiet", "-b", "steps", folder=checkout)
            laptop.git("rm", "--quiet", "-r", "requirements.lock", "pipelines", folder=checkout)
            (checkout / "pipelines").mkdir(exist_ok=True)
            for name, in_a_row in (("row", True), ("wide", False)):
                (checkout / "pipelines" / f"{name}.json").write_text(pipeline(name, in_a_row=in_a_row))
            laptop.git("add", "--all", folder=checkout)
            laptop.git("commit", "--quiet", "-m", "Steps that do nothing", folder=checkout)
            laptop.git("push", "--quiet", "-u", "origin", "steps", folder=checkout)
            settle(ana)
            yield ana
    finally:
        server.stop()


def settle(ana: Client) -> None:
    """Wait until what a push and a new project start by themselves is over."""
    quiet = 0
    while quiet < 20:
        going_on = list(lockgate.runs.list(state="running", client=ana))
        quiet = 0 if going_on or busier_than(0.2) else quiet + 1


def busier_than(share: float) -> bool:
    """Return whether the machine uses more than a share of one core now."""
    before = busy_s()
    time.sleep(0.5)
    return busy_s() - before > share * 0.5


def run(ana: Client, name: str, rest: float, *, cached: bool) -> tuple[float, float]:
    """Run a pipeline, whose steps must all be run or all be cached.

    Returns processor time less what the machine uses at rest, and wall time, in seconds.
    """
    before, began = busy_s(), time.perf_counter()
    started = lockgate.runs.start(PROJECT, name, revision="steps", client=ana)
    while lockgate.runs.get(started.id, client=ana).state in ("queued", "running"):
        time.sleep(0.02)
    wall = time.perf_counter() - began
    done = lockgate.runs.get(started.id, client=ana)
    if done.state != "succeeded":
        raise SystemExit(f"`{name}` is {done.state}: {done.reason}")
    from_cache = sum(step.cached_from is not None for step in done.steps)
    if len(done.steps) != STEPS or from_cache != (STEPS if cached else 0):
        raise SystemExit(f"`{name}` took {from_cache} of {len(done.steps)} steps from the cache")
    return busy_s() - before - rest * wall, wall


def bare_ms() -> float:
    """Return the processor time of a bare `/bin/true`, in milliseconds."""
    before = busy_s()
    for _ in range(STEPS):
        subprocess.run(["/bin/true"], check=True)
    return (busy_s() - before) / STEPS * 1e3


def main() -> int:
    """Measure, print the table, and fail where a budget is missed."""
    binary = Path(os.environ["LOCKGATE_BIN"])
    met = []
    with tempfile.TemporaryDirectory(prefix="lockgate-bench-") as folder, open_project(binary, Path(folder)) as ana:
        before = busy_s()
        time.sleep(5.0)
        rest = (busy_s() - before) / 5.0
        bare = bare_ms()
        print(f"{binary}, load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores; at rest {rest:.3f} CPU s per s")
        print(
            f"| path | measured | budget | wall |\n| --- | --- | --- | --- |\n| bare `/bin/true` | {bare:.2f} ms | | |"
        )
        for name in ("row", "wide"):
            cpu, wall = run(ana, name, rest, cached=False)
            each = cpu / STEPS * 1e3 - bare
            met.append(each <= STEP_BUDGET_MS)
            print(f"| a step, {STEPS} {name} | {each:.2f} ms | ≤ {STEP_BUDGET_MS:g} ms | {wall:.2f} s |")
            cpu, wall = run(ana, name, rest, cached=True)
            met.append(wall < CACHED_BUDGET_S)
            print(
                f"| again from the cache, {STEPS} {name} | {wall:.3f} s | < {CACHED_BUDGET_S:g} s | {cpu:.3f} CPU s |"
            )
    return 0 if all(met) else 1


if __name__ == "__main__":
    raise SystemExit(main())
