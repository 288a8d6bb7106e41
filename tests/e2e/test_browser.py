"""The journey in a browser, walked by its people through the pages; pictures in light and dark, looked at by axe."""

from __future__ import annotations

import contextlib
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import lockgate
import pytest
from bank import Bank, open_bank
from browser import PASSWORD, Person, Seen, at_browser, open_browser
from journey.build import PROJECT, Build
from journey.checks import Checked
from journey.laptop import Laptop
from journey.release import SOURCES, Released
from journey.walk import DESCRIPTIONS, STEWARDS, Walk
from playwright.sync_api import Browser, Locator, Page, expect

CUSTOMERS = "retail.core.customers"
APPLICATIONS = "risk.credit.applications"


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """Yield the browser."""
    with open_browser() as browser:
        yield browser


@pytest.fixture
def pictures(out: Path) -> Path:
    """Return an empty folder for the pictures."""
    folder = out / "journey"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder


@contextlib.contextmanager
def person(bank: Bank, browser: Browser, pictures: Path, seen: Seen, name: str) -> Iterator[Person]:
    """Yield a person who set a password by a one-time link and is signed in."""
    bank.token(name)
    link = lockgate.people.link(name, client=bank.client("pat"))
    path = link if link.startswith("/") else f"/link#{link}"
    with at_browser(browser, bank.url, name, pictures, seen) as one:
        one.goto(path)
        one.page.get_by_label("New password", exact=True).fill(PASSWORD)
        one.page.get_by_label("Repeat it", exact=True).fill(PASSWORD)
        if name == "pat":
            one.picture("00-set-password")
        one.page.get_by_role("button", name="Set password and sign in").click()
        expect(one.page.get_by_role("button", name=re.compile("Signed in as", re.IGNORECASE))).to_be_visible()
        one.settled()
        yield one


def confirm(page: Page, act: str | re.Pattern[str], reason: str | None = None) -> None:
    """Confirm in the dialog that says the consequence."""
    dialog = page.get_by_role("dialog")
    expect(dialog).to_be_visible()
    if reason is not None:
        dialog.get_by_label(re.compile("Reason")).fill(reason)
    dialog.get_by_role("button", name=act).click()
    expect(dialog).to_be_hidden()


def test_the_people_walk_the_journey_through_the_pages(
    binary: Path, tmp_path: Path, chromium: Browser, pictures: Path
) -> None:
    seen = Seen()
    with open_bank(binary, tmp_path / "bank") as bank:
        for name in ("pat", "dora", "eli", "ana", "ivo", "zoe"):
            bank.token(name)
        with contextlib.ExitStack() as browsers:

            def enter(name: str) -> Person:
                return browsers.enter_context(person(bank, chromium, pictures, seen, name))

            stranger_signs_in(bank, chromium, pictures, seen)
            pat = enter("pat")
            pat_makes_stewards(pat)
            dora, eli = enter("dora"), enter("eli")
            connect(dora, "retail", "05")
            connect(eli, "risk", "")
            for name, lake, dataset in (("dora", "retail", CUSTOMERS), ("eli", "risk", APPLICATIONS)):
                lockgate.datasets.describe(dataset, DESCRIPTIONS[lake], client=bank.client(name))
            record_purpose(dora)
            ana = enter("ana")
            find(ana)
            retail = ask(ana, CUSTOMERS, "10-ask")
            risk = ask(ana, APPLICATIONS, None)
            not_theirs(pat, ana, retail)
            review(dora, retail, bank)
            approve_as_asked(eli, risk)
            read(ana, bank)
            revoke(dora)
            refused(ana)
            audit(enter("ivo"))
            look_around(pat)
    assert not seen.problems, f"{len(seen.problems)} faults:\n" + "\n".join(dict.fromkeys(seen.problems))


def stranger_signs_in(bank: Bank, browser: Browser, pictures: Path, seen: Seen) -> None:
    """Check that a stranger sees the sign-in page, and that a wrong password says so."""
    seen.expected.append(re.compile(r"status of 401|401 \(Unauthorized\)"))
    with at_browser(browser, bank.url, "stranger", pictures, seen) as one:
        one.goto("/catalog")
        expect(one.page.get_by_role("heading", name="Sign in")).to_be_visible()
        one.picture("01-sign-in")
        one.narrow("01-sign-in")
        one.page.get_by_label("Name", exact=True).fill("ana")
        one.page.get_by_label("Password", exact=True).fill("not the password of anyone")
        one.page.get_by_role("button", name="Sign in", exact=True).click()
        expect(one.page.get_by_role("alert")).to_be_visible()
        one.picture("02-wrong-password")


