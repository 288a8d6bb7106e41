"""Step 11 of the journey: what is asked of the model drifts, a monitor says so, and nothing new goes live meanwhile."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Any

import lockgate
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pv
from lockgate.monitors import Breach, Evaluation, Metric
from lockgate.releases import Hold

from journey.build import PROJECT
from journey.operate import LIVE, PREDICTIONS, Operated
from journey.release import ENDPOINT
from journey.walk import StoryError, check

CAPTURE = f"{PREDICTIONS}.prod_{ENDPOINT.replace('-', '_')}_capture"
OUTCOMES = "risk.credit.outcomes"
ROWS = 200
"""How many applicants Cho asks about, and again how many that the demo has changed."""
LARGER = 5
LONGER = 24
DRIFTED = ("credit_amount", "duration_in_month")


@dataclass
class Watched:
    """What watches the model that is live."""

    operated: Operated

    def steps(self) -> Sequence[Callable[[], None]]:
        """Return all steps of this module, in their order."""
        return (self.traffic, self.outcomes, self.within, self.breached, self.held, self.settled)

    def traffic(self) -> None:
        """11. What Cho asks becomes a dataset, which Dora lets prod's monitor read."""
        walk = self.operated.walk
        with walk.step("11 traffic", f"/catalog/{CAPTURE}") as words:
            sent = self.published(self.operated.applicants().slice(0, self.rows))
            self.operated.prod_may("dora", CAPTURE, ["monitor"], self.all_columns("dora", CAPTURE))
            words.append(f"{sent} calls, with their record_id, are dataset {CAPTURE}; Dora lets prod's monitor read it")

    def outcomes(self) -> None:
        """11. Outcomes come late, as a table of Risk's; Eli lets prod read it, and Ben has the monitor use it."""
        walk = self.operated.walk
        with walk.step("11 outcomes", f"/catalog/{OUTCOMES}") as words:
            self.write_outcomes()
            lockgate.lakes.crawl("risk", client=self.operated.client("eli"))
            lockgate.datasets.set_record_key(OUTCOMES, ["record_id"], client=self.operated.client("eli"))
            self.operated.prod_may("eli", OUTCOMES, ["monitor"], self.all_columns("eli", OUTCOMES))
            truth = {"dataset": OUTCOMES, "column": "outcome"}
            lockgate.monitors.change(LIVE, settings={"truth": truth}, client=self.operated.client("ben"))
            words.append(f"outcomes come late, as {OUTCOMES}; Eli lets prod read them, Ben has the monitor use them")

    def within(self) -> None:
        """11. Of calls as they should be the monitor finds everything within its limits, or says what is not."""
        with self.operated.walk.step("11 as it was", "/monitors") as words:
            found = self.evaluated()
            check(found.state in ("within", "breached"), f"the monitor says {found.state}: {found.reason}")
            drift = [one for one in found.metrics if one.name in ("psi", "ks", "null_share")]
            check(bool(drift) and all(one.verdict == "within" for one in drift), f"what did not move drifts: {drift}")
            auc = next(one for one in found.metrics if one.name == "auc")
            quality = auc.reason if auc.value is None else f"{auc.value:.3f} of {auc.n} known outcomes"
            words.append(f"nothing drifts in {len(drift)} numbers; auc {quality}")
            words += [f"{one.name} is {one.verdict}: {one.value:.2f}" for one in found.metrics if beyond(one)]

    def breached(self) -> None:
        """11. Larger and longer loans, made up by the demo, are drift: red, by column, and exit code 1."""
        with self.operated.walk.step("11 drift", "/monitors") as words:
            moved = self.aged(words)
            if not moved:
                sent = self.published(self.drifted(self.operated.applicants().slice(self.rows, self.rows)))
                words.append(f"{sent} calls that the demo changed: {self.change}")
                moved = {*self.moved}
            done = self.operated.command("ben", "monitor", "evaluate", LIVE)
            check(done.returncode == 1, f"`monitor evaluate` ended with {done.returncode}: {done.stdout}{done.stderr}")
            red = [one for one in self.breaches() if one.severity == "red"]
            check(moved <= {one.column for one in red}, f"red are {[one.what for one in red]}")
            words.append(f"`lockgate monitor evaluate` ends with 1; red: {', '.join(one.what for one in red)}")

    def held(self) -> None:
        """11. The breach holds prod: the next promotion does not get in."""
        ana = self.operated.client("ana")
        with self.operated.walk.step("11 hold", f"/projects/{PROJECT}/production") as words:
            red = [one for one in self.breaches() if one.severity == "red"]
            self.operated.until(lambda: len(self.holds()) >= len(red), "not each red breach holds prod")
            placed = self.holds()
            check(bool(placed) and all(one.breach for one in placed), f"holds of prod are {placed}")
            second = self.operated.released.candidates[1].number
            asked = lockgate.releases.promote(PROJECT, second, environment="prod", client=ana)
            note = self.hold_gate(asked.id)
            words.append(
                f"{len(placed)} holds on prod, one for each red breach; candidate {second} has to wait: {note}"
            )
            lockgate.releases.abandon(asked.id, reason="prod is held", client=ana)

    def hold_gate(self, promotion: str) -> str:
        """Return what a promotion's gate of holds says, which is closed."""
        found = lockgate.releases.promotion(promotion, client=self.operated.client("ana"))
        gate = next((one for one in found.gates if one.name == "holds"), None)
        if gate is None or gate.state != "waiting" or found.state == "live":
            raise StoryError(f"no hold closes promotion `{promotion}`, which is {found.state}: {found.gates}")
        return gate.note

    def settled(self) -> None:
        """11. Ana may not put a breach aside; Ben acknowledges, resolves and lifts, each with a reason."""
        ben = self.operated.client("ben")
        with self.operated.walk.step("11 settle", "/breaches") as words:
            found = self.breaches()
            try:
                lockgate.monitors.acknowledge(found[0].id, reason="it will pass", client=self.operated.client("ana"))
            except lockgate.ForbiddenError:
                words.append("Ana, who develops it, may not put a breach aside")
            else:
                raise StoryError("Ana acknowledged a breach of her own model")
            for one in found:
                lockgate.monitors.acknowledge(one.id, reason="the demo changed the calls", client=ben)
                lockgate.monitors.resolve(one.id, reason="the changed calls have ended", client=ben)
            for hold in self.holds():
                lockgate.releases.lift(hold.id, reason="the drift was made up", client=ben)
            check(not self.holds() and not self.breaches(), "breaches or holds are left")
            words.append(f"Ben acknowledges and resolves {len(found)} breaches with reasons, and lifts the holds")

    def all_columns(self, steward: str, dataset: str) -> dict[str, str]:
        """Return all columns of a dataset, in clear."""
        found = lockgate.datasets.columns(dataset, client=self.operated.client(steward))
        return dict.fromkeys((one.name for one in found), "clear")

    def aged(self, words: list[str]) -> set[str]:
        """Send the last rows of a table that has a column of times, and return which columns they make red, if any."""
        time, rows = self.operated.walk.lakes.time, self.operated.applicants()
        if time is None:
            return set()
        known = rows.filter(pc.is_valid(rows[time])).sort_by(time)
        sent = self.published(known.slice(max(0, known.num_rows - self.rows)))
        self.evaluated()
        red = {one.column for one in self.breaches() if one.severity == "red" and one.column in rows.column_names}
        words.append(f"the last {sent} rows by {time} are asked about: {'drift' if red else 'no drift by themselves'}")
        return {one for one in red if one is not None}

    @property
    def rows(self) -> int:
        """How many applicants Cho asks about: of a small table half."""
        return min(ROWS, self.operated.walk.lakes.rows // 2)

    @property
    def moved(self) -> Sequence[str]:
        """The features that the demo changes: of a table of the user's own two numbers, or else words."""
        own = self.operated.walk.lakes.own
        if own is None:
            return DRIFTED
        by_kind = sorted(own.features, key=lambda one: one.kind == "string")
        return [one.name for one in by_kind[: len(DRIFTED)]]

    @property
    def change(self) -> str:
        """How it changes them, in words."""
        if self.operated.walk.lakes.own is None:
            return f"amounts {LARGER} times as large, {LONGER} months more"
        return f"{' and '.join(self.moved)} beyond all that was there before"

    def drifted(self, rows: pa.Table) -> pa.Table:
        """Return rows as the demo changes them: larger amounts over longer times, or whatever is beyond the usual."""
        for name in self.moved:
            values = rows[name].to_pylist()
            changes = {"credit_amount": lambda one: one * LARGER, "duration_in_month": lambda one: one + LONGER}
            change = self.beyond(name) if self.operated.walk.lakes.own is not None else changes[name]
            changed = pa.array([change(one) for one in values])
            rows = rows.set_column(rows.column_names.index(name), name, changed)
        return rows

    def beyond(self, name: str) -> Callable[[Any], Any]:
        """Return what moves values of a column of the user's own by all of its range, or to a word never seen."""
        if pa.types.is_string(self.operated.walk.lakes.table.schema.field(name).type):
            return lambda _: "never seen before"
        ends = pc.min_max(self.operated.walk.lakes.table[name]).as_py()
        return lambda one: one + ends["max"] - ends["min"] + 1

    def published(self, rows: pa.Table) -> int:
        """Ask about rows, and return how many once they are in the dataset of calls."""
        before, sent = self.captured(), self.operated.send(rows)
        self.operated.until(lambda: self.captured() >= before + sent, f"of {sent} calls not all are captured")
        return sent

    def captured(self) -> int:
        """Return how many rows the dataset of captured calls has, 0 while there is none."""
        try:
            return lockgate.datasets.get(CAPTURE, client=self.operated.client("dora")).rows or 0
        except lockgate.NotFoundError:
            return 0

    def write_outcomes(self) -> None:
        """Write what became of the loans as a table of Risk's, as it would come months later."""
        lakes = self.operated.walk.lakes
        known = self.operated.applicants().select(["record_id", lakes.target]).rename_columns(["record_id", "outcome"])
        folder = lakes.root / "risk" / "credit" / "outcomes"
        folder.mkdir()
        pv.write_csv(known.slice(0, 2 * self.rows), folder / "part-0.csv")

    def evaluated(self) -> Evaluation:
        """Have the monitor look at all until now; one that runs already began before."""
        ben, now = self.operated.client("ben"), datetime.now(timezone.utc)
        found = lockgate.monitors.evaluate(LIVE, client=ben)
        return found if found.until >= now else lockgate.monitors.evaluate(LIVE, client=ben)

    def breaches(self) -> Sequence[Breach]:
        """Return the breaches that are not over."""
        found = lockgate.monitors.breaches(project=PROJECT, client=self.operated.client("ben"))
        return [one for one in found if one.state != "resolved"]

    def holds(self) -> Sequence[Hold]:
        """Return the holds on prod."""
        found = lockgate.releases.holds(PROJECT, client=self.operated.client("ben"))
        return [one for one in found if one.environment == "prod" and one.lifted is None]


def beyond(metric: Metric) -> bool:
    """Return whether a number is beyond a limit."""
    return metric.verdict in ("amber", "red")
