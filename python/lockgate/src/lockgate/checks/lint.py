"""PEP 8, complete: what the linter knows of it and, for continuation lines, what the formatter would change.

The repository cannot loosen it: no configuration, no ``noqa``, no ignore file of its own counts, no folder is passed
over for its name, and code that switches the formatter off is a finding.
"""

from __future__ import annotations

import io
import json
import subprocess
import sys
import tokenize
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from lockgate.checks.report import Finding, write
from lockgate.checks.told import Told

RULES: Final = ("--isolated", "--preview", "--select", "E,W,N", "--ignore-noqa")
SAME: Final = ("--line-length", "79", "--no-respect-gitignore", "--no-cache")
KINDS: Final = (".py", ".pyi", ".ipynb")
BATCH: Final = 500  # files that are named to the linter at once; a command line has an end
LARGEST_FILE: Final = 4 << 20
UNPARSED: Final = "error: Failed to parse"
SWITCHES: Final = ("fmt:off", "fmt:skip", "yapf:disable")


class LinterFailedError(Exception):
    """The linter could not judge the code."""


def check(told: Told) -> None:
    """Judge every Python file of the code."""
    code = told.code
    findings = lint(code) + form(code) + switched_off(code)
    findings.sort(key=lambda finding: (finding.path, finding.line or 0, finding.column or 0, finding.code))
    write(told.outputs["report"], findings, "PEP 8 with a line length of 79; nothing in the repository can loosen it")


def files(code: Path) -> list[str]:
    """Return every Python file below ``code``; the linter's own search passes over ``dist``, ``venv`` and the like."""
    found = (path for path in code.rglob("*") if path.suffix in KINDS and path.is_file() and not path.is_symlink())
    return sorted(f"./{path.relative_to(code)}" for path in found)


def ruff(code: Path, *words: str) -> Iterator[str]:
    """Run the platform's linter over ``code``, file by named file; return what it says of each batch.

    Exit codes above 1 say that it could not judge.
    """
    program = Path(sys.prefix) / "bin" / "ruff"
    names = files(code)
    for first in range(0, len(names), BATCH):
        command = [str(program), *words, "--", *names[first : first + BATCH]]
        done = subprocess.run(command, cwd=code, capture_output=True, text=True, check=False)  # noqa: S603
        # What cannot be parsed is a finding of the linter; the formatter passes it over and goes on.
        said = done.stderr.splitlines()
        errors = [line for line in said if line.startswith("error") and not line.startswith(UNPARSED)]
        if done.returncode > 1 and (errors or words[0] == "check"):
            raise LinterFailedError(f"ruff could not judge: {done.stderr[-2000:]}")
        yield done.stdout


def lint(code: Path) -> list[Finding]:
    """Return what the linter finds."""
    found = []
    for said in ruff(code, "check", *RULES, *SAME, "--output-format", "json"):
        for one in json.loads(said):
            place = one.get("location") or {}
            path, rule = _below(code, one["filename"]), one.get("code") or "E999"
            found.append(Finding(path, place.get("row"), place.get("column"), rule, one["message"]))
    return found


def form(code: Path) -> list[Finding]:
    """Return a finding for each file that the formatter would change, at the first line that it would."""
    found: list[Finding] = []
    for said in ruff(code, "format", "--isolated", "--diff", *SAME):
        path: str | None = None
        at: int | None = None
        for line in said.splitlines():
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
    said = "this switches the formatter off; format the code, or keep what is generated out of the way"
    found = []
    for name in files(code):
        for text in _texts(code / name):
            for row, column, comment in _comments(text):
                words = "".join(comment.split()).lower()  # the formatter takes any whitespace, or none
                if any(switch in words for switch in SWITCHES):
                    found.append(Finding(_below(code, name), row, column + 1, "format-off", said))
    return found


def _texts(path: Path) -> Iterator[str]:
    """Return the code of a file, or of each of a notebook's cells."""
    if path.suffix == ".ipynb":
        try:
            cells = json.loads(path.read_bytes())["cells"]
            yield from ("".join(cell["source"]) for cell in cells if cell["cell_type"] == "code")
        except (ValueError, KeyError, TypeError, RecursionError):
            return  # the linter says so
        return
    try:
        with tokenize.open(path) as file:
            yield file.read()
    except (SyntaxError, UnicodeDecodeError):
        yield path.read_text(encoding="latin-1")


def _comments(text: str) -> list[tuple[int, int, str]]:
    """Return each comment with its row and column."""
    try:
        if len(text) <= LARGEST_FILE:
            tokens = tokenize.generate_tokens(io.StringIO(text).readline)
            return [(*token.start, token.string) for token in tokens if token.type == tokenize.COMMENT]
    except (SyntaxError, tokenize.TokenError):
        pass  # the linter may read what this Python cannot: whatever looks like a comment is one
    lines = enumerate(io.StringIO(text), 1)
    return [(row, line.index("#"), line[line.index("#") :]) for row, line in lines if "#" in line]


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
