"""The connection: whom it calls as, what it tries again, what it raises."""

from __future__ import annotations

import json
import threading
from pathlib import Path

import lockgate
import pytest
from far_side import Answer, FarSide, problem
from lockgate import errors
from lockgate.client import LONGEST_WAIT_S, _wait_s
from lockgate.config import find_login
from lockgate.errors import LockgateError, UnavailableError

PURPOSE = {"name": "probation"}


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return an empty configuration folder; the environment names no server."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    monkeypatch.delenv("LOCKGATE_URL", raising=False)
    monkeypatch.delenv("LOCKGATE_TOKEN", raising=False)
    return tmp_path


def store(home: Path, text: str) -> None:
    (home / "lockgate").mkdir()
    (home / "lockgate" / "credentials.json").write_text(text)


def test_the_environment_comes_before_the_stored_login(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store(home, json.dumps({"url": "http://stored:1/", "token": "lgp-stored"}))
    assert (find_login().url, find_login().token) == ("http://stored:1", "lgp-stored")
    monkeypatch.setenv("LOCKGATE_URL", "http://stored:1")
    assert find_login().token == "lgp-stored"
    monkeypatch.setenv("LOCKGATE_TOKEN", "lgp-env")
    assert find_login().token == "lgp-env"
    assert find_login("http://argument:2").url == "http://argument:2"
    assert "lgp-env" not in repr(find_login())


def test_a_stored_token_never_travels_to_another_address(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store(home, json.dumps({"url": "http://stored:1", "token": "lgp-stored"}))
    monkeypatch.setenv("LOCKGATE_URL", "http://elsewhere:1")
    with pytest.raises(lockgate.UnauthenticatedError, match="`LOCKGATE_TOKEN` is not set") as raised:
        find_login()
    assert raised.value.hint is not None
    assert "lockgate login" in raised.value.hint


@pytest.mark.parametrize("text", ["", "[]", '{"url": "http://stored:1"}'])
def test_a_stored_login_that_cannot_be_read_is_named(home: Path, text: str) -> None:
    store(home, text)
    with pytest.raises(lockgate.InvalidError, match=r"credentials\.json"):
        find_login()


@pytest.mark.usefixtures("home")
def test_an_address_must_be_one() -> None:
    with pytest.raises(lockgate.InvalidError, match="`localhost:8080` is not an http or https address"):
        find_login("localhost:8080", "lgp-x")


def test_a_call_carries_token_and_body_and_answers_json(client: lockgate.Client, server: FarSide) -> None:
    server.says(Answer(200, {"id": "g-17", "state": "revoked"}))
    assert client.call("revoke_grant", body={"reason": "over"}, id="g-17") == {"id": "g-17", "state": "revoked"}
    (call,) = server.calls
    assert (call.method, call.path, call.json()) == ("POST", "/api/v1/grants/g-17/revoke", {"reason": "over"})
    assert call.headers["authorization"] == "Bearer lgp-secret"
    assert call.headers["idempotency-key"], "a repeat of any verb is known as one"
    server.says(Answer(200, {}))
    client.call("get_me")
    assert "idempotency-key" not in server.calls[-1].headers


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, errors.InvalidError),
        (413, errors.InvalidError),
        (401, errors.UnauthenticatedError),
        (403, errors.ForbiddenError),
        (404, errors.NotFoundError),
        (409, errors.ConflictError),
        (500, errors.InternalError),
    ],
)
def test_each_kind_has_a_class_with_the_servers_words_and_is_not_tried_again(
    client: lockgate.Client, server: FarSide, status: int, kind: type[LockgateError]
) -> None:
    server.says(Answer(status, problem("catalog.some_code", "`x` is wrong", "do y"), {"X-Request-Id": "rq-1"}))
    with pytest.raises(LockgateError) as raised:
        client.call("create_purpose", body=PURPOSE)
    error = raised.value
    assert type(error) is kind
    assert (error.code, error.detail, error.hint, error.status) == ("catalog.some_code", "`x` is wrong", "do y", status)
    assert str(error).startswith("`x` is wrong [catalog.some_code]; do y")
    assert ("rq-1" in str(error)) == (kind is errors.InternalError)
    assert len(server.calls) == 1


