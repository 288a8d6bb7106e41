"""Stock `mlflow`, unmodified, in both of its lines: all that a data scientist does with tracking and registry."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from bank import REPO, Bank, open_bank

HERE = Path(__file__).parent
PROJECT = "credit-risk"
Facts = Mapping[str, Any]


@pytest.fixture(scope="module")
def tracked(binary: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bank]:
    """Yield a bank where Ana develops for the project and Cho, who belongs to no project, is an outsider."""
    with open_bank(binary, tmp_path_factory.mktemp("tracked") / "bank") as bank:
        for person in ("ana", "ben"):
            bank.tokens[person] = bank.server.token(person, ())
        bank.tokens["cho"] = bank.server.token("cho", ())
        for person, place in (("ana", PROJECT), ("ben", "marketing")):
            role = {"principal": f"person:{person}", "role": "model_developer", "scope": f"project/{place}"}
            answer = bank.raw("POST", "/api/v1/role-assignments", token=bank.token("pat"), body=json.dumps(role))
            assert answer.status == 200, answer
        yield bank


@pytest.fixture(scope="session")
def client_2() -> Path:
    """Return the interpreter of an environment with the client before, made from its own lock."""
    lock = HERE / "mlflow2.lock"
    stamp = hashlib.sha256(lock.read_bytes()).hexdigest()
    venv = REPO / "target" / "mlflow2"
    python = venv / "bin" / "python"
    if not python.is_file() or not (venv / ".stamp").is_file() or (venv / ".stamp").read_text() != stamp:
        subprocess.run(["uv", "venv", "--quiet", "--clear", "--python", sys.executable, str(venv)], check=True)  # noqa: S607
        install = ["uv", "pip", "install", "--quiet", "--python", str(python), "--require-hashes", "-r", str(lock)]
        subprocess.run(install, check=True)
        (venv / ".stamp").write_text(stamp)
    return python


def environment(uri: str, home: Path, **more: str) -> dict[str, str]:
    """Return what a client runs in: nothing of ours but the address."""
    home.mkdir(parents=True, exist_ok=True)
    kept = {"PATH": os.environ["PATH"], "HOME": str(home), "MLFLOW_TRACKING_URI": uri, "GIT_PYTHON_REFRESH": "quiet"}
    kept |= {"MLFLOW_DISABLE_TELEMETRY": "true", "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "1", "NO_COLOR": "1"}
    return kept | more


def tell(python: Path | str, uri: str, home: Path, **credentials: str) -> Facts:
    """Run the story with a client and return its facts."""
    done = subprocess.run(
        [str(python), str(HERE / "mlflow_story.py")],
        env=environment(uri, home, **credentials),
        cwd=home,
        check=False,
        capture_output=True,
        text=True,
        timeout=570,
    )
    assert done.returncode == 0, done.stderr[-6_000:]
    facts: Facts = json.loads(done.stdout.strip().splitlines()[-1])
    return facts


@pytest.fixture(scope="module")
def story_3(tracked: Bank, tmp_path_factory: pytest.TempPathFactory) -> Facts:
    """Return the story of client 3, told in the project with a bearer token."""
    home = tmp_path_factory.mktemp("client3")
    return tell(sys.executable, f"{tracked.url}/mlflow/{PROJECT}", home, MLFLOW_TRACKING_TOKEN=tracked.token("ana"))


@pytest.fixture(scope="module")
def story_2(tracked: Bank, client_2: Path, tmp_path_factory: pytest.TempPathFactory) -> Facts:
    """Return the story of client 2, told at the root, in a person's own space, with the token as a password."""
    home = tmp_path_factory.mktemp("client2")
    login = {"MLFLOW_TRACKING_USERNAME": "cho", "MLFLOW_TRACKING_PASSWORD": tracked.token("cho")}
    return tell(client_2, tracked.url, home, **login)


@pytest.fixture(scope="module", params=["3", "2"])
def story(request: pytest.FixtureRequest) -> Facts:
    """Return the story of each client."""
    facts: Facts = request.getfixturevalue(f"story_{request.param}")
    assert facts["version"].startswith(f"{request.param}.")
    return facts


