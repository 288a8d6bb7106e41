"""Step 8 of the journey: what Ana pushes is checked; three mistakes are stopped, and a good branch merges."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import lockgate
from lockgate.delivery import Check, Checks

from journey.build import CODE, CONTRACT, PROJECT, Build
from journey.own import word
from journey.walk import StoryError, check

TEST = "tests/test_model.py"


@dataclass
class Checked:
    """What Ana pushes to the project of a build, and what its checks say."""

    build: Build
    pushed: set[str] = field(default_factory=set)
    has_merged: bool = False

    @property
    def base(self) -> str:
        """What Ana's next branch starts from."""
        return "origin/main" if self.has_merged else f"origin/{self.build.branch}"

    @property
    def wrong_column(self) -> str:
        """The column that a broken contract is broken at."""
        return "housing" if self.build.own is None else self.build.own.features[0].name

    @property
    def mistakes(self) -> Mapping[str, tuple[str | Path, Callable[[str], str]]]:
        """The branches that are stopped before merge: what is changed, and how."""
        column = self.wrong_column
        wrong = (CONTRACT, lambda text: sourced(text, column, "retail.core.customers", f"{column} of old"))
        return MISTAKES if self.build.own is None else {**MISTAKES, "wrong-source": wrong}

    def push_mistakes(self) -> None:
        """8. Push three mistakes, each on a branch of its own; their checks run while the story goes on."""
        for branch, (file, change) in self.mistakes.items():
            if branch not in self.pushed:
                self.push(branch, lambda folder, file=file, change=change: edit(folder / file, change))  # type: ignore[misc]

    def stopped(self) -> None:
        """8. A PEP 8 error, a failing unit test and a broken contract are each stopped, with the place."""
        with self.build.walk.step("8 checks", f"/projects/{PROJECT}/code?rev=long-line") as words:
            self.push_mistakes()
            lint = self.red("long-line", "lint")
            place = f"{lint.findings[0].path}:{lint.findings[0].line}"
            check(place.startswith(str(CODE)), f"lint names {place}, not a line of `{CODE}`")
            words.append(f"a long line is red: {place} {lint.findings[0].code}")
            unit = self.red("wrong-test", "unit")
            check("test_one_is_two" in str(unit.findings), f"the failing test is not named: {unit.findings}")
            words.append("a failing test is red, by its name")
            contract = self.red("wrong-source", "contract")
            broken = [one for one in contract.columns if one.verdict == "failed"]
            check([one.column for one in broken] == [self.wrong_column], f"the contract is broken at {broken}")
            words.append(f"a broken contract is red at its column: {broken[0].reason}")
            for branch in self.mistakes:
                self.not_merged(branch)

    def not_merged(self, branch: str) -> None:
        """Try to merge a branch whose checks are red."""
        try:
            lockgate.delivery.merge(PROJECT, branch, client=self.build.ana)
        except lockgate.ConflictError as refusal:
            check("red" in str(refusal), f"the refusal to merge `{branch}` says only: {refusal}")
            return
        raise StoryError(f"branch `{branch}` was merged though its checks are red")

    def merged(self, branch: str, change: Callable[[Path], None] | None = None) -> Checks:
        """Merge a branch whose checks turn green, pushed before or now: fast-forward, as Ana's, there at once."""
        if change is not None:
            self.push(branch, change)
        found = self.of(branch)
        check(
            found.passed,
            f"the checks of `{branch}` are {[(one.name, one.state, one.sentence) for one in found.checks]}",
        )
        merge = lockgate.delivery.merge(PROJECT, branch, commit=found.commit, client=self.build.ana)
        check(merge.state == "merged" and merge.merged_by == "ana", f"the merge is {merge.state} by {merge.merged_by}")
        main = self.build.git("ls-remote", "origin", "main").split()[0]
        check(main == found.commit, f"main is at {main}, not at {found.commit}")
        self.has_merged = True
        return found

    def push(self, branch: str, change: Callable[[Path], None]) -> None:
        """Push a branch off `main`, or off what Ana said of her own table, with what a change makes of its folder."""
        folder = self.build.laptop.home / branch
        self.build.git("fetch", "--quiet", "origin")
        self.build.git("worktree", "add", "--quiet", "-b", branch, str(folder), self.base)
        change(folder)
        self.build.laptop.git("add", "--all", folder=folder)
        self.build.laptop.git("commit", "--quiet", "-m", f"Try {branch}", folder=folder)
        self.build.laptop.git("push", "--quiet", "-u", "origin", branch, folder=folder)
        self.pushed.add(branch)

    def sourced(self, folder: Path) -> None:
        """Let the contract name the dataset that each column comes from."""
        lakes = self.build.walk.lakes
        sources = dict.fromkeys(lakes.customer_columns, lakes.customers)
        sources |= dict.fromkeys(lakes.application_columns, lakes.applications)
        edit(folder / CONTRACT, lambda text: all_sourced(text, sources))

    def of(self, branch: str) -> Checks:
        """Return the checks of a branch when they are over."""
        return lockgate.delivery.checks(PROJECT, branch=branch, wait=True, client=self.build.ana)

    def red(self, branch: str, name: str) -> Check:
        """Return the check that stops a branch; it must be the only one that does."""
        found = self.of(branch)
        red = [one.name for one in found.checks if one.state == "failed"]
        check(red == [name] and not found.passed, f"of `{branch}` {red} are red, not `{name}` alone: {found.json}")
        return self.check_of(found, name)

    @staticmethod
    def check_of(found: Checks, name: str) -> Check:
        """Return one of the checks."""
        return next(one for one in found.checks if one.name == name)


def edit(file: Path, change: Callable[[str], str]) -> None:
    """Change a file of the template; a change that changes nothing stops the story."""
    before = file.read_text()
    after = change(before)
    check(after != before, f"`{file.name}` is not the template's")
    file.write_text(after)


def sourced(contract: str, column: str, dataset: str, name: str | None = None) -> str:
    """Return the contract with the dataset that a column comes from, and its name there if that is another."""
    head = f"      - name: {word(column)}\n"
    more = f"        transformSourceObjects: [{dataset}]\n" + (f"        physicalName: {word(name)}\n" if name else "")
    return contract.replace(head, head + more, 1)


def all_sourced(contract: str, sources: dict[str, str]) -> str:
    """Return the contract with the dataset of each column; where it has none of them, with a word more."""
    after = contract
    for column, dataset in sources.items():
        after = sourced(after, column, dataset)
    return after if after != contract else contract.replace("status: active", "status: active\ntags: [checked]", 1)


MISTAKES: Mapping[str, tuple[str | Path, Callable[[str], str]]] = {
    "long-line": (CODE, lambda text: f'{text}\n\nTOO_LONG = "{"x" * 80}"\n'),
    "wrong-test": (TEST, lambda text: f"{text}\n\ndef test_one_is_two() -> None:\n    assert 1 == 2\n"),
    "wrong-source": (CONTRACT, lambda text: sourced(text, "housing", "retail.core.customers", "rooms")),
}
"""The branches that are stopped before merge: what is changed, and how, for the table that the template describes."""
