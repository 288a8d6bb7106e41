"""PEP 8, complete: what the linter knows of it and, for continuation lines, what the formatter would change.

The repository cannot loosen it: no configuration, no ``noqa``, no ignore file of its own counts, and code that switches
the formatter off is a finding.
"""

from __future__ import annotations

import io
import json
import subprocess
import sys
import tokenize
from pathlib import Path
from typing import Final

from lockgate.checks.report import Finding, write
from lockgate.checks.told import Told

RULES: Final = ("--isolated", "--preview", "--select", "E,W,N", "--ignore-noqa")
SAME: Final = ("--line-length", "79", "--no-respect-gitignore", "--no-cache")
LARGEST_FILE: Final = 4 << 20
UNPARSED: Final = "error: Failed to parse"
SWITCHES: Final = ("fmt:off", "fmt:skip", "yapf:disable")


def check(told: Told) -> None:
    """Judge every Python file of the code."""
    code = told.code
    findings = lint(code) + form(code) + switched_off(code)
    findings.sort(key=lambda finding: (finding.path, finding.line or 0, finding.column or 0, finding.code))
    write(told.outputs["report"], findings, "PEP 8 with a line length of 79; nothing in the repository can loosen it")


def ruff(code: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Run the platform's linter over ``code``; exit codes above 1 say that it could not judge."""
    program = Path(sys.prefix) / "bin" / "ruff"
    done = subprocess.run([program, *words, "."], cwd=code, capture_output=True, text=True, check=False)  # noqa: S603
    # What cannot be parsed is a finding of the linter; the formatter passes it over and goes on.
    errors = [line for line in done.stderr.splitlines() if line.startswith("error") and not line.startswith(UNPARSED)]
    if done.returncode > 1 and (errors or words[0] == "check"):
        raise RuntimeError(f"ruff could not judge: {done.stderr[-2000:]}")
    return done


def lint(code: Path) -> list[Finding]:
    """Return what the linter finds."""
    done = ruff(code, "check", *RULES, *SAME, "--output-format", "json")
    found = []
    for one in json.loads(done.stdout):
        place = one.get("location") or {}
        path = _below(code, one["filename"])
        found.append(Finding(path, place.get("row"), place.get("column"), one.get("code") or "E999", one["message"]))
    return found


def form(code: Path) -> list[Finding]:
    """Return a finding for each file that the formatter would change, at the first line that it would."""
    done = ruff(code, "format", "--isolated", "--diff", *SAME)
    found: list[Finding] = []
    path: str | None = None
    at: int | None = None
    for line in done.stdout.splitlines():
        if at is None and line.startswith("--- "):
            path = _below(code, line[4:].partition("\t")[0])
        elif path is not None and line.startswith("@@ "):
            at = _first_line(line)
        elif path is not None and at is not None and line.startswith(("-", "+")):
            text = "the formatter would change this: run `ruff format --isolated --line-length 79`"
            found.append(Finding(path, at, None, "format", text))
            path = at = None  # one per file says enough
        elif at is not None:
            at += 1
    return found


def switched_off(code: Path) -> list[Finding]:
    """Return a finding for each comment that switches the formatter off."""
    found = []
    for path in sorted(code.rglob("*.py")):
        if path.is_symlink() or not path.is_file() or path.stat().st_size > LARGEST_FILE:
            continue
        try:
            with tokenize.open(path) as file:
                text = file.read()
            for token in tokenize.generate_tokens(io.StringIO(text).readline):
                words = token.string.replace(" ", "").lower()
                if token.type == tokenize.COMMENT and any(switch in words for switch in SWITCHES):
                    row, column = token.start
                    said = "this switches the formatter off; format the code, or keep what is generated out of the way"
                    found.append(Finding(_below(code, str(path)), row, column + 1, "format-off", said))
        except (SyntaxError, UnicodeDecodeError, tokenize.TokenError):
            continue  # the linter says so with its place
    return found


def _first_line(hunk: str) -> int | None:
    """Return the line of the old file at which a hunk begins: ``@@ -12,7 +12,9 @@``."""
    start = hunk.split(" ")[1].lstrip("-").partition(",")[0]
    return int(start) if start.isdigit() else None


def _below(code: Path, path: str) -> str:
    """Return a path as the repository has it."""
    try:
        return str(Path(path).relative_to(code)) if Path(path).is_absolute() else str(Path(path))
    except ValueError:
        return Path(path).name
