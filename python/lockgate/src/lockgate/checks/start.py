"""Starts a check by its name; the engine calls :func:`main` in an isolated interpreter.

A check sees what the readers of its log may not: held-out rows, sensitive columns. So nothing gets out that it or a
library of it prints, and of what breaks it off only the kind is said. All else stands in its report.
"""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Final

from lockgate.checks.told import Told

CHECKS: Final = ("lint", "unit", "parity", "quality", "bias", "score", "monitor")


def main(code: str, name: str) -> int:
    """Run check ``name`` over the folder ``code``.

    Returns
    -------
    int
        0 whatever its verdict, 1 if it broke off, 2 if there is no such check.
    """
    if name not in CHECKS:
        print(f"there is no check `{name}`; there are: {', '.join(CHECKS)}", file=sys.stderr)
        return 2
    broken: str | None = None
    with _silence():
        try:
            importlib.import_module(f"lockgate.checks.{name}").check(Told.of_the_engine(code))
        except BaseException as error:  # a traceback would hold the text of any of them
            broken = type(error).__name__
    if broken is None:
        return 0
    print(f"check `{name}` broke off: {broken}. Its words are not shown, as they may hold data", file=sys.stderr)
    return 1


@contextmanager
def _silence() -> Iterator[None]:
    """Let nothing out that is written to standard output or error, be it by a library that is not Python."""
    sys.stdout.flush()
    sys.stderr.flush()
    kept = [(number, os.dup(number)) for number in (1, 2)]
    with Path(os.devnull).open("w", encoding="utf-8") as nowhere, redirect_stdout(nowhere), redirect_stderr(nowhere):
        try:
            for number, _ in kept:
                os.dup2(nowhere.fileno(), number)
            yield
        finally:
            for number, copy in kept:
                os.dup2(copy, number)
                os.close(copy)
