"""A browser for the people of the journey: Debian's Chromium, pictures in light and dark, accessibility by axe."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from importlib.resources import files
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, BrowserContext, Page, Request, Response, sync_playwright

CHROMIUM = "/usr/bin/chromium"
AXE = files("axe_playwright_python").joinpath("axe.min.js")
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
SIZE = {"width": 1440, "height": 900}
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


@dataclass
class Person:
    """Someone at a browser."""

    name: str
    page: Page
    context: BrowserContext
    url: str
    out: Path
    seen: Seen

    def goto(self, place: str) -> None:
        """Open a page of the product and wait until it has what it shows."""
        self.page.goto(self.url + place)
        self.settled()

    def settled(self) -> None:
        """Wait until nothing is being fetched any more."""
        self.page.wait_for_load_state("networkidle")

    def picture(self, name: str) -> None:
        """Take the page in light and dark, and have axe look at both; and at a phone's width, in light."""
        for scheme in ("light", "dark"):
            self.page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
            self.page.evaluate("scrollTo(0, 0)")
            self.page.wait_for_timeout(50)
            self.page.screenshot(path=self.out / f"{name}-{scheme}.png", full_page=True, animations="disabled")
            self.axe(f"{name} in {scheme}")
        self.page.emulate_media(color_scheme="light", reduced_motion="reduce")

    def narrow(self, name: str) -> None:
        """Take the page at a phone's width; it must not scroll sideways."""
        self.page.set_viewport_size({"width": 390, "height": 844})
        self.page.wait_for_timeout(100)
        wide = self.page.evaluate("document.documentElement.scrollWidth")
        self.page.screenshot(path=self.out / f"{name}-390.png", full_page=True, animations="disabled")
        self.axe(f"{name} at 390 px")
        self.page.set_viewport_size({"width": SIZE["width"], "height": SIZE["height"]})
        if wide > 390:
            self.seen.note(f"{name} is {wide} px wide on a screen of 390")

    def axe(self, name: str) -> None:
        """Note what axe finds on the page."""
        # The page's content security policy refuses injected scripts, so axe runs in the tool's own world.
        self.page.evaluate(f"{AXE.read_text()}; undefined")
        found: list[dict[str, Any]] = self.page.evaluate(
            "rules => axe.run(document, {runOnly: rules}).then(result => result.violations)", RULES
        )
        for one in found:
            places = "; ".join(node["html"][:160] for node in one["nodes"][:3])
            self.seen.note(f"{name}: axe {one['id']} ({one['impact']}): {one['help']}: {places}")


@contextlib.contextmanager
def open_browser() -> Iterator[Browser]:
    """Start Chromium, without a download of the tool's own."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"]
        )
        try:
            yield browser
        finally:
            browser.close()


@contextlib.contextmanager
def at_browser(browser: Browser, url: str, name: str, out: Path, seen: Seen) -> Iterator[Person]:
    """Give a person a browser of their own; whatever its pages complain about is noted."""
    context = browser.new_context(viewport={"width": SIZE["width"], "height": SIZE["height"]}, locale="en-GB")
    context.set_default_timeout(10_000)
    page = context.new_page()
    page.on("pageerror", lambda error: seen.note(f"{name} at {page.url}: page error {error}"))
    page.on("console", lambda line: seen.note(f"{name} at {page.url}: {line.text}") if line.type == "error" else None)
    page.on("response", lambda response: _note_response(seen, name, response))
    page.on("request", lambda request: _note_request(seen, url, request))
    try:
        yield Person(name, page, context, url, out, seen)
    except BaseException:
        page.screenshot(path=out / f"failed-{name}.png", full_page=True)
        raise
    finally:
        context.close()


def _note_response(seen: Seen, name: str, response: Response) -> None:
    if response.status >= 500:
        seen.note(f"{name}: {response.status} from {response.request.method} {response.url}")


def _note_request(seen: Seen, url: str, request: Request) -> None:
    if not request.url.startswith((url, "data:", "blob:")):
        seen.note(f"a page asked another server: {request.url}")
