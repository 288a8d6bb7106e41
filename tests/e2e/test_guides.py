"""The guides are true: their Python runs, block by block, on a fresh bank."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import lockgate
import pytest
from bank import REPO, open_bank

GUIDES = REPO / "docs" / "guides"
STORY = (
    "connect-a-lake.md",
    "ask-for-access.md",
    "read-data-from-python.md",
    "create-a-project.md",
    "build-a-model.md",
    "work-with-the-repository.md",
    "write-a-pipeline.md",
    "track-with-mlflow.md",
)
BLOCK = re.compile(r"^```python as=(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
PYTHON = re.compile(r"^```python", re.MULTILINE)


def test_the_guides_run_as_they_are_written(
    binary: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with open_bank(binary, tmp_path / "bank") as bank:
        for name in ("dora", "ben"):
            bank.token(name)
        monkeypatch.chdir(tmp_path)
        told: dict[str, Any] = {}
        for page in STORY:
            for who, line, code in blocks(GUIDES / page):
                monkeypatch.setenv("LOCKGATE_URL", bank.url)
                monkeypatch.setenv("LOCKGATE_TOKEN", bank.token(who))
                lockgate.connect()
                # The line numbers of the page, so that a failure points into it.
                # Without this file's `from __future__`, which a page does not have.
                block = compile("\n" * line + code, str(GUIDES / page), "exec", dont_inherit=True)
                exec(block, told)  # noqa: S102 - our own pages
    said = capsys.readouterr().out
    assert "is broken:" in said
    assert "keeps" in said


def test_every_python_block_says_who_acts() -> None:
    for page in sorted(GUIDES.glob("*.md")):
        text = page.read_text()
        assert len(PYTHON.findall(text)) == len(BLOCK.findall(text)), f"{page.name}: a block without `as=`"
        assert page.name in STORY or not BLOCK.search(text), f"{page.name} has Python that no test runs"


def blocks(page: Path) -> list[tuple[str, int, str]]:
    """Return who acts, the line above the block's first, and the block, in order."""
    text = page.read_text()
    return [(found[1], text.count("\n", 0, found.start(2)), found[2]) for found in BLOCK.finditer(text)]
