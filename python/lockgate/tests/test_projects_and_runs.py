"""Projects, code, environments, runs, experiments and models: what is sent, what comes back, what is waited for."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import lockgate
import pytest
from far_side import Answer, FarSide, problem
from lockgate import code, environments, experiments, models, projects, runs
from lockgate.events import events

DEV = {"id": "credit-risk/dev", "project": "credit-risk", "name": "dev", "state": "available"}
PROJECT = {"id": "credit-risk", "title": "Credit risk", "state": "available", "environments": [DEV]}
STEPS: list[dict[str, Any]] = [
    {"name": "prepare", "state": "succeeded", "kind": "cached_from", "outputs": [{"name": "train", "size_bytes": 3}]},
    {"name": "fit", "state": "running", "kind": "executed", "after": ["prepare"]},
]
RUN = {"id": "r-1", "state": "running", "environment": "credit-risk/dev", "pipeline": "train", "steps": STEPS}
COMMIT = {"id": "c0ffee", "subject": "Try", "author": {"name": "Ana", "email": "ana@example.org"}}
FACTS: dict[str, Any] = {
    "title": "Credit risk",
    "team": "risk",
    "owner": "ben",
    "tier": 2,
    "intended_use": "To decide.",
    "prohibited_use": "Nothing else.",
    "template": "tabular-classification",
}

Case = tuple[Callable[..., Any], tuple[Any, ...], dict[str, Any], Any, str, Any]
"""Function, its arguments, the answer, the call that must have been made, and its body."""

CASES: list[Case] = [
    (
        projects.create,
        ("credit-risk",),
        FACTS,
        PROJECT,
        "POST /projects",
        {"name": "credit-risk", **FACTS, "parameters": {}},
    ),
    (projects.get, ("credit-risk",), {}, PROJECT, "GET /projects/credit-risk", None),
    (projects.retry, ("credit-risk",), {}, PROJECT, "POST /projects/credit-risk/retry", None),
    (projects.template, ("tabular",), {}, {"name": "tabular"}, "GET /templates/tabular", None),
    (environments.get, ("credit-risk/dev",), {}, DEV, "GET /environments/credit-risk/dev", None),
    (environments.python, ("ab12",), {}, {"key": "ab12", "state": "ready"}, "GET /python-environments/ab12", None),
    (
        runs.start,
        ("credit-risk", "train"),
        {"revision": "try-c", "parameters": {"c": 0.5}},
        RUN,
        "POST /runs",
        {
            "project": "credit-risk",
            "environment": "dev",
            "revision": "try-c",
            "pipeline": "train",
            "parameters": {"c": 0.5},
        },
    ),
    (runs.get, ("r-1",), {}, RUN, "GET /runs/r-1", None),
    (runs.cancel, ("r-1",), {}, RUN, "POST /runs/r-1/cancel", None),
    (runs.key, ("r-1", "fit"), {}, {"parts": []}, "GET /runs/r-1/steps/fit/key", None),
    (runs.output, ("r-1", "fit", "model"), {}, {}, "GET /runs/r-1/steps/fit/outputs/model", None),
    (
        code.files,
        ("credit-risk", "src/a b.py"),
        {"revision": "try-c"},
        {"path": "src/a b.py", "kind": "file", "commit": COMMIT},
        "GET /projects/credit-risk/files?rev=try-c&path=src%2Fa+b.py",
        None,
    ),
    (experiments.get, ("e-1",), {}, {"id": "e-1", "name": "train"}, "GET /experiments/e-1", None),
    (experiments.run, ("x-1",), {}, {"id": "x-1"}, "GET /experiment-runs/x-1", None),
    (experiments.metric, ("x-1", "a/b"), {}, {"points": []}, "GET /experiment-runs/x-1/metrics/a%2Fb", None),
    (models.get, ("m-1",), {}, {"id": "m-1", "name": "credit"}, "GET /models/m-1", None),
    (experiments.artifacts, ("x-1", "a"), {}, {"items": []}, "GET /experiment-runs/x-1/artifacts?path=a", None),
    (models.version, ("m-1", 3), {}, {"version": 3}, "GET /models/m-1/versions/3", None),
]


@pytest.mark.parametrize(
    ("function", "arguments", "options", "answer", "call", "body"), CASES, ids=[case[4] for case in CASES]
)
def test_each_function_makes_its_call(  # noqa: PLR0917 - one for each part of the case
    client: lockgate.Client,
    server: FarSide,
    function: Callable[..., Any],
    arguments: tuple[Any, ...],
    options: dict[str, Any],
    answer: Any,
    call: str,
    body: Any,
) -> None:
    server.says(Answer(200, answer))
    function(*arguments, **options, client=client)
    (made,) = server.calls
    method, _, path = call.partition(" ")
    assert (made.method, made.path) == (method, f"/api/v1{path}")
    assert (made.json() if made.body else None) == body
    assert ("idempotency-key" in made.headers) == call.startswith("POST ")


LISTS: list[tuple[Callable[..., Any], dict[str, Any], Any, str]] = [
    (projects.list, {}, PROJECT, "/projects?limit=200"),
    (projects.templates, {}, {"name": "tabular"}, "/templates"),
    (environments.list, {"project": "credit-risk"}, DEV, "/environments?project=credit-risk&limit=200"),
    (
        runs.list,
        {"project": "credit-risk", "environment": "dev", "state": "failed"},
        RUN,
        "/runs?project=credit-risk&environment=dev&state=failed&limit=200",
    ),
    (code.branches, {"project": "x"}, {"name": "main", "commit": COMMIT}, "/projects/x/branches?limit=200"),
    (code.commits, {"project": "x"}, COMMIT, "/projects/x/commits?branch=main&limit=200"),
    (
        code.pushes,
        {"project": "x"},
        {"id": "u-1", "reference": "refs/heads/a", "state": "moved"},
        "/projects/x/pushes?limit=200",
    ),
    (
        experiments.list,
        {"space": "project/credit-risk"},
        {"id": "e-1", "name": "train"},
        "/experiments?space=project%2Fcredit-risk&limit=200",
    ),
    (
        experiments.runs,
        {"experiment": "e-1", "order_by": "metrics.auc DESC"},
        {"id": "x-1", "metrics": {"auc": 0.7}},
        "/experiments/e-1/runs?order_by=metrics.auc+DESC&limit=200",
    ),
    (models.list, {}, {"id": "m-1", "name": "credit"}, "/models?limit=200"),
]


@pytest.mark.parametrize(("function", "options", "item", "path"), LISTS, ids=[case[3] for case in LISTS])
def test_each_list_is_typed(  # noqa: PLR0917 - one for each part of the case
    client: lockgate.Client,
    server: FarSide,
    function: Callable[..., Any],
    options: dict[str, Any],
    item: Any,
    path: str,
) -> None:
    server.says(Answer(200, {"items": [item], "next_cursor": None}))
    (found,) = function(**options, client=client)
    assert found.json == item
    assert server.calls[0].path == f"/api/v1{path}"


def test_a_project_is_waited_for(client: lockgate.Client, server: FarSide) -> None:
    server.says(Answer(201, PROJECT | {"state": "provisioning"}), Answer(200, PROJECT))
    made = projects.create("credit-risk", **FACTS, client=client)
    assert (made.state, made.environments[0].id) == ("available", "credit-risk/dev")
    server.says(Answer(201, PROJECT | {"state": "provisioning"}))
    assert projects.create("credit-risk", **FACTS, wait=False, client=client).state == "provisioning"
    server.says(Answer(201, PROJECT | {"state": "error", "reason": "the disk is full"}))
    with pytest.raises(lockgate.ConflictError, match=r"the disk is full.*projects\.retry\(\"credit-risk\"\)"):
        projects.create("credit-risk", **FACTS, client=client)
    server.otherwise = lambda _call: Answer(200, PROJECT | {"state": "provisioning"})
    with pytest.raises(lockgate.UnavailableError, match="is `provisioning` after 0 s"):
        projects.retry("credit-risk", timeout_s=0, client=client)


def test_a_run_is_waited_for_with_progress(client: lockgate.Client, server: FarSide) -> None:
    fitted = [STEPS[0], STEPS[1] | {"state": "succeeded"}]
    server.says(
        Answer(200, RUN | {"steps": [STEPS[0]]}),
        Answer(200, RUN),
        Answer(200, RUN),
        Answer(200, RUN | {"state": "succeeded", "steps": fitted}),
    )
    seen: list[tuple[str, str]] = []
    done = runs.wait("r-1", progress=lambda step: seen.append((step.name, step.state)), client=client)
    assert seen == [("prepare", "succeeded"), ("fit", "running"), ("fit", "succeeded")]
    assert (done.step("prepare").kind, done.step("prepare").outputs[0].name) == ("cached_from", "train")


def test_a_run_that_fails_says_where_and_why(client: lockgate.Client, server: FarSide) -> None:
    failed = STEPS[1] | {"state": "failed", "attempts": [{"id": "a-1", "detail": "ValueError: no column"}]}
    server.says(Answer(200, RUN | {"state": "failed", "steps": [STEPS[0], failed]}))
    with pytest.raises(lockgate.ConflictError) as raised:
        runs.wait("r-1", client=client)
    assert raised.value.detail == "run `r-1` failed: step `fit`: ValueError: no column"
    assert raised.value.hint == '`runs.logs("r-1", "fit")` shows its log'
    server.says(Answer(200, RUN | {"state": "cancelled"}))
    with pytest.raises(lockgate.ConflictError, match="run `r-1` cancelled"):
        runs.wait("r-1", client=client)
    server.otherwise = lambda _call: Answer(200, RUN)
    with pytest.raises(lockgate.UnavailableError, match=r"it goes on.*runs\.cancel"):
        runs.wait("r-1", timeout_s=0, client=client)


def test_why_a_step_was_computed_again(client: lockgate.Client, server: FarSide) -> None:
    parts = [
        {"part": "code", "before": "t1", "after": "t1", "same": True},
        {"part": "parameter c", "before": "1.0", "after": "0.5", "same": False},
    ]
    server.says(Answer(200, {"sentence": "Parameter c changed.", "parts": parts}))
    key = runs.key("r-1", "fit", client=client)
    assert (key.sentence, key.changed, key.parts[1].after) == ("Parameter c changed.", ["parameter c"], "0.5")


def line(n: int) -> dict[str, Any]:
    return {"n": n, "at": "2026-11-26T00:00:00Z", "source": "stdout", "text": f"line {n}"}


def test_a_log_is_paged_to_its_end(client: lockgate.Client, server: FarSide) -> None:
    server.says(
        Answer(200, {"attempt": 2, "lines": [line(0), line(1)], "from": 2, "ended": False}),
        Answer(200, {"attempt": 2, "lines": [line(2)], "from": 3, "ended": False}),
        Answer(200, {"attempt": 2, "lines": [], "from": 3, "ended": True}),
    )
    assert [one.text for one in runs.logs("r-1", "fit", client=client)] == ["line 0", "line 1", "line 2"]
    assert [call.path.partition("?")[2] for call in server.calls] == ["from=0", "attempt=2&from=2", "attempt=2&from=3"]


def stream(*numbers: int, end: bool = False, cut: bool = False) -> Answer:
    text = ": hello\n\n" + "".join(f"id: {n}\ndata: {json.dumps(line(n))}\n\n" for n in numbers)
    text += "event: end\ndata: succeeded\n\n" if end else "id: 99\ndata: half a li"
    return Answer(200, text.encode(), {"Content-Type": "text/event-stream"}, cut=cut)


def test_a_log_is_followed_over_breaks(client: lockgate.Client, server: FarSide) -> None:
    server.says(stream(0, 1, cut=True), Answer(503, problem("web.busy", "away")), stream(2), stream(3, end=True))
    assert [one.n for one in runs.follow("r-1", "fit", attempt=1, client=client)] == [0, 1, 2, 3]
    assert [call.headers.get("last-event-id") for call in server.calls] == [None, "1", "1", "2"]
    assert server.calls[0].path == "/api/v1/runs/r-1/steps/fit/logs/stream?attempt=1"
    server.calls.clear()
    server.otherwise = lambda _call: stream()
    with pytest.raises(lockgate.UnavailableError, match="the log of step `fit` of run `r-1` breaks off"):
        list(runs.follow("r-1", "fit", tries=3, client=client))
    assert len(server.calls) == 4
    server.otherwise = lambda _call: Answer(404, problem("runs.not_found", "run `r-1` does not exist"))
    with pytest.raises(lockgate.NotFoundError):
        list(runs.follow("r-1", "fit", client=client))


def test_events_are_read_from_lines() -> None:
    text = ": keep\nevent: a\nid: 1\ndata: x\ndata: y\n\ndata:z\nretry: 5\n\nid: 3\n\ndata: cut"
    found = list(events(text.split("\n")))
    assert [(one.name, one.id, one.data) for one in found] == [("a", "1", "x\ny"), ("message", "1", "z")]


def test_an_output_is_downloaded_whole_or_not_at_all(client: lockgate.Client, server: FarSide, tmp_path: Path) -> None:
    server.says(Answer(200, b"\x00" * 70_000))
    path = runs.download("r-1", "fit", "model", tmp_path / "model.skops", client=client)
    assert path.stat().st_size == 70_000
    cut = Answer(200, b"\x00" * 70_000, cut=True)
    server.says(cut, Answer(200, b"\x00" * 70_000))
    again = runs.download("r-1", "fit", "model", tmp_path / "again.skops", client=client)
    assert again.stat().st_size == 70_000, "what broke off is asked for again, from its beginning"
    server.says(cut, cut, cut, cut)
    with pytest.raises(lockgate.UnavailableError, match="broke off"):
        runs.download("r-1", "fit", "model", tmp_path / "cut", client=client)
    server.says(Answer(404, problem("runs.output_not_found", "no output `modle`")))
    with pytest.raises(lockgate.NotFoundError):
        runs.download("r-1", "fit", "modle", tmp_path / "none", client=client)
    assert sorted(one.name for one in tmp_path.iterdir()) == ["again.skops", "model.skops"]


@pytest.mark.parametrize("name", ["dev", "a/b/c", "/dev", "x/"])
def test_an_environment_has_two_names(name: str) -> None:
    with pytest.raises(lockgate.InvalidError, match="is not an environment"):
        environments.get(name)
