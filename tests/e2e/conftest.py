"""What the end-to-end tests share: the built binary, a bank, and a bank on which the journey was walked."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from bank import REPO, Bank, open_bank
from journey.walk import Walk
from told import Told, tell

SHARED = ("told", "walked")
"""What takes long to set up: the tests that share one run in one worker."""
FIRST = ("test_browser", "told", "test_git", "walked")
"""What is begun first, since it lasts longest; a worker takes a second group along when its first has a single test."""


@pytest.hookimpl(tryfirst=True)  # before the marks are read
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Say which tests run in one worker: those of one set-up, else those of a file; the longest come first."""

    def group(item: pytest.Item) -> str:
        names: list[str] = getattr(item, "fixturenames", [])
        return next((name for name in SHARED if name in names), item.path.stem)

    for item in items:
        item.add_marker(pytest.mark.xdist_group(group(item)))
    items.sort(key=lambda item: FIRST.index(group(item)) if group(item) in FIRST else len(FIRST))


@pytest.hookimpl(trylast=True)
def pytest_collection_finish(session: pytest.Session) -> None:
    """Say so if workers are not told of the groups: each would then make everything that a group shares."""
    if getattr(session.config.option, "loadgroup", False):
        assert all("@" in item.nodeid for item in session.items), "pytest-xdist does not see the groups of tests"


@pytest.fixture(scope="session")
def binary() -> Path:
    """Return the built binary."""
    path = Path(os.environ.get("LOCKGATE_BIN") or REPO / "target" / "debug" / "lockgate")
    assert path.is_file(), f"`{path}` is not there: build it and set LOCKGATE_BIN (`make test` does)"
    return path


@pytest.fixture(scope="session")
def out() -> Path:
    """Return the folder for screenshots."""
    path = Path(os.environ.get("LOCKGATE_E2E_OUT") or REPO / "target" / "e2e")
    path.mkdir(parents=True, exist_ok=True)
    return path


@pytest.fixture(scope="session")
def walked(binary: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bank]:
    """Yield a bank on SQLite on which the journey was walked, with a grant of Ana's on each lake still active."""
    with open_bank(binary, tmp_path_factory.mktemp("walked") / "bank") as bank:
        bank.tokens["short-lived"] = bank.server.token("cho", (), ttl="1m")
        bank.walk = Walk(bank.url, bank.lakes, bank.everyone(), say=print, expires_after_s=1.5)
        bank.walk.run()
        bank.walk.grant_again()
        yield bank


@pytest.fixture(scope="session")
def told(binary: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Told]:
    """Yield what `make demo` said, and the bank that it left, which is still open."""
    with tell(binary, tmp_path_factory.mktemp("told") / "demo") as found:
        yield found
