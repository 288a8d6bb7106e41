"""The one bank of the story in the browser, its people at their browsers, and what they do elsewhere than on a page."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from bank import Bank, open_bank
from browser import Album, People, Person, Seen
from journey.build import Build
from journey.checks import Checked
from journey.laptop import Laptop
from journey.operate import Operated
from journey.release import Released
from journey.walk import Walk
from journey.watch import Watched
from playwright.sync_api import Browser


@dataclass
class Stage:
    """A bank on SQLite, who walks through its pages, and their laptops: the same story as the demo tells by the SDK."""

    bank: Bank
    walk: Walk
    people: People
    build: Build
    released: Released
    operated: Operated
    watched: Watched

    def __getitem__(self, name: str) -> Person:
        """Return a person at their browser."""
        return self.people[name]

    @property
    def checked(self) -> Checked:
        """What Ana pushes."""
        return self.released.checked


@contextlib.contextmanager
def open_stage(binary: Path, folder: Path, browser: Browser, pictures: Path) -> Iterator[Stage]:
    """Open a bank for the story; what its pages did wrong until the end fails the test."""
    seen = Seen()
    with open_bank(binary, folder, same_split=True) as bank, contextlib.ExitStack() as browsers:
        bank.walk = walk = Walk(bank.url, bank.lakes, bank.everyone(), say=print)
        laptop = Laptop(bank.server.data.with_name("laptop"), bank.url, "ana", bank.token("ana"))
        build = Build(walk, laptop)
        released = Released(build, Checked(build), bank.server.serving)
        operated = Operated(released, bank.server)
        people = People(bank, browser, Album(pictures), seen, browsers)
        yield Stage(bank, walk, people, build, released, operated, Watched(operated))
    assert not seen.problems, f"{len(seen.problems)} faults:\n" + "\n".join(dict.fromkeys(seen.problems))
