"""How far a computation of `lockgate.stats` is: said where people look, and nowhere else."""

from __future__ import annotations

import io
import os
import pty
import re
import subprocess
import sys
import textwrap
import time
from contextlib import suppress
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest
from lockgate.stats.progress import WIDTH, Line

# Reads nothing, and takes long enough for anyone to be told.
LONG = """\
import numpy
from lockgate import stats
random = numpy.random.default_rng(1)
features = [f"n{at}" for at in range(6)]
table = {name: random.random(400_000) for name in features} | {
    name: random.integers(0, 2, 400_000) for name in ("sex", "paid")
}
stats.bias(table, facet="sex", label="paid", prediction="paid", positive=[1], features=features)
"""
# Not only that all rows are read.
SAID = r"\r\d+ of \d+ (parts of the flip test|models of the proxy check), \d"


def test_a_terminal_is_told_how_far_it_is() -> None:
    ours, theirs = pty.openpty()
    working = subprocess.Popen([sys.executable, "-c", LONG], stderr=theirs)  # noqa: S603
    os.close(theirs)
    said, until = "", time.monotonic() + 60
    try:
        with suppress(OSError):  # it ended
            while not re.search(SAID, said) and time.monotonic() < until:
                said += os.read(ours, 4096).decode()
    finally:
        working.kill()
        working.wait()
        os.close(ours)
    assert re.search(SAID, said), said


class Terminal(io.StringIO):
    """Errors that somebody looks at."""

    def isatty(self) -> bool:
        return True


def test_the_line_is_written_over_and_goes_away(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    line = Line()
    for text in ("9 of 10 rows", "10 rows"):
        line.show(text)
    line.end()
    written = terminal.getvalue().split("\r")
    assert written == ["", f"{'9 of 10 rows':<{WIDTH}}", f"{'10 rows':<{WIDTH}}", " " * WIDTH, ""]


@pytest.mark.parametrize("errors", [io.StringIO(), None])
def test_a_file_of_errors_is_told_nothing(errors: io.StringIO | None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stderr", errors)
    line = Line()
    line.show("9 rows")
    line.end()
    assert errors is None or errors.getvalue() == ""


def test_a_line_that_fails_is_given_up_and_an_interrupt_is_not_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    class Broken(Terminal):
        written = 0

        def write(self, text: str) -> int:
            self.written += 1
            raise (OSError if self.written == 1 else KeyboardInterrupt)

    broken = Broken()
    monkeypatch.setattr(sys, "stderr", broken)
    line = Line()
    line.show("9 rows")
    line.show("10 rows")
    line.end()
    assert broken.written == 1
    with pytest.raises(KeyboardInterrupt):
        Line().show("9 rows")


def test_an_interrupt_while_the_line_is_written_ends_the_computation() -> None:
    code = f"""\
import sys
class Errors:
    def isatty(self): return True
    def flush(self): pass
    def write(self, text): raise KeyboardInterrupt
sys.stderr = Errors()
try:
{textwrap.indent(LONG, "    ")}
    print("lost")
except KeyboardInterrupt:
    print("heard")
"""
    done = subprocess.run(  # noqa: S603
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=120, check=True
    )
    assert done.stdout == "heard\n"


def test_a_notebook_shows_it_in_place(monkeypatch: pytest.MonkeyPatch) -> None:
    shown: list[str] = []

    class Handle:
        def update(self, data: dict[str, str], *, raw: bool) -> None:
            assert raw
            shown.append(data["text/plain"])

    def display(data: dict[str, str], *, raw: bool, display_id: bool) -> Handle:
        assert (data, raw, display_id) == ({"text/plain": ""}, True, True)
        return Handle()

    session = SimpleNamespace(pid=os.getpid())
    ipython: Any = ModuleType("IPython")
    ipython.get_ipython = lambda: SimpleNamespace(kernel=SimpleNamespace(session=session))
    notebook: Any = ModuleType("IPython.display")
    notebook.display = display
    monkeypatch.setitem(sys.modules, "IPython", ipython)
    monkeypatch.setitem(sys.modules, "IPython.display", notebook)
    monkeypatch.setattr(sys, "stderr", io.StringIO())

    def say() -> list[str]:
        shown.clear()
        line = Line()
        line.show("9 rows")
        line.end()
        return list(shown)

    assert say() == ["9 rows", ""]
    session.pid += 1  # in a fork
    assert say() == []
    ipython.get_ipython = lambda: None  # IPython was imported by a script
    assert say() == []
