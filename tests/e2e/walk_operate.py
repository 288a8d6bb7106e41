"""Steps 10 and 11 of the journey, by its pages: another team uses the model, a batch scores, a monitor watches."""

from __future__ import annotations

import re

import lockgate
from browser import Person, choose, confirm
from journey.build import PROJECT
from journey.operate import LIVE, SCORES
from journey.watch import CAPTURE, DRIFTED, OUTCOMES, ROWS
from playwright.sync_api import expect
from stage import Stage
from walk_discover import APPLICATIONS, CUSTOMERS, PURPOSE, sent


def find_the_model(cho: Person) -> None:
    """Find the model that is live, and read its card: what it must not be used for stands on it."""
    page = cho.page
    cho.goto("/models/live")
    page.get_by_label(re.compile("^Find a live model")).fill("credit")
    expect(page).to_have_url(re.compile("q=credit"))
    expect(page.get_by_role("table", name="Live models")).to_contain_text("Credit risk")
    cho.settled()
    cho.pictures("live-models")
    # Who may not see the endpoint itself is not told its address: the page asks, and is refused.
    cho.seen.expect(rf"^cho at .*/models/live/{LIVE}: .*status of 404")
    page.get_by_role("link", name="Credit risk").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Credit risk")
    expect(page.get_by_text("Decide without a person")).to_be_visible()
    cho.settled()
    cho.pictures("card")


def ask_to_use_it(cho: Person) -> str:
    """Ask to call the model, and return the request's id."""
    page = cho.page
    page.get_by_role("link", name="Ask to use it").first.click()
    form = page.get_by_role("form", name="Ask for access")
    choose(page, form.get_by_role("combobox", name="Purpose", exact=True), PURPOSE)
    form.get_by_label("Why do you need it").fill("Collections asks how likely a customer pays before it calls.")
    cho.settled()
    cho.pictures("ask-to-use")
    return sent(page, "Ask for access")


def let_use(ben: Person, request: str) -> None:
    """Find the request on the home page and in the inbox, and approve it."""
    page = ben.page
    ben.goto("/")
    line = page.get_by_role("region", name="Waiting for you")
    expect(line).to_contain_text(LIVE)
    ben.picture("home-of-an-owner")
    page.get_by_role("link", name=re.compile("^Access")).first.click()
    page.locator(f"a[href*='{request}']").first.click()
    button = page.get_by_role("button", name="Approve", exact=True)
    expect(button).to_be_visible()
    ben.settled()
    ben.pictures("review-of-a-use")
    button.click()
    confirm(page, re.compile("^Approve"))
    expect(page.get_by_text("Approved").first).to_be_visible()


def calls(cho: Person, stage: Stage) -> None:
    """Call it by the stock client and by plain JSON; the card says that she may."""
    stage.operated.called()
    cho.goto(f"/models/live/{LIVE}")
    expect(cho.page.get_by_text("You may call it").first).to_be_visible()
    cho.picture("card-of-a-caller")
    cho.page.get_by_text("tritonclient", exact=True).click()
    expect(cho.page.get_by_text("import tritonclient.http").first).to_be_visible()


def score(ana: Person, cho: Person) -> None:
    """Set a batch job up, start it, and find what it predicted in the catalog."""
    page = ana.page
    ana.goto(f"/projects/{PROJECT}/batches")
    ana.picture("no-batch-job-yet")
    page.get_by_role("button", name="Set up a batch job").click()
    form = page.get_by_role("form", name="Set up a batch job")
    form.get_by_label("Name", exact=True).fill("nightly")
    box = form.get_by_role("combobox", name="Datasets to score", exact=True)
    for dataset in (CUSTOMERS, APPLICATIONS):
        box.fill(dataset)
        box.press("Enter")
    form.get_by_label("Record key", exact=True).fill("record_id")
    form.get_by_label("Into", exact=True).fill(SCORES)
    form.get_by_label(re.compile("^Every day at")).fill("02:00")
    ana.pictures("set-up-a-batch-job")
    form.get_by_role("button", name="Set up the batch job").click()
    job = page.get_by_role("region", name="Batch job nightly")
    expect(job).to_contain_text("every day at 02:00 UTC")
    job.get_by_role("button", name="Start nightly now").click()
    expect(job).to_contain_text("Scored 1,000 rows", timeout=60_000)
    ana.settled()
    ana.pictures("batch-job")
    cho.goto("/catalog?q=credit_scores")
    expect(cho.page.locator(".res").first).to_contain_text(SCORES)
    cho.goto(f"/datasets/{SCORES}/versions")
    expect(cho.page.get_by_role("table", name="Versions")).to_contain_text("1,000")
    cho.pictures("predictions-and-their-versions")


