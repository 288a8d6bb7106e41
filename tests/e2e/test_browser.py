"""The journey in browsers: its people walk it through the pages, on one bank; pictures of each, looked at by axe."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
import walk_build
import walk_discover
import walk_operate
import walk_prove
import walk_release
from browser import open_browser
from journey.release import AGAIN
from journey.walk import STEWARDS
from playwright.sync_api import Browser
from stage import Stage, open_stage


@pytest.fixture
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


def test_the_people_walk_the_journey_through_the_pages(
    binary: Path, tmp_path: Path, chromium: Browser, pictures: Path
) -> None:
    with open_stage(binary, tmp_path / "bank", chromium, pictures) as stage:
        discover(stage)
        run = begin(stage)
        get_access(stage)
        build(stage, run)
        release(stage)
        operate(stage)
        prove(stage, tmp_path)


def discover(stage: Stage) -> None:
    """Sign in, connect the lakes, and find what lies in them."""
    walk_discover.stranger_signs_in(stage)
    walk_discover.pat_gives_roles(stage["pat"])
    for steward, lake in STEWARDS.items():
        walk_discover.connect(stage[steward], lake)
        walk_discover.describe(stage[steward], stage.walk.dataset_of(lake), lake)
    walk_discover.find(stage["ana"])


def begin(stage: Stage) -> str:
    """Make the project and start its first run, which works on while the others go on; return the run's id."""
    walk_build.make_project(stage["ana"])
    run = walk_build.first_run(stage["ana"])
    walk_release.bake_for_seconds(stage["pat"], stage["eli"])
    return run


def get_access(stage: Stage) -> None:
    """Ask, decide, read, revoke."""
    ana, dora = stage["ana"], stage["dora"]
    walk_discover.record_purpose(dora)
    stage.walk.purpose = walk_discover.purpose_of(stage)
    retail = walk_discover.ask(ana, walk_discover.CUSTOMERS, "iban", "Clear")
    risk = walk_discover.ask(ana, walk_discover.APPLICATIONS, "age_in_years", "Leave out")
    walk_discover.not_theirs(stage["pat"], ana, retail)
    walk_discover.review(dora, retail, stage.walk.lakes)
    walk_discover.approve_as_asked(stage["eli"], risk)
    walk_discover.read(ana, stage.walk.lakes)
    walk_discover.revoke(dora)
    walk_discover.refused(ana)
    walk_discover.audit(stage["ivo"])
    walk_discover.look_around(stage["pat"])


def build(stage: Stage, run: str) -> None:
    """See what runs did, what they logged, and what stops a push."""
    ana = stage["ana"]
    changed = walk_build.proved(ana, stage, run)
    walk_build.laptop(stage)
    branch = walk_build.push_a_mistake(stage)
    walk_build.push_the_sources(stage)
    walk_build.why_again(ana, stage, changed)
    walk_build.experiments(ana)
    walk_build.stopped(ana, stage, branch)


def release(stage: Stage) -> None:
    """From the merge, which trains on the sources, to what is live, rolled back, stopped and resumed."""
    ana, ben, vera = stage["ana"], stage["ben"], stage["vera"]
    walk_release.preprod_gets_data(ana, stage)
    walk_build.merge(ana)
    walk_release.main_trains(ana)
    walk_release.prod_gets_data(ana, stage)
    walk_release.candidate_is_cut(ana, stage)
    stage.released.push(AGAIN, stage.released.tuned)
    walk_release.promote(ana, "preprod")
    walk_release.verified(ana)
    walk_release.next_one_trains(stage)
    walk_release.promote(ana, "prod")
    walk_release.may_not_approve(ana)
    walk_release.approve(vera)
    walk_release.flight(ana)
    walk_release.second(stage)
    walk_release.roll_back(ben, ana, stage)
    walk_release.stop(ben)
    walk_release.flight_when_stopped(ana)
    walk_release.resume(ben, vera, stage)


def operate(stage: Stage) -> None:
    """Another team uses it, a batch scores with it, and a monitor watches it."""
    ana, ben, cho = stage["ana"], stage["ben"], stage["cho"]
    walk_operate.find_the_model(cho)
    walk_operate.let_use(ben, walk_operate.ask_to_use_it(cho))
    walk_operate.calls(cho, stage)
    walk_operate.score(ana, cho)
    walk_operate.watch(ben, stage)
    walk_operate.drift(ben, stage)
    walk_operate.held(ben, ana)
    walk_operate.settle(ben, stage)


def prove(stage: Stage, folder: Path) -> None:
    """Take the evidence away, and see how long all of it took."""
    walk_prove.dossier(stage["ivo"], stage, folder)
    walk_prove.live_then(stage["ivo"])
    walk_prove.audited(stage["ivo"])
    walk_prove.clock(stage["pat"], stage["ben"])
