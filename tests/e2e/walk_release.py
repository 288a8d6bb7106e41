"""Steps 5, 8 and 9 of the journey, by its pages: data for an environment, a candidate, its gates, stop and resume."""

from __future__ import annotations

import re

import lockgate
from browser import Person, choose, confirm
from journey.build import PROJECT
from journey.release import AGAIN, BAKING_S
from journey.walk import STEWARDS
from playwright.sync_api import expect
from stage import Stage
from walk_discover import CUSTOMERS, PURPOSE, approve_as_asked, give, name_the_key, sent


def bake_for_seconds(pat: Person, eli: Person) -> None:
    """Let Eli, change manager for this one change, make prod bake for seconds; he is not any more afterwards."""
    page = eli.page
    give(pat, "eli", "Change manager", f"project/{PROJECT}")
    eli.goto(f"/projects/{PROJECT}/gates")
    gate = page.get_by_role("region", name="Gate into prod")
    expect(gate).to_contain_text("as every project has it at first")
    eli.pictures("gates")
    gate.get_by_role("button", name="Change").click()
    form = page.get_by_role("region", name="Change the gate into prod")
    form.get_by_label("Baking, in seconds").fill(str(BAKING_S))
    expect(form).to_contain_text("Put version")
    eli.pictures("change-a-gate")
    form.get_by_role("button", name=re.compile("^Put version")).click()
    confirm(page, re.compile("^Put version"))
    expect(gate).to_contain_text(f"{BAKING_S} s under all traffic")
    eli.goto("/")  # what he may not see any more is not looked at any more
    row = pat.page.get_by_role("table", name="Roles").get_by_role("row").filter(has_text="Change manager")
    row.get_by_role("button", name="End").click()
    confirm(pat.page, re.compile("^End"))
    expect(row.get_by_role("button", name="End")).to_have_count(0)


def ask_for_preprod(ana: Person, stage: Stage, lake: str) -> str:
    """Ask that preprod trains on a lake's dataset, the sensitive column for the check of fairness alone."""
    page, dataset = ana.page, stage.walk.dataset_of(lake)
    wanted = stage.released.columns(lake)
    ana.goto(f"/projects/{PROJECT}")
    page.get_by_role("region", name="In preprod").get_by_role("link", name="ask for data").click()
    form = page.get_by_role("form", name="Ask for access")
    choose(page, form.get_by_role("combobox", name="Dataset", exact=True), dataset)
    expect(form.get_by_role("combobox", name="For whom", exact=True)).to_have_value(f"preprod of {PROJECT}")
    choose(page, form.get_by_role("combobox", name="Purpose", exact=True), PURPOSE)
    for use in ("Train", "Check fairness"):
        form.get_by_label(use, exact=True).check()
    form.get_by_label("Why do you need it").fill("The released model is trained on these columns; nobody reads them.")
    names = stage.walk.lakes.customer_columns if lake == "retail" else stage.walk.lakes.application_columns
    words = {"clear": "Clear", "check": "Check only", None: "Leave out"}
    for name in names:
        choice = form.get_by_role("radiogroup", name=f"Ask for {name}", exact=True)
        word = words[wanted.get(name)]
        if not choice.get_by_role("radio", name=word, exact=True).is_checked():
            choice.get_by_text(word).click()
    if dataset == CUSTOMERS:
        ana.pictures("ask-for-preprod")
    return sent(page, "Ask for access")


def preprod_gets_data(ana: Person, stage: Stage) -> None:
    """Ask for both sources as preprod; their stewards name the record key and approve."""
    for steward, lake in STEWARDS.items():
        name_the_key(stage[steward], stage.walk.dataset_of(lake))
        request = ask_for_preprod(ana, stage, lake)
        approve_as_asked(stage[steward], request, "review-for-preprod" if lake == "retail" else "")


def prod_gets_data(ana: Person, stage: Stage) -> None:
    """Ask for both sources as prod, by the SDK, and by the page to publish what it predicts."""
    for steward, lake in STEWARDS.items():
        columns = stage.released.columns(lake)
        stage.operated.prod_may(steward, stage.walk.dataset_of(lake), ["score", "check", "monitor"], columns)
    page = ana.page
    ana.goto(f"/ask?kind=write&object=retail.predictions&for=environment:{PROJECT}/prod")
    form = page.get_by_role("form", name="Ask for access")
    expect(form.get_by_role("combobox", name="For whom", exact=True)).to_have_value(f"prod of {PROJECT}")
    choose(page, form.get_by_role("combobox", name="Purpose", exact=True), PURPOSE)
    for use in ("Score", "Monitor"):
        form.get_by_label(use, exact=True).check()
    form.get_by_label("Why do you need it").fill("What the model predicts becomes a dataset, and so do its calls.")
    ana.picture("ask-to-publish")
    approve_as_asked(stage["dora"], sent(page, "Ask for access"), "review-to-publish")


