"""Stock `mlflow`, unmodified, in both of its lines: all that a data scientist does with tracking and registry."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlencode

import pytest
from bank import REPO, Answer, Bank, open_bank
from hostile import LEAKS, SEGMENTS

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
    """Return the interpreter of the environment with the client before (`make test` makes it)."""
    python = Path(os.environ.get("MLFLOW_2_VENV", REPO / "target" / "mlflow2")) / "bin" / "python"
    assert python.is_file(), f"no environment at {python}: scripts/venv target/mlflow2 tests/e2e/mlflow2.lock"
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


def run_with(bank: Bank, base: str, person: str, files: Mapping[str, bytes]) -> str:
    """Return a new run of a person's that has files."""
    token = bank.token(person)
    made = bank.raw("POST", f"{base}/api/2.0/mlflow/runs/create", token=token, body='{"experiment_id": "0"}').json()
    run: str = made["run"]["info"]["run_id"]
    for name, content in files.items():
        place = f"{base}/api/2.0/mlflow-artifacts/artifacts/0/{run}/artifacts/{name}"
        assert bank.raw("PUT", place, token=token, body=content).status == 200
    return run


@pytest.mark.parametrize("base", ["", f"/mlflow/{PROJECT}"])
def test_paths_that_lead_elsewhere_are_refused(tracked: Bank, base: str) -> None:
    """By every way to a file, of a run of one's own: no path leads to another's file, or to one's own other run."""
    token = tracked.token("ana")
    others = {
        run_with(tracked, "", "cho", {"secret.txt": b"of cho"}),
        run_with(tracked, base, "ana", {"secret.txt": b"of cho"}),
    }
    run = run_with(tracked, base, "ana", {"mine.txt": b"of ana", "folder/deep.txt": b"of ana"})
    api, root = f"{base}/api/2.0", f"{base}/api/2.0/mlflow-artifacts/artifacts/0/{run}/artifacts"
    asked = f"run_id={run}&run_uuid={run}"
    for path in (
        *(f"../../{other}/artifacts/secret.txt" for other in others),
        *(f"..%2f..%2f{other}%2fartifacts%2fsecret.txt" for other in others),
        *(f"folder/%2e%2e/%2e%2e/%2e%2e/{other}/artifacts/secret.txt" for other in others),
        "..",
        ".",
        "%2e%2e",
        "folder/..",
        "folder/./deep.txt",
        "folder//deep.txt",
        "folder/%2e%2e/mine.txt",
        "../../../../etc/passwd",
        "..%2f..%2fetc%2fpasswd",
        "..%5c..%5cetc",
        "%252e%252e/x",
        "%252e%252e%252fmine.txt",
        "a/%2e%2e/b",
        "a%00b",
        "mine.txt%00",
        "a%5cb",
        "a%0d%0ab",
        "a;x=..",
        "a%3bx=..",
        "%ff%fe",
        "%c0%ae%c0%ae/x",
        "/etc/passwd",
        "%2fetc%2fpasswd",
        "file:%2f%2f/etc/passwd",
        "C:/x",
        "~",
        "a" * 3000,
        "a/" * 600 + "a",
    ):
        for method, way, sent in (
            ("GET", f"{root}/{path}", None),
            ("PUT", f"{root}/{path}", b"x"),
            ("DELETE", f"{root}/{path}", None),
            ("GET", f"{api}/mlflow/artifacts/list?{asked}&path={path}", None),
            ("GET", f"{api}/mlflow-artifacts/artifacts?path=0/{run}/artifacts/{path}", None),
            ("GET", f"{base}/get-artifact?{asked}&path={path}", None),
        ):
            answer = tracked.raw(method, way, token=token, body=sent)
            # A folder that is not there is listed as an empty one.
            assert answer.status in (400, 404, 405) or ("path=" in way and answer.body == b"{}"), (method, way, answer)
            assert not re.search(rb"root:|of cho|of ana|secret", answer.body.replace(path.encode(), b"")), (way, answer)
            assert not LEAKS.search(answer.body), (way, answer)
    # Nothing was written beside them, and nothing is gone.
    for folder, names in {"": ["folder", "mine.txt"], "folder": ["folder/deep.txt"]}.items():
        listed = tracked.raw("GET", f"{api}/mlflow/artifacts/list?run_id={run}&path={folder}", token=token).json()
        assert sorted(one["path"] for one in listed["files"]) == names
    assert tracked.raw("GET", f"{root}/mine.txt", token=token).body == b"of ana"


