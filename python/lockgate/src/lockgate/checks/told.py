"""What a check is told: where the code and its inputs lie, and where its report goes."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Source:
    """A dataset whose held-out rows a check reads through the server, or why it may not."""

    dataset: str
    use: str
    purpose: str | None = None
    columns: tuple[str, ...] = ()
    refused: str | None = None


@dataclass(frozen=True)
class Told:
    """What a check is told, by name: files and folders, plain values, datasets, and what it writes."""

    code: Path
    files: Mapping[str, Path] = field(default_factory=dict)
    values: Mapping[str, Any] = field(default_factory=dict)
    sources: tuple[Source, ...] = ()
    outputs: Mapping[str, Path] = field(default_factory=dict)

    @classmethod
    def of_the_engine(cls, code: str) -> Told:
        """Return what ``$LOCKGATE_STEP`` says."""
        told: dict[str, Any] = json.loads(Path(os.environ["LOCKGATE_STEP"]).read_text(encoding="utf-8"))
        inputs: dict[str, dict[str, Any]] = told["inputs"]
        return cls(
            Path(code),
            {name: Path(one["path"]) for name, one in inputs.items() if "path" in one},
            {name: one["value"] for name, one in inputs.items() if "value" in one},
            tuple(_source(one) for _, one in sorted(inputs.items()) if "dataset" in one),
            {name: Path(place) for name, place in told["outputs"].items()},
        )


def _source(given: Mapping[str, Any]) -> Source:
    columns = tuple(given.get("columns", ()))
    return Source(given["dataset"], given["use"], given.get("purpose"), columns, given.get("refused"))
