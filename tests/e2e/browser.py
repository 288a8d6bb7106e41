"""Browsers for the people of the journey: Debian's Chromium, pictures in light and dark, accessibility by axe."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from importlib.resources import files
from pathlib import Path
from typing import Any, Literal

import lockgate
from bank import Bank
from playwright.sync_api import Browser, BrowserContext, Locator, Page, Request, Response, expect, sync_playwright

CHROMIUM = "/usr/bin/chromium"
AXE = files("axe_playwright_python").joinpath("axe.min.js")
RULES: Mapping[str, Any] = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
COLOURS: Mapping[str, Any] = {"runOnly": {"type": "rule", "values": ["color-contrast"]}}
SHAPES: Mapping[str, Any] = {**RULES, "rules": {"color-contrast": {"enabled": False}}}
"""What axe looks for: everything, what a colour scheme changes, and what a width changes. Contrast takes most time."""
SIZE = {"width": 1440, "height": 900}
NARROW = 390
HIGHEST = 4000
PASSWORD = "a long password of the e2e tests"


@dataclass
class Seen:
    """What the pages did wrong, gathered over a whole test."""

    problems: list[str] = field(default_factory=list)
    expected: list[re.Pattern[str]] = field(default_factory=list)

    def note(self, what: str) -> None:
        """Note a fault of a page, unless the test expects it."""
        if not any(pattern.search(what) for pattern in self.expected):
            self.problems.append(what)

    def expect(self, pattern: str) -> None:
        """Take it for right from now on: which person, at which page, is told what."""
        self.expected.append(re.compile(pattern))


@dataclass
class Album:
    """A folder of pictures, which are numbered in the order in which the story takes them."""

    folder: Path
    names: list[str] = field(default_factory=list)

    def place(self, name: str, form: str) -> Path:
        """Return where a picture of that name goes; its forms (light, dark, narrow) stand beside each other."""
        if name not in self.names:
            self.names.append(name)
        return self.folder / f"{self.names.index(name) + 1:03}-{name}-{form}.png"


@dataclass
class Person:
    """Someone at a browser."""

    name: str
    page: Page
    context: BrowserContext
    url: str
    album: Album
    seen: Seen

    def goto(self, place: str) -> None:
        """Open a page of the product and wait until it has what it shows."""
        self.page.goto(self.url + place)
        self.settled()

    def settled(self) -> None:
        """Wait until nothing is being fetched any more."""
        self.page.wait_for_load_state("networkidle")

    def picture(self, name: str) -> None:
        """Take the page in light and dark, and have axe look at both; the dark one differs by its colours alone."""
        self.tall(SIZE["width"])
        looks: tuple[tuple[Literal["light", "dark"], Mapping[str, Any]], ...] = (("light", RULES), ("dark", COLOURS))
        for scheme, rules in looks:
            self.page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
            self.page.wait_for_timeout(50)
            self.page.screenshot(path=self.album.place(name, scheme), animations="disabled")
            self.axe(f"{name} in {scheme}", rules)
        self.page.emulate_media(color_scheme="light", reduced_motion="reduce")
        self.page.set_viewport_size({"width": SIZE["width"], "height": SIZE["height"]})

    def pictures(self, name: str) -> None:
        """Take the page in light, in dark and at a phone's width."""
        self.picture(name)
        self.narrow(name)

    def narrow(self, name: str) -> None:
        """Take the page at a phone's width; it must not scroll sideways. Its colours are those of the wide one."""
        self.tall(NARROW)
        wide = self.page.evaluate("document.documentElement.scrollWidth")
        self.page.screenshot(path=self.album.place(name, str(NARROW)), animations="disabled")
        self.axe(f"{name} at {NARROW} px", SHAPES)
        self.page.set_viewport_size({"width": SIZE["width"], "height": SIZE["height"]})
        if wide > NARROW:
            self.seen.note(f"{name} is {wide} px wide on a screen of {NARROW}")

    def tall(self, width: int) -> None:
        """Make the window as high as its page, so that what sticks to an edge hides nothing; not under a dialog."""
        self.page.set_viewport_size({"width": width, "height": SIZE["height"]})
        self.page.evaluate("scrollTo(0, 0)")
        self.page.wait_for_timeout(100)
        if self.page.get_by_role("dialog").count() == 0:
            height = self.page.evaluate("document.documentElement.scrollHeight")
            self.page.set_viewport_size({"width": width, "height": max(SIZE["height"], min(height, HIGHEST))})
            self.page.wait_for_timeout(100)

    def axe(self, name: str, rules: Mapping[str, Any]) -> None:
        """Note what axe finds on the page by some of its rules."""
        # The page's content security policy refuses injected scripts, so axe runs in the tool's own world.
        if self.page.evaluate("window.axe === undefined"):
            self.page.evaluate(f"{AXE.read_text()}; undefined")
        look = "rules => axe.run(document, {...rules, resultTypes: ['violations']}).then(({violations}) => violations)"
        found: list[dict[str, Any]] = self.page.evaluate(look, rules)
        for one in found:
            places = "; ".join(node["html"][:160] for node in one["nodes"][:3])
            self.seen.note(f"{name}: axe {one['id']} ({one['impact']}): {one['help']}: {places}")


