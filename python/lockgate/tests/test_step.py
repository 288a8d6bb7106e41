"""What runs a step on an engine, as a process: what it reads, writes and says, and its exit code."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

MODULE = """
import sys
from pathlib import Path
from typing import NamedTuple

import pyarrow as pa
from lockgate.pipelines import Dataset, step

from helper import double


class Two(NamedTuple):
    table: pa.Table
    total: int


@step
def prepare(rows: Path, seed: int, names: list[str]) -> Two:
    print("to stdout")
    print("to stderr", file=sys.stderr)
    return Two(pa.table({"n": [double(seed)], "name": names}), len(rows.read_bytes()))


@step(output="sum")
def add(table: pa.Table, customers: Dataset) -> int:
    return sum(table["n"].to_pylist()) + len(customers.name)


def plain(table, seed):
    return {"rows": table.stat().st_size, "seed": seed}


def short(table, seed):
    return {"rows": 1, "sed": seed}


def nothing():
    return 7


def fail(seed):
    def deeper():
        raise ValueError(f"the seed is {seed}\\nand a second line")
    deeper()


def leave(seed):
    sys.exit(seed)


def estimator(seed):
    return Two
"""


@pytest.fixture
def code(tmp_path: Path) -> Path:
    """Return a repository as the engine puts it before a step."""
    folder = tmp_path / "code"
    (folder / "src").mkdir(parents=True)
    (folder / "pipelines").mkdir()
    (folder / "pipelines" / "train.py").write_text(MODULE)
    (folder / "pipelines" / "broken.py").write_text("import no_such_module\n")
    (folder / "src" / "helper.py").write_text("def double(n):\n    return 2 * n\n")
    (tmp_path / "in").mkdir()
    return folder


def run(code: Path, where: str, told: dict[str, Any] | str | None, *options: str) -> subprocess.CompletedProcess[str]:
    """Run a step as the engine does: the SDK and the code on the path, and nothing else of this process."""
    work, sdk = code.parent, Path(__file__).resolve().parents[1] / "src"
    if isinstance(told, dict):
        spec = {"run": "r-1", "step": where.partition(":")[2], "attempt": "a-1", "project": "x", "environment": "x/dev"}
        (work / "step.json").write_text(json.dumps({**spec, "inputs": {}, "parameters": {}, "outputs": {}, **told}))
    elif isinstance(told, str):
        (work / "step.json").write_text(told)
    env = {"PATH": os.environ["PATH"], "HOME": str(work), "PYTHONPATH": f"{sdk}:{code}", "PYTHONHASHSEED": "0"}
    return subprocess.run(  # noqa: S603 - our own module
        [sys.executable, *options, "-m", "lockgate.step", where],
        cwd=code,
        env=env if told is None else env | {"LOCKGATE_STEP": str(work / "step.json")},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def outputs(code: Path, *names: str) -> dict[str, str]:
    return {name: str(code.parent / "out" / name) for name in names}


def test_inputs_and_parameters_come_in_and_outputs_go_out(code: Path) -> None:
    (code.parent / "in" / "rows").write_bytes(b"12345")
    told = {
        "inputs": {"rows": {"path": str(code.parent / "in" / "rows")}, "names": {"value": ["a"]}},
        "parameters": {"seed": 21},
        "outputs": outputs(code, "table", "total"),
    }
    done = run(code, "pipelines.train:prepare", told)
    assert (done.returncode, done.stdout, done.stderr) == (0, "to stdout\n", "to stderr\n")
    assert pq.read_table(code.parent / "out" / "table").to_pylist() == [{"n": 42, "name": "a"}]
    assert (code.parent / "out" / "total").read_text() == "5"
    told = {
        "inputs": {
            "table": {"path": str(code.parent / "out" / "table")},
            "customers": {"dataset": "retail.core.customers", "use": "train", "purpose": None},
        },
        "outputs": outputs(code, "sum"),
    }
    assert run(code, "pipelines.train:add", told).returncode == 0
    assert (code.parent / "out" / "sum").read_text() == str(42 + len("retail.core.customers"))


def test_a_function_without_decorator_gets_paths_and_returns_a_dict(code: Path) -> None:
    (code.parent / "in" / "table").write_bytes(b"123")
    told = {
        "inputs": {"table": {"path": str(code.parent / "in" / "table")}},
        "parameters": {"seed": 4},
        "outputs": outputs(code, "rows", "seed"),
    }
    done = run(code, "pipelines.train:plain", told)
    assert done.returncode == 0, done.stderr
    assert (code.parent / "out" / "rows").read_text() == "3"


def test_an_error_of_the_steps_code_is_told_with_its_own_traceback(code: Path) -> None:
    done = run(code, "pipelines.train:fail", {"parameters": {"seed": 3}})
    lines = done.stderr.splitlines()
    assert done.returncode == 1
    assert lines[0] == "Traceback (most recent call last):"
    assert lines[-1] == "step `fail` failed: ValueError: the seed is 3"
    frames = [line.split(", in ")[1] for line in lines if line.startswith("  File ")]
    assert frames == ["fail", "deeper"]


WRONG: dict[str, tuple[str, dict[str, Any]]] = {
    "step `short` returned its outputs without `seed` and with `sed`, not declared": (
        "pipelines.train:short",
        {"inputs": {"table": {"value": 1}}, "parameters": {"seed": 1}, "outputs": {"rows": "o/r", "seed": "o/s"}},
    ),
    "step `nothing` returned a `int`, but has the outputs none": ("pipelines.train:nothing", {}),
    "cannot be called with `sed`: missing a required argument: 'seed'": (
        "pipelines.train:fail",
        {"parameters": {"sed": 1}},
    ),
    "step `prepare` makes `table`, `total`, but the pipeline wants `table`": (
        "pipelines.train:prepare",
        {
            "inputs": {"rows": {"value": 1}, "names": {"value": []}},
            "parameters": {"seed": 1},
            "outputs": {"table": "o/t"},
        },
    ),
    "has no function `prepair` [sdk.bad_step]; did you mean `prepare`?": ("pipelines.train:prepair", {}),
    "step `x` failed: ModuleNotFoundError: No module named 'no_such_module'": ("pipelines.broken:x", {}),
    "step `x` failed: ModuleNotFoundError: No module named 'pipelines.none'": ("pipelines.none:x", {}),
    "step `leave` failed: it called `sys.exit(0)`": ("pipelines.train:leave", {"parameters": {"seed": 0}}),
    "is a `type`, which does not travel between steps [sdk.bad_output]; write it to a file": (
        "pipelines.train:estimator",
        {"parameters": {"seed": 0}, "outputs": {"model": "o/m"}},
    ),
    "`table` of step `add` is no Parquet file": (
        "pipelines.train:add",
        {"inputs": {"table": {"path": "pipelines/train.py"}, "customers": {"dataset": "a.b.c"}}},
    ),
}


@pytest.mark.parametrize("said", WRONG)
def test_what_is_wrong_is_said_and_the_exit_code_is_one(code: Path, said: str) -> None:
    where, told = WRONG[said]
    done = run(code, where, told)
    assert done.returncode == 1
    assert said in done.stderr.splitlines()[-1]
    assert "lockgate/step.py" not in done.stderr


@pytest.mark.parametrize("told", [None, "", "[]", '{"step": "x"}'])
def test_without_word_of_what_to_do_the_exit_code_is_two(code: Path, told: str | None) -> None:
    done = run(code, "pipelines.train:prepare", told)
    assert done.returncode == 2
    assert "cannot see what to do" in done.stderr


def test_a_bare_interpreter_runs_a_step_without_tables(code: Path) -> None:
    (code / "bare.py").write_text("def count(n):\n    return n + 1\n")
    told = {"parameters": {"n": 1}, "outputs": outputs(code, "result")}
    done = run(code, "bare:count", told, "-S")  # no site-packages: as on an interpreter with nothing installed
    assert done.returncode == 0, done.stderr
    assert (code.parent / "out" / "result").read_text() == "2"


def test_a_table_without_pyarrow_is_said_so(code: Path) -> None:
    (code / "bare.py").write_text("def copy(n: bytes) -> bytes:\n    return n\n")
    pq.write_table(pa.table({"n": [1]}), code.parent / "in" / "n")
    (code / "pyarrow.py").write_text("class Table:\n    pass\n\n\nTable.__module__ = 'pyarrow.lib'\n")
    (code / "bare.py").write_text("import pyarrow\n\n\ndef copy(n: pyarrow.Table):\n    return 1\n")
    told = {"inputs": {"n": {"path": str(code.parent / "in" / "n")}}, "outputs": outputs(code, "result")}
    done = run(code, "bare:copy", told, "-S")
    assert done.returncode == 1
    assert "is not installed [sdk.missing_package]" in done.stderr


def test_output_is_seen_line_by_line(code: Path) -> None:
    (code / "slow.py").write_text("def wait():\n    print('one')\n    input()\n")
    work, sdk = code.parent, Path(__file__).resolve().parents[1] / "src"
    (work / "step.json").write_text(json.dumps({"step": "wait", "inputs": {}, "parameters": {}, "outputs": {}}))
    with subprocess.Popen(
        [sys.executable, "-m", "lockgate.step", "slow:wait"],
        cwd=code,
        env={"PYTHONPATH": str(sdk), "LOCKGATE_STEP": str(work / "step.json")},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert process.stdin is not None
        assert process.stdout.readline() == "one\n"
        process.stdin.write("\n")
        process.stdin.close()
        assert process.wait(20) == 0