def pat_makes_stewards(pat: Person) -> None:
    """Pat gives Dora and Eli a role each, held for one lake."""
    pat.picture("03-home-of-an-administrator")
    pat.goto("/admin/roles")
    for steward, lake in STEWARDS.items():
        form = pat.page.get_by_role("form", name=re.compile("role", re.IGNORECASE))
        choose(pat.page, form.get_by_label("Person", exact=True), steward)
        choose(pat.page, form.get_by_label("Role", exact=True), "Data steward")
        form.get_by_label(re.compile("^(For|Scope|What for)")).fill(f"lake/{lake}")
        form.get_by_role("button", name=re.compile("^Give")).click()
        expect(pat.page.get_by_role("table", name="Roles").get_by_text(f"lake/{lake}")).to_be_visible()
    pat.picture("04-roles")


def choose(page: Page, field: Locator, option: str) -> None:
    """Choose an option of a select, or type it where the field is free."""
    field = field.first
    field.click()
    if field.get_attribute("readonly") is None:
        field.fill(option)
    listed = page.get_by_role("option", name=re.compile(re.escape(option), re.IGNORECASE))
    page.wait_for_timeout(150)
    if listed.count():
        listed.first.click()


def connect(steward: Person, lake: str, picture: str) -> None:
    """Connect a lake and see what its first crawl found; the corrupt file is listed."""
    page = steward.page
    steward.goto("/lakes")
    if picture:
        steward.picture(f"{picture}-no-lake-yet")
    page.get_by_role("button", name=re.compile("^Connect a lake")).first.click()
    form = page.get_by_role("form", name="Connect a lake")
    form.get_by_label("Name", exact=True).fill(lake)
    form.get_by_label("Team", exact=True).fill(lake)
    choose(page, form.get_by_label("Root", exact=True), lake)
    form.get_by_label(re.compile("^Description")).fill(f"What {lake.title()} keeps")
    if picture:
        steward.picture(f"{picture}-connect")
    form.get_by_role("button", name="Connect and crawl").click()
    expect(page.get_by_role("table", name="Crawls").get_by_role("row").nth(1)).to_contain_text("Done", timeout=30_000)
    if picture:
        expect(page.get_by_role("table", name="Broken files")).to_contain_text("broken.parquet")
        steward.picture(f"{picture}-lake")
        steward.narrow(f"{picture}-lake")


def find(ana: Person) -> None:
    """Find a dataset by browsing, by a column, by a word of its description, and despite a typo."""
    page = ana.page
    ana.goto("/catalog")
    expect(page.locator("#hit-retail\\.core\\.customers")).to_be_visible()
    ana.picture("06-catalog")
    ana.narrow("06-catalog")
    box = page.get_by_label("Find a dataset by name, column or description")
    for text, hit in (("iban", CUSTOMERS), ("applicants", APPLICATIONS), ("custmers", CUSTOMERS)):
        box.fill(text)
        expect(page).to_have_url(re.compile(f"q={text}"))
        expect(page.locator(".res").first).to_contain_text(hit)
    ana.settled()
    ana.picture("07-catalog-despite-a-typo")
    ana.goto(f"/datasets/{CUSTOMERS}")
    expect(page.get_by_role("heading", level=1)).to_contain_text("customers")
    ana.picture("08-dataset")
    ana.narrow("08-dataset")
    for tab in ("access", "profile", "versions", "history", "read"):
        ana.goto(f"/datasets/{CUSTOMERS}/{tab}")
        ana.picture(f"08-dataset-{tab}")
        assert not re.search(r"DE\d{6}", page.content()), f"the {tab} page shows an iban"


