"""Steps 12 and 13 of the journey, by its pages: what is signed and verified elsewhere, what was live, and the clock."""

from __future__ import annotations

import re
from datetime import datetime, timedelta, timezone
from pathlib import Path

from browser import Person
from journey.build import PROJECT
from journey.operate import LIVE
from journey.prove import BASELINE
from playwright.sync_api import expect
from stage import Stage


def dossier(ivo: Person, stage: Stage, folder: Path) -> None:
    """Take the dossier away by its button, and verify it without a server, by the key that the page shows."""
    page = ivo.page
    ivo.goto("/evidence")
    expect(page.get_by_role("table", name="What was live")).to_contain_text(LIVE)
    ivo.pictures("live-now")
    key = page.get_by_text(re.compile("^ed25519:")).first.inner_text().strip()
    page.get_by_role("link", name="Candidate 1").first.click()
    ivo.settled()
    ivo.pictures("candidate-of-an-auditor")
    with page.expect_download() as taken:
        page.get_by_role("button", name="Download dossier").click()
    file = folder / taken.value.suggested_filename
    taken.value.save_as(file)
    done = stage.bank.server.run("evidence", "verify", str(file), "--key", key)
    assert done.returncode == 0, done.stdout + done.stderr
    document = file.read_bytes()
    at = document.index(b"vera", document.rindex(b'"promotions":'))
    file.write_bytes(document[:at] + b"w" + document[at + 1 :])
    assert stage.bank.server.run("evidence", "verify", str(file), "--key", key).returncode == 9


def live_then(ivo: Person) -> None:
    """Ask what was live at a moment, and see who approved it; a day before there was nothing."""
    page = ivo.page
    now = datetime.now(timezone.utc)
    shown = page.get_by_role("region", name="What was live")
    for moment, words in ((now, "vera"), (now - timedelta(days=1), "Nothing was live then")):
        ivo.goto("/evidence")
        page.get_by_label("Moment, UTC").fill(f"{moment:%Y-%m-%dT%H:%M}")
        page.get_by_role("button", name="Show", exact=True).click()
        expect(page.get_by_role("heading", level=1)).to_contain_text("Live on")
        expect(shown).to_contain_text(words)
        ivo.settled()
        ivo.picture("live-at-a-moment" if words == "vera" else "live-before")


def clock(pat: Person, ben: Person) -> None:
    """See how long each stage took, import what it took before, and see both beside each other."""
    page = pat.page
    pat.goto("/clock")
    pat.picture("clock-without-a-baseline")
    page.get_by_label("Baseline as CSV").set_input_files(BASELINE)
    page.get_by_role("button", name=f"Import {BASELINE.name}").click()
    expect(page.get_by_role("region", name="What it took before")).to_contain_text("By")
    expect(page.get_by_role("table", name="Stages")).to_contain_text("42 d")
    pat.settled()
    pat.pictures("clock")
    ben.goto(f"/projects/{PROJECT}/about")
    expect(ben.page.get_by_role("table", name="Route to live")).to_contain_text("Release")
    ben.pictures("clock-of-the-project")


def audited(ivo: Person) -> None:
    """See at the end what was recorded, with the chain intact."""
    ivo.goto("/audit?outcome=refused")
    ivo.picture("audit-of-refusals")
