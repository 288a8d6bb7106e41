"""Steps 1, 2 and 5 of the journey, by its pages: lakes, the catalog, purpose, request, review, the worksheet."""

from __future__ import annotations

import re

import lockgate
from browser import Person, at_browser, choose, confirm
from journey.tables import Lakes
from journey.walk import DESCRIPTIONS, STEWARDS
from playwright.sync_api import Page, expect
from stage import Stage

CUSTOMERS = "retail.core.customers"
APPLICATIONS = "risk.credit.applications"
PURPOSE = "Credit risk model"


def stranger_signs_in(stage: Stage) -> None:
    """Check that a stranger sees the sign-in page, and that a wrong password says so."""
    people = stage.people
    people.seen.expect(r"^stranger at .*status of 401")
    with at_browser(people.browser, stage.bank.url, "stranger", people.album, people.seen) as one:
        one.goto("/catalog")
        expect(one.page.get_by_role("heading", name="Sign in")).to_be_visible()
        one.pictures("sign-in")
        one.page.get_by_label("Name", exact=True).fill("ana")
        one.page.get_by_label("Password", exact=True).fill("not the password of anyone")
        one.page.get_by_role("button", name="Sign in", exact=True).click()
        expect(one.page.get_by_role("alert")).to_be_visible()
        one.picture("wrong-password")


def give(pat: Person, person: str, role: str, place: str) -> None:
    """Give somebody a role for one place."""
    page = pat.page
    pat.goto("/admin/roles")
    form = page.get_by_role("form", name="Give a role")
    choose(page, form.get_by_label("Person", exact=True), person)
    choose(page, form.get_by_label("Role", exact=True), role)
    form.get_by_label("For", exact=True).fill(place)
    form.get_by_role("button", name="Give", exact=True).click()
    held = page.get_by_role("table", name="Roles").get_by_role("row").filter(has_text=person).filter(has_text=place)
    expect(held.first).to_contain_text(role)


def pat_gives_roles(pat: Person) -> None:
    """Pat makes Dora and Eli stewards of a lake each, and Cho a developer of another team's project."""
    pat.pictures("home-of-an-administrator")
    for steward, lake in STEWARDS.items():
        give(pat, steward, "Data steward", f"lake/{lake}")
    give(pat, "cho", "Model developer", "project/collections")
    pat.pictures("roles")


def connect(steward: Person, lake: str) -> None:
    """Connect a lake and see what its first crawl found; Retail's corrupt file is listed."""
    page, shown = steward.page, lake == "retail"
    steward.goto("/lakes")
    if shown:
        steward.picture("no-lake-yet")
    page.get_by_role("button", name=re.compile("^Connect a lake")).first.click()
    form = page.get_by_role("form", name="Connect a lake")
    form.get_by_label("Name", exact=True).fill(lake)
    form.get_by_label("Team", exact=True).fill(lake)
    choose(page, form.get_by_label("Root", exact=True), lake)
    form.get_by_label(re.compile("^Description")).fill(f"What {lake.title()} keeps")
    if shown:
        steward.picture("connect-a-lake")
    form.get_by_role("button", name="Connect and crawl").click()
    expect(page.get_by_role("table", name="Crawls").get_by_role("row").nth(1)).to_contain_text("Done", timeout=30_000)
    if shown:
        expect(page.get_by_role("table", name="Broken files")).to_contain_text("broken.parquet")
        steward.pictures("lake")


def describe(steward: Person, dataset: str, lake: str) -> None:
    """Say what a dataset holds."""
    page = steward.page
    steward.goto(f"/datasets/{dataset}")
    page.get_by_role("region", name="As data steward").get_by_role("button", name="Describe").click()
    page.get_by_role("dialog").get_by_label("Description").fill(DESCRIPTIONS[lake])
    confirm(page, "Save the description")
    expect(page.get_by_role("region", name="Facts")).to_contain_text(DESCRIPTIONS[lake])
    if lake == "retail":
        steward.pictures("dataset-of-its-steward")
        for column in ("credit_amount", "loan_purpose"):
            look_at(steward, column)


def look_at(steward: Person, column: str) -> None:
    """Open the profile of a column."""
    page = steward.page
    page.get_by_role("button", name=column, exact=True).click()
    expect(page.get_by_role("dialog")).to_contain_text("Distinct")
    steward.pictures(f"column-{column}")
    page.get_by_role("button", name="Close", exact=True).click()


