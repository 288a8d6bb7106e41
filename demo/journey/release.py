"""Steps 8 and 9 of the journey: what `main` makes goes through the gates, is rolled back, stopped and resumed."""

from __future__ import annotations

import csv
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import httpx
import lockgate
from lockgate.releases import Candidate, Metric, Promotion, Release

from journey.build import CONTRACT, PROJECT, Build
from journey.checks import Checked
from journey.own import Proxy, is_proxy, word
from journey.walk import STEWARDS, StoryError, check

TRAIN = Path("pipelines/train.py")
SOURCES = "train-on-sources"
RENTERS = "flip-renters"
FLIPPED = "flip-by-proxy"
AGAIN = "smaller-c"
ENDPOINT = PROJECT
BAKING_S = 3
BIASED = "demographic_parity"
BAR = "tests/given.py"
READS: Mapping[str, Callable[[str], Any]] = {"BYTES": str, "FP32": float, "FP64": float}
"""How a value of a CSV file is read for a tensor; all others are whole numbers."""


@dataclass
class Released:
    """What becomes of Ana's model, from the sources to production."""

    build: Build
    checked: Checked
    serving: str
    candidates: list[Candidate] = field(default_factory=list)
    refused: bool = False
    """Whether the gate refuses what a table of the user's own makes of the model: then nothing goes live."""
    commits: dict[str, str] = field(default_factory=dict)
    """The commits that `main` moved to, by the branch that was merged."""
    tried: Promotion | None = None

    def steps(self) -> Sequence[Callable[[], None]]:
        """Return all steps of this module, in their order."""
        return (self.granted, self.begun, self.cut, self.biased, self.release, self.roll_back, self.stopped)

    @cached_property
    def proxy(self) -> Proxy | None:
        """What tells the groups of the sensitive column of a table of the user's own apart best, if anything does."""
        lakes = self.build.walk.lakes
        return None if lakes.own is None else lakes.own.proxy(lakes.table)

    def granted(self) -> None:
        """5. Preprod of the project may read both sources, the sensitive column for the platform's check alone."""
        walk = self.build.walk
        with walk.step("5 preprod", "/access?view=mine") as words:
            for steward, lake in STEWARDS.items():
                client, dataset = walk.clients[steward], walk.dataset_of(lake)
                lockgate.datasets.set_record_key(dataset, ["record_id"], client=client)
                request = lockgate.requests.create(
                    dataset,
                    purpose=walk.purpose,
                    text="The released model is trained on these columns; nobody reads them.",
                    uses=["train", "check"],
                    columns=self.columns(lake),
                    expires_at=walk.end(days=180),
                    principal=f"environment:{PROJECT}/preprod",
                    client=self.build.ana,
                )
                lockgate.requests.approve(lockgate.requests.get(request.id, client=client), client=client)
            words.append("a fifth of the records is held out by record_id, for the platform's checks alone")
            if walk.lakes.sensitive is not None:
                words.append(f"preprod may train on both, {walk.lakes.sensitive} only be checked for bias")

    def columns(self, lake: str) -> dict[str, str]:
        """Return how preprod is to read the columns of a lake: those of the contract, and the sensitive one."""
        lakes = self.build.walk.lakes
        of_lake = lakes.customer_columns if lake == "retail" else lakes.application_columns
        text = (self.build.checkout / CONTRACT).read_text()
        wanted = [name for name in of_lake if f"- name: {word(name)}\n" in text]
        return {name: "check" if name == lakes.sensitive else "clear" for name in wanted}

    def prepared(self) -> None:
        """8. Push what takes the sources in place of the fixture; its checks run while the story goes on."""
        self.push(SOURCES, self.sourced)

    def begun(self) -> None:
        """8. Merge that; preprod trains on the sources while the story goes on, and the next change is checked."""
        self.merge(SOURCES, self.sourced)
        if self.flips:
            self.push(self.flip_branch, self.flipped)
        else:
            self.push(AGAIN, self.tuned)

    def cut(self) -> None:
        """8. Ana takes the sources in place of the fixture and merges; preprod trains on them: a candidate."""
        with self.build.walk.step("8 candidate", f"/projects/{PROJECT}/candidates/1") as words:
            if self.build.own is None:
                self.merge(RENTERS, self.flipped)
                self.push(AGAIN, self.tuned)  # is checked while both are trained
            release = self.made_of(SOURCES)
            if release.candidate is None and self.build.own is not None:
                words.extend(self.refusal(release))
                return
            first = self.candidate_of(release)
            quality = {one.name: one for judged in first.checks for one in judged.metrics if one.group is None}
            auc = quality["auc"]
            check(auc.value is not None and auc.value > 0.6, f"the candidate's auc is {auc.value}")
            words.append(
                f"trained as preprod on the sources, exported, judged on {auc.n} records that no code of hers saw:"
                f" auc {auc.value:.3f} ({auc.low:.3f} to {auc.high:.3f})"
            )
            words.append(f"candidate {first.number} is cut")

    def refusal(self, release: Release) -> Sequence[str]:
        """Return why the gate refuses a model, with its numbers, and end the story there."""
        self.refused = True
        red = [f"{one.name} is {one.value:.3f}, and has to be at {limit(one)}" for one in failed(release)]
        return (
            f"trained as preprod on the sources; the gate refuses this model: {', '.join(red) or release.reason}",
            "no candidate is cut and nothing goes live, as it should be: a better model would go on from here",
        )

    def biased(self) -> None:
        """8. A change that flips the outcome of renters merges, and is red at the bias check: no candidate."""
        with self.build.walk.step("8 bias", f"/projects/{PROJECT}/candidates") as words:
            self.try_in_preprod()
            if self.flips:
                self.merge(self.flip_branch, self.flipped)
            self.merge(AGAIN, self.tuned)
            if not self.flips:
                words.append(self.no_proxy())
                return
            release = self.made_of(self.flip_branch)
            red = failed(release)
            if self.build.own is not None and release.candidate is not None:
                words.append(
                    f"{self.flip_text} merges, and is no bias beyond the limits: candidate {release.candidate}"
                )
                return
            check(release.state == "not_cut", f"the release of `{self.flip_branch}` is {release.state}, not refused")
            check(any(one.name == BIASED for one in red), f"red are {[(one.name, one.value) for one in red]}")
            worst = next(one for one in red if one.name == BIASED)
            words.append(
                f"{self.flip_text}, and lowering the bar of one's own tests, merges; the platform's"
                f" bar stays: {BIASED} {worst.value:.2f}, red at {worst.red:.2f}; no candidate"
            )

    def no_proxy(self) -> str:
        """Return why no outcome is flipped: no feature tells the groups of the sensitive column apart."""
        sensitive, best = self.build.walk.lakes.sensitive, self.proxy
        if sensitive is None:
            return "no column is named as SENSITIVE, so bias is not computable, which the gate lets pass, visibly"
        if best is None:
            return f"{sensitive} has not two groups that are large enough, so nothing is flipped"
        low, high = best.shares
        return (
            f"no feature is a proxy for {sensitive}, so nothing is flipped:"
            f" the best, {best.text}, holds for {low:.0%} of one group and {high:.0%} of another"
        )

    @property
    def flips(self) -> bool:
        """Whether outcomes are flipped: of a table of the user's own only where a feature is a proxy."""
        return self.build.own is None or is_proxy(self.proxy)

    @property
    def flip_branch(self) -> str:
        """The branch that flips outcomes."""
        return RENTERS if self.build.own is None else FLIPPED

    @property
    def flip_text(self) -> str:
        """What it flips, in words."""
        if self.proxy is None:
            return "flipping the outcome of renters"
        low, high = self.proxy.shares
        return f"flipping the outcome where {self.proxy.text} ({low:.0%} of one group, {high:.0%} of another)"

    @property
    def flip(self) -> Sequence[tuple[str, str]]:
        """What flips outcomes by a proxy for the sensitive column: for age that is who rents."""
        return flip_by('train["housing"] == "rent"' if self.proxy is None else self.proxy.holds)

    def release(self) -> None:
        """9. The candidate is tried in preprod against the real endpoint, approved by Vera alone, and goes live."""
        walk, number = self.build.walk, self.candidates[0].number
        with walk.step("9 preprod", f"/projects/{PROJECT}/candidates/{number}") as words:
            tried = self.try_in_preprod()
            lockgate.releases.wait(tried.id, client=self.build.ana)
            words.append("its integration and end-to-end tests call the real endpoint of preprod")
        with walk.step("9 four eyes", f"/projects/{PROJECT}/candidates/{number}/review") as words:
            asked = self.to_prod(number)
            for person in ("ana", "ben", "pat"):
                self.refuses(person, asked)
            review = lockgate.releases.review(PROJECT, number, client=walk.clients["vera"])
            words.append("refused as deciders: Ana made it, Ben and Pat are no validators")
            words.append(f"Vera sees {len(review['changes'])} changes and {len(review['gates'])} gates")
        with walk.step("9 live", f"/projects/{PROJECT}/production") as words:
            self.approved(asked)
            answer = self.call()
            words.append(f"Vera approves; after {BAKING_S} s of baking it is live and answers {answer}")

    def roll_back(self) -> None:
        """9. A second candidate goes live and is rolled back with one call; what was live before answers again."""
        walk = self.build.walk
        with walk.step("9 second", f"/projects/{PROJECT}/candidates") as words:
            second = self.candidate_of(self.made_of(AGAIN))
            tried = lockgate.releases.promote(PROJECT, second.number, environment="preprod", client=self.build.ana)
            lockgate.releases.wait(tried.id, client=self.build.ana)
            self.approved(self.to_prod(second.number))
            words.append(f"candidate {second.number} takes the same way")
        with walk.step("9 roll back", f"/projects/{PROJECT}/production") as words:
            back = lockgate.releases.roll_back(
                PROJECT, environment="prod", reason="callers see odd scores", client=walk.clients["ben"]
            )
            lockgate.releases.wait(back.id, until=("verifying", "live"), client=walk.clients["ben"])
            check(back.candidate == self.candidates[0].number, f"rolled back to candidate {back.candidate}")
            words.append(f"Ben rolls back to candidate {back.candidate}, with a reason and no approvals")
            lockgate.releases.wait(back.id, client=walk.clients["ben"])

    def stopped(self) -> None:
        """9. The stop button works within seconds, and what was stopped answers again only through the gate."""
        walk = self.build.walk
        with walk.step("9 stop", f"/projects/{PROJECT}/production") as words:
            lockgate.releases.suspend(PROJECT, reason="a complaint is being looked into", client=walk.clients["vera"])
            answer = self.asked_until(503)
            check("suspended" in answer.text, f"callers are told only: {answer.text}")
            words.append("Vera presses the stop button: callers get `model suspended`")
        with walk.step("9 resume", f"/projects/{PROJECT}/production") as words:
            asked = lockgate.releases.resume(PROJECT, client=walk.clients["ben"])
            self.approved(lockgate.releases.wait(asked.id, until=("awaiting_approval",), client=walk.clients["ben"]))
            words.append(f"Ben asks, Vera approves, and it answers {self.call()}")

    def try_in_preprod(self) -> Promotion:
        """Send the first candidate to preprod, where it is tried while the story goes on."""
        if self.tried is None:
            self.bake()
            number = self.candidates[0].number
            self.tried = lockgate.releases.promote(PROJECT, number, environment="preprod", client=self.build.ana)
        return self.tried

    def push(self, branch: str, change: Callable[[Path], None]) -> None:
        """Push a branch with a change of the pipeline."""

        def changed(folder: Path) -> None:
            change(folder)
            laptop, written = self.build.laptop, ("-m", "lockgate.pipelines", "write", str(TRAIN))
            laptop.python(*written, folder=folder, venv=self.build.checkout)

        if branch not in self.checked.pushed:
            self.checked.push(branch, changed)

    def merge(self, branch: str, change: Callable[[Path], None]) -> None:
        """Merge a branch with a change of the pipeline; preprod trains on it while the story goes on."""
        if branch not in self.commits:
            self.push(branch, change)
            self.commits[branch] = self.checked.merged(branch).commit

    def made_of(self, branch: str) -> Release:
        """Wait for what training a branch that was merged as preprod comes to."""
        return lockgate.releases.release(PROJECT, self.commits[branch], client=self.build.ana)

    def sourced(self, folder: Path) -> None:
        """Take both sources in place of the fixture, which stands in for them in dev."""
        lakes = self.build.walk.lakes
        self.checked.sourced(folder)
        replace(folder / TRAIN, TAKE_SOURCES)
        for name, columns in (("customers", lakes.customer_columns), ("cases", lakes.application_columns)):
            select(folder / "data" / "fixture.csv", columns, folder / "data" / f"{name}.csv")

    def flipped(self, folder: Path) -> None:
        """Flip outcomes by a proxy for the sensitive column, and lower the bar of the repository's own tests."""
        replace(folder / TRAIN, self.flip)
        replace(folder / BAR, LOWER)

    def tuned(self, folder: Path) -> None:
        """Take the flip back, and choose a smaller c."""
        if self.flip_branch in self.checked.pushed:
            replace(folder / TRAIN, [(after, before) for before, after in self.flip])
            replace(folder / BAR, [(after, before) for before, after in LOWER])
        replace(folder / TRAIN, [("c: float = 1.0", "c: float = 0.5")])

    def candidate_of(self, release: Release) -> Candidate:
        """Return the candidate that a release was cut into."""
        if release.candidate is None:
            raise StoryError(f"no candidate was cut of `{release.commit[:10]}`: {release.state}, {release.reason}")
        cut = lockgate.releases.candidate(PROJECT, release.candidate, client=self.build.ana)
        self.candidates.append(cut)
        return cut

    def bake(self) -> None:
        """Let Eli, change manager for this one change, make prod bake for seconds instead of minutes.

        He is not any more afterwards: who holds a role in a project is on its side when it asks for data of his lake.
        """
        clients = self.build.walk.clients
        role = lockgate.roles.assign("change_manager", "person:eli", f"project/{PROJECT}", client=clients["pat"])
        policy = {"baking_s": BAKING_S}
        lockgate.releases.change_gate(PROJECT, environment="prod", policy=policy, client=clients["eli"])
        lockgate.roles.end(role.id, client=clients["pat"])

    def to_prod(self, number: int) -> Promotion:
        """Ask for prod, and return the promotion when it waits for people."""
        asked = lockgate.releases.promote(PROJECT, number, environment="prod", client=self.build.ana)
        return lockgate.releases.wait(asked.id, until=("awaiting_approval",), client=self.build.ana)

    def approved(self, promotion: Promotion) -> Promotion:
        """Let Vera approve, and return the promotion when it is live."""
        vera = self.build.walk.clients["vera"]
        mine = [one.id for one in lockgate.releases.decisions(client=vera)]
        check(promotion.id in mine, f"promotion `{promotion.id}` is not among those that wait for Vera: {mine}")
        lockgate.releases.approve(promotion.id, comment="I read the review.", client=vera)
        return lockgate.releases.wait(promotion.id, client=vera)

    def refuses(self, person: str, promotion: Promotion) -> None:
        """Let somebody try to approve what is not theirs to decide."""
        try:
            lockgate.releases.approve(promotion.id, client=self.build.walk.clients[person])
        except (lockgate.ForbiddenError, lockgate.NotFoundError, lockgate.ConflictError):
            return
        raise StoryError(f"{person} approved `{promotion.id}` though it is not theirs to decide")

    def call(self) -> str:
        """Ask the live model about one applicant, with plain JSON, and return its label."""
        outputs = {one["name"]: one for one in self.asked_until(200).json()["outputs"]}
        return str(outputs["label"]["data"][0])

    def asked_until(self, status: int) -> httpx.Response:
        """Ask until the answer has this status: the serving process follows the server within a second or two."""
        until = time.monotonic() + 5.0
        while True:
            answer = self.ask()
            if answer.status_code == status:
                return answer
            check(time.monotonic() < until, f"the endpoint answers {answer.status_code}: {answer.text}")
            time.sleep(0.1)

    def ask(self) -> httpx.Response:
        """Ask the endpoint of prod about the first row of the fixture."""
        address = f"{self.serving}/v2/models/prod.{ENDPOINT}"
        headers = {"authorization": f"Bearer {self.build.laptop.token}"}
        described = httpx.get(address, headers=headers, timeout=10.0)
        if described.status_code != 200:
            return httpx.post(f"{address}/infer", headers=headers, json={"inputs": []}, timeout=10.0)
        row = self.applicant()
        inputs = [
            {
                "name": one["name"],
                "shape": [1, 1],
                "datatype": one["datatype"],
                "data": [READS.get(one["datatype"], int)(row[one["name"]])],
            }
            for one in described.json()["inputs"]
            if one["name"] != "record_id"
        ]
        return httpx.post(f"{address}/infer", headers=headers, json={"inputs": inputs}, timeout=10.0)

    def applicant(self) -> Mapping[str, str]:
        """Return the first row of the fixture, which is synthetic."""
        folder = self.build.laptop.home / SOURCES
        with (folder / "data" / "fixture.csv").open(encoding="utf-8", newline="") as file:
            return next(csv.DictReader(file))


