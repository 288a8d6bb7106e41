"""Projects, repositories and runs on the built binary where they go wrong; how they go right, the journey tells."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import lockgate
import pytest
from bank import REPO, Bank, open_bank, wait_until
from journey.build import BRANCH, PROJECT, Build
from journey.laptop import Laptop, LaptopError
from journey.process import free_port
from journey.walk import Walk
from lockgate.runs import Run

RUFF = (sys.executable, "-m", "ruff")
STYLE = ("--isolated", "--line-length", "79", "--no-respect-gitignore")


@pytest.fixture(scope="module")
def bank(binary: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bank]:
    """Yield a bank that comes back on the same ports after a kill."""
    listen = {"listen": f"127.0.0.1:{free_port()}", "serving_listen": f"127.0.0.1:{free_port()}"}
    with open_bank(binary, tmp_path_factory.mktemp("built") / "bank", **listen) as opened:
        yield opened


@pytest.fixture(scope="module")
def built(bank: Bank) -> Build:
    """Return Ana's project on that bank, made and cloned."""
    bank.walk = Walk(bank.url, bank.lakes, bank.everyone(), say=print)
    build = Build(bank.walk, Laptop(bank.server.data.with_name("laptop"), bank.url, "ana", bank.token("ana")))
    bank.walk.find_data()  # there is something to read, for who may
    build.project()
    build.clone()
    return build


def push(build: Build, branch: str, files: Mapping[str, str]) -> str:
    """Push a branch off `main` with these files instead of the template's lock and pipelines; return the commit."""
    folder = build.laptop.home / branch
    build.git("worktree", "add", "--quiet", "-b", branch, str(folder), "origin/main")
    build.laptop.git("rm", "--quiet", "-r", "requirements.lock", "pipelines", folder=folder)
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    build.laptop.git("add", "--all", folder=folder)
    build.laptop.git("commit", "--quiet", "-m", f"Try {branch}", folder=folder)
    build.laptop.git("push", "--quiet", "-u", "origin", branch, folder=folder)
    return build.laptop.git("rev-parse", "HEAD", folder=folder).strip()


def one_step(function: str, **options: Any) -> str:
    """Return a pipeline `try` of one step, which is a function of `steps.py` in the repository."""
    step = {"name": function, "run": {"python": f"steps:{function}"}, "outputs": ["result"], **options}
    return json.dumps({"version": 1, "name": "try", "parameters": {}, "steps": [step]})


def try_step(build: Build, branch: str, code: str, function: str, **options: Any) -> Run:
    """Push a branch with a pipeline of one step, start it, and return the run as it is then."""
    push(build, branch, {"steps.py": code, "pipelines/try.json": one_step(function, **options)})
    return lockgate.runs.start(PROJECT, "try", revision=branch, client=build.ana)


def over(build: Build, run: Run) -> Run:
    """Return a run once it is over, however it ended."""
    try:
        return lockgate.runs.wait(run.id, timeout_s=120, client=build.ana)
    except lockgate.ConflictError:
        return lockgate.runs.get(run.id, client=build.ana)


def log(build: Build, run: Run, step: str) -> list[str]:
    """Return what a step wrote, without what its runner says of it."""
    return [line.text for line in lockgate.runs.logs(run.id, step, client=build.ana) if line.source != "runner"]