def name_the_key(steward: Person, dataset: str) -> None:
    """Say which column names a record: by it a fifth of the records is held out of what a project reads."""
    page = steward.page
    steward.goto(f"/datasets/{dataset}")
    page.get_by_role("region", name="As data steward").get_by_role("button", name="Record key").click()
    box = page.get_by_role("dialog").get_by_role("combobox", name="Columns", exact=True)
    box.press("ArrowDown")
    page.get_by_role("option", name="record_id", exact=True).click()
    box.press("Tab")
    if dataset == CUSTOMERS:
        steward.picture("record-key")
    confirm(page, "Save the record key")
    expect(page.get_by_role("region", name="Facts")).to_contain_text("record_id")


def find(ana: Person) -> None:
    """Find a dataset by browsing, by a column, by a word of its description, and despite a typo."""
    page = ana.page
    ana.goto("/catalog")
    expect(page.locator("#hit-retail\\.core\\.customers")).to_be_visible()
    ana.pictures("catalog")
    box = page.get_by_label("Find a dataset by name, column or description")
    for text, hit in (("iban", CUSTOMERS), ("applicants", APPLICATIONS), ("custmers", CUSTOMERS)):
        box.fill(text)
        expect(page).to_have_url(re.compile(f"q={text}"))
        expect(page.locator(".res").first).to_contain_text(hit)
    ana.settled()
    ana.picture("catalog-despite-a-typo")
    ana.goto(f"/datasets/{CUSTOMERS}")
    expect(page.get_by_role("heading", level=1)).to_contain_text("customers")
    ana.pictures("dataset")
    for tab in ("Access", "Versions"):
        page.get_by_role("navigation", name="Dataset").get_by_role("link", name=tab).click()
        ana.settled()
        ana.picture(f"dataset-{tab.lower()}")
        assert not re.search(r"DE\d{6}", page.content()), f"the page of {tab} shows an iban"


def record_purpose(steward: Person) -> None:
    """Put a purpose on record."""
    page = steward.page
    steward.goto("/purposes")
    page.get_by_role("button", name=re.compile("^Record a purpose")).first.click()
    form = page.get_by_role("form", name="Record a purpose")
    form.get_by_label("Name", exact=True).fill(PURPOSE)
    form.get_by_label("What for").fill("Find out whether a model of default can be built, and run it if it can.")
    form.get_by_label("Lawful basis").fill("legitimate interest")
    form.get_by_label("Controller").fill("Example Bank AG")
    for use in ("Train", "Check fairness", "Score", "Monitor"):
        form.get_by_label(use, exact=True).check()
    steward.picture("record-a-purpose")
    form.get_by_role("button", name="Record this purpose").click()
    expect(page).to_have_url(re.compile(r"/purposes/.+"))
    steward.settled()
    steward.picture("purpose")


def ask(ana: Person, dataset: str, column: str, choice: str) -> str:
    """Ask for a dataset, to explore it, a column otherwise than is preset, and return the request's id."""
    page = ana.page
    ana.goto(f"/ask?dataset={dataset}")
    form = page.get_by_role("form", name="Ask for access")
    choose(page, form.get_by_role("combobox", name="Purpose", exact=True), PURPOSE)
    form.get_by_label("Why do you need it").fill("We want to see whether these columns tell anything about default.")
    form.get_by_role("radiogroup", name=f"Ask for {column}", exact=True).get_by_text(choice).click()
    if dataset == CUSTOMERS:
        ana.pictures("ask")
    return sent(page, "Ask for access")


def sent(page: Page, form: str) -> str:
    """Send a request, and return its id once it waits for its decider."""
    page.get_by_role("form", name=form).get_by_role("button", name="Ask for access").click()
    expect(page).to_have_url(re.compile(r"/access/[^/?]+\?"))
    expect(page.get_by_text("Waits for").first).to_be_visible()
    found = re.search(r"/access/([^/?]+)", page.url)
    assert found, page.url
    return found[1]


def not_theirs(pat: Person, ana: Person, request: str) -> None:
    """Check that neither who asks nor the administrator is offered the decision, and is told why."""
    pat.seen.expect(rf"^pat at .*/access/{request}.*status of 404")  # an administrator does not even know of it
    for one, name in ((ana, "asker"), (pat, "administrator")):
        one.goto(f"/access/{request}")
        expect(one.page.get_by_role("heading", level=1).last).to_be_visible()
        assert one.page.get_by_role("button", name=re.compile("^Approve")).count() == 0
        one.picture(f"request-of-{name}")