def test_autolog_keeps_parameters_metrics_data_and_a_model_that_loads(story: Facts) -> None:
    seen = story["autolog"]
    assert (seen["name"], seen["status"], seen["c"], seen["same_predictions"]) == ("first", "FINISHED", "0.5", True)
    assert {"training_accuracy_score", "training_roc_auc"} <= set(seen["metrics"])
    assert seen["datasets"] == 1
    assert "estimator.html" in seen["files"]


def test_a_registered_version_loads_by_number_alias_and_stage_and_never_changes(story: Facts) -> None:
    seen = story["registry"]
    assert seen["same"] == [True, True, True]
    assert (seen["served"], seen["runs"], seen["never_changes"]) == (True, True, True)
    assert seen["stages"] == ["Archived", "Production"]
    assert (seen["tags"], seen["description"]) == ({"checked": "yes"}, "the first")
    assert (seen["copied"], seen["found"], seen["of_run"]) == (["scorecard-copy", "1"], [1, 2], [2])
    assert seen["tagged"] == ["scorecard 1", "scorecard-copy 1"]
    assert str(seen["aliases"]["champion"]) == "2"
    assert seen["models"] == ["scorecard", "scorecard-copy"]
    assert story["renamed"] == ["scorecard-2"]


def test_what_the_registry_refuses_is_said_in_mlflows_words(story: Facts) -> None:
    seen = story["registry"]
    assert seen["reserved"][0] == seen["no_alias"][0] == "INVALID_PARAMETER_VALUE"
    assert "Version alias name 'v3' is reserved" in seen["reserved"][1]
    assert "Registered model alias nobody not found." in seen["no_alias"][1]
    assert seen["no_version"][0] == "RESOURCE_DOES_NOT_EXIST"
    assert "Model Version (name=scorecard, version=9) not found" in seen["no_version"][1]


def test_runs_are_found_by_filters_orders_and_pages(story: Facts) -> None:
    seen = story["searches"]
    assert seen["metric"] == ["r5", "r4"]
    assert (seen["param"], seen["name_in"], seen["nothing"]) == (["r3"], ["r1"], [])
    assert sorted(seen["not_param"]) == ["r0", "r1", "r2"]
    assert (seen["tag_like"], seen["like_minds_case"], seen["ilike"]) == (["r0", "r2", "r4", "r6"], [], ["r4"])
    assert seen["status"] == ["r5", "r6"]
    # The run whose loss is not a number comes last.
    assert seen["pages"] == [["r6", "r5", "r4"], ["r2", "r1", "r0"], ["r3"]]
    assert seen["frame"] == ["r5", "r6"]
    assert seen["experiments"] == ["searched"]
    assert seen["bad"][0] == seen["injected"][0] == "INVALID_PARAMETER_VALUE"


def test_values_are_kept_as_they_were_logged(story: Facts) -> None:
    seen = story["values"]
    assert (seen["latest"], seen["history"], seen["nan"], seen["third"]) == (0.2, 6, True, True)
    assert seen["inf"] == sys.float_info.max
    assert (seen["param"], seen["no_note"], seen["parent"]) == ({"p": "1"}, True, True)
    assert seen["changed"][0] == "INVALID_PARAMETER_VALUE"
    assert "Changing param values is not allowed" in seen["changed"][1]
    assert seen["no_run"][0] == "RESOURCE_DOES_NOT_EXIST"
    assert (seen["deleted"], seen["name_is_free"]) == (True, True)
    assert "must be in the 'active' state. Current state is deleted." in seen["refuses"][1]
    assert seen["taken"][0] == "RESOURCE_ALREADY_EXISTS"


def test_files_and_folders_come_back_as_they_went(story: Facts) -> None:
    seen = story["files"]
    assert seen["root"] == [["notes", True], ["out", True]]
    assert seen["out"] == [["out/empty.bin", False, 0], ["out/large.bin", False, 5_120_000], ["out/plots", True, None]]
    assert (seen["same"], seen["one"], seen["dict"], seen["a_file_lists_nothing"]) == (True, "hello", {"a": 1}, True)


