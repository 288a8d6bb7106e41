"""Steps 12 and 13 of the journey: Ivo checks offline what went live and why, and the clock says how long it took."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import lockgate

from journey.build import PROJECT
from journey.operate import Operated
from journey.walk import StoryError, check

BASELINE = Path(__file__).resolve().parent.parent / "data" / "baseline.csv"


@dataclass
class Proved:
    """What Ivo sees of a model that is live, and how long everything took."""

    operated: Operated

    def steps(self) -> Sequence[Callable[[], None]]:
        """Return all steps of this module, in their order."""
        return (self.proved, self.logged, self.was_live, self.timed)

    def proved(self) -> None:
        """12. Ivo exports the dossier of what is live and verifies it offline; one changed byte is found."""
        ivo, number = self.operated.client("ivo"), self.live_number()
        with self.operated.walk.step("12 dossier", f"/projects/{PROJECT}/candidates/{number}") as words:
            document, key = lockgate.evidence.dossier(PROJECT, number, client=ivo), lockgate.evidence.key(client=ivo)
            for person in ("cho", "pat"):
                self.gets_none(person, number)
            sections = json.loads(document)["sections"]
            code, said = self.verified(document, key)
            check(code == 0, f"the dossier does not verify: {said}")
            words.append(
                f"Ivo's dossier of candidate {number}, {len(sections)} sections, verifies offline; Cho and Pat get none"
            )
            words.append(tested(sections["ci"]))
            at = document.index(b"vera", document.rindex(b'"promotions":'))
            code, said = self.verified(document[:at] + b"w" + document[at + 1 :], key)
            named = [one for one in sorted(sections) if f"`{one}`" in said]
            check(code == 9 and bool(named), f"a flipped byte ends with {code}: {said}")
            words.append(f"one flipped byte does not: section {', '.join(named)} was changed")

    def gets_none(self, person: str, number: int) -> None:
        """Let somebody ask for a dossier that is not for them."""
        try:
            lockgate.evidence.dossier(PROJECT, number, client=self.operated.client(person))
        except (lockgate.NotFoundError, lockgate.ForbiddenError):
            return
        raise StoryError(f"{person} got the dossier of candidate {number}")

    def verified(self, document: bytes, key: str) -> tuple[int, str]:
        """Verify a dossier with the command line, which asks no server."""
        file = self.operated.server.data.with_name("dossier.json")
        file.write_bytes(document)
        done = self.operated.server.run("evidence", "verify", str(file), "--key", key)
        return done.returncode, done.stdout + done.stderr

    def logged(self) -> None:
        """12. So does the audit log, and one that was cut off is noticed."""
        with self.operated.walk.step("12 audit log", "/audit") as words:
            self.operated.until(self.sealed, "the audit log is not sealed")
            signed = self.keeps_checkpoints()
            done = self.operated.command("ivo", "audit", "export")
            lines = done.stdout.splitlines(keepends=True)
            check(
                done.returncode == 0 and self.log_verifies(lines) == 0, f"the audit log does not verify: {done.stderr}"
            )
            words.append(f"{len(lines):,} lines of the audit log verify offline")
            kept = signed - 1
            check(self.log_verifies(lines[:kept]) != 0, f"the first {kept} lines of the audit log pass for the whole")
            words.append(f"the first {kept:,} of them do not: the last checkpoint that Ivo knows is missing")

    def sealed(self) -> bool:
        """Return whether every entry is in the chain."""
        status = lockgate.audit.status(client=self.operated.client("ivo"))
        return bool(status["unsealed"] == 0 and status["intact"])

    def keeps_checkpoints(self) -> int:
        """Put the checkpoints of now where Ivo keeps them, and return which entry the last of them signs.

        Those that are signed later are of a log that is longer than the one he exports next.
        """
        now = (self.operated.server.data / "audit-checkpoints.jsonl").read_text()
        self.checkpoints.write_text(now)
        seq: int = json.loads(now.splitlines()[-1])["seq"]
        return seq

    @property
    def checkpoints(self) -> Path:
        """Return where Ivo keeps the checkpoints that he knows."""
        return self.operated.server.data.with_name("audit-checkpoints.jsonl")

    def log_verifies(self, lines: Sequence[str]) -> int:
        """Return how verifying lines of the log ends, with the key and the checkpoints that Ivo keeps."""
        data = self.operated.server.data
        file = data.with_name("audit.jsonl")
        file.write_text("".join(lines))
        known = ("--key", str(data / "keys" / "audit.pub"), "--checkpoint", str(self.checkpoints))
        return self.operated.server.run("audit", "verify", str(file), *known).returncode

    def was_live(self) -> None:
        """12. What was live before the rollback, approved by whom, is one query."""
        with self.operated.walk.step("12 that moment", f"/projects/{PROJECT}/production") as words:
            ivo = self.operated.client("ivo")
            all_of_prod = lockgate.releases.promotions(PROJECT, environment="prod", client=self.operated.client("ana"))
            back = next(one for one in all_of_prod if one.kind == "rollback")
            if back.created_at is None:
                raise StoryError("the rollback has no time")
            before = back.created_at - timedelta(milliseconds=1)
            then = [*lockgate.evidence.live(before, project=PROJECT, environment="prod", client=ivo)]
            now = [*lockgate.evidence.live(project=PROJECT, environment="prod", client=ivo)]
            check(len(then) == len(now) == 1, f"live were {then}, and are {now}")
            check(then[0].candidate == self.operated.released.candidates[1].number, f"live was {then[0].candidate}")
            check(now[0].candidate == self.operated.released.candidates[0].number, f"live is {now[0].candidate}")
            by = ", ".join(f"{one.person} ({', '.join(one.roles)})" for one in then[0].approved_by)
            check("vera" in by, f"approved by {by or then[0].no_approval}")
            words.append(
                f"before the rollback at {before:%H:%M:%S} candidate {then[0].candidate} was live, approved by {by}"
            )
            words.append(f"now it is candidate {now[0].candidate}")

    def timed(self) -> None:
        """13. Each stage, people, machines and work apart, beside what it took before."""
        ben = self.operated.client("ben")
        with self.operated.walk.step("13 clock", f"/projects/{PROJECT}/clock") as words:
            baseline = lockgate.clock.import_baseline(BASELINE.read_text(), client=ben)
            clock = lockgate.clock.of(PROJECT, client=ben)
            stages = clock.stages
            measured = [one for one in stages if one.seconds is not None]
            check(
                {"access", "environment", "prove", "release", "value"} <= {one.stage for one in measured}, f"{stages}"
            )
            trained = next(one for one in clock.run_times if one.what == "train")
            check(trained.n >= 2, f"two candidates were trained, and the clock knows of {trained.n}")
            words += [
                f"{one.stage} {one.seconds:.0f} s (people {one.people_s or 0:.0f}, machines {one.machines_s or 0:.0f},"
                f" work {one.working_s or 0:.0f})"
                for one in measured
            ]
            words.append(f"beside a synthetic baseline of {len(baseline.lines)} lines")

    def live_number(self) -> int:
        """Return the number of the candidate that is live."""
        found = lockgate.releases.production(PROJECT, client=self.operated.client("ana"))
        live = next(one.live for one in found if one.environment.split("/")[-1] == "prod")
        if live is None:
            raise StoryError("nothing is live in prod")
        return live


def tested(ci: Mapping[str, Any]) -> str:
    """Return what CI found at the commit of what is live, by its dossier alone."""
    found = {one["name"]: one for one in ci["checks"]}
    states = {name: one["state"] for name, one in found.items()}
    passed = dict.fromkeys(("lint", "unit", "contract"), "passed")
    check(ci["passed"] and states == passed, f"CI found {states} at what is live: {ci['not_passed']}")
    runs = {one["id"]: one["state"] for one in ci["runs"]}
    for name in ("lint", "unit"):
        check(runs.get(found[name]["run"]) == "succeeded", f"the run of {name} is none of {runs}")
    verdicts = [one["verdict"] for one in found["contract"]["columns"] if one["column"] is not None]
    held, other = verdicts.count("passed"), verdicts.count("not_computable")
    check(bool(verdicts) and held + other == len(verdicts), f"the contract says {verdicts}")
    rest = f", and what the catalog shows to all is too little to judge the other {other} in full" if other else ""
    return (
        f"it holds what the merge rested on: lint passed, so did {found['unit']['note']}, and no column breaks the"
        f" contract: {held} of its {len(verdicts)} keep all that it asks for{rest}"
    )
