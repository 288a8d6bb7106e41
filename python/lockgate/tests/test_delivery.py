"""Checks and merges: what is sent, what comes back, what is waited for."""

from __future__ import annotations

from typing import Any

import lockgate
import pytest
from far_side import Answer, FarSide, problem
from lockgate import delivery

FINDING = {"path": "src/a.py", "line": 3, "column": 80, "code": "E501", "text": "Line too long"}
COLUMN = {"table": "t", "column": "age", "verdict": "not_computable", "reason": "the column is restricted"}
MERGE = {"id": "m-1", "project": "p", "branch": "x", "from": "a", "commit": "b", "merged_by": "ana", "state": "merged"}


def found(state: str) -> dict[str, Any]:
    lint = {"name": "lint", "state": state, "sentence": "1 finding.", "count": 1, "findings": [FINDING]}
    contract = {"name": "contract", "state": "passed", "columns": [COLUMN]}
    return {"project": "p", "commit": "c" * 40, "branch": "x", "passed": False, "checks": [lint, contract]}


def test_checks_show_each_finding_with_its_place(client: lockgate.Client, server: FarSide) -> None:
    server.says(Answer(200, found("failed")))
    checks = delivery.checks("p", branch="x", client=client)
    assert server.calls[-1].path == "/api/v1/projects/p/checks?branch=x"
    lint, contract = checks.checks
    assert (lint.state, lint.findings[0].line, lint.findings[0].column, lint.count) == ("failed", 3, 80, 1)
    assert (contract.columns[0].verdict, contract.columns[0].column) == ("not_computable", "age")


def test_checks_are_waited_for(client: lockgate.Client, server: FarSide) -> None:
    server.says(
        Answer(200, found("queued") | {"checks": []}), Answer(200, found("running")), Answer(200, found("passed"))
    )
    assert delivery.checks("p", commit="c", wait=True, client=client).checks[0].state == "passed"
    server.otherwise = lambda _call: Answer(200, found("running"))
    with pytest.raises(lockgate.UnavailableError, match="are not finished after 0 s"):
        delivery.checks("p", wait=True, timeout_s=0, client=client)


def test_a_merge_says_where_main_was_or_what_stands_in_the_way(client: lockgate.Client, server: FarSide) -> None:
    server.says(Answer(200, MERGE))
    merge = delivery.merge("p", "x", commit="b", client=client)
    assert (merge.state, merge.before, merge.merged_by) == ("merged", "a", "ana")
    assert (server.calls[-1].method, server.calls[-1].json()) == ("POST", {"branch": "x", "commit": "b"})
    server.says(Answer(409, problem("delivery.checks_red", "checks of `b` are red: lint: 3 findings")))
    with pytest.raises(lockgate.ConflictError, match="lint: 3 findings"):
        delivery.merge("p", "x", client=client)
    server.says(Answer(200, {"items": [MERGE], "next_cursor": None}))
    assert [one.id for one in delivery.merges("p", client=client)] == ["m-1"]
