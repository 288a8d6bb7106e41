"""The platform's checks: what they find, and that nothing in a repository can loosen them."""

from __future__ import annotations

import http.server
import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar

import pytest
from lockgate.checks import lint, start, unit
from lockgate.checks.report import MOST_FINDINGS
from lockgate.checks.told import Source, Told

ROOT = Path(__file__).resolve().parents[3]
LONG = "x = '" + "a" * 80 + "'\n"
PASSED = '<testcase classname="t" name="test_a" file="tests/test_x.py" line="0" time="0.1" />'
FAILED = (
    '<testcase classname="t" name="test_b" file="tests/test_x.py" line="4"><failure message="assert 1 == 2&#10;more">'
    "def test_b():\n>   assert 1 == 2\n\n/usr/lib/python3/x.py:9: in f\ntests/test_x.py:6: AssertionError</failure>"
    "</testcase>"
)


def judged(tmp_path: Path, files: dict[str, str]) -> dict[str, Any]:
    code = tmp_path / "code"
    for name, text in files.items():
        (code / name).parent.mkdir(parents=True, exist_ok=True)
        (code / name).write_text(text, encoding="utf-8")
    report = tmp_path / "report"
    lint.check(Told(code, outputs={"report": report}))
    read: dict[str, Any] = json.loads(report.read_text(encoding="utf-8"))
    return read


def places(report: dict[str, Any]) -> list[tuple[str, int | None, str]]:
    return [(one["path"], one["line"], one["code"]) for one in report["findings"]]


def test_what_keeps_to_pep_8_passes(tmp_path: Path) -> None:
    assert judged(tmp_path, {"a.py": "x = 1\n", "notes.md": "x=1\n"})["verdict"] == "passed"


def test_each_finding_has_its_line(tmp_path: Path) -> None:
    report = judged(tmp_path, {"src/a.py": f"x = 1\ny=2\n{LONG}", "b.py": "class lower:\n    pass\n"})
    assert report["verdict"] == "failed"
    found = places(report)
    for wanted in [("src/a.py", 2, "E225"), ("src/a.py", 3, "E501"), ("src/a.py", 2, "format"), ("b.py", 1, "N801")]:
        assert wanted in found, found


@pytest.mark.parametrize(
    "loosened",
    [
        {"pyproject.toml": "[tool.ruff]\nline-length = 400\nexclude = ['a.py']\n[tool.ruff.lint]\nselect = ['F']\n"},
        {"ruff.toml": "[lint.per-file-ignores]\n'a.py' = ['E', 'W', 'N']\n"},
        {".gitignore": "a.py\n", ".ignore": "a.py\n"},
        {"a.py": "# ruff: noqa\n# flake8: noqa\n" + LONG.rstrip() + "  # noqa\n"},
    ],
)
def test_a_repository_does_not_loosen_its_own_gate(tmp_path: Path, loosened: dict[str, str]) -> None:
    assert "E501" in [code for _, _, code in places(judged(tmp_path, {"a.py": LONG, **loosened}))]


def test_the_formatter_cannot_be_switched_off_and_broken_code_is_a_finding(tmp_path: Path) -> None:
    files = {"off.py": "# fmt: off\nx = 1\n", "skip.py": "x = 1  # fmt:skip\n", "bad.py": "def f(:\n"}
    found = places(judged(tmp_path, files))
    assert ("off.py", 1, "format-off") in found
    assert ("skip.py", 1, "format-off") in found
    assert ("bad.py", 1) in [(path, line) for path, line, _ in found]


@pytest.mark.parametrize("folder", ["dist", "venv", "_build", "site-packages", ".git", "node_modules", "build", "-x"])
def test_no_folder_is_passed_over_for_its_name(tmp_path: Path, folder: str) -> None:
    found = places(judged(tmp_path, {f"{folder}/train.py": LONG, f"{folder}/kinds.pyi": LONG}))
    assert (f"{folder}/train.py", 1, "E501") in found
    assert (f"{folder}/train.py", 1, "format") in found
    assert (f"{folder}/kinds.pyi", 1, "format") in found


def test_more_files_than_one_call_names_are_all_judged(tmp_path: Path) -> None:
    clean = {f"m{number}.py": "x = 1\n" for number in range(lint.BATCH)}
    found = places(judged(tmp_path, {"a.py": "x=1\n", **clean, "z.py": "x=1\n"}))
    for path in ("a.py", "z.py"):
        assert (path, 1, "E225") in found
        assert (path, 1, "format") in found


@pytest.mark.parametrize(
    "comment", ["# fmt:\toff", "#fmt: off", "#\t fmt :  OFF", "# yapf:\x0cdisable", "# fmt:\tskip"]
)
def test_whatever_space_is_in_it_a_switch_is_found(tmp_path: Path, comment: str) -> None:
    cells = {"cells": [{"cell_type": "code", "source": ["x = 1\n", comment], "metadata": {}, "outputs": []}]}
    notebook = json.dumps({**cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5})
    files = {"off.py": f"{comment}\nx = 1\n", "broken.py": f"x = (\n{comment}\n", "nb.ipynb": notebook}
    found = places(judged(tmp_path, files))
    for wanted in [("off.py", 1), ("broken.py", 2), ("nb.ipynb", 2)]:
        assert (*wanted, "format-off") in found, found


