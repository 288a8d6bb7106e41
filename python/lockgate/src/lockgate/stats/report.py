"""What every result can do: be a dictionary, a text for people, a table in a notebook."""

from __future__ import annotations

import math
import os
from typing import Any, Final, cast

from lockgate.stats.library import _kernels

WIDTH: Final = 100
"""Columns of a text that no terminal shows."""
INFINITE: Final = {"Infinity": math.inf, "-Infinity": -math.inf}


def number(told: Any) -> Any:
    """Return what stands in a number's place; an infinite one, which JSON has no number for, as a float."""
    return INFINITE.get(told, told) if isinstance(told, str) else told


class Report:
    """What was computed."""

    __slots__ = ("_report",)

    def __init__(self, report: _kernels.Report) -> None:
        self._report = report

    @property
    def outcome(self) -> str:
        """``"within"``, ``"breached"`` (something is not as it should be) or ``"not_computable"``."""
        return self._report.outcome()

    def to_dict(self) -> dict[str, Any]:
        """Return all that was computed, as ``lockgate stats … --json`` prints it.

        A number that does not exist is ``None``, with a reason beside it. Infinite numbers, which JSON says as texts,
        are floats here.
        """
        import json  # noqa: PLC0415 # not at the start, which notebooks and steps wait for

        return cast("dict[str, Any]", json.loads(self._report.json()))

    def to_markdown(self) -> str:
        """Return the report for a merge request."""
        return self._report.markdown()

    def to_html(self) -> str:
        """Return the report as a piece of HTML, without scripts."""
        return self._report.html()

    def _repr_html_(self) -> str:
        """Return what a notebook shows."""
        return self._report.html()

    def __repr__(self) -> str:
        """Return the report as a text, as wide as the terminal."""
        try:
            width = os.get_terminal_size().columns
        except OSError:
            width = WIDTH
        return self._report.text(width or WIDTH)