def test_sources_that_lead_elsewhere_are_refused(tracked: Bank) -> None:
    token = tracked.token("ana")
    for source in ("file:///etc/passwd", "/etc", "http://127.0.0.1/x", "s3://bucket/x", "mlflow-artifacts:/../../etc"):
        tracked.raw("POST", "/api/2.0/mlflow/registered-models/create", token=token, body='{"name": "attack"}')
        body = json.dumps({"name": "attack", "source": source})
        answer = tracked.raw("POST", "/api/2.0/mlflow/model-versions/create", token=token, body=body)
        assert (answer.status, answer.json()["error_code"]) == (400, "INVALID_PARAMETER_VALUE"), (source, answer)


NAMES = ("..", "../x", "a/../../b", "%2e%2e/x", "..\\x", ".", "//x", "/etc/passwd", "\u202eterces", "a\u200bb", "'; --")


@pytest.mark.parametrize("base", ["", f"/mlflow/{PROJECT}"])
def test_a_name_is_a_name_and_no_path(tracked: Bank, base: str) -> None:
    """What MLflow takes for a name comes back as it was given, found by that alone; its files lie under an id."""
    token, api = tracked.token("ana"), f"{base}/api/2.0/mlflow"

    def post(verb: str, **body: str) -> Answer:
        return tracked.raw("POST", f"{api}/{verb}", token=token, body=json.dumps(body))

    def get(verb: str, **asked: str) -> Answer:
        return tracked.raw("GET", f"{api}/{verb}?{urlencode(asked)}", token=token)

    mark, made = "root" if base == "" else "below", set()
    for name in (f"{one}{mark}" if one != "." else f"{mark}/." for one in NAMES):
        made.add(post("experiments/create", name=name).json()["experiment_id"])
        found = get("experiments/get-by-name", experiment_name=name).json()["experiment"]
        assert (found["name"], found["experiment_id"] in made) == (name, True), found
        assert found["artifact_location"] == f"mlflow-artifacts:/{found['experiment_id']}"
        created = post("registered-models/create", name=name)
        if "/" in name:
            assert (created.status, created.json()["error_code"]) == (400, "INVALID_PARAMETER_VALUE"), created
            assert f"'{name}'" in created.json()["message"], created
        else:
            assert created.json()["registered_model"]["name"] == name
            assert get("registered-models/get", name=name).json()["registered_model"]["name"] == name
        for other in (f"x/../{name}", f"./{name}", name.replace("/", "//"), f"{name}/"):
            if other != name:
                assert get("experiments/get-by-name", experiment_name=other).status == 404, other
                assert get("registered-models/get", name=other).status == 404, other
    assert len(made) == len(NAMES)
    for verb in ("experiments/create", "registered-models/create"):
        long = post(verb, name="a" * 3000)
        assert (long.status, long.json()["error_code"]) == (400, "INVALID_PARAMETER_VALUE"), long
        assert "'name' exceeds the maximum length" in long.json()["message"], long


@pytest.mark.parametrize("segment", SEGMENTS)
def test_a_project_in_an_address_leads_nowhere_else(tracked: Bank, segment: str) -> None:
    name = unquote(segment)
    for method, verb in (("GET", "experiments/get?experiment_id=0"), ("POST", "runs/create")):
        way = f"/mlflow/{segment}/api/2.0/mlflow/{verb}"
        answer = tracked.raw(method, way, token=tracked.token("ana"), body='{"experiment_id": "0"}')
        assert (answer.status, answer.json()["error_code"]) == (404, "RESOURCE_DOES_NOT_EXIST"), answer
        assert not LEAKS.search(answer.body), answer
        # What is no text is named by nothing yet.
        if name.isprintable() and not set(name) & {"'", "\\", "\ufffd"}:
            assert f"space `{name[:100]}` does not exist" in answer.json()["message"], answer


def test_what_no_database_keeps_is_refused_by_its_field(tracked: Bank) -> None:
    token = tracked.token("ana")
    calls = [
        ("POST", "experiments/create", {"name": "a\0b"}, "name"),
        ("POST", "runs/create", {"experiment_id": "0", "tags": [{"key": "k", "value": "\0"}]}, "tags"),
        ("POST", "registered-models/create", {"name": "fine", "description": "a\0"}, "description"),
        ("GET", "experiments/get-by-name?experiment_name=a%00b", None, "experiment_name"),
        ("GET", "registered-models/search?filter=name%3D%27%00%27", None, "filter"),
    ]
    for method, verb, what, field in calls:
        body = None if what is None else json.dumps(what)
        refused = tracked.raw(method, f"/api/2.0/mlflow/{verb}", token=token, body=body)
        assert (refused.status, refused.json()["error_code"]) == (400, "INVALID_PARAMETER_VALUE"), refused
        assert f"'{field}' holds the character U+0000" in refused.json()["message"], refused


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
