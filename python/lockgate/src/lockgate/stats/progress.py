"""How far a computation is, on one line that goes away: where people look, in a terminal or a notebook."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from contextlib import suppress
from importlib import import_module
from typing import Any, Final

WIDTH: Final = 60
"""Of the line in a terminal: wider than the longest, so that each covers the last; a narrow one cuts it."""


class Line:
    """One line, which each word of it replaces. Where it cannot be shown, nothing is lost but the line."""

    def __init__(self) -> None:
        """Find out where people look, if they do."""
        self._write: Callable[[str], None] | None = None
        with suppress(Exception):
            self._write = _in_notebook() or _in_terminal()

    def show(self, text: str) -> None:
        """Show how far it is."""
        write, self._write = self._write, None
        if write is None:
            return
        with suppress(Exception):
            write(text)
            self._write = write  # what failed is not tried again

    def end(self) -> None:
        """Take the line away."""
        self.show("")


def _in_terminal() -> Callable[[str], None] | None:
    errors = sys.stderr
    if errors is None or not errors.isatty():
        return None

    def write(text: str) -> None:
        width = min(WIDTH, max(_columns() - 1, 1))
        errors.write(f"\r{text[:width]:<{width}}" if text else f"\r{'':<{width}}\r")
        errors.flush()

    return write


def _columns() -> int:
    try:
        return os.get_terminal_size(sys.stderr.fileno()).columns or WIDTH + 1
    except (AttributeError, OSError, ValueError):
        return WIDTH + 1


def _in_notebook() -> Callable[[str], None] | None:
    ipython = sys.modules.get("IPython")
    shell: Any = ipython.get_ipython() if ipython is not None else None
    session = getattr(getattr(shell, "kernel", None), "session", None)
    if session is None or session.pid != os.getpid():  # a fork of the kernel is nobody's notebook
        return None
    handle = import_module("IPython.display").display({"text/plain": ""}, raw=True, display_id=True)

    def write(text: str) -> None:
        handle.update({"text/plain": text}, raw=True)

    return write