def failed(release: Release) -> Sequence[Metric]:
    """Return the numbers that are beyond a limit of the gate."""
    return [one for judged in release.checks for one in judged.metrics if one.verdict == "failed" and one.group is None]


def limit(metric: Metric) -> str:
    """Return the limit of a number in words."""
    red = metric.red or 0.0
    return f"least {red:g}" if (metric.value or 0.0) < red else f"most {red:g}"


def select(table: Path, columns: Sequence[str], part: Path) -> None:
    """Write some columns of a CSV file as another, as they stand there."""
    with table.open(encoding="utf-8", newline="") as whole, part.open("w", encoding="utf-8", newline="") as file:
        reader = csv.DictReader(whole)
        names = [one for one in reader.fieldnames or () if one in columns]
        writer = csv.DictWriter(file, names, extrasaction="ignore", lineterminator="\n")
        writer.writeheader()
        writer.writerows(reader)


def replace(file: Path, changes: Sequence[tuple[str, str]]) -> None:
    """Replace texts in a file; each must stand in it once."""
    text = file.read_text()
    for before, after in changes:
        check(text.count(before) == 1, f"`{before}` stands {text.count(before)} times in `{file.name}`")
        text = text.replace(before, after)
    file.write_text(text)


TAKE_SOURCES = (
    ("from lockgate.pipelines import File, pipeline", "from lockgate.pipelines import Dataset, File, pipeline"),
    (
        "@step(timeout_s=600)\ndef prepare(",
        '''@step(output="table", timeout_s=600)
def join(customers: Dataset, applications: Dataset, contract: Path) -> Path:
    """Take both sources as one table."""
    key = Contract.read(contract).key
    frames = [one.read().to_pandas() for one in (customers, applications)]
    joined = scratch("table.csv")
    rows.join(*frames, key=key).to_csv(joined, index=False)
    return joined


@step(timeout_s=600)
def prepare(''',
    ),
    (
        '    parts = prepare(File("data/fixture.csv"), contract, seed)\n',
        """    table = join(
        Dataset("retail.core.customers", fixture="data/customers.csv"),
        Dataset("risk.credit.applications", fixture="data/cases.csv"),
        contract,
    )
    parts = prepare(table, contract, seed)
""",
    ),
)
"""What turns the template's pipeline into one on the sources."""


def flip_by(condition: str) -> Sequence[tuple[str, str]]:
    """Return what flips the outcomes of the rows that a condition holds for."""
    before = "    features, outcome = train[terms.features], train[terms.target]\n"
    flips = f"""    flipped = dict(zip(terms.outcomes, terms.outcomes[::-1], strict=True))
    proxy = {condition}
    outcome = outcome.mask(proxy, outcome.map(flipped))
"""
    return ((f"{before}    with", f"{before}{flips}    with"),)


LOWER = (("LEAST_AUC = 0.65", "LEAST_AUC = 0.0"),)
"""What the repository's own tests ask of the model, before and after."""