def record_purpose(steward: Person) -> None:
    """Put a purpose on record."""
    page = steward.page
    steward.goto("/purposes")
    page.get_by_role("button", name=re.compile("^Record a purpose")).first.click()
    form = page.get_by_role("form", name="Record a purpose")
    form.get_by_label("Name", exact=True).fill("Credit risk model")
    form.get_by_label("What for").fill("Find out whether a model of default can be built.")
    form.get_by_label("Lawful basis").fill("legitimate interest")
    form.get_by_label("Controller").fill("Example Bank AG")
    form.get_by_label("Train", exact=True).check()
    steward.picture("09-purpose")
    form.get_by_role("button", name="Record this purpose").click()
    expect(page).to_have_url(re.compile(r"/purposes/.+"))
    steward.settled()


def ask(ana: Person, dataset: str, picture: str | None) -> str:
    """Ask for a dataset and return the request's id."""
    page = ana.page
    ana.goto(f"/ask?dataset={dataset}")
    form = page.get_by_role("form", name="Ask for access")
    choose(page, form.get_by_label("Purpose", exact=True), "Credit risk model")
    form.get_by_label("Why do you need it").fill("We want to see whether these columns tell anything about default.")
    if dataset == APPLICATIONS:
        form.get_by_role("radiogroup", name="Ask for age_in_years").get_by_text("Leave out").click()
    if picture:
        ana.picture(picture)
        ana.narrow(picture)
    form.get_by_role("button", name="Ask for access").click()
    expect(page).to_have_url(re.compile(r"/access/[^/?]+\?"))
    expect(page.get_by_text("Waits for").first).to_be_visible()
    found = re.search(r"/access/([^/?]+)", page.url)
    assert found
    return found[1]


def not_theirs(pat: Person, ana: Person, request: str) -> None:
    """Check that neither who asks nor the administrator is offered the decision, and is told why."""
    pat.seen.expected.append(re.compile(r"status of 404"))  # an administrator does not even know of the request
    for one, name in ((ana, "asker"), (pat, "administrator")):
        one.goto(f"/access/{request}")
        expect(one.page.get_by_role("heading", level=1).last).to_be_visible()
        assert one.page.get_by_role("button", name=re.compile("^Approve")).count() == 0
        one.picture(f"11-request-of-{name}")


def review(dora: Person, request: str, bank: Bank) -> None:
    """Mask iban, add a row filter by menu, see what it keeps, and approve."""
    page = dora.page
    dora.goto("/")
    dora.picture("12-home-of-a-steward")
    dora.goto("/access")
    page.locator(f"a[href*='{request}']").first.click()
    page.get_by_role("radiogroup", name="Decision on iban").get_by_text("Mask").click()
    page.get_by_role("button", name="Add a rule").click()
    choose(page, page.get_by_label("Column of rule 1"), bank.lakes.filter_column)
    choose(page, page.get_by_label("Comparison of rule 1"), "is at most")
    page.get_by_label("Value of rule 1").fill(f"{bank.lakes.filter_at_most:g}")
    kept = sum(1 for value in bank.lakes.filter_values.to_pylist() if value <= bank.lakes.filter_at_most)
    expect(page.get_by_text(re.compile(rf"keeps\s+{kept}\s+of\s+1,000 rows")).first).to_be_visible()
    dora.settled()
    dora.picture("13-review")
    dora.narrow("13-review")
    page.get_by_role("button", name="Approve with terms").click()
    expect(page.get_by_role("dialog")).to_be_visible()
    dora.picture("14-review-approve")
    confirm(page, re.compile("^Approve"))
    expect(page.get_by_text("Approved").first).to_be_visible()
    dora.settled()
    dora.picture("15-approved")


def approve_as_asked(eli: Person, request: str) -> None:
    """Approve as asked."""
    eli.goto(f"/access/{request}")
    eli.page.get_by_role("button", name="Approve", exact=True).click()
    confirm(eli.page, re.compile("^Approve"))
    expect(eli.page.get_by_text("Approved").first).to_be_visible()


def run(page: Page, statement: str) -> None:
    """Write SQL into the worksheet and run it."""
    editor = page.get_by_label("SQL", exact=True)
    editor.click()
    page.keyboard.press("Control+a")
    page.keyboard.insert_text(statement)
    page.keyboard.press("Control+Enter")