def watch(ben: Person, stage: Stage) -> None:
    """See the monitor that came with the release, give it the outcomes, and have it look."""
    page = ben.page
    stage.watched.traffic()
    outcomes_come(stage)
    ben.goto("/monitors")
    expect(page.get_by_role("table", name="Monitors")).to_contain_text(LIVE)
    ben.pictures("monitors")
    page.get_by_role("link", name=LIVE).click()
    expect(page.get_by_role("region", name="What it watches")).to_contain_text(CAPTURE)
    page.get_by_role("button", name="Settings").click()
    form = page.get_by_role("form", name=f"Settings of the monitor of {LIVE}")
    form.get_by_label("Dataset with outcomes, optional").fill(OUTCOMES)
    form.get_by_label("Column of the outcome").fill("outcome")
    ben.settled()
    ben.pictures("settings-of-a-monitor")
    form.get_by_role("button", name="Save settings").click()
    expect(form).to_be_hidden()
    expect(page.get_by_role("region", name="What it watches")).to_contain_text(OUTCOMES)
    evaluate(ben)
    expect(page.get_by_role("table", name="What was measured")).to_contain_text("credit_amount")
    expect(page.get_by_role("region", name="Last evaluation")).not_to_contain_text(re.compile(r"\d red\b"))
    ben.pictures("monitor-within")


def outcomes_come(stage: Stage) -> None:
    """Let what became of the loans lie in Risk's lake, as it would months later, for prod's monitor to read."""
    eli = stage.bank.client("eli")
    stage.watched.write_outcomes()
    lockgate.lakes.crawl("risk", client=eli)
    lockgate.datasets.set_record_key(OUTCOMES, ["record_id"], client=eli)
    stage.operated.prod_may("eli", OUTCOMES, ["monitor"], stage.watched.all_columns("eli", OUTCOMES))


def evaluate(ben: Person) -> None:
    """Have the monitor look until it has looked at everything up to now."""
    page = ben.page
    button = page.get_by_role("button", name="Evaluate now")
    expect(button).to_be_visible(timeout=60_000)
    with page.expect_response(lambda answer: answer.url.endswith("/evaluate") and answer.ok):
        button.click()
    expect(button).to_be_visible(timeout=60_000)
    ben.settled()


def drift(ben: Person, stage: Stage) -> None:
    """See what drifted: the monitor says so by column, in red, and holds prod."""
    page = ben.page
    stage.watched.published(stage.watched.drifted(stage.operated.applicants().slice(ROWS, ROWS)))
    evaluate(ben)
    breaches = page.get_by_role("region", name="Breaches")
    for column in DRIFTED:
        expect(breaches).to_contain_text(f"Distribution shift (PSI) of {column}")
    ben.pictures("monitor-with-breaches")
    ben.goto("/")
    expect(page.get_by_role("region", name="Waiting for you")).to_contain_text(f"Red breach in {LIVE}")
    ben.pictures("home-with-breaches")


def held(ben: Person, ana: Person) -> None:
    """See the hold where it acts: at the gate into prod."""
    ana.goto(f"/projects/{PROJECT}")
    expect(ana.page.get_by_role("region", name="Gate into prod")).to_contain_text("Held")
    ana.pictures("flight-when-held")
    ben.goto(f"/projects/{PROJECT}/production")
    expect(ben.page.get_by_role("region", name="Holds")).to_contain_text("by its monitor")
    ben.pictures("holds")


def settle(ben: Person, stage: Stage) -> None:
    """Acknowledge what is red, resolve it and lift the holds, each with a reason."""
    page = ben.page
    ben.goto("/")
    page.get_by_role("region", name="Waiting for you").get_by_role("link", name="Open").first.click()
    breaches = page.get_by_role("region", name="Breaches")
    breaches.get_by_role("button", name="Acknowledge", exact=True).first.click()
    expect(page.get_by_role("dialog")).to_be_visible()
    ben.picture("acknowledge")
    confirm(page, "Acknowledge this breach", "the demo changed the calls")
    expect(breaches).to_contain_text("acknowledged by ben: the demo changed the calls")
    breaches.get_by_role("button", name="Resolve", exact=True).first.click()
    expect(page.get_by_role("dialog")).to_be_visible()
    ben.picture("resolve")
    confirm(page, "Resolve this breach", "the changed calls have ended")
    expect(breaches).to_contain_text("resolved by ben: the changed calls have ended")
    ben.settled()
    ben.picture("a-breach-is-over")
    for one in stage.watched.breaches():
        if one.state == "open":
            lockgate.monitors.acknowledge(one.id, reason="the demo changed the calls", client=stage.bank.client("ben"))
        lockgate.monitors.resolve(one.id, reason="the changed calls have ended", client=stage.bank.client("ben"))
    lift(ben)


def lift(ben: Person) -> None:
    """Lift the holds on prod, one after the other."""
    page = ben.page
    ben.goto(f"/projects/{PROJECT}/production")
    holds = page.get_by_role("region", name="Holds")
    buttons = holds.get_by_role("button", name="Lift", exact=True)
    expect(buttons.first).to_be_visible()
    for left in range(buttons.count(), 0, -1):
        buttons.first.click()
        confirm(page, "Lift the hold on prod", "the drift was made up")
        expect(buttons).to_have_count(left - 1)
    expect(holds).to_contain_text("Nothing is held.")
    ben.settled()
    ben.picture("holds-are-lifted")
