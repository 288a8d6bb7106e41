"""Unit tests: reads what pytest wrote and says which test failed where.

What it reads was written by the repository's own code, so it is bounded and trusted for nothing but its words.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Final
from xml.etree import ElementTree

from lockgate.checks.report import Finding, write
from lockgate.checks.told import Told

LARGEST: Final = 16 << 20
MOST_TESTS: Final = 100_000
PLACE: Final = re.compile(r"^(?P<path>[^\s:][^:\n]{0,299}):(?P<line>\d{1,7}): ?(?P<what>.*)$", re.MULTILINE)
ENDS: Final = {
    1: "tests failed",
    2: "pytest was interrupted, or could not collect the tests",
    3: "pytest broke off with an internal error",
    4: "pytest was called in a way that its configuration does not allow",
    5: "there are no tests: what is merged needs at least one",
}


def check(told: Told) -> None:
    """Judge a test run by its report and by how it ended: both must say that all is well."""
    exit_code = _exit_code(told.files["ended"])
    tests, findings = read(told.files["junit"])
    if exit_code != 0 and not findings:
        said = ENDS.get(exit_code, "pytest did not run; is it in the repository's `requirements.lock`?")
        findings = [Finding("", None, None, "pytest", f"{said} (exit code {exit_code}); its log says more")]
    if exit_code == 0 and not findings and tests == 0:
        findings = [Finding("", None, None, "pytest", ENDS[5])]
    write(told.outputs["report"], findings, f"{tests} tests")


def read(path: Path) -> tuple[int, list[Finding]]:
    """Return how many tests there were, and a finding for each that failed."""
    if path.stat().st_size > LARGEST:
        return 0, [Finding("", None, None, "pytest", "its report is larger than 16 MiB")]
    text = path.read_bytes()
    if not text:
        return 0, []
    if b"<!DOCTYPE" in text or b"<!ENTITY" in text:
        return 0, [Finding("", None, None, "pytest", "its report declares entities, which pytest never does")]
    try:
        root = ElementTree.fromstring(text)  # noqa: S314
    except ElementTree.ParseError as error:
        return 0, [Finding("", None, None, "pytest", f"its report cannot be read: {error}")]
    tests = 0
    findings: list[Finding] = []
    for case in root.iter("testcase"):
        tests += 1
        if tests > MOST_TESTS:
            break
        for kind in ("failure", "error"):
            findings.extend(_finding(case, one) for one in case.findall(kind))
    return tests, findings


def _finding(case: ElementTree.Element, wrong: ElementTree.Element) -> Finding:
    name = case.get("name") or "?"
    message = (wrong.get("message") or "").strip().splitlines()
    said = f"`{name}`: {message[0] if message else wrong.tag}"
    places = [place for place in PLACE.finditer(wrong.text or "") if not place["path"].startswith("/")]
    if places:
        return Finding(places[-1]["path"], int(places[-1]["line"]), None, "test", said)
    line = case.get("line") or ""
    return Finding(case.get("file") or "", int(line) + 1 if line.isdigit() else None, None, "test", said)


def _exit_code(path: Path) -> int:
    try:
        told = json.loads(path.read_bytes()[:1_000])
        return int(told["exit_code"])
    except (ValueError, KeyError, TypeError):
        return -1
