"""What a check says: a verdict and findings on lines, bounded so that a hostile repository cannot flood its readers."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

MOST_FINDINGS: Final = 1_000
"""How many findings are listed; those beyond are counted."""
LONGEST_TEXT: Final = 500
LONGEST_PATH: Final = 300


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong, and where; a line or column of ``None`` means all of it."""

    path: str
    line: int | None
    column: int | None
    code: str
    text: str


def plain(text: str, most: int) -> str:
    """Return a text of at most ``most`` characters that holds nothing a terminal would obey."""
    shown = "".join(letter if letter.isprintable() else " " for letter in text[: most + 1])
    return shown if len(shown) <= most else shown[: most - 1] + "…"


def write(path: Path, findings: list[Finding], note: str) -> None:
    """Write the report of a check: it passes if there is no finding."""
    bounded = [
        Finding(
            plain(finding.path, LONGEST_PATH),
            finding.line,
            finding.column,
            plain(finding.code, 60),
            plain(finding.text, LONGEST_TEXT),
        )
        for finding in findings[:MOST_FINDINGS]
    ]
    report = {
        "verdict": "failed" if findings else "passed",
        "count": len(findings),
        "findings": [asdict(finding) for finding in bounded],
        "note": plain(note, LONGEST_TEXT),
    }
    path.write_text(json.dumps(report), encoding="utf-8")
