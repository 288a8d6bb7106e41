"""Every route of the API's own document, for those who may not: strangers, outsiders, and made-up ids."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

import lockgate
import pytest
from bank import Answer, Bank, wait_until
from hostile import LEAKS, SEGMENTS
from journey.build import PROJECT
from journey.operate import LIVE
from lockgate.operations import OPERATIONS
from told import Told

OPEN = {"sign_in", "redeem_link", "get_openapi"}
"""Operations that a stranger may call: signing in, and redeeming a one-time link."""

ABSENT = {"id": "zz-0", "column": "nothing", "person": "nobody"}


def operations(bank: Bank) -> Iterator[tuple[str, str, str, Mapping[str, Any]]]:
    """Yield operation id, method, path and description of every route."""
    for path, verbs in bank.document()["paths"].items():
        for method in verbs.keys() & {"get", "post", "put", "patch", "delete"}:
            full = path if path.startswith("/api/v1") else f"/api/v1{path}"
            yield verbs[method]["operationId"], method.upper(), full, verbs[method]


def fill(path: str, values: Mapping[str, str]) -> str:
    return re.sub(r"\{(\w+)\}", lambda found: values.get(found[1], ABSENT.get(found[1], "zz-0")), path)


def check_refusal(answer: Answer, what: str) -> None:
    """Check that an answer is a problem in the client's range that leaks nothing of the machine."""
    assert 400 <= answer.status < 500, f"{what}: {answer}"
    assert answer.problem()["code"], what
    assert not LEAKS.search(answer.body), f"{what}: {answer}"


def test_the_document_has_the_routes_of_the_contract(walked: Bank) -> None:
    found = {name for name, *_ in operations(walked)}
    assert set(OPERATIONS) <= found, f"not served: {sorted(set(OPERATIONS) - found)}"
    assert len(found) >= 40


def test_a_stranger_gets_401_on_every_route(walked: Bank) -> None:
    tried = 0
    for name, method, path, _ in operations(walked):
        for token in (None, "lgp-made-up", ""):
            answer = walked.raw(method, fill(path, {}), token=token, body="{}" if method == "POST" else None)
            if name == "get_openapi":
                assert answer.status in {200, 401}, answer
            elif name in OPEN:
                check_refusal(answer, name)
            else:
                assert answer.status == 401, f"{name} as a stranger: {answer}"
                check_refusal(answer, name)
            tried += 1
    assert tried >= 120


def test_an_outsider_cannot_tell_absent_from_hidden(walked: Bank) -> None:
    """Ids of others' requests, grants, queries and people answer as made-up ids do, byte for byte."""
    walk = walked.walk
    assert walk is not None
    query = next(iter(walked.client("ana").pages("list_queries", limit=1)))["id"]
    token = next(iter(walked.client("pat").pages("list_tokens", limit=1)))["id"]
    real = {
        "/requests/": walk.requests["retail"],
        "/grants/": walk.grants["retail"],
        "/queries/": query,
        "/tokens/": token,
    }
    tried = 0
    for name, method, path, _ in operations(walked):
        for prefix, known in real.items():
            if not path.startswith(f"/api/v1{prefix}") or "{id}" not in path:
                continue
            answers = []
            for one in (known, "zz-0"):
                body = "{}" if method == "POST" else None
                answer = walked.raw(method, fill(path, {"id": one}), token=walked.token("zoe"), body=body)
                # Each answer names itself for the log; all else must be equal, byte for byte.
                shown = re.sub(rb'"request_id":"[^"]+"', b"", answer.body.replace(one.encode(), b"ID"))
                answers.append((answer.status, shown))
            assert answers[0] == answers[1], f"{name}: {answers}"
            assert answers[0][0] in {400, 403, 404}, f"{name}: {answers[0]}"
            tried += 1
    assert tried >= 15