def main_trains(ana: Person) -> None:
    """See on the flight that what was merged is trained as preprod, or was by now."""
    ana.goto(f"/projects/{PROJECT}")
    run = re.compile("^Run .* of main.*(trains as preprod|cut 1$)")
    expect(ana.page.get_by_role("link", name=run)).to_be_visible()
    ana.pictures("flight-while-main-trains")


def candidate_is_cut(ana: Person, stage: Stage) -> None:
    """See the candidate that came of it, with what it was measured by."""
    page = ana.page
    commit = stage.build.git("ls-remote", "origin", "main").split()[0]
    release = lockgate.releases.release(PROJECT, commit, client=stage.build.ana)
    assert release.candidate == 1, f"{release.state}: {release.reason}"
    ana.goto(f"/projects/{PROJECT}")
    expect(page.get_by_role("link", name=re.compile("^Candidate 1, at the gate into preprod"))).to_be_visible()
    ana.picture("flight-with-a-candidate")
    ana.goto(f"/projects/{PROJECT}/candidates")
    ana.pictures("candidates")
    page.get_by_role("table", name="Candidates").get_by_role("link", name="1", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Candidate 1")
    ana.settled()
    ana.pictures("candidate")


def promote(ana: Person, environment: str) -> None:
    """Ask that the candidate enters an environment, on its page."""
    page, act = ana.page, f"Promote candidate 1 into {environment}"
    ana.goto(f"/projects/{PROJECT}/candidates/1")
    page.get_by_role("button", name=f"Promote into {environment}").click()
    expect(page.get_by_role("dialog")).to_be_visible()
    ana.picture(f"promote-into-{environment}")
    confirm(page, act)
    expect(page).to_have_url(re.compile(rf"/candidates/1/into/{environment}$"))


def verified(ana: Person) -> None:
    """See how the repository's own tests call the endpoint of preprod, and that they pass."""
    ana.picture("preprod-at-work")
    expect(ana.page.locator("main").get_by_text("Live", exact=True).first).to_be_visible(timeout=60_000)
    ana.settled()
    ana.pictures("verified-in-preprod")


def may_not_approve(ana: Person) -> None:
    """Check that who made the candidate is not offered the decision, and is told why."""
    page = ana.page
    expect(page.get_by_text(re.compile("^Waits for approval")).first).to_be_visible(timeout=30_000)
    expect(page.get_by_text("You may not approve it")).to_be_visible()
    assert page.get_by_role("button", name=re.compile("^Approve")).count() == 0
    ana.settled()
    ana.pictures("review-of-its-author")


def approve(vera: Person) -> None:
    """Find what waits on the home page, read the review, and approve with a comment."""
    page = vera.page
    vera.goto("/")
    line = page.get_by_role("region", name="Waiting for you")
    expect(line).to_contain_text(f"Approve candidate 1 of {PROJECT} into prod")
    vera.pictures("home-of-a-validator")
    line.get_by_role("link", name="Review").click()
    bar = page.get_by_role("region", name="Decide on candidate 1")
    expect(bar).to_be_visible()
    vera.settled()
    vera.pictures("review-of-a-validator")
    bar.get_by_role("button", name="Approve candidate 1").click()
    comment = "The numbers are above their limits, and I read what changed."
    page.get_by_role("dialog").get_by_label(re.compile("^Comment")).fill(comment)
    vera.picture("approve-a-candidate")
    confirm(page, "Approve candidate 1")
    expect(bar).to_be_hidden()
    expect(page.get_by_text(comment)).to_be_visible()
    expect(page.locator("main").get_by_text("Live", exact=True).first).to_be_visible(timeout=60_000)
    vera.settled()
    vera.picture("live")


def flight(ana: Person) -> None:
    """See the candidate in prod on the project's flight, and its version among the models."""
    ana.goto(f"/projects/{PROJECT}")
    expect(ana.page.get_by_role("link", name=re.compile("^Candidate 1, in prod"))).to_be_visible()
    ana.pictures("flight")
    ana.goto("/models")
    ana.picture("models")
    ana.page.get_by_role("table", name="Models").get_by_role("link").first.click()
    ana.settled()
    ana.picture("model")
    ana.page.get_by_role("link", name="Version 1").click()
    ana.settled()
    ana.picture("model-version")


def next_one_trains(stage: Stage) -> None:
    """Merge the next change, pushed before, which trains as preprod while the story goes on; neither is of a page."""
    stage.released.merge(AGAIN, stage.released.tuned)


def second(stage: Stage) -> None:
    """Bring a second candidate live the way that the first one took on the pages, by the SDK."""
    released, ana = stage.released, stage.build.ana
    candidate = released.candidate_of(released.made_of(AGAIN))
    assert candidate.number == 2
    tried = lockgate.releases.promote(PROJECT, candidate.number, environment="preprod", client=ana)
    assert lockgate.releases.wait(tried.id, client=ana).state == "live"
    assert released.approved(released.to_prod(candidate.number)).state == "live"


def roll_back(ben: Person, ana: Person, stage: Stage) -> None:
    """Bring what was live before back, saying why; who made both is not offered that. The page says what is live."""
    page, where, why = ben.page, f"/projects/{PROJECT}/production", "callers see odd scores"
    ana.goto(where)
    theirs = ana.page.get_by_role("region", name="In prod", exact=True)
    expect(theirs).to_contain_text("Candidate 2 is live and takes all traffic")
    expect(theirs).to_contain_text("may stop it or roll it back")
    assert theirs.get_by_role("button", name=re.compile("^Roll back")).count() == 0
    ben.goto(f"/projects/{PROJECT}")
    page.get_by_role("navigation", name="Project").get_by_role("link", name="Endpoints").click()
    prod = page.get_by_role("region", name="In prod", exact=True)
    expect(prod).to_contain_text("Candidate 2 is live and takes all traffic")
    ben.settled()
    ben.pictures("two-have-been-live")
    prod.get_by_role("button", name="Roll back to candidate 1").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("Candidate 1 takes all traffic of prod within seconds, and candidate 2 leaves it")
    ben.picture("roll-back")
    confirm(page, "Roll prod back to candidate 1", why)
    expect(prod).to_contain_text("Candidate 1 is live and takes all traffic", timeout=30_000)
    # So say the three facts below, too, within seconds: no word of the second version is left.
    expect(prod).not_to_contain_text(f"{PROJECT} 2")
    expect(prod).to_contain_text(f"{PROJECT} 1")
    # What was left by a rollback is not what a rollback brings back.
    expect(prod.get_by_role("button", name=re.compile("^Roll back"))).to_have_count(0)
    expect(prod.get_by_role("button", name="Stop candidate 1")).to_be_visible()
    promotions = page.get_by_role("region", name="Promotions")
    expect(promotions).to_contain_text(re.compile(f"Candidate 1, rolled back to.*{why}.*Live"))
    expect(promotions).to_contain_text(re.compile("Candidate 2.*Rolled back"))
    ben.settled()
    ben.pictures("rolled-back")
    assert stage.released.call() in {"good", "bad"}
    expect(theirs).to_contain_text("Candidate 1 is live and takes all traffic")


def stop(ben: Person) -> None:
    """Press the stop button, saying why; who looks sees who did and why."""
    page = ben.page
    ben.goto(f"/projects/{PROJECT}")
    page.get_by_role("navigation", name="Project").get_by_role("link", name="Endpoints").click()
    prod = page.get_by_role("region", name="In prod", exact=True)
    expect(prod.get_by_text("Serving", exact=True).first).to_be_visible()
    ben.settled()
    ben.pictures("endpoints")
    prod.get_by_role("button", name="Stop candidate 1").click()
    expect(page.get_by_role("dialog")).to_be_visible()
    ben.picture("stop")
    confirm(page, "Stop candidate 1 now", "a complaint is being looked into")
    expect(prod).to_contain_text("Stopped by ben")
    expect(prod).to_contain_text("a complaint is being looked into")
    expect(prod.get_by_role("button", name="Resume candidate 1")).to_be_visible()
    ben.settled()
    ben.pictures("stopped")


def flight_when_stopped(ana: Person) -> None:
    """See on the flight that what is live is stopped; who makes candidates is not offered to change its gates."""
    ana.goto(f"/projects/{PROJECT}")
    expect(ana.page.get_by_role("link", name=re.compile("^Candidate 1, in prod: suspended"))).to_be_visible()
    ana.picture("flight-when-stopped")
    ana.goto(f"/projects/{PROJECT}/gates")
    expect(ana.page.get_by_role("table", name="Limits of the gate into prod")).to_be_visible()
    assert ana.page.get_by_role("button", name="Change").count() == 0
    ana.picture("gates-of-a-developer")


def resume(ben: Person, vera: Person, stage: Stage) -> None:
    """Ben asks that it answers again, and Vera approves; so callers are answered."""
    page = ben.page
    prod = page.get_by_role("region", name="In prod", exact=True)
    prod.get_by_role("button", name="Resume candidate 1").click()
    expect(page.get_by_role("dialog")).to_be_visible()
    ben.picture("resume")
    confirm(page, "Resume candidate 1")
    expect(prod).to_contain_text(re.compile("approv", re.IGNORECASE))
    ben.settled()
    ben.picture("resume-waits")
    vera.goto("/")
    line = vera.page.get_by_role("region", name="Waiting for you")
    expect(line).to_contain_text(f"Let candidate 1 of {PROJECT} answer again in prod")
    line.get_by_role("link", name="Review").click()
    bar = vera.page.get_by_role("region", name="Decide on candidate 1")
    expect(bar).to_be_visible()
    vera.settled()
    vera.pictures("review-of-a-resumption")
    bar.get_by_role("button", name="Approve candidate 1").click()
    confirm(vera.page, "Approve candidate 1")
    expect(prod.get_by_text("Serving", exact=True).first).to_be_visible(timeout=30_000)
    assert stage.released.call() in {"good", "bad"}