def test_client_3_finds_its_logged_models(story_3: Facts) -> None:
    assert story_3["logged_models"] > 0


def test_an_outsider_sees_nothing_and_is_told_so_in_mlflows_form(tracked: Bank, story_3: Facts) -> None:
    assert story_3["version"]
    for path in (
        f"/mlflow/{PROJECT}/api/2.0/mlflow/experiments/get-by-name?experiment_name=credit",
        f"/mlflow/{PROJECT}/api/2.0/mlflow/registered-models/get?name=scorecard-2",
        f"/mlflow/{PROJECT}/api/2.0/mlflow/registered-models/search",
        f"/api/2.0/mlflow/registered-models/get?name={PROJECT}.scorecard-2",
    ):
        mine = tracked.raw("GET", path, token=tracked.token("ana"))
        assert mine.status == 200, (path, mine)
        for outsider in ("ben", "cho"):
            refused = tracked.raw("GET", path, token=tracked.token(outsider))
            assert refused.status == 404, (path, refused)
            assert refused.json()["error_code"] == "RESOURCE_DOES_NOT_EXIST"
    nobody = tracked.raw("GET", "/api/2.0/mlflow/experiments/get?experiment_id=0")
    assert (nobody.status, nobody.json()["error_code"]) == (401, "UNAUTHENTICATED")
    assert nobody.headers["www-authenticate"].startswith("Basic")


def test_paths_that_lead_elsewhere_are_refused(tracked: Bank) -> None:
    token = tracked.token("ana")
    made = tracked.raw("POST", "/api/2.0/mlflow/runs/create", token=token, body='{"experiment_id": "0"}').json()
    root = f"/api/2.0/mlflow-artifacts/artifacts/0/{made['run']['info']['run_id']}/artifacts"
    for path in (
        "../../../../etc/passwd",
        "..%2f..%2fetc%2fpasswd",
        "%252e%252e/x",
        "a/%2e%2e/b",
        "a%00b",
        "a%5cb",
        "a;x=..",
        "/etc/passwd",
        "file:%2f%2f/etc/passwd",
        "C:/x",
    ):
        for method, sent in (("GET", None), ("PUT", b"x"), ("DELETE", None)):
            answer = tracked.raw(method, f"{root}/{path}", token=token, body=sent)
            assert answer.status in (400, 404, 405), (method, path, answer)
            assert b"root:" not in answer.body
    for source in ("file:///etc/passwd", "/etc", "http://127.0.0.1/x", "s3://bucket/x", "mlflow-artifacts:/../../etc"):
        tracked.raw("POST", "/api/2.0/mlflow/registered-models/create", token=token, body='{"name": "attack"}')
        body = json.dumps({"name": "attack", "source": source})
        answer = tracked.raw("POST", "/api/2.0/mlflow/model-versions/create", token=token, body=body)
        assert (answer.status, answer.json()["error_code"]) == (400, "INVALID_PARAMETER_VALUE"), (source, answer)


def test_what_is_not_here_says_so(tracked: Bank) -> None:
    token = tracked.token("ana")
    for base in ("", f"/mlflow/{PROJECT}"):
        absent = tracked.raw("POST", f"{base}/api/2.0/mlflow/gateway/endpoints/list", token=token, body="{}")
        assert (absent.status, absent.json()["error_code"]) == (501, "NOT_IMPLEMENTED")
        unknown = tracked.raw("POST", f"{base}/api/2.0/mlflow/no/such/thing", token=token, body="{}")
        assert (unknown.status, unknown.json()["error_code"]) == (404, "ENDPOINT_NOT_FOUND")
        large = json.dumps({"run_id": "x", "key": "k", "value": "x" * 3_000_000})
        too_large = tracked.raw("POST", f"{base}/api/2.0/mlflow/runs/set-tag", token=token, body=large)
        assert (too_large.status, "error_code" in too_large.json()) == (413, True)
    assert tracked.raw("GET", "/health").body == b"OK"