def test_a_flood_is_counted_and_cut(tmp_path: Path) -> None:
    report = judged(tmp_path, {"a.py": "x=1\n" * (MOST_FINDINGS + 500)})
    assert len(report["findings"]) == MOST_FINDINGS
    assert report["count"] > MOST_FINDINGS


@pytest.mark.parametrize("template", sorted(path.name for path in (ROOT / "templates").iterdir() if path.is_dir()))
def test_templates_pass_their_own_gate(tmp_path: Path, template: str) -> None:
    lint.check(Told(ROOT / "templates" / template, outputs={"report": tmp_path / "report"}))
    report = json.loads((tmp_path / "report").read_text(encoding="utf-8"))
    assert (report["verdict"], report["findings"]) == ("passed", [])


def unit_of(tmp_path: Path, junit: str, exit_code: int) -> dict[str, Any]:
    (tmp_path / "junit").write_text(junit, encoding="utf-8")
    (tmp_path / "ended").write_text(json.dumps({"exit_code": exit_code}), encoding="utf-8")
    files = {"junit": tmp_path / "junit", "ended": tmp_path / "ended"}
    unit.check(Told(tmp_path, files, outputs={"report": tmp_path / "report"}))
    read: dict[str, Any] = json.loads((tmp_path / "report").read_text(encoding="utf-8"))
    return read


def suite(*cases: str) -> str:
    return f"<testsuites><testsuite>{''.join(cases)}</testsuite></testsuites>"


def test_a_failing_test_is_named_with_its_line(tmp_path: Path) -> None:
    report = unit_of(tmp_path, suite(PASSED, FAILED), 1)
    assert (report["verdict"], report["count"], report["note"]) == ("failed", 1, "2 tests")
    assert report["findings"][0] == {
        "path": "tests/test_x.py",
        "line": 6,
        "column": None,
        "code": "test",
        "text": "`test_b`: assert 1 == 2",
    }
    assert unit_of(tmp_path, suite(PASSED), 0)["verdict"] == "passed"


@pytest.mark.parametrize(
    ("junit", "exit_code", "words"),
    [
        (suite(PASSED), 1, "tests failed"),
        (suite(FAILED), 0, "assert 1 == 2"),
        (suite(), 5, "there are no tests"),
        (suite(), 0, "there are no tests"),
        ("", 1, "exit code 1"),
        ("", -11, "did not run"),
        ("<a", 0, "cannot be read"),
        ('<!DOCTYPE a [<!ENTITY b "c">]><a/>', 0, "entities"),
    ],
)
def test_only_a_report_and_an_end_that_both_say_so_pass(tmp_path: Path, junit: str, exit_code: int, words: str) -> None:
    report = unit_of(tmp_path, junit, exit_code)
    assert report["verdict"] == "failed"
    assert words in report["findings"][0]["text"]


def test_the_run_of_the_tests_says_how_it_ended(tmp_path: Path) -> None:
    (tmp_path / "test_it.py").write_text("def test_it():\n    assert 1 == 2\n", encoding="utf-8")
    outputs = {name: str(tmp_path / name) for name in ("junit", "ended")}
    told = tmp_path / "step.json"
    told.write_text(json.dumps({"outputs": outputs}), encoding="utf-8")
    program = Path(start.__file__).with_name("pytest_run.py").read_text(encoding="utf-8")
    env = {**os.environ, "LOCKGATE_STEP": str(told)}
    subprocess.run([sys.executable, "-c", program], cwd=tmp_path, env=env, check=True, capture_output=True)  # noqa: S603
    report = unit_of(tmp_path, (tmp_path / "junit").read_text(encoding="utf-8"), 1)
    assert json.loads((tmp_path / "ended").read_text(encoding="utf-8")) == {"exit_code": 1}
    assert (report["findings"][0]["path"], report["findings"][0]["line"]) == ("test_it.py", 2)


def test_a_check_that_is_none_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert start.main("/", "os") == 2
    assert "there are: lint, unit, parity, quality, bias" in capsys.readouterr().err


