"""`make demo` from outside: what it prints, how it ends, and that it starts clean each time."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import pytest
import yaml  # type: ignore[import-untyped]
from bank import ENVIRONMENTS, GERMAN_CREDIT, REPO, end_attempts, link_environments
from journey import main
from journey.build import Build
from journey.checks import Checked
from journey.main import MARK
from journey.operate import Operated
from journey.own import is_proxy
from journey.process import Server
from journey.release import Released
from journey.tables import make_lakes
from journey.walk import NEXT, Walk
from journey.watch import DRIFTED
from told import Told

Parts = Sequence[Callable[[], None]]
UCI = REPO.parent / "shared" / "data" / "uci_credit_card.csv"
"""Default of Credit Card Clients: not part of the repository, but of the place that it is tried in."""


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


def step(told: str, name: str) -> str:
    """Return what a demo said of a step."""
    (found,) = [line for line in told.splitlines() if re.match(rf"{name} +\d+\.\d\d s ", line)]
    return found


def test_a_table_of_the_users_own_is_told_to_its_end(binary: Path, tmp_path: Path) -> None:
    if "LOCKGATE_E2E_LONG" not in os.environ:
        pytest.skip("it takes as long as the whole demo: LOCKGATE_E2E_LONG=1 has it told")
    if not UCI.is_file():
        pytest.skip(f"`{UCI}` is not there: Default of Credit Card Clients, doi 10.24432/C55S3H, as one CSV file")
    done = demo(binary, tmp_path / "demo", DATA=str(UCI), TARGET="DID_DEFAULT_PAYMENT", SENSITIVE="SEX")
    text = done.stdout
    assert done.returncode == 0, text + done.stderr
    assert f"next: {NEXT}" in text
    assert "22 features, DID_DEFAULT_PAYMENT to predict, 1 asked about" in step(text, "6 contract")
    assert "left out: USER_ID, numbers the rows" in step(text, "6 contract")
    assert "candidate 1 is cut" in step(text, "8 candidate")
    assert "no feature is a proxy for SEX, so nothing is flipped" in step(text, "8 bias")
    assert re.search(r"it is live and answers [01]\b", step(text, "9 live"))
    assert re.search(r"with plain JSON: [01], both", step(text, "10 call"))
    assert "30,000 records" in step(text, "10 batch")
    assert "psi of CREDIT_LIMIT" in step(text, "11 drift")
    assert "section promotions was changed" in step(text, "12 dossier")
    assert "release" in step(text, "13 clock")


def test_a_table_that_tells_nothing_of_its_target_ends_at_the_gate(
    binary: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = (f"{i * 7 % 997},2024-0{1 + i % 9}-11,p{i // 2 % 4},x{i},{i % 60},{'yn'[i % 2]}" for i in range(300))
    lakes = make_lakes(own_table(tmp_path, "AMOUNT,when,purpose,email,TERM,y", rows), "y", "TERM", tmp_path / "lakes")
    server = Server(binary, tmp_path / "data", {lake: lakes.root / lake for lake in ("retail", "risk")})
    built = Path(ENVIRONMENTS.name)
    link_environments(built, server.data / "python")
    monkeypatch.setattr(main, "parts", up_to_the_gate)
    try:
        assert main.tell(server, lakes, stay=False) == 0
    finally:
        server.stop()
        end_attempts(server.data)
        link_environments(server.data / "python", built)
    said = capsys.readouterr().out
    assert "left out: email_given, 300 different words" in step(said, "6 contract")
    refused = step(said, "8 candidate")
    auc = re.search(r"the gate refuses this model: .*auc is (\d\.\d+), and has to be at least 0\.6", refused)
    assert auc is not None, refused
    assert float(auc[1]) < 0.6
    assert not re.search("^(9|10) ", said, re.MULTILINE), "nothing went live"
    assert "up to the gate" in said


def up_to_the_gate(walk: Walk, build: Build, _checked: Checked, released: Released, operated: Operated) -> Parts:
    """Return what leads to a candidate, and what comes after it; the rest of the story is told above."""
    described = (walk.find_data, build.project, walk.get_access, build.clone, build.described)
    return (*described, released.granted, released.prepared, released.begun, released.cut, *operated.steps())


def own_table(folder: Path, header: str, rows: Iterable[str]) -> Path:
    """Write a table of a user's own."""
    path = folder / "table.csv"
    path.write_text("\n".join([header, *rows]) + "\n")
    return path


