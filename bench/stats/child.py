"""Run a process and say what it and all that it started took."""

from __future__ import annotations

import json
import os
import signal
import statistics
import subprocess
import tempfile
import threading
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO

# Two processors for all. `sched_setaffinity` holds everybody to them; this is for who counts processors himself.
THREADS = 2
LIMIT_S = 900
ENVIRONMENT = {
    **dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "POLARS_MAX_THREADS"), str(THREADS)),
    # Peers report home unless they are told not to.
    "DO_NOT_TRACK": "1",
    "NML_DISABLE_USAGE_LOGGING": "1",
    "WHYLOGS_NO_ANALYTICS": "True",
    "PYTHONWARNINGS": "ignore",
}


@dataclass(frozen=True)
class Case:
    """One row of a table: what is run, how often, and on how much."""

    what: str
    command: list[str | Path]
    rows: int
    runs: int = 3
    # By what the figures are multiplied to be those of the table's rows: who is slow gets fewer.
    scale: float = 1
    note: str = ""
    # Python says on its last line what the work took, without imports; of a command, the whole process counts.
    is_python: bool = True
    # Whom ours is compared with.
    is_peer: bool = False


@dataclass(frozen=True)
class Taken:
    """What a run took: seconds of processor and of clock, MiB at the peak and before the work began."""

    cpu: float
    wall: float
    peak: float
    before: float | None = None
    note: str = ""


@dataclass(frozen=True)
class Found:
    """The runs of a case, by their medians, or why there are none."""

    case: Case
    taken: Taken | None
    failed: str = ""

    @property
    def cpu(self) -> float | None:
        """Seconds of processor, as of the table's rows."""
        return self.taken.cpu * self.case.scale if self.taken else None


def measure(case: Case) -> Found:
    """Run a case as often as it wants, and return the medians."""
    runs = []
    for _ in range(case.runs):
        taken = run(case)
        if isinstance(taken, str):
            return Found(case, None, taken)
        runs.append(taken)
    middle = {name: statistics.median(getattr(taken, name) for taken in runs) for name in ("cpu", "wall", "peak")}
    return Found(case, Taken(**middle, before=runs[0].before, note=runs[0].note))


def run(case: Case) -> Taken | str:
    """Run a case once; return what it took, or why it failed."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")} | ENVIRONMENT
    with tempfile.TemporaryDirectory() as place, tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        began = time.perf_counter()
        try:
            process = subprocess.Popen(
                [str(word) for word in case.command],
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=err,
                cwd=place,  # some write beside where they are
                env=environment,
                start_new_session=True,
            )
        except OSError as error:
            return f"{error.strerror}: {Path(case.command[0]).name}"
        too_long = threading.Timer(LIMIT_S, os.killpg, (process.pid, signal.SIGKILL))
        too_long.start()
        # Of the process and of all descendants that were waited for.
        _, status, usage = os.wait4(process.pid, 0)
        too_long.cancel()
        wall = time.perf_counter() - began
        process.returncode = os.waitstatus_to_exitcode(status)
        return judged(
            case, process.returncode, Taken(usage.ru_utime + usage.ru_stime, wall, usage.ru_maxrss / 1024), out, err
        )


def judged(case: Case, code: int, whole: Taken, out: IO[bytes], err: IO[bytes]) -> Taken | str:
    """Return what the work of an ended process took."""
    # With these a command says what its report came to (1: a limit was breached, 3: not computable), or failed.
    is_reported = code in (1, 3) and not case.is_python and last_line(out).startswith("{")
    if code and not is_reported:
        if code == -signal.SIGKILL and whole.wall >= LIMIT_S:
            return f"ended after {LIMIT_S} s"
        return f"exit code {code}: {last_line(err) or 'no word'}"
    if not case.is_python:
        return replace(whole, note=f"exit code {code}" if code else "")
    try:
        said = json.loads(last_line(out))
    except ValueError:
        return "did not say what it took"
    return Taken(said["cpu"], said["wall"], whole.peak, said.get("before"), said.get("note", ""))


def last_line(file: IO[bytes]) -> str:
    """Return the last line that says something."""
    file.seek(0)
    lines = [line.strip() for line in file.read().decode(errors="replace").splitlines() if line.strip()]
    return lines[-1] if lines else ""