def test_the_repository_keeps_the_style_and_passes_its_own_tests(built: Build) -> None:
    folder = built.laptop.home / "checked"
    built.git("worktree", "add", "--quiet", "--detach", str(folder), "origin/main")
    for words in (("check", "--preview", "--select", "E,W,N", "--ignore-noqa"), ("format", "--check")):
        done = subprocess.run([*RUFF, *words, *STYLE, str(folder)], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
    assert "{{" not in (folder / "README.md").read_text()
    assert f"Project `{PROJECT}`" in (folder / "README.md").read_text()
    built.laptop.install(folder)
    said = built.laptop.python("-m", "pytest", "-p", "no:cacheprovider", folder=folder)
    assert " passed" in said
    assert built.laptop.git("status", "--porcelain", folder=folder) == ""


@pytest.mark.parametrize(
    ("changes", "error", "said"),
    [
        ({"name": PROJECT}, lockgate.ConflictError, PROJECT),
        ({"name": "Credit Risk"}, lockgate.InvalidError, "Credit Risk"),
        ({"tier": 4}, lockgate.InvalidError, "4"),
        ({"template": "tabular"}, lockgate.NotFoundError, "tabular"),
        ({"parameters": {"color": "red"}}, lockgate.InvalidError, "color"),
        ({"owner": "nobody"}, lockgate.LockgateError, "nobody"),
        ({"intended_use": " "}, lockgate.InvalidError, "intended"),
    ],
)
def test_a_project_that_cannot_be_is_refused_with_the_reason(
    built: Build, changes: Mapping[str, Any], error: type[lockgate.LockgateError], said: str
) -> None:
    facts = {
        "name": "other",
        "title": "Other",
        "team": "risk",
        "owner": "ben",
        "tier": 3,
        "intended_use": "None.",
        "prohibited_use": "All.",
        "template": "tabular-classification",
    }
    with pytest.raises(error, match=said):
        lockgate.projects.create(**{**facts, **changes}, wait=False, client=built.ana)
    assert [one.id for one in lockgate.projects.list(client=built.ana)] == [PROJECT]


def test_only_developers_make_projects_and_outsiders_see_nothing(bank: Bank, built: Build) -> None:
    with pytest.raises(lockgate.ForbiddenError):
        lockgate.projects.create(
            "ivos",
            title="Ivo's",
            team="risk",
            owner="ben",
            tier=3,
            intended_use="None.",
            prohibited_use="All.",
            template="tabular-classification",
            client=bank.client("ivo"),
        )
    run = try_step(built, "unseen", "def make():\n    return 1\n", "make")
    cho = bank.client("cho")
    for look in (
        lambda: lockgate.projects.get(PROJECT, client=cho),
        lambda: lockgate.code.branches(PROJECT, client=cho),
        lambda: lockgate.runs.get(run.id, client=cho),
        lambda: lockgate.runs.start(PROJECT, "train", client=cho),
        lambda: lockgate.environments.get(f"{PROJECT}/dev", client=cho),
    ):
        with pytest.raises(lockgate.NotFoundError):
            look()
    assert [*lockgate.projects.list(client=cho)] == []
    assert [*lockgate.runs.list(client=cho)] == []


def test_git_refuses_what_it_must_and_says_why(bank: Bank, built: Build, tmp_path: Path) -> None:
    address = lockgate.projects.get(PROJECT, client=built.ana).clone_url
    cho = Laptop(tmp_path / "cho", bank.url, "cho", bank.token("cho")).set_up()
    with pytest.raises(LaptopError, match=r"not found|does not exist"):
        cho.git("clone", address)
    stranger = Laptop(tmp_path / "stranger", bank.url, "ana", "lgp-not-a-token").set_up()
    with pytest.raises(LaptopError, match=r"Authentication failed"):
        stranger.git("clone", address)
    before = built.git("ls-remote", "origin", "main").split()[0]
    for words in (("origin", f"+{BRANCH}:main"), ("origin", ":main")):
        with pytest.raises(LaptopError, match=r"remote rejected"):
            built.git("push", *words)
    main = built.git("ls-remote", "origin", "main").split()[0]
    assert main == before
    assert main == next(lockgate.code.commits(PROJECT, limit=1, client=built.ana)).id


@pytest.mark.parametrize(
    ("options", "error", "said"),
    [
        ({"pipeline": "trian"}, lockgate.LockgateError, "trian"),
        ({"revision": "no-such-branch"}, lockgate.LockgateError, "no-such-branch"),
        ({"parameters": {"sed": 1}}, lockgate.InvalidError, "did you mean `seed`|`sed`"),
        ({"parameters": {"seed": "seven"}}, lockgate.InvalidError, "integer"),
        ({"environment": "prod"}, lockgate.LockgateError, "dev|prod"),
    ],
)
def test_a_run_that_cannot_be_is_refused_with_the_reason(
    built: Build, options: Mapping[str, Any], error: type[lockgate.LockgateError], said: str
) -> None:
    with pytest.raises(error, match=said):
        lockgate.runs.start(PROJECT, **{"pipeline": "train", **options}, client=built.ana)


def test_a_pipeline_file_that_is_wrong_is_told_with_its_place(built: Build) -> None:
    with pytest.raises(lockgate.InvalidError, match=r"step `count`.*`timout_s`"):
        try_step(built, "wrong-file", "", "count", timout_s=3)


def test_a_step_that_raises_fails_as_the_users_and_its_log_says_where(built: Build) -> None:
    code = "def fail():\n    print('before')\n    raise ValueError('no such column `x`')\n"
    run = over(built, try_step(built, "raises", code, "fail"))
    (attempt,) = run.step("fail").attempts
    assert (run.state, attempt.state, attempt.failure, attempt.exit_code) == ("failed", "failed", "user", 1)
    lines = log(built, run, "fail")
    assert lines[0] == "before"
    assert lines[-1] == "step `fail` failed: ValueError: no such column `x`"
    assert any('steps.py", line 3, in fail' in line for line in lines)
    with pytest.raises(lockgate.ConflictError, match="step `fail`"):
        lockgate.runs.wait(run.id, client=built.ana)
    again = over(built, lockgate.runs.start(PROJECT, "try", revision="raises", client=built.ana))
    assert again.step("fail").kind == "executed", "a failure is never taken from the cache"


@pytest.mark.parametrize(
    ("name", "code", "said"),
    [
        ("nothing", "def make():\n    return None\n", "null"),
        ("estimator", "def make():\n    return object()\n", "does not travel between steps"),
        ("missing", "def other():\n    return 1\n", "has no function `make`"),
        ("broken", "import no_such_package\n", "ModuleNotFoundError: No module named 'no_such_package'"),
    ],
)
def test_what_a_step_returns_is_kept_or_refused_in_plain_words(built: Build, name: str, code: str, said: str) -> None:
    run = over(built, try_step(built, name, code, "make"))
    if run.state == "succeeded":
        assert lockgate.runs.output(run.id, "make", "result", client=built.ana).decode() == said
    else:
        assert any(said in line for line in log(built, run, "make"))
        with pytest.raises(lockgate.NotFoundError):
            lockgate.runs.output(run.id, "make", "result", client=built.ana)


def test_a_step_computes_statistics_behind_its_walls(built: Build) -> None:
    code = (
        "from lockgate import stats\n\n\n"
        "def make():\n"
        "    return stats.drift({'a': [1.5] * 200}, {'a': [2.5] * 200}).to_dict()['columns']['a']['verdict']\n"
    )
    run = over(built, try_step(built, "statistics", code, "make"))
    assert run.state == "succeeded", log(built, run, "make")
    assert b"drifted" in lockgate.runs.output(run.id, "make", "result", client=built.ana)


PROBE = """
import os
import socket


def look(places, port):
    seen = {}
    for place in places:
        try:
            os.listdir(place) if os.path.isdir(place) else open(place).read(1)
            seen[place] = "seen"
        except OSError as error:
            seen[place] = type(error).__name__
    for address in (("127.0.0.1", port), ("203.0.113.1", 80)):
        try:
            socket.create_connection(address, 2).close()
            seen[str(address[0])] = "reached"
        except OSError as error:
            seen[str(address[0])] = "not reached"
    seen["pids"] = sum(name.isdigit() for name in os.listdir("/proc")) if os.path.isdir("/proc") else 0
    seen["code"] = sorted(os.listdir("."))
    try:
        open("own.txt", "w").write("x")
        seen["code is"] = "writable"
    except OSError:
        seen["code is"] = "read only"
    return seen
"""


def test_a_step_sees_its_own_folder_and_nothing_of_the_server(bank: Bank, built: Build) -> None:
    port = int(bank.url.rpartition(":")[2])
    places = [str(bank.server.data), str(bank.lakes.root), str(bank.server.data / "admin.sock"), str(REPO), "/root"]
    inputs = {"places": {"value": places}, "port": {"value": port}}
    run = over(built, try_step(built, "probe", PROBE, "look", inputs=inputs))
    assert run.state == "succeeded", log(built, run, "look")
    seen = json.loads(lockgate.runs.output(run.id, "look", "result", client=built.ana))
    assert {place: seen[place] for place in places if seen[place] == "seen"} == {}
    assert (seen["127.0.0.1"], seen["203.0.113.1"], seen["code is"]) == ("not reached", "not reached", "read only")
    assert seen["pids"] < 10
    assert "steps.py" in seen["code"]
    assert ".git" not in seen["code"]


TALK = """
import json
import os
import urllib.error
import urllib.request


def call(path, body=None):
    url, token = os.environ["LOCKGATE_URL"], os.environ["LOCKGATE_TOKEN"]
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    data = None if body is None else json.dumps(body).encode()
    try:
        with urllib.request.urlopen(urllib.request.Request(url + path, data, headers)) as answer:
            return answer.status
    except urllib.error.HTTPError as error:
        return error.code


def talk(run):
    return {
        "datasets": call("/api/v1/query", {"sql": "SELECT * FROM retail.core.customers", "use": "train"}),
        "projects": call("/api/v1/projects"),
        "people": call("/api/v1/people"),
        "another run": call("/api/v1/runs", {"project": "credit-risk", "pipeline": "train"}),
        "a token": call("/api/v1/tokens", {"name": "mine"}),
        "its own log": call(f"/api/v1/runs/{run}/steps/fit/logs"),
    }
"""


def test_a_steps_token_reads_nothing_without_a_grant_and_approves_nothing(built: Build) -> None:
    inputs = {"run": {"value": lockgate.runs.list(project=PROJECT, client=built.ana)[0].id}}
    run = over(built, try_step(built, "talk", TALK, "talk", inputs=inputs))
    assert run.state == "succeeded", log(built, run, "talk")
    said = json.loads(lockgate.runs.output(run.id, "talk", "result", client=built.ana))
    assert {what: status for what, status in said.items() if status not in {401, 403, 404}} == {}


def test_a_log_is_followed_while_the_step_runs(built: Build) -> None:
    code = "import time\n\n\ndef wait():\n    print('one')\n    time.sleep(3)\n    print('two')\n    return 1\n"
    run = try_step(built, "follows", code, "wait")
    followed = lockgate.runs.follow(run.id, "wait", client=built.ana)
    seen = [(line.text, lockgate.runs.get(run.id, client=built.ana).state) for line in followed]
    assert seen[0] == ("one", "running")
    assert [text for text, _ in seen] == ["one", "two"]
    assert over(built, run).state == "succeeded"


SLEEP = "import time\n\n\ndef wait():\n    print('begun', flush=True)\n    time.sleep({seconds})\n    return 7\n"


def test_a_cancelled_run_ends_its_step(built: Build) -> None:
    run = try_step(built, "cancels", SLEEP.format(seconds=300), "wait")
    assert next(lockgate.runs.follow(run.id, "wait", client=built.ana)).text == "begun"
    started = time.monotonic()
    lockgate.runs.cancel(run.id, client=built.ana)
    done = over(built, run)
    assert (done.state, time.monotonic() - started < 20) == ("cancelled", True)
    assert lockgate.runs.cancel(run.id, client=built.ana).state == "cancelled"


def test_a_step_outlives_a_kill_of_the_server_and_is_done_once(bank: Bank, built: Build) -> None:
    run = try_step(built, "outlives", SLEEP.format(seconds=5), "wait")
    assert next(lockgate.runs.follow(run.id, "wait", client=built.ana)).text == "begun"
    bank.server.kill()
    bank.server.start()
    done = wait_until(lambda: (found := over(built, run)).state == "succeeded" and found, within_s=60)
    assert isinstance(done, Run)
    assert [attempt.state for attempt in done.step("wait").attempts] == ["succeeded"]
    assert log(built, done, "wait") == ["begun"]


def test_runs_that_start_at_once_compute_a_step_once(built: Build) -> None:
    push(built, "flock", {"steps.py": SLEEP.format(seconds=2), "pipelines/try.json": one_step("wait")})
    runs: list[Run] = []

    def start() -> None:
        with lockgate.Client(built.walk.url, built.laptop.token) as client:
            runs.append(lockgate.runs.start(PROJECT, "try", revision="flock", client=client))

    threads = [threading.Thread(target=start) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    kinds = sorted(str(over(built, run).step("wait").kind) for run in runs)
    assert kinds == ["cached_from"] * 3 + ["executed"]


def test_a_branch_is_on_record_with_its_pusher(built: Build) -> None:
    pushes = {one.branch: one for one in lockgate.code.pushes(PROJECT, client=built.ana) if one.state != "refused"}
    assert pushes[BRANCH].pusher == "ana"
    assert pushes["main"].pusher != "ana"