def review(dora: Person, request: str, lakes: Lakes) -> None:
    """Mask iban, add a row filter by menu, see what it keeps, and approve."""
    page = dora.page
    dora.goto("/")
    dora.pictures("home-of-a-steward")
    dora.goto("/access")
    page.locator(f"a[href*='{request}']").first.click()
    page.get_by_role("radiogroup", name="Decision on iban").get_by_text("Mask").click()
    page.get_by_role("button", name="Add a rule").click()
    choose(page, page.get_by_label("Column of rule 1"), lakes.filter_column)
    choose(page, page.get_by_label("Comparison of rule 1"), "is at most")
    page.get_by_label("Value of rule 1").fill(f"{lakes.filter_at_most:g}")
    kept = sum(1 for value in lakes.filter_values.to_pylist() if value <= lakes.filter_at_most)
    expect(page.get_by_text(re.compile(rf"keeps\s+{kept}\s+of\s+1,000 rows")).first).to_be_visible()
    dora.settled()
    dora.pictures("review")
    page.get_by_role("button", name="Approve with terms").click()
    expect(page.get_by_role("dialog")).to_be_visible()
    dora.picture("review-approve")
    confirm(page, re.compile("^Approve"))
    expect(page.get_by_text("Approved").first).to_be_visible()
    dora.settled()
    dora.pictures("approved")


def approve_as_asked(steward: Person, request: str, picture: str = "") -> None:
    """Approve as asked."""
    steward.goto(f"/access/{request}")
    button = steward.page.get_by_role("button", name="Approve", exact=True)
    expect(button).to_be_visible()
    if picture:
        steward.pictures(picture)
    button.click()
    confirm(steward.page, re.compile("^Approve"))
    expect(steward.page.get_by_text("Approved").first).to_be_visible()


def run(page: Page, statement: str) -> None:
    """Write SQL into the worksheet and run it."""
    editor = page.get_by_label("SQL", exact=True)
    editor.click()
    page.keyboard.press("Control+a")
    page.keyboard.insert_text(statement)
    page.keyboard.press("Control+Enter")


def read(ana: Person, lakes: Lakes) -> None:
    """Join both datasets in the worksheet: masked and filtered; a typo is pointed at."""
    page = ana.page
    # Chromium styles text that replaces text in an editor by itself; the policy refuses that, and nothing is lost.
    ana.seen.expect(r"^ana at .*/worksheet.*: Applying inline style")
    ana.goto("/worksheet")
    statement = (
        f"SELECT c.record_id, c.iban, c.{lakes.filter_column}, a.creditability FROM {CUSTOMERS} c"
        f" JOIN {APPLICATIONS} a ON a.record_id = c.record_id ORDER BY c.{lakes.filter_column} DESC"
    )
    run(page, statement)
    result = page.get_by_role("table", name="Result")
    expect(result).to_be_visible()
    expect(page.get_by_role("button", name="Run", exact=True)).to_be_visible()
    assert not re.search(r"DE\d{6}", page.content()), "the worksheet shows an iban"
    expect(result.get_by_role("row").nth(1)).to_contain_text(f"{lakes.filter_at_most:g}")
    ana.pictures("worksheet")
    ana.seen.expect(r"^ana at .*/worksheet.*status of 400")
    run(page, f"SELECT recrod_id FROM {CUSTOMERS}")
    expect(page.get_by_role("alert").first).to_contain_text("recrod_id")
    ana.picture("worksheet-typo")


def revoke(dora: Person) -> None:
    """End Ana's grant, saying why."""
    page = dora.page
    dora.goto("/grants?view=active")
    dora.picture("grants")
    page.locator("main a[href^='/grants/']").first.click()
    dora.settled()
    dora.pictures("grant")
    page.get_by_role("button", name="Revoke", exact=True).click()
    dora.picture("revoke")
    confirm(page, re.compile("^Revoke"), "the exploration is over")
    expect(page.get_by_text("Revoked").first).to_be_visible()


def refused(ana: Person) -> None:
    """Check that the read is refused and says what to do."""
    ana.seen.expect(r"^ana at .*/worksheet.*status of (403|404)")
    page = ana.page
    page.wait_for_timeout(1000)
    run(page, f"SELECT record_id FROM {CUSTOMERS}")
    expect(page.get_by_role("alert").first).to_be_visible()
    ana.picture("worksheet-refused")


def audit(ivo: Person) -> None:
    """See reads and refusals, with the chain intact."""
    ivo.goto("/audit")
    expect(ivo.page.get_by_text("RunQuery").first).to_be_visible()
    ivo.pictures("audit")


def look_around(pat: Person) -> None:
    """Look at the pages that the story does not open, and at one that is not there."""
    places = {"people": "/admin", "groups": "/admin/groups", "tokens": "/tokens", "docs": "/docs"}
    for name, place in places.items():
        pat.goto(place)
        expect(pat.page.get_by_role("heading", level=1).first).to_be_visible()
        pat.picture(name)
    pat.goto("/nothing/here")
    pat.picture("nothing-here")


def purpose_of(stage: Stage) -> str:
    """Return the id of the purpose that Dora recorded."""
    (purpose,) = lockgate.purposes.list(client=stage.bank.client("dora"))
    return purpose.id
