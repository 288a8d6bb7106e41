"""`make demo` from outside: what it prints, how it ends, and that it starts clean each time."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from bank import GERMAN_CREDIT, REPO
from journey.main import MARK
from journey.walk import NEXT
from journey.watch import DRIFTED
from told import Told


def demo(binary: Path, home: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    kept = {name: value for name, value in os.environ.items() if name not in {"DATA", "TARGET", "SENSITIVE"}}
    return subprocess.run(
        [sys.executable, str(REPO / "demo" / "run"), "--binary", str(binary), "--home", str(home)],
        env=kept | {"CI": "true"} | variables,
        capture_output=True,
        text=True,
        timeout=900,
        check=False,
        stdin=subprocess.DEVNULL,
    )


def test_the_journey_is_told(told: Told) -> None:
    text = "\n".join(told.lines)
    steps = [line for line in told.lines if re.match(r"\d+ .* +\d+\.\d\d s  .+ → http://", line)]
    assert len(steps) >= 40, text
    assert any(line.endswith(f"next: {NEXT}") for line in told.lines), text
    assert text.count("; no candidate") == 1, "a biased model is told of"
    assert "and it answers" in told.line("9 resume")
    assert "tritonclient" in told.line("10 call")
    assert "1,000 records" in told.line("10 batch")
    assert all(f"psi of {column}" in told.line("11 drift") for column in DRIFTED)
    assert "has to wait" in told.line("11 hold")
    assert "section promotions was changed" in told.line("12 dossier")
    assert "approved by vera" in told.line("12 that moment")
    assert "release" in told.line("13 clock")


def test_a_table_of_the_users_own_is_told_from_a_clean_start(binary: Path, tmp_path: Path) -> None:
    lines = ["AMOUNT,when,purpose,email,TERM,y"]
    lines += [f"{i * 7 % 997},2024-0{1 + i % 9}-11,p{i % 4},x{i},{i % 60},{'yn'[i % 2]}" for i in range(300)]
    own, home = tmp_path / "own table.csv", tmp_path / "demo"
    own.write_text("\n".join(lines) + "\n")
    home.mkdir()
    (home / MARK).touch()
    (home / "data").write_text("what a demo before it left")
    done = demo(binary, home, DATA=str(own), TARGET="y", SENSITIVE="TERM")
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(
    ("target", "said"),
    [("job", "has 4 classes"), ("credit_amount", "is numeric"), ("nothing", "there is no column `nothing`")],
)
def test_a_target_that_is_not_binary_is_refused_saying_so(binary: Path, tmp_path: Path, target: str, said: str) -> None:
    done = demo(binary, tmp_path / "demo", DATA=str(GERMAN_CREDIT), TARGET=target)
    assert done.returncode == 2, done.stdout
    assert said in done.stderr


def test_a_folder_that_is_not_the_demos_is_left_alone(binary: Path, tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine")
    done = demo(binary, tmp_path)
    assert done.returncode == 2
    assert (tmp_path / "mine.txt").read_text() == "mine"
