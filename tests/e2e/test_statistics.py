"""The guide of statistics is true: what stands in it runs, in its order, and ends as it says."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

from bank import REPO

GUIDE = REPO / "docs" / "guides" / "statistics.md"
DATA = REPO / "demo" / "data" / "german_credit.csv"
BLOCK = re.compile(r"^```(bash|py) run(?: exit=(\d))?\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def test_what_stands_in_the_guide_ends_as_it_says(binary: Path, tmp_path: Path) -> None:
    shutil.copy(DATA, tmp_path)
    shell = shutil.which("bash")
    assert shell, "the guide is for bash"
    run = {"bash": [shell, "-euo", "pipefail", "-c"], "py": [sys.executable, "-c"]}
    path = f"{binary.parent}{os.pathsep}{os.environ['PATH']}"
    for language, code, block in BLOCK.findall(GUIDE.read_text()):
        done = subprocess.run(
            [*run[language], block],
            cwd=tmp_path,
            env={"PATH": path},
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert done.returncode == int(code or 0), f"{block}\n{done.stdout}\n{done.stderr}"
        assert done.stdout, block
        assert bool(done.stderr) == bool(code), f"{block}\n{done.stderr}"


def test_every_block_of_the_guide_runs() -> None:
    text = GUIDE.read_text()
    blocks = BLOCK.findall(text)
    assert blocks
    assert len(re.findall(r"^```\w", text, re.MULTILINE)) == len(blocks), "a block without `run`"
