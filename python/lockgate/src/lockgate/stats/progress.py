"""How far a computation is, on one line that goes away: where people look, in a terminal or a notebook."""

from __future__ import annotations

import sys
from collections.abc import Callable
from importlib import import_module
from typing import Final

WIDTH: Final = 60
"""Of the line in a terminal: wider than the longest, so that each covers the last."""


class Line:
    """One line, which each word of it replaces."""

    def __init__(self) -> None:
        """Find out where people look, if they do."""
        self._write = _in_notebook() or _in_terminal()

    def show(self, text: str) -> None:
        """Show how far it is."""
        if self._write is not None:
            self._write(text)

    def end(self) -> None:
        """Take the line away."""
        self.show("")


def _in_terminal() -> Callable[[str], None] | None:
    errors = sys.stderr
    if errors is None or not errors.isatty():
        return None

    def write(text: str) -> None:
        errors.write(f"\r{text:<{WIDTH}}" if text else f"\r{'':<{WIDTH}}\r")
        errors.flush()

    return write


def _in_notebook() -> Callable[[str], None] | None:
    if "ipykernel" not in sys.modules:
        return None
    handle = import_module("IPython.display").display({"text/plain": ""}, raw=True, display_id=True)

    def write(text: str) -> None:
        handle.update({"text/plain": text}, raw=True)

    return write
