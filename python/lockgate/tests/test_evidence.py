"""Evidence and the clock: what is sent, and what comes back as it is meant."""

from __future__ import annotations

from datetime import date, datetime, timezone

import lockgate
import pytest
from far_side import Answer, FarSide, problem
from lockgate import clock, evidence

AT = "2026-11-26T12:00:00Z"
NOON = datetime(2026, 11, 26, 12, tzinfo=timezone.utc)
DOCUMENT = b'{"header":{},"sections":{},"signature":"00"}'
LIVE = {
    "project": "p",
    "environment": "prod",
    "endpoint": "prod.p",
    "candidate": 3,
    "digest": "d" * 64,
    "model": "p.credit",
    "version": 2,
    "promotion": "pm-1",
    "kind": "release",
    "verifying": False,
    "asked_by": "ana",
    "approved_by": [
        {"person": "vera", "roles": ["model_validator"], "at": AT, "comment": "fine", "promotion": "pm-1"},
    ],
    "no_approval": None,
    "live_from": AT,
    "live_until": None,
    "suspended": {"by": "vera", "since": AT, "reason": "drift"},
}
MEASURED = {
    "about": "candidate 3",
    "from": AT,
    "to": None,
    "open": True,
    "ended": None,
    "seconds": 60.5,
    "people_s": 60.0,
    "machines_s": 0.5,
    "working_s": 0.0,
    "note": None,
}
STAGE = {
    **MEASURED,
    "stage": "release",
    "definition_from": "candidate cut",
    "definition_to": "live in prod, and still so after baking",
    "measured": [MEASURED],
}
PROJECT = {
    "project": "p",
    "title": "P",
    "stages": [STAGE],
    "run_times": [{"what": "train", "median_s": None, "n": 0}],
}
COMPARED = {
    "baseline_s": 86400.0,
    "n": 9,
    "source": "tickets",
    "definition_from": "a",
    "definition_to": "b",
    "same_definition": False,
    "saving_s": None,
    "ratio": None,
    "saving_low_s": None,
    "saving_high_s": None,
    "note": "defined differently",
}
SUMMARY = {
    "stage": "release",
    "definition_from": "candidate cut",
    "definition_to": "live in prod, and still so after baking",
    "median_s": 60.5,
    "n": 1,
    "open": 1,
    "comparisons": [COMPARED],
}
OVERVIEW = {
    "items": [PROJECT],
    "next_cursor": None,
    "total": 1,
    "stages": [SUMMARY],
    "run_times": [],
    "headline": ["release: …"],
    "left_out": 0,
}
BASELINE = {
    "id": "bl-1",
    "digest": "d" * 64,
    "imported_by": "pat",
    "imported_at": AT,
    "lines": [
        {
            "stage": "release",
            "value": 20.0,
            "unit": "days",
            "seconds": 1728000.0,
            "n": 9,
            "definition_from": "a",
            "definition_to": "b",
            "same_definition": False,
            "source": "tickets",
        }
    ],
}


def called(server: FarSide) -> tuple[str, str]:
    """Return method and path of the last call."""
    return server.calls[-1].method, server.calls[-1].path.removeprefix("/api/v1")


def test_a_dossier_is_the_very_bytes_that_were_signed(client: lockgate.Client, server: FarSide) -> None:
    server.says(Answer(200, DOCUMENT))
    assert evidence.dossier("p", 3, client=client) == DOCUMENT
    assert called(server) == ("GET", "/projects/p/candidates/3/dossier")
    server.says(Answer(200, {"key": "ed25519:00"}))
    assert evidence.key(client=client) == "ed25519:00"
    server.says(Answer(404, problem("evidence.candidate_not_found", "no such")))
    with pytest.raises(lockgate.NotFoundError):
        evidence.dossier("p", 9, client=client)


def test_what_was_live_names_who_approved_it(client: lockgate.Client, server: FarSide) -> None:
    server.says(Answer(200, {"items": [LIVE], "next_cursor": None}))
    (found,) = evidence.live(NOON, environment="prod", client=client)
    method, path = called(server)
    assert method == "GET"
    assert path.startswith("/live?at=2026-11-26T12%3A00%3A00%2B00%3A00&environment=prod&")
    assert (found.candidate, found.live_from, found.live_until) == (3, NOON, None)
    assert (found.approved_by[0].person, found.approved_by[0].roles) == ("vera", ("model_validator",))
    assert found.suspended is not None
    assert (found.suspended.by, found.suspended.since) == ("vera", NOON)
    with pytest.raises(lockgate.InvalidError, match="time zone"):
        list(evidence.live(datetime(2026, 11, 26), client=client))
    server.says(Answer(200, {"items": [], "next_cursor": None}))
    assert not [*evidence.live(date(2026, 11, 25), client=client)]
    assert server.calls[-1].path.startswith("/api/v1/live?at=2026-11-25&"), "a day is the server's to place in time"


def test_the_clock_keeps_open_ends(client: lockgate.Client, server: FarSide) -> None:
    server.says(Answer(200, PROJECT))
    found = clock.of("p", client=client)
    assert called(server) == ("GET", "/projects/p/clock")
    (stage,) = found.stages
    assert (stage.start, stage.to, stage.open, stage.people_s) == (NOON, None, True, 60.0)
    assert (stage.measured[0].about, stage.measured[0].start) == ("candidate 3", NOON)
    server.says(Answer(200, OVERVIEW))
    overview = clock.overview(client=client)
    assert (overview.total, overview.headline, overview.stages[0].open) == (1, ("release: …",), 1)
    assert overview.stages[0].comparisons[0].note == "defined differently"
    server.says(Answer(200, OVERVIEW))
    assert [one.project for one in clock.projects(client=client)] == ["p"]


def test_a_baseline_is_sent_as_it_is(client: lockgate.Client, server: FarSide) -> None:
    server.says(Answer(201, BASELINE))
    made = clock.import_baseline("stage,value\n", client=client)
    assert called(server) == ("POST", "/baselines")
    assert server.calls[-1].body == b"stage,value\n"
    assert server.calls[-1].headers["content-type"] == "text/csv"
    assert (made.id, made.lines[0].seconds, made.imported_at) == ("bl-1", 1728000.0, NOON)
    server.says(Answer(200, {"items": [BASELINE], "next_cursor": None}))
    assert [one.id for one in clock.baselines(client=client)] == ["bl-1"]