def test_a_check_is_told_where_everything_lies(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data = {"dataset": "retail.core.loans", "use": "train", "purpose": "p-1", "columns": ["age"], "refused": "no grant"}
    inputs = {
        "onnx": {"path": "/work/in/onnx"},
        "contract": {"value": {"key": []}},
        "source_1": data,
        "source_2": {"dataset": "risk.core.outcomes", "use": "train"},
    }
    step = tmp_path / "step.json"
    step.write_text(json.dumps({"inputs": inputs, "outputs": {"report": "/work/out/report"}}), encoding="utf-8")
    monkeypatch.setenv("LOCKGATE_STEP", str(step))
    told = Told.of_the_engine("/work/code")
    assert (told.files, told.values) == ({"onnx": Path("/work/in/onnx")}, {"contract": {"key": []}})
    assert told.sources == (
        Source("retail.core.loans", "train", "p-1", ("age",), "no grant"),
        Source("risk.core.outcomes", "train"),
    )


class Endpoint(http.server.BaseHTTPRequestHandler):
    """An endpoint that knows the token after a while."""

    asked: ClassVar[list[str]] = []

    def do_GET(self) -> None:
        self.asked.append(f"{self.path} {self.headers['Authorization']}")
        self.send_response(200 if len(self.asked) > 1 else 401)
        self.end_headers()
        self.wfile.write(b"{}")

    def log_message(self, *_words: object) -> None:
        """Say nothing."""


@pytest.fixture
def endpoint() -> Iterator[str]:
    Endpoint.asked.clear()
    server = http.server.HTTPServer(("127.0.0.1", 0), Endpoint)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def verified(folder: Path, endpoint: str, files: dict[str, str]) -> subprocess.CompletedProcess[str]:
    (folder / "calls").mkdir()
    for name, text in files.items():
        (folder / "calls" / name).write_text(text, encoding="utf-8")
    program = Path(start.__file__).with_name("pytest_verify.py").read_text(encoding="utf-8")
    env = {**os.environ, "LOCKGATE_URL": endpoint, "LOCKGATE_TOKEN": "lg_x", "LOCKGATE_ENDPOINT": "preprod.credit"}
    command = [sys.executable, "-c", program, "calls"]
    return subprocess.run(command, cwd=folder, env=env, check=False, capture_output=True, text=True)  # noqa: S603


@pytest.mark.parametrize(
    ("body", "code", "words"),
    [
        ("def test_it():\n    assert True\n", 0, "1 tests in `calls` passed"),
        ("def test_it():\n    assert False\n", 1, "did not pass"),
        ("import pytest\n\n@pytest.mark.skip\ndef test_it():\n    pass\n", 1, "all were skipped"),
        ("import pytest\n\n@pytest.mark.xfail\ndef test_it():\n    assert False\n", 1, "all were skipped"),
        ("x = 1\n", 1, "exit code 5"),
    ],
)
def test_what_verifies_has_called_the_endpoint(tmp_path: Path, endpoint: str, body: str, code: int, words: str) -> None:
    done = verified(tmp_path, endpoint, {"test_it.py": body})
    assert done.returncode == code, done
    assert words in done.stdout + done.stderr
    assert Endpoint.asked == ["/v2/models/preprod.credit/ready Bearer lg_x"] * 2, "it waits for its token to be known"


WELL = "def pytest_sessionfinish(session):\n    session.exitstatus = 0\n"
NOTHING_WRITTEN = "import os\n\ndef pytest_configure():\n    os._exit(0)\n"


@pytest.mark.parametrize(
    ("files", "words"),
    [
        ({"conftest.py": WELL, "test_it.py": "x = 1\n"}, "no test in `calls` ran"),
        ({"conftest.py": NOTHING_WRITTEN, "test_it.py": "def test_it():\n    pass\n"}, "no test in `calls` ran"),
    ],
)
def test_a_run_that_ends_well_without_a_test_verifies_nothing(
    tmp_path: Path, endpoint: str, files: dict[str, str], words: str
) -> None:
    done = verified(tmp_path, endpoint, files)
    assert (done.returncode, done.stderr.strip().splitlines()[-1]) == (1, words)


def step_of(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    told = {"inputs": {}, "outputs": {"report": str(folder / "report")}}
    (folder / "step.json").write_text(json.dumps(told), encoding="utf-8")
    monkeypatch.setenv("LOCKGATE_STEP", str(folder / "step.json"))


@pytest.mark.parametrize("name", start.CHECKS)
def test_of_a_check_that_breaks_off_only_the_kind_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], name: str
) -> None:
    def breaks(_told: Told) -> None:
        print("Person 3", flush=True)
        print("Person 3", file=sys.stderr)
        os.write(2, b"Person 3 by a library\n")
        try:
            raise KeyError("Person 3")
        except KeyError as error:
            raise ValueError("could not convert string to float: 'Person 3'") from error

    monkeypatch.setattr(f"lockgate.checks.{name}.check", breaks)
    step_of(tmp_path, monkeypatch)
    assert start.main(str(tmp_path), name) == 1
    said = f"check `{name}` broke off: ValueError. Its words are not shown, as they may hold data\n"
    assert tuple(capfd.readouterr()) == ("", said)
    print("later")
    assert capfd.readouterr().out == "later\n", "what follows is heard again"


def test_a_check_that_runs_to_its_end_says_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    step_of(tmp_path, monkeypatch)
    (tmp_path / "a.py").write_text("x = 1\n", encoding="utf-8")
    assert start.main(str(tmp_path), "lint") == 0
    assert json.loads((tmp_path / "report").read_text(encoding="utf-8"))["verdict"] == "passed"
    assert tuple(capfd.readouterr()) == ("", "")
