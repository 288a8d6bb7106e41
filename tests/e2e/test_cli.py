"""The command line against a running server: signing in, reading, and checking the audit log offline."""

from __future__ import annotations

import csv
import io
import json
import os
import stat
import subprocess
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import lockgate
import pytest
from bank import Bank, wait_until


def cli(binary: Path, home: Path, *arguments: str, stdin: str = "", **env: str) -> subprocess.CompletedProcess[str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("LOCKGATE")}
    return subprocess.run(
        [str(binary), *arguments],
        input=stdin,
        env=kept | {"XDG_CONFIG_HOME": str(home)} | env,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_a_login_is_kept_for_cli_and_python(
    walked: Bank, binary: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    done = cli(binary, tmp_path, "login", walked.url, stdin=walked.token("ana") + "\n")
    assert done.returncode == 0, done
    kept = tmp_path / "lockgate" / "credentials.json"
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    monkeypatch.delenv("LOCKGATE_URL", raising=False)
    monkeypatch.delenv("LOCKGATE_TOKEN", raising=False)
    with lockgate.Client() as client:
        assert client.call("get_me")["person"]["id"] == "ana"


def test_a_token_that_is_not_known_is_not_kept(walked: Bank, binary: Path, tmp_path: Path) -> None:
    done = cli(binary, tmp_path, "login", walked.url, stdin="lgp-made-up\n")
    assert done.returncode == 3, done
    assert not (tmp_path / "lockgate" / "credentials.json").exists()
    assert "lgp-made-up" not in done.stdout + done.stderr


def test_the_cli_reads_masked_and_filtered_as_python_does(walked: Bank, binary: Path, tmp_path: Path) -> None:
    env = {"LOCKGATE_URL": walked.url, "LOCKGATE_TOKEN": walked.token("ana")}
    statement = "SELECT record_id, iban FROM retail.core.customers"
    done = cli(binary, tmp_path, "query", statement, "--purpose", walked.purpose, "--format", "csv", **env)
    assert done.returncode == 0, done.stderr
    rows = [*csv.DictReader(io.StringIO(done.stdout))]
    seen = lockgate.sql(statement, purpose=walked.purpose, client=walked.client("ana")).to_pylist()
    assert sorted(rows, key=str) == sorted(seen, key=str)
    assert not any(row["iban"].startswith("DE") for row in rows)
    wrong = cli(
        binary, tmp_path, "query", "SELECT recrod_id FROM retail.core.customers", "--purpose", walked.purpose, **env
    )
    assert wrong.returncode == 2, wrong
    assert "recrod_id" in wrong.stderr


def test_a_draft_is_submitted_and_taken_back(walked: Bank, binary: Path, tmp_path: Path) -> None:
    env = {"LOCKGATE_URL": walked.url, "LOCKGATE_TOKEN": walked.token("ana")}

    def said(*arguments: str) -> Any:
        done = cli(binary, tmp_path, *arguments, "--json", **env)
        assert done.returncode == 0, done
        return json.loads(done.stdout)

    (purpose,) = said("purpose", "list")
    until = (datetime.now(timezone.utc) + timedelta(days=1)).isoformat(timespec="seconds")
    asked = ["risk.credit.applications", "--use", "explore", "--text", "to look", "--until", until, "--draft"]
    draft = said("request", "create", *asked, "--purpose", purpose["id"])
    assert draft["state"] == "draft"
    for verb, state in [("submit", "submitted"), ("withdraw", "withdrawn")]:
        assert said("request", verb, draft["id"])["state"] == state
    late = cli(binary, tmp_path, "request", "submit", draft["id"], **env)
    assert late.returncode == 5, late
    assert "withdrawn" in late.stderr


def test_the_audit_log_verifies_offline_and_not_after_a_flipped_byte(
    walked: Bank, binary: Path, tmp_path: Path
) -> None:
    ivo = walked.client("ivo")
    wait_until(lambda: (status := lockgate.audit.status(client=ivo))["unsealed"] == 0 and status["intact"])
    env = {"LOCKGATE_URL": walked.url, "LOCKGATE_TOKEN": walked.token("ivo")}
    export = cli(binary, tmp_path, "audit", "export", **env)
    assert export.returncode == 0, export.stderr
    file, key = tmp_path / "audit.jsonl", walked.server.data / "keys" / "audit.pub"
    checkpoint = walked.server.data / "audit-checkpoints.jsonl"

    def verify(text: str) -> int:
        file.write_text(text)
        return cli(
            binary, tmp_path, "audit", "verify", str(file), "--key", str(key), "--checkpoint", str(checkpoint)
        ).returncode

    assert verify(export.stdout) == 0
    assert verify(export.stdout.replace("person:ana", "person:anb", 1)) == 9
    lines = export.stdout.splitlines(keepends=True)
    sealed = [at for at, line in enumerate(lines) if json.loads(line).get("seq")]
    known = json.loads(checkpoint.read_text().splitlines()[-1])["seq"]
    cut = next(at for at in sealed if json.loads(lines[at])["seq"] == known)
    assert verify("".join(lines[:cut])) == 9, "a log that was cut off before the known checkpoint passes"
    assert verify("".join(line for at, line in enumerate(lines) if at != sealed[3])) == 9, "a hole passes"
