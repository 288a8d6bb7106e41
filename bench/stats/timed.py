"""Says what a piece of work takes, as `child.py` expects it. Every peer imports it, so it needs nothing but Python."""

from __future__ import annotations

import json
import resource
import time
from collections.abc import Callable


def used() -> float:
    """Return the processor time so far of this process, all its threads, and the children that it waited for."""
    own, children = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return own.ru_utime + own.ru_stime + children.ru_utime + children.ru_stime


def timed(work: Callable[[], object], *, times: int = 1, note: str | None = None) -> None:
    """Do the work so many times and print what one of them took, in seconds and MiB."""
    if times > 1:
        work()  # what is short is measured warm
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    cpu, wall = used(), time.perf_counter()
    for _ in range(times):
        result = work()
    wall, cpu = time.perf_counter() - wall, used() - cpu
    said = note if note is not None else result if isinstance(result, str) else ""
    print()
    print(json.dumps({"cpu": cpu / times, "wall": wall / times, "before": before, "note": said}))