def test_only_unavailable_is_tried_again_with_the_same_key(client: lockgate.Client, server: FarSide) -> None:
    away = Answer(503, problem("web.busy", "too many calls at once"))
    server.says(away, away, away, Answer(201, {"id": "p-1"}))
    assert client.call("create_purpose", body=PURPOSE)["id"] == "p-1"
    assert len({call.headers["idempotency-key"] for call in server.calls}) == 1
    assert len(server.calls) == 4
    server.says(away, away, away, away)
    with pytest.raises(UnavailableError, match="too many calls at once"):
        client.call("create_purpose", body=PURPOSE)
    assert len({call.headers["idempotency-key"] for call in server.calls}) == 2


def test_an_answer_that_breaks_off_is_asked_for_again_with_the_same_key(
    client: lockgate.Client, server: FarSide
) -> None:
    server.says(Answer(201, {"id": "p-1"}, cut=True), Answer(201, {"id": "p-1"}))
    assert client.call("create_purpose", body=PURPOSE)["id"] == "p-1"
    assert len({call.headers["idempotency-key"] for call in server.calls}) == 1
    assert len(server.calls) == 2


def test_a_server_that_is_away_is_unavailable_and_says_where() -> None:
    with (
        lockgate.Client("http://127.0.0.1:9", "lgp-x", tries=1) as client,
        pytest.raises(UnavailableError, match=r"`http://127\.0\.0\.1:9` cannot be reached"),
    ):
        client.call("get_me")


def test_waits_grow_have_jitter_and_a_limit() -> None:
    error = UnavailableError("away", code="web.busy")
    first = {_wait_s(1, error) for _ in range(50)}
    assert len(first) > 10
    assert 0.1 <= min(first) <= max(first) <= 0.3
    assert _wait_s(30, error) == LONGEST_WAIT_S
    error.retry_after_s = 2.0
    assert _wait_s(1, error) == 2.0
    error.retry_after_s = 3600.0
    assert _wait_s(1, error) == LONGEST_WAIT_S


@pytest.mark.parametrize("value", ["../../people", "g-1/revoke", "%2e%2e", "a?b#c"])
def test_a_value_cannot_leave_its_place_in_the_path(client: lockgate.Client, server: FarSide, value: str) -> None:
    server.says(Answer(200, {}))
    client.call("get_query", id=value)
    (call,) = server.calls
    assert call.path.startswith("/api/v1/queries/")
    assert call.path.count("/") == 4
    assert "?" not in call.path


@pytest.mark.parametrize("value", ["", ".", ".."])
def test_a_value_that_means_another_path_is_refused(client: lockgate.Client, server: FarSide, value: str) -> None:
    with pytest.raises(lockgate.InvalidError):
        client.call("get_query", id=value)
    assert server.calls == []


def test_pages_are_followed_to_the_end_or_the_limit(client: lockgate.Client, server: FarSide) -> None:
    server.says(
        Answer(200, {"items": [{"id": "g-1"}, {"id": "g-2"}], "next_cursor": "c 1"}),
        Answer(200, {"items": [{"id": "g-3"}], "next_cursor": None}),
    )
    assert [item["id"] for item in client.pages("list_grants", query={"state": "active"})] == ["g-1", "g-2", "g-3"]
    assert server.calls[0].path == "/api/v1/grants?state=active&limit=200"
    assert server.calls[1].path.endswith("cursor=c+1") or server.calls[1].path.endswith("cursor=c%201")
    server.says(Answer(200, {"items": [{"id": "g-1"}, {"id": "g-2"}], "next_cursor": "c1"}))
    assert len(list(client.pages("list_grants", limit=1))) == 1


def test_what_is_not_lockgate_is_said_so(client: lockgate.Client, server: FarSide) -> None:
    server.says(Answer(200, b"<html>", {"Content-Type": "text/html"}))
    with pytest.raises(errors.InternalError, match="did not answer with a JSON object"):
        client.call("get_me")


def test_a_redirect_is_not_followed(client: lockgate.Client, server: FarSide) -> None:
    server.says(Answer(302, {}, {"Location": "http://127.0.0.1:9/steal"}))
    with pytest.raises(LockgateError):
        client.call("get_me")
    assert len(server.calls) == 1


def test_a_timeout_is_unavailable_and_not_tried_again(server: FarSide, far_side: tuple[FarSide, str]) -> None:
    over = threading.Event()

    def slow(_call: object) -> Answer:
        over.wait(5)
        return Answer(200, {})

    server.otherwise = slow
    with lockgate.Client(far_side[1], "lgp-x", timeout_s=0.5) as client:
        with pytest.raises(UnavailableError, match="did not answer in time"):
            client.call("get_me")
        over.set()
    assert len(server.calls) == 1