def test_the_contract_of_an_own_table_says_what_the_template_has_to_know(tmp_path: Path) -> None:
    header = "n,my col,rate,kind,flag,no,outcome"
    kinds, outcomes = ("a", "yes", "b, c"), ("no", "no", "yes")
    rows = [f'{i},{i % 7 - 3},{i / 8},"{kinds[i % 3]}",{"ft"[i % 2]},{i % 90},{outcomes[i % 3]}' for i in range(400)]
    rows = [row.replace(",f,", ",false,").replace(",t,", ",true,") for row in rows]
    lakes = make_lakes(own_table(tmp_path, header, rows), "outcome", "no", tmp_path / "lakes")
    assert lakes.own is not None
    document = yaml.safe_load(lakes.own.written("Own", "credit-risk"))
    ((table,), columns) = document["schema"], {}
    for column in table["properties"]:
        columns[column.pop("name")] = column
    assert list(columns) == ["record_id", "my col", "rate", "kind", "flag", "no", "outcome"]
    assert columns["record_id"]["primaryKey"] is True
    assert columns["my col"]["logicalTypeOptions"] == {"minimum": -3, "maximum": 3}
    assert columns["rate"] == {
        "logicalType": "number",
        "required": True,
        "logicalTypeOptions": {"minimum": 0, "maximum": 50},
    }
    assert sorted(columns["kind"]["quality"][0]["arguments"]["validValues"]) == sorted(kinds)
    assert columns["flag"]["logicalType"] == "integer"
    assert columns["no"]["tags"] == ["sensitive"]
    assert columns["no"]["customProperties"] == [{"property": "groupBounds", "value": [39]}]
    assert columns["outcome"]["customProperties"] == [{"property": "positive", "value": "yes"}]
    assert lakes.own.left_out == {"n": "numbers the rows"}


@pytest.mark.parametrize(("share", "found"), [(10, True), (2, False)])
def test_a_proxy_is_a_feature_that_tells_the_groups_apart(tmp_path: Path, share: int, found: bool) -> None:
    rows = (
        f"{i % 50},{'rent' if i % 2 and i % 20 < 2 * share else 'own'},{'mw'[i % 2]},{i % 3 // 2}" for i in range(800)
    )
    lakes = make_lakes(own_table(tmp_path, "AMOUNT,home,sex,y", rows), "y", "sex", tmp_path / "lakes")
    assert lakes.own is not None
    proxy = lakes.own.proxy(lakes.table)
    assert is_proxy(proxy) is found
    if found:
        assert proxy is not None
        assert (proxy.column, proxy.shares) == ("home", (0.0, 1.0))


@pytest.mark.parametrize(
    ("target", "said"),
    [("job", "has 4 classes"), ("credit_amount", "is numeric"), ("nothing", "there is no column `nothing`")],
)
def test_a_target_that_is_not_binary_is_refused_saying_so(binary: Path, tmp_path: Path, target: str, said: str) -> None:
    home = tmp_path / "demo"
    home.mkdir()
    (home / MARK).touch()
    (home / "data").write_text("what a demo before it left")
    done = demo(binary, home, DATA=str(GERMAN_CREDIT), TARGET=target)
    assert done.returncode == 2, done.stdout
    assert said in done.stderr
    assert not (home / "data").exists(), "each demo starts clean"


def test_a_folder_that_is_not_the_demos_is_left_alone(binary: Path, tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine")
    done = demo(binary, tmp_path)
    assert done.returncode == 2
    assert (tmp_path / "mine.txt").read_text() == "mine"
