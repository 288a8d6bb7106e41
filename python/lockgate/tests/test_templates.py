"""The templates: small, locked, in style, and nothing in them but what belongs there. What they do, e2e tests run."""

from __future__ import annotations

import json
import re
import runpy
import subprocess
import sys
from pathlib import Path

import pytest

TEMPLATES = Path(__file__).resolve().parents[3] / "templates"
NAMES = sorted(path.parent.name for path in TEMPLATES.glob("*/template.json"))
FACTS = {"project", "package", "team", "owner", "created_by", "tier", "title", "intended_use", "prohibited_use"}
LARGEST = 300 * 1024
STYLE = ("--isolated", "--no-cache", "--line-length", "79", "--no-respect-gitignore")


def files(name: str) -> list[Path]:
    """Return the files of a template that git keeps."""
    done = subprocess.run(  # noqa: S603 - our own words
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", str(TEMPLATES / name)],  # noqa: S607
        cwd=TEMPLATES,
        capture_output=True,
        text=True,
        check=True,
    )
    return [TEMPLATES / path for path in done.stdout.split("\0") if path]


def test_there_is_one() -> None:
    assert "tabular-classification" in NAMES


@pytest.mark.parametrize("name", NAMES)
def test_it_is_small_enough_for_the_binary(name: str) -> None:
    assert sum(path.stat().st_size for path in files(name)) < LARGEST


@pytest.mark.parametrize("name", NAMES)
def test_its_lock_has_a_hash_for_everything_and_no_address(name: str) -> None:
    lock = (TEMPLATES / name / "requirements.lock").read_text()
    assert "://" not in lock
    pinned = [line for line in lock.splitlines() if re.match(r"[a-z0-9]", line)]
    assert len(pinned) > 10
    for line in pinned:
        assert re.match(r"[a-z0-9-]+==[^ ]+ (; .* )?\\$", line), line
    assert lock.count("--hash=sha256:") > len(pinned)
    wanted = re.findall(r"^([a-z0-9-]+)", (TEMPLATES / name / "requirements.in").read_text(), re.MULTILINE)
    assert set(wanted) <= {line.partition("==")[0] for line in pinned}
    assert {"httpx", "pyarrow"} <= set(wanted), "the SDK needs them"


@pytest.mark.parametrize("name", NAMES)
def test_its_placeholders_are_facts_of_a_project(name: str) -> None:
    manifest = json.loads((TEMPLATES / name / "template.json").read_text())
    known = FACTS | set(manifest["parameters"]["properties"])
    for path in files(name):
        used = set(re.findall(r"\{\{ *([a-z_]+)", path.read_text()))
        assert used <= known, f"{path}: {used - known}"
        free = {"title", "intended_use", "prohibited_use"} & used
        assert path.suffix == ".md" or not free, f"{path}: what people wrote freely needs `| json` in code"


@pytest.mark.parametrize("name", NAMES)
def test_it_keeps_the_complete_style(name: str) -> None:
    for words in (("check", "--preview", "--select", "E,W,N", "--ignore-noqa"), ("format", "--check")):
        done = subprocess.run(  # noqa: S603 - our own words
            [sys.executable, "-m", "ruff", *words, *STYLE, str(TEMPLATES / name)],
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout


def test_the_fixture_is_what_its_script_makes(tmp_path: Path) -> None:
    data = TEMPLATES / "tabular-classification" / "data"
    made = runpy.run_path(str(data / "make_fixture.py"))
    made["make"](tmp_path / "again.csv")
    assert (tmp_path / "again.csv").read_bytes() == (data / "fixture.csv").read_bytes()
