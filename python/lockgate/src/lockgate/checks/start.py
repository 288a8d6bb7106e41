"""Starts a check by its name; the engine calls :func:`main` in an isolated interpreter."""

from __future__ import annotations

import importlib
import sys
from typing import Final

from lockgate.checks.told import Told

CHECKS: Final = ("lint", "unit", "parity", "quality", "bias")


def main(code: str, name: str) -> int:
    """Run check ``name`` over the folder ``code``; 0 whatever its verdict, 2 if there is no such check."""
    if name not in CHECKS:
        print(f"there is no check `{name}`; there are: {', '.join(CHECKS)}", file=sys.stderr)
        return 2
    importlib.import_module(f"lockgate.checks.{name}").check(Told.of_the_engine(code))
    return 0