def test_an_outsider_changes_nothing(walked: Bank) -> None:
    """No route that acts on what others own lets an outsider through, whatever the body."""
    own = {"sign_in", "sign_out", "redeem_link", "create_token", "create_request"}
    own |= {"run_query"}
    for name, method, path, _ in operations(walked):
        if method == "GET" or name in own:
            continue
        values = {"id": "retail.core.customers" if "/datasets/" in path else "retail", "column": "iban"}
        for body in ("{}", '{"reason":"x","state":"active","level":"public","visibility":"listed"}'):
            answer = walked.raw(method, fill(path, values), token=walked.token("zoe"), body=body)
            check_refusal(answer, f"{name} as an outsider")


WHY: Mapping[str, Any] = {"reason": "just so"}
PLACE: Mapping[str, Any] = {"environment": "prod", "reason": "just so"}
ORDERS: Mapping[str, Mapping[str, Any]] = {
    "acknowledge_breach": WHY,
    "resolve_breach": WHY,
    "mute_breach": {**WHY, "until": "2099-01-01T00:00:00Z"},
    "lift_hold": WHY,
    "pause_monitor": WHY,
    "set_monitor": {"truth": None, "every_s": 86_400, "window_h": 24},
    "merge_branch": {"branch": "more-steps"},
    "create_promotion": {"candidate": 1, "environment": "prod"},
    "abandon_promotion": WHY,
    "reject_promotion": WHY,
    "place_hold": PLACE,
    "roll_back": PLACE,
    "suspend_production": PLACE,
    "resume_production": {"environment": "prod"},
    "revoke_grant": WHY,
    "suspend_grant": WHY,
    "decide_request": {"decision": "reject", "reason": "just so"},
    "edit_gate": {"required": [], "approvals": [], "baking_s": 0, "tolerances": []},
}
"""Bodies that these operations take."""


def things(bank: Bank) -> Mapping[str, Mapping[str, str]]:
    """Return one of each kind of thing that the journey left, by the first word of its routes."""
    ana, ben, pat = (bank.client(name) for name in ("ana", "ben", "pat"))
    run = next(iter(lockgate.runs.list(client=ana)))
    step = lockgate.runs.get(run.id, client=ana).steps[0]
    (batch,) = lockgate.batch_jobs.list(project=PROJECT, client=ana)
    evaluation = next(iter(lockgate.monitors.evaluations(LIVE, client=ben)))
    breach = next(iter(lockgate.monitors.breaches(project=PROJECT, client=ben)))
    hold = next(iter(lockgate.releases.holds(PROJECT, client=ben)))
    promotion = next(iter(lockgate.releases.promotions(PROJECT, client=ana)))
    experiment = next(one for one in lockgate.experiments.list(client=ana) if one.space == f"project/{PROJECT}")
    logged = next(iter(lockgate.experiments.runs(experiment.id, client=ana)))
    model = next(one for one in lockgate.models.list(client=ana) if one.space == f"project/{PROJECT}")
    request = next(iter(lockgate.requests.list(view="mine", client=ana)))
    grant = next(iter(lockgate.grants.list(client=ana)))
    environment, endpoint = LIVE.split(".", 1)
    return {
        "batches": {"id": batch.id},
        "breaches": {"id": breach.id},
        "endpoints": {"environment": environment, "name": endpoint},
        "environments": {"project": PROJECT, "name": "dev"},
        "evaluations": {"id": evaluation.id},
        "experiment-runs": {"id": logged.id, "key": "auc"},
        "experiments": {"id": experiment.id},
        "grants": {"id": grant.id},
        "holds": {"id": hold.id},
        "models": {"id": model.id, "version": "1"},
        "monitors": {"id": lockgate.monitors.monitor(LIVE, client=ben).id},
        "projects": {"id": PROJECT, "project": PROJECT, "number": "1", "environment": "prod"},
        "promotions": {"id": promotion.id},
        "queries": {"id": next(iter(ana.pages("list_queries", limit=1)))["id"]},
        "requests": {"id": request.id},
        "runs": {"id": run.id, "step": step.name, "name": "train"},
        "tokens": {"id": next(iter(pat.pages("list_tokens", limit=1)))["id"]},
    }


