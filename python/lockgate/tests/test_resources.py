"""Lakes, datasets, purposes, requests, grants and the rest: what is sent, and what comes back typed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timezone
from typing import Any

import lockgate
import pytest
from far_side import Answer, FarSide, problem
from lockgate import audit, datasets, grants, groups, lakes, people, purposes, requests, roles, tokens

END = datetime(2026, 12, 31, tzinfo=timezone.utc)
GRANT = {
    "id": "g-17",
    "state": "active",
    "kind": "read",
    "object": "retail.core.customers",
    "principal": "person:ana",
    "purpose": {"id": "p-1", "name": "Credit risk"},
    "uses": ["explore"],
    "starts_at": "2026-11-25T20:50:35.000001Z",
    "expires_at": "2026-12-31T00:00:00Z",
    "next": {"tone": "good", "text": "Reads work.", "reason": "", "action": "revoke_grant"},
    "a_field_of_a_newer_server": [1],
}
REQUEST = {
    "id": "r-214",
    "state": "submitted",
    "kind": "read",
    "object": "retail.core.customers",
    "principal": "person:ana",
    "purpose": "p-1",
    "uses": ["explore"],
    "text": "why",
}
COLUMNS = [
    {"name": "iban", "as": "clear", "level": "restricted"},
    {"name": "age", "as": "clear", "level": "internal"},
    {"name": "sex", "as": "left_out", "level": "confidential"},
]
CRAWL = {"id": "c-1", "state": "queued", "files_read": 0}
LAKE = {"id": "retail", "name": "retail", "root": "retail", "folder": "", "team": "retail"}
ASSIGNMENT = {"id": "ra-1", "principal": "person:dora", "role": "data_steward", "scope": "lake/retail"}
TOKEN = {"id": "t-1", "name": "ci", "person": "ana", "state": "active"}
PURPOSE = {
    "id": "p-1",
    "name": "Credit risk",
    "text": "why",
    "lawful_basis": "contract",
    "controller": "Bank",
    "allowed_uses": ["explore", "train"],
    "retention_days": 30,
}


def test_what_comes_back_is_typed_and_tolerates_new_fields(client: lockgate.Client, server: FarSide) -> None:
    server.says(Answer(200, GRANT))
    grant = grants.get("g-17", client=client)
    assert grant.starts_at == datetime(2026, 11, 25, 20, 50, 35, 1, timezone.utc)
    assert (grant.state, grant.purpose, grant.uses) == ("active", "p-1", ("explore",))
    assert grant.next is not None
    assert (grant.next.text, grant.next.action) == ("Reads work.", "revoke_grant")
    assert grant.json["a_field_of_a_newer_server"] == [1]


def test_an_answer_without_what_it_must_have_is_said_so(client: lockgate.Client, server: FarSide) -> None:
    server.says(Answer(200, {"id": "g-17"}))
    with pytest.raises(lockgate.InternalError, match="the server's answer for a grant has no `state`"):
        grants.get("g-17", client=client)


Case = tuple[Callable[..., Any], tuple[Any, ...], dict[str, Any], Any, str, Any]
"""Function, its arguments, the answer, the call that must have been made, and its body."""

CASES: list[Case] = [
    (grants.revoke, ("g-17",), {"reason": "over"}, GRANT, "POST /grants/g-17/revoke", {"reason": "over"}),
    (grants.suspend, ("g-17",), {"reason": "x"}, GRANT, "POST /grants/g-17/suspend", {"reason": "x"}),
    (grants.resume, ("g-17",), {}, GRANT, "POST /grants/g-17/resume", None),
    (
        grants.resume,
        (grants.Grant.from_json(GRANT | {"levels": {"age": "restricted"}}),),
        {},
        GRANT,
        "POST /grants/g-17/resume",
        {"levels": {"age": "restricted"}},
    ),
    (requests.submit, ("r-214",), {}, REQUEST, "POST /requests/r-214/submit", None),
    (requests.withdraw, ("r-214",), {}, REQUEST, "POST /requests/r-214/withdraw", None),
    (
        requests.reject,
        ("r-214",),
        {"reason": "no lawful basis"},
        REQUEST,
        "POST /requests/r-214/decide",
        {"decision": "reject", "reason": "no lawful basis"},
    ),
    (
        requests.approve,
        ("r-214",),
        {
            "columns": {"iban": "token"},
            "row_filter": [{"column": "age", "op": "at_most", "value": 65}],
            "until": END,
        },
        REQUEST,
        "POST /requests/r-214/decide",
        {
            "decision": "approve",
            "terms": {
                "columns": {"iban": "token"},
                "row_filter": [{"column": "age", "op": "at_most", "value": 65}],
                "until": "2026-12-31T00:00:00+00:00",
            },
            "levels": {},
        },
    ),
    (
        requests.approve,
        (requests.Request.from_json(REQUEST | {"columns": COLUMNS}),),
        {},
        REQUEST,
        "POST /requests/r-214/decide",
        {
            "decision": "approve",
            "terms": {"columns": {}, "row_filter": []},
            "levels": {"age": "internal", "iban": "restricted"},
        },
    ),
    (
        requests.create,
        ("retail.core.customers",),
        {"purpose": "p-1", "text": "why", "expires_at": END, "columns": ["age"]},
        REQUEST,
        "POST /requests",
        {
            "kind": "read",
            "object": "retail.core.customers",
            "purpose": "p-1",
            "uses": ["explore"],
            "text": "why",
            "columns": {"age": "clear"},
            "row_filter": [],
            "expires_at": "2026-12-31T00:00:00+00:00",
            "submit": True,
        },
    ),
    (
        purposes.create,
        ("Credit risk", "why"),
        {"lawful_basis": "contract", "controller": "Bank", "allowed_uses": ("explore",), "retention_days": 30},
        PURPOSE,
        "POST /purposes",
        {
            "name": "Credit risk",
            "text": "why",
            "lawful_basis": "contract",
            "controller": "Bank",
            "allowed_uses": ["explore"],
            "retention_days": 30,
        },
    ),
    (roles.end, ("ra-1",), {}, ASSIGNMENT, "POST /role-assignments/ra-1/end", None),
    (
        roles.assign,
        ("data_steward", "person:dora", "lake/retail"),
        {},
        ASSIGNMENT,
        "POST /role-assignments",
        {"role": "data_steward", "principal": "person:dora", "scope": "lake/retail"},
    ),
    (people.deactivate, ("ana",), {}, {"id": "ana", "state": "deactivated"}, "POST /people/ana/deactivate", None),
    (groups.add, ("auditors", "ivo"), {}, {}, "POST /groups/auditors/members", {"person": "ivo"}),
    (groups.remove, ("auditors", "ivo"), {}, {}, "POST /groups/auditors/members/ivo/remove", None),
    (tokens.revoke, ("t-1",), {}, TOKEN, "POST /tokens/t-1/revoke", None),
    (
        datasets.classify,
        ("r.c.t", "a/b"),
        {"level": "restricted"},
        {},
        "POST /datasets/r.c.t/columns/a%2Fb/classify",
        {"level": "restricted"},
    ),
]


@pytest.mark.parametrize(
    ("function", "arguments", "options", "answer", "call", "body"), CASES, ids=[case[4] for case in CASES]
)
def test_each_verb_sends_what_the_api_takes(  # noqa: PLR0917 - one for each part of the case
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
    assert ("idempotency-key" in made.headers) == (method == "POST")


def test_a_time_without_zone_is_refused(client: lockgate.Client, server: FarSide) -> None:
    with pytest.raises(lockgate.InvalidError, match="has no time zone"):
        requests.create("r.c.t", purpose="p-1", text="why", expires_at=datetime(2026, 1, 1), client=client)
    assert server.calls == []


def test_a_crawl_is_waited_for(client: lockgate.Client, server: FarSide) -> None:
    broken = [{"path": "core/t/broken.parquet", "reason": "no footer"}]
    done = {"id": "c-1", "state": "done", "files_read": 4, "files_skipped": 1, "broken": broken}
    server.says(Answer(202, CRAWL), Answer(200, CRAWL | {"state": "leased"}), Answer(200, done))
    crawl = lakes.crawl("retail", client=client)
    assert (crawl.files_read, crawl.broken[0].reason) == (4, "no footer")
    assert [call.path for call in server.calls][1:] == ["/api/v1/crawls/c-1"] * 2
    assert "idempotency-key" in server.calls[0].headers
    server.says(Answer(202, CRAWL))
    assert lakes.crawl("retail", wait=False, client=client).state == "queued"


def test_a_crawl_that_fails_or_takes_too_long_is_an_error(client: lockgate.Client, server: FarSide) -> None:
    server.says(Answer(202, CRAWL), Answer(200, CRAWL | {"state": "dead", "reason": "folder is gone"}))
    with pytest.raises(lockgate.ConflictError, match="folder is gone"):
        lakes.crawl("retail", client=client)
    server.otherwise = lambda _call: Answer(200, CRAWL)
    with pytest.raises(lockgate.UnavailableError, match="not done after 0 s"):
        lakes.crawl("retail", timeout_s=0, client=client)


def test_a_search_says_how_much_more_there_is(client: lockgate.Client, server: FarSide) -> None:
    found = {"id": "retail.core.customers", "lake": "retail", "state": "active", "rows": 1000}
    server.says(Answer(200, {"items": [found], "total": 40, "next_cursor": "x"}))
    seen = datasets.search("customer", lake="retail", limit=1, client=client)
    assert (seen.total, len(seen), next(iter(seen)).rows) == (40, 1, 1000)
    assert server.calls[0].path == "/api/v1/datasets?q=customer&lake=retail&limit=1"


def test_entries_are_followed_through_their_pages(client: lockgate.Client, server: FarSide) -> None:
    entry = {"at": "2026-01-01T00:00:00Z", "actor": "ana", "action": "RunQuery", "resource": "x", "outcome": "allowed"}
    server.says(Answer(200, {"items": [entry], "next_cursor": "2"}), Answer(200, {"items": [entry]}))
    assert [one.actor for one in audit.entries(actor="ana", start=END, client=client)] == ["ana", "ana"]
    assert "from=2026-12-31T00%3A00%3A00%2B00%3A00" in server.calls[0].path


def test_a_token_comes_with_its_secret_once(client: lockgate.Client, server: FarSide) -> None:
    server.says(Answer(201, TOKEN | {"token": "lgp-shown-once"}))
    token, secret = tokens.create("ci", client=client)
    assert (token.id, secret) == ("t-1", "lgp-shown-once")
    assert "lgp-shown-once" not in repr(token)


def test_the_connection_of_the_module_is_used_without_client(far_side: tuple[FarSide, str]) -> None:
    server, url = far_side
    server.says(Answer(200, LAKE), Answer(409, problem("catalog.lake_taken", "lake `retail` exists")))
    lockgate.connect(url, "lgp-module")
    assert lakes.connect("retail", root="retail", team="retail").id == "retail"
    with pytest.raises(lockgate.ConflictError, match="lake `retail` exists"):
        lakes.connect("retail", root="retail", team="retail")
    assert server.calls[0].headers["authorization"] == "Bearer lgp-module"
    lockgate.current().close()


def test_lists_that_have_no_pages_are_asked_for_whole(client: lockgate.Client, server: FarSide) -> None:
    columns = [{"name": "iban", "type": "text", "level": "restricted"}]
    server.says(Answer(200, {"items": columns}), Answer(200, {"items": [{"id": "auditors"}], "total": 1}))
    assert [column.name for column in datasets.columns("a.b.c", client=client)] == ["iban"]
    assert [group.id for group in groups.list(client=client)] == ["auditors"]
    assert [call.path for call in server.calls] == ["/api/v1/datasets/a.b.c/columns", "/api/v1/groups"]


def test_the_far_side_takes_what_the_contract_declares(client: lockgate.Client) -> None:
    with pytest.raises(lockgate.InvalidError, match="takes no parameter `limit`") as caught:
        client.call("list_groups", query={"limit": 200})
    assert caught.value.code == "web.unknown_parameter"