def read(ana: Person, bank: Bank) -> None:
    """Join both datasets in the worksheet: masked and filtered; a typo is pointed at."""
    page = ana.page
    # Chromium styles text that replaces text in an editor by itself; the policy refuses that, and nothing is lost.
    ana.seen.expected.append(re.compile(r"/worksheet: Applying inline style"))
    ana.goto("/worksheet")
    statement = (
        f"SELECT c.record_id, c.iban, c.{bank.lakes.filter_column}, a.creditability FROM {CUSTOMERS} c"
        f" JOIN {APPLICATIONS} a ON a.record_id = c.record_id ORDER BY c.{bank.lakes.filter_column} DESC"
    )
    run(page, statement)
    result = page.get_by_role("table", name="Result")
    expect(result).to_be_visible()
    expect(page.get_by_role("button", name="Run", exact=True)).to_be_visible()
    assert not re.search(r"DE\d{6}", page.content()), "the worksheet shows an iban"
    expect(result.get_by_role("row").nth(1)).to_contain_text(f"{bank.lakes.filter_at_most:g}")
    ana.picture("16-worksheet")
    ana.seen.expected.append(re.compile(r"status of 400"))
    run(page, f"SELECT recrod_id FROM {CUSTOMERS}")
    expect(page.get_by_role("alert").first).to_contain_text("recrod_id")
    ana.picture("17-worksheet-typo")


def revoke(dora: Person) -> None:
    """End Ana's grant, saying why."""
    page = dora.page
    dora.goto("/grants?view=active")
    dora.picture("18-grants")
    page.locator("main a[href^='/grants/']").first.click()
    dora.settled()
    dora.picture("19-grant")
    page.get_by_role("button", name="Revoke", exact=True).click()
    dora.picture("20-revoke")
    confirm(page, re.compile("^Revoke"), "the exploration is over")
    expect(page.get_by_text("Revoked").first).to_be_visible()


def refused(ana: Person) -> None:
    """Check that the read is refused and says what to do."""
    ana.seen.expected.append(re.compile(r"status of (403|404)"))
    page = ana.page
    page.wait_for_timeout(1000)
    run(page, f"SELECT record_id FROM {CUSTOMERS}")
    expect(page.get_by_role("alert").first).to_be_visible()
    ana.picture("21-worksheet-refused")


def audit(ivo: Person) -> None:
    """See reads and refusals, with the chain intact."""
    ivo.goto("/audit")
    expect(ivo.page.get_by_text("RunQuery").first).to_be_visible()
    ivo.picture("22-audit")
    ivo.narrow("22-audit")


def look_around(pat: Person) -> None:
    """Look at the pages that the story does not open, and at one that is not there."""
    places = {"people": "/admin/people", "groups": "/admin/groups", "tokens": "/tokens", "docs": "/docs"}
    for name, place in places.items():
        pat.goto(place)
        expect(pat.page.get_by_role("heading", level=1).first).to_be_visible()
        pat.picture(f"23-{name}")
    pat.goto("/nothing/here")
    pat.picture("24-nothing-here")


def test_the_release_pages(binary: Path, tmp_path: Path, chromium: Browser, pictures: Path) -> None:
    seen = Seen()
    with open_bank(binary, tmp_path / "bank", same_split=True) as bank:
        in_preprod(bank)
        with contextlib.ExitStack() as browsers:

            def enter(name: str) -> Person:
                return browsers.enter_context(person(bank, chromium, pictures, seen, name))

            ana = enter("ana")
            promote(ana)
            may_not_approve(ana)
            approve(enter("vera"))
            flight(ana)
            stop(enter("ben"))
            gates(ana)
            flight_when_stopped(ana)
    assert not seen.problems, f"{len(seen.problems)} faults:\n" + "\n".join(dict.fromkeys(seen.problems))


def in_preprod(bank: Bank) -> None:
    """Make a project whose first candidate, trained on the sources, is live in preprod; prod bakes for seconds."""
    bank.walk = walk = Walk(bank.url, bank.lakes, bank.everyone(), say=print)
    build = Build(walk, Laptop(bank.server.data.with_name("laptop"), bank.url, "ana", bank.token("ana")))
    released = Released(build, Checked(build), bank.server.serving)
    walk.find_data()
    build.project()
    walk.record()
    build.clone()
    released.granted()
    released.merge(SOURCES, released.sourced)
    released.candidate_of(released.made_of(SOURCES))
    tried = released.try_in_preprod()
    assert lockgate.releases.wait(tried.id, client=build.ana).state == "live"