@pytest.mark.parametrize("outsider", ["zoe", "yan"])
def test_of_what_the_journey_left_an_outsider_learns_nothing(told: Told, outsider: str) -> None:
    """Each thing answers as one that is not there, byte for byte: to a stranger, and to who owns another project."""
    bank, tried = told.bank, 0
    if outsider == "yan":
        token = bank.token("yan")
        for role in ("model_owner", "model_developer", "model_validator", "change_manager"):
            lockgate.roles.assign(role, "person:yan", "project/collections", client=bank.client("pat"))
    else:
        token = bank.token("zoe")
    known = things(bank)
    for name, method, path, _ in operations(bank):
        kind = path.removeprefix("/api/v1/").split("/")[0]
        if "{" not in path or kind not in known or name == "edit_request":
            continue
        asked = "?environment=prod" if name == "review_candidate" else ""
        body = None if method == "GET" else json.dumps(ORDERS.get(name, {}))
        answers = []
        for values in (
            known[kind],
            dict.fromkeys(known[kind], "zz-0") | {"number": "1", "version": "1", "environment": "prod"},
        ):
            answer = bank.raw(method, fill(path, values) + asked, token=token, body=body)
            shown = re.sub(rb'"request_id":"[^"]+"', b"", answer.body)
            for value in sorted(values.values(), key=len, reverse=True):
                shown = re.sub(rf"(?<![\w-]){re.escape(value)}(?![\w-])".encode(), b"ID", shown)
            answers.append((answer.status, shown))
        assert answers[0] == answers[1], f"{name} as {outsider}: {answers}"
        assert answers[0][0] in {403, 404}, f"{name} as {outsider}: {answers[0]}"
        tried += 1
    assert tried >= 60


@pytest.mark.parametrize("person", ["pat", "dora"])
def test_no_path_parameter_leaves_its_place(walked: Bank, person: str) -> None:
    tried = 0
    for name, method, path, _ in operations(walked):
        parameters = re.findall(r"\{(\w+)\}", path)
        for parameter in parameters:
            for value in SEGMENTS:
                values = {"id": "retail.core.customers", "column": "iban"} | {parameter: value}
                target = fill(path, values)
                answer = walked.raw(method, target, token=walked.token(person), body="{}" if method == "POST" else None)
                check_refusal(answer, f"{name} {target}")
                tried += 1
    assert tried >= 500
    assert walked.raw("GET", "/ready").status == 200


@pytest.mark.parametrize("path", ["/api/v1/nothing", "/api/v1", "/api/v1/datasets/a/b/c", "/api/v2/me", "/api/v1/me/"])
def test_an_unknown_route_is_a_problem(walked: Bank, path: str) -> None:
    for token in (None, walked.token("zoe")):
        answer = walked.raw("GET", path, token=token)
        assert answer.status in {401, 404}, answer
        answer.problem()


def test_a_wrong_method_is_a_problem(walked: Bank) -> None:
    for name, method, path, _ in operations(walked):
        if "{" not in path and method == "GET" and name != "get_openapi":
            answer = walked.raw("DELETE", path, token=walked.token("pat"))
            if answer.status != 405:
                check_refusal(answer, name)
            answer.problem()


def test_an_expired_token_is_refused(walked: Bank) -> None:
    """It was made for a minute, the shortest there is, when the bank opened; most of that has passed by now."""
    token = walked.token("short-lived")
    wait_until(lambda: walked.raw("GET", "/api/v1/me", token=token).status == 401, within_s=61)
    assert walked.raw("GET", "/api/v1/me", token=token).problem()["code"] == "access.token_expired"
