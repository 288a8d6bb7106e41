"""Starts a check by its name; the engine calls :func:`main` in an isolated interpreter."""

from __future__ import annotations

import importlib
import json
import os
import sys
from pathlib import Path
from typing import Any, Final

CHECKS: Final = ("lint", "unit")


def main(code: str, name: str) -> int:
    """Run check ``name`` over the folder ``code``; 0 whatever its verdict, 2 if there is no such check."""
    if name not in CHECKS:
        print(f"there is no check `{name}`; there are: {', '.join(CHECKS)}", file=sys.stderr)
        return 2
    told: dict[str, Any] = json.loads(Path(os.environ["LOCKGATE_STEP"]).read_text(encoding="utf-8"))
    inputs = {given: Path(place["path"]) for given, place in told["inputs"].items() if "path" in place}
    outputs = {given: Path(place) for given, place in told["outputs"].items()}
    importlib.import_module(f"lockgate.checks.{name}").check(Path(code), inputs, outputs)
    return 0