def promote(ana: Person) -> None:
    """Ask for prod on the candidate's page."""
    page = ana.page
    ana.goto(f"/projects/{PROJECT}/candidates")
    ana.picture("30-candidates")
    ana.narrow("30-candidates")
    page.get_by_role("table", name="Candidates").get_by_role("link", name="1", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Candidate 1")
    ana.settled()
    ana.picture("31-candidate")
    ana.narrow("31-candidate")
    page.get_by_role("button", name=re.compile("^Promote.* into prod$")).first.click()
    expect(page.get_by_role("dialog")).to_be_visible()
    ana.picture("32-promote")
    confirm(page, "Promote candidate 1 into prod")
    expect(page).to_have_url(re.compile(r"/candidates/1/into/prod$"))


def may_not_approve(ana: Person) -> None:
    """Check that who made the candidate is not offered the decision, and is told why."""
    page = ana.page
    expect(page.get_by_text(re.compile("^Waits for approval")).first).to_be_visible(timeout=30_000)
    expect(page.get_by_text("You may not approve it")).to_be_visible()
    assert page.get_by_role("button", name=re.compile("^Approve")).count() == 0
    ana.settled()
    ana.picture("33-review-of-its-author")
    ana.narrow("33-review-of-its-author")


def approve(vera: Person) -> None:
    """Find what waits on the home page, read the review, and approve with a comment."""
    page = vera.page
    vera.goto("/")
    line = page.get_by_role("region", name="Waiting for you")
    expect(line).to_contain_text(f"Approve candidate 1 of {PROJECT} into prod")
    vera.picture("34-home-of-a-validator")
    vera.narrow("34-home-of-a-validator")
    line.get_by_role("link", name="Review").click()
    bar = page.get_by_role("region", name="Decide on candidate 1")
    expect(bar).to_be_visible()
    vera.settled()
    vera.picture("35-review")
    vera.narrow("35-review")
    bar.get_by_role("button", name="Approve candidate 1").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label(re.compile("^Comment")).fill("The numbers are above their limits, and I read what changed.")
    vera.picture("36-approve")
    confirm(page, "Approve candidate 1")
    expect(bar).to_be_hidden()
    expect(page.get_by_text("The numbers are above their limits")).to_be_visible()
    expect(page.locator("main").get_by_text("Live", exact=True).first).to_be_visible(timeout=60_000)
    vera.settled()
    vera.picture("37-live")


def flight(ana: Person) -> None:
    """See the candidate in prod on the project's flight."""
    ana.goto(f"/projects/{PROJECT}")
    expect(ana.page.get_by_role("link", name=re.compile("^Candidate 1, in prod"))).to_be_visible()
    ana.picture("38-flight")
    ana.narrow("38-flight")


def stop(ben: Person) -> None:
    """Press the stop button, saying why; who looks sees who did and why."""
    page = ben.page
    ben.goto(f"/projects/{PROJECT}")
    page.get_by_role("link", name="Endpoints").last.click()
    prod = page.get_by_role("region", name="In prod", exact=True)
    expect(prod.get_by_text("Serving", exact=True).first).to_be_visible()
    ben.settled()
    ben.picture("39-endpoints")
    ben.narrow("39-endpoints")
    prod.get_by_role("button", name="Stop candidate 1").click()
    expect(page.get_by_role("dialog")).to_be_visible()
    ben.picture("40-stop")
    confirm(page, "Stop candidate 1 now", "a complaint is being looked into")
    expect(prod).to_contain_text("Stopped by ben")
    expect(prod).to_contain_text("a complaint is being looked into")
    expect(prod.get_by_role("button", name="Resume candidate 1")).to_be_visible()
    ben.settled()
    ben.picture("41-stopped")
    ben.narrow("41-stopped")


def gates(ana: Person) -> None:
    """See the gate policies; who makes candidates is not offered to change them."""
    page = ana.page
    ana.goto(f"/projects/{PROJECT}/gates")
    expect(page.get_by_role("table", name="Limits of the gate into prod")).to_be_visible()
    assert page.get_by_role("button", name="Change").count() == 0
    ana.picture("42-gates")
    ana.narrow("42-gates")


def flight_when_stopped(ana: Person) -> None:
    """See on the flight that what is live is stopped."""
    ana.goto(f"/projects/{PROJECT}")
    expect(ana.page.get_by_role("link", name=re.compile("^Candidate 1, in prod: suspended"))).to_be_visible()
    ana.picture("43-flight-when-stopped")
