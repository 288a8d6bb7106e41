"""Steps 4 and 6 to 8 of the journey, by its pages: a project, its runs, what they logged, and what its checks say."""

from __future__ import annotations

import re
from pathlib import Path

import lockgate
from browser import Person, choose, confirm
from journey.build import PROJECT, STEPS
from journey.checks import MISTAKES, edit
from journey.release import SOURCES, TRAIN
from playwright.sync_api import expect
from stage import Stage

MADE = {
    "Name": PROJECT,
    "What for": "Credit risk",
    "Team": "risk",
    "Model owner": "ben",
    "Intended use": "Say how likely it is that an applicant for a loan fails to pay it back.",
    "Prohibited use": "Decide without a person; price insurance.",
}


def make_project(ana: Person) -> None:
    """Make a project of what the portfolio offers."""
    page = ana.page
    ana.goto("/portfolio")
    ana.pictures("portfolio")
    page.get_by_role("button", name="Make a project of it").click()
    form = page.get_by_role("form", name="New project")
    for label, text in MADE.items():
        form.get_by_label(label, exact=True).fill(text)
    ana.pictures("new-project")
    form.get_by_role("button", name="Make the project").click()
    expect(page).to_have_url(re.compile(f"/projects/{PROJECT}$"))
    expect(page.get_by_role("button", name="Run a pipeline")).to_be_visible(timeout=30_000)
    ana.settled()
    ana.pictures("project-at-first")
    page.get_by_role("button", name="Clone").click()
    expect(page.get_by_text(f"git clone {ana.url}").first).to_be_visible()
    ana.picture("how-to-clone")


def start_run(ana: Person, picture: str = "", **parameters: str) -> str:
    """Start the pipeline in dev, and return the run's id."""
    page = ana.page
    ana.goto(f"/projects/{PROJECT}")
    page.get_by_role("button", name="Run a pipeline").click()
    form = page.get_by_role("form", name="Run a pipeline")
    start = form.get_by_role("button", name="Run train")
    expect(start).to_be_enabled()
    for name, value in parameters.items():
        form.get_by_label(name, exact=True).fill(value)
    if picture:
        ana.pictures(picture)
    start.click()
    expect(page).to_have_url(re.compile(r"/runs/r-"))
    expect(page.get_by_role("heading", level=1)).to_contain_text("Run")
    return page.url.rsplit("/", 1)[-1].split("?")[0]


def first_run(ana: Person) -> str:
    """See a run while it works: its graph, and what it waits for."""
    run = start_run(ana, "start-a-run")
    expect(ana.page.get_by_role("button", name="Cancel run")).to_be_visible()
    expect(ana.page.get_by_role("group", name=re.compile(f"{len(STEPS)} steps of train"))).to_be_visible()
    ana.pictures("run-at-work")
    return run


def proved(ana: Person, stage: Stage, first: str) -> str:
    """See what a run did and wrote, that the same again recomputes nothing, and what a change makes run anew."""
    page = ana.page
    lockgate.runs.wait(first, timeout_s=600, client=stage.build.ana)
    ana.goto(f"/runs/{first}?step=fit")
    expect(page.get_by_role("button", name=re.compile("^fit"))).to_be_visible()
    expect(page.get_by_role("log").locator(".row").first).to_be_visible()
    ana.pictures("run-of-its-log")
    ana.goto(f"/runs/{first}?view=table")
    expect(page.get_by_role("table", name="Steps").get_by_role("row")).to_have_count(len(STEPS) + 1)
    ana.picture("run-as-a-table")
    start_run(ana)
    expect(page.get_by_text(re.compile(f"^{len(STEPS)} cached$"))).to_be_visible(timeout=30_000)
    page.get_by_role("button", name=re.compile("^fit")).click()
    expect(page.get_by_text("It did not have to run.")).to_be_visible()
    ana.settled()
    ana.pictures("run-again-is-cached")
    return start_run(ana, c="0.5")


def why_again(ana: Person, stage: Stage, changed: str) -> None:
    """See which part of its key made a step run again."""
    lockgate.runs.wait(changed, timeout_s=600, client=stage.build.ana)
    ana.goto(f"/runs/{changed}?step=fit")
    expect(ana.page.get_by_text("parameter c").first).to_be_visible()
    ana.pictures("run-again-and-why")
    ana.goto("/runs")
    expect(ana.page.get_by_role("table", name="Runs").get_by_role("row")).not_to_have_count(1)
    ana.pictures("runs")


def experiments(ana: Person) -> None:
    """Find what the runs logged, side by side."""
    page = ana.page
    ana.goto("/experiments")
    ana.picture("experiments")
    page.get_by_role("table", name="Experiments").get_by_role("link").first.click()
    ana.settled()
    table = page.get_by_role("table", name="Runs")
    for c in ("1.0", "0.5"):
        fit = table.get_by_role("row", name="fit").filter(has=page.get_by_role("cell", name=c, exact=True)).first
        fit.get_by_role("checkbox").check()
    expect(page.get_by_role("table", name="Side by side")).to_contain_text("classifier__C")
    ana.settled()
    ana.pictures("experiment")
    table.get_by_role("link", name="fit").first.click()
    expect(page.get_by_role("table", name="Metrics")).to_contain_text("training_roc_auc")
    ana.settled()
    ana.pictures("experiment-run")


def laptop(stage: Stage) -> None:
    """Clone with stock git, and install what the lock names; neither is of a page."""
    address = lockgate.projects.get(PROJECT, client=stage.build.ana).clone_url
    stage.build.laptop.set_up().git("clone", "--quiet", address, PROJECT)
    stage.build.laptop.install(stage.build.checkout)


def push_a_mistake(stage: Stage) -> str:
    """Push a branch with a line that is too long, and return its name."""
    branch = "long-line"
    file, change = MISTAKES[branch]
    stage.checked.push(branch, lambda folder: edit(folder / file, change))
    return branch


def stopped(ana: Person, stage: Stage, branch: str) -> None:
    """See the check that stops a branch, at its line; no merge is offered."""
    stage.checked.red(branch, "lint")
    ana.goto(f"/projects/{PROJECT}/code?rev={branch}")
    checks = ana.page.get_by_role("region", name=f"Checks of {branch}")
    expect(checks).to_contain_text("E501")
    assert checks.get_by_role("button", name="Merge").count() == 0
    ana.pictures("a-branch-that-is-stopped")


def push_the_sources(stage: Stage) -> None:
    """Push a branch that trains on the sources in place of the fixture."""

    def changed(folder: Path) -> None:
        stage.released.sourced(folder)
        words = ("-m", "lockgate.pipelines", "write", str(TRAIN))
        stage.build.laptop.python(*words, folder=folder, venv=stage.build.checkout)

    stage.checked.push(SOURCES, changed)


def merge(ana: Person) -> None:
    """Merge the branch whose checks are green."""
    page = ana.page
    ana.goto(f"/projects/{PROJECT}/code")
    choose(page, page.get_by_role("combobox", name="Branch", exact=True), SOURCES)
    checks = page.get_by_role("region", name=f"Checks of {SOURCES}")
    button = checks.get_by_role("button", name="Merge", exact=True)
    expect(button).to_be_visible(timeout=90_000)
    ana.settled()
    ana.pictures("a-branch-that-may-merge")
    button.click()
    expect(page.get_by_role("dialog")).to_be_visible()
    ana.picture("merge")
    confirm(page, f"Merge {SOURCES}")
