"""Measure statistics beside their peers: `LOCKGATE_BIN=… STATS_PEERS=… bench/run stats [--small]`.

STATS_PEERS has an environment for each file of peers/, Lockgate's wheel in that of tables.txt; `make bench` makes them.
`--small` tries everything on 100,000 rows and fewer, and judges nothing. The tables are kept in BENCH_CACHE, or
`~/.cache/lockgate/bench`.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from stats.cases import OWN, Place, Section, sections
from stats.child import LIMIT_S, THREADS, Found, measure

# Of what `made.py` makes; another number makes it anew.
VERSION = 1
CACHE = Path(os.environ.get("BENCH_CACHE") or Path.home() / ".cache" / "lockgate" / "bench")
HEAD = f"""\
CPU is user and system time of the process and its children, on {THREADS} processors, the median of so many runs: of
commands all of it, of Python the work alone, without imports and tables read into memory (whose MiB are in brackets).
Nobody gets more than {LIMIT_S} s."""


@dataclass(frozen=True)
class Judged:
    """A budget and what was found: `measured` is None where something that it needs failed."""

    what: str
    measured: float | None
    budget: float
    unit: str
    at_least: bool = False
    beside: str = ""

    @property
    def is_met(self) -> bool:
        """Whether the budget is kept."""
        if self.measured is None:
            return False
        return self.measured >= self.budget if self.at_least else self.measured <= self.budget

    def line(self) -> str:
        """Return the line of the table."""
        found = "not measured" if self.measured is None else f"{self.measured:.3g} {self.unit}{self.beside}"
        sign = "≥" if self.at_least else "≤"
        return f"| {self.what} | {found} | {sign} {self.budget:g} {self.unit} | {'met' if self.is_met else 'missed'} |"


def tables(python: Path, *, small: bool) -> Place:
    """Make the tables unless they are there, and read them once, so that nobody waits for the disk."""
    profile_rows, rows = (100_000, 20_000) if small else (10_000_000, 1_000_000)
    folder = CACHE / f"stats-{VERSION}-{profile_rows}-{rows}"
    made = Path(__file__).with_name("made.py")
    print(f"tables of {profile_rows:,} and {rows:,} rows", file=sys.stderr)
    subprocess.run([python, made, folder, str(profile_rows), str(rows)], check=True)
    for file in folder.glob("*.parquet"):
        with file.open("rb") as data:
            while data.read(1 << 24):
                pass
    return Place(folder, profile_rows, rows)


def shown(section: Section, found: Sequence[Found]) -> None:
    """Print the table of a section."""
    own = next(one.cpu for one in found if one.case.what == section.own)
    print(f"\n**{section.title}**\n")
    print(f"| what | rows | runs | CPU s | wall s | peak MiB (before) | CPU s of {section.of} | ours of it | |")
    print("| --- | --- | --- | --- | --- | --- | --- | --- | --- |")
    for one in found:
        case, taken = one.case, one.taken
        start = f"| {case.what} | {case.rows:,} | {case.runs} |" if case.rows else f"| {case.what} | | {case.runs} |"
        if taken is None or one.cpu is None:
            print(f"{start} | | | | | failed: {one.failed[:160].replace('|', '/')} |")
            continue
        before = f" ({taken.before:.0f})" if taken.before is not None else ""
        of = f"{own / one.cpu:.3g}" if own is not None and one.cpu and case.is_peer else ""
        scaled = f"{one.cpu:.4g}" + (" (scaled)" if case.scale != 1 else "")
        note = "; ".join(filter(None, (case.note, taken.note)))
        print(f"{start} {taken.cpu:.4g} | {taken.wall:.4g} | {taken.peak:.0f}{before} | {scaled} | {of} | {note} |")


def judge(found: dict[str, Found]) -> list[Judged]:
    """Return each budget beside what was found."""

    def cpu(what: str) -> float | None:
        return found[what].cpu

    def ratio(above: float | None, below: float | None) -> float | None:
        return above / below if above is not None and below else None

    profile, pyarrow, polars = cpu(OWN.profile), cpu(OWN.decode[0]), cpu(OWN.decode[1])
    decode = min((one for one in (pyarrow, polars) if one is not None), default=None)
    each = ", ".join(
        f"{name} {of:.3g}"
        for name, of in (("pyarrow", ratio(profile, pyarrow)), ("Polars", ratio(profile, polars)))
        if of
    )
    peak = found[OWN.profile].taken
    return [
        Judged(
            "profile, CPU of the cheaper decode",
            ratio(profile, decode),
            1.5,
            "times",
            beside=f" ({each})" if each else "",
        ),
        Judged("profile, peak memory", peak.peak if peak else None, 512, "MiB"),
        Judged("drift of two stored profiles, CPU", milli(cpu(OWN.stored)), 5, "ms"),
        Judged(
            "drift of 16 columns, scipy's CPU of ours",
            ratio(cpu(OWN.scipy), cpu(OWN.drift)),
            10,
            "times",
            at_least=True,
        ),
        Judged("20 bias metrics, CPU", cpu(OWN.bias), 0.3, "s"),
        Judged("`import lockgate.stats`, CPU", milli(cpu(OWN.imports)), 50, "ms"),
    ]


def milli(seconds: float | None) -> float | None:
    """Return milliseconds."""
    return None if seconds is None else seconds * 1_000


def main(*, small: bool = False) -> int:
    """Measure everything, print a table for each path and the budgets, and fail where one is missed."""
    peers, binary = Path(os.environ["STATS_PEERS"]), Path(os.environ["LOCKGATE_BIN"])
    allowed = os.sched_getaffinity(0)
    os.sched_setaffinity(0, set(sorted(allowed)[:THREADS]))
    try:
        place = tables(peers / "tables" / "bin" / "python", small=small)
        found: dict[str, Found] = {}
        print(HEAD)
        for section in sections(binary, peers, place, small=small):
            ran = []
            for case in section.cases:
                print(f"{section.title}: {case.what}", file=sys.stderr)
                ran.append(measure(case))
                found[case.what] = ran[-1]
            shown(section, ran)
    finally:
        os.sched_setaffinity(0, allowed)
    print(f"\nload after it was measured: {os.getloadavg()[0]:.1f}\n")
    budgets = judge(found)
    print("| budget | measured | limit | |\n| --- | --- | --- | --- |")
    for budget in budgets:
        print(budget.line())
    if small:
        print("\nToo few rows to judge by: a try.")
        return 0
    return 0 if all(budget.is_met for budget in budgets) else 1