@contextlib.contextmanager
def open_browser() -> Iterator[Browser]:
    """Start Chromium, without a download of the tool's own."""
    # Other tests may run beside these: what is expected can take a while on a busy machine.
    expect.set_options(timeout=20_000)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"]
        )
        try:
            yield browser
        finally:
            browser.close()


@contextlib.contextmanager
def at_browser(browser: Browser, url: str, name: str, album: Album, seen: Seen) -> Iterator[Person]:
    """Give a person a browser of their own; whatever its pages complain about is noted."""
    context = browser.new_context(viewport={"width": SIZE["width"], "height": SIZE["height"]}, locale="en-GB")
    context.set_default_timeout(30_000)
    page = context.new_page()
    page.on("pageerror", lambda error: seen.note(f"{name} at {page.url}: page error {error}"))
    page.on("console", lambda line: seen.note(f"{name} at {page.url}: {line.text}") if line.type == "error" else None)
    page.on("response", lambda response: _note_response(seen, name, response))
    page.on("request", lambda request: _note_request(seen, url, request))
    try:
        yield Person(name, page, context, url, album, seen)
    except BaseException:
        page.screenshot(path=album.folder / f"failed-{name}.png", full_page=True)
        raise
    finally:
        context.close()


def _note_response(seen: Seen, name: str, response: Response) -> None:
    if response.status >= 500:
        seen.note(f"{name}: {response.status} from {response.request.method} {response.url}")


def _note_request(seen: Seen, url: str, request: Request) -> None:
    if not request.url.startswith((url, "data:", "blob:")):
        seen.note(f"a page asked another server: {request.url}")


@dataclass
class People:
    """The people of a bank at their browsers: each sets a password by a one-time link when they are first needed."""

    bank: Bank
    browser: Browser
    album: Album
    seen: Seen
    opened: contextlib.ExitStack
    entered: dict[str, Person] = field(default_factory=dict)

    def __getitem__(self, name: str) -> Person:
        """Return a person, who is signed in."""
        if name not in self.entered:
            self.entered[name] = self._enter(name)
        return self.entered[name]

    def _enter(self, name: str) -> Person:
        link = lockgate.people.link(name, client=self.bank.client("pat"))
        one = self.opened.enter_context(at_browser(self.browser, self.bank.url, name, self.album, self.seen))
        one.goto(link if link.startswith("/") else f"/link#{link}")
        one.page.get_by_label("New password", exact=True).fill(PASSWORD)
        one.page.get_by_label("Repeat it", exact=True).fill(PASSWORD)
        if not self.entered:
            one.picture("set-password")
        one.page.get_by_role("button", name="Set password and sign in").click()
        expect(one.page.get_by_role("button", name=re.compile("Signed in as", re.IGNORECASE))).to_be_visible()
        one.settled()
        return one


def confirm(page: Page, act: str | re.Pattern[str], reason: str | None = None) -> None:
    """Confirm in the dialog that says the consequence."""
    dialog = page.get_by_role("dialog")
    expect(dialog).to_be_visible()
    if reason is not None:
        dialog.get_by_label(re.compile("Reason")).fill(reason)
    dialog.get_by_role("button", name=act).click()
    expect(dialog).to_be_hidden()


def choose(page: Page, field: Locator, option: str) -> None:
    """Choose an option of a select, or type it where the field is free."""
    field = field.first
    field.click()
    if field.get_attribute("readonly") is None:
        field.fill(option)
    if field.get_attribute("role") == "combobox":
        page.get_by_role("option", name=re.compile(re.escape(option), re.IGNORECASE)).first.click()
