"""Steps 4, 6 and 7 of the journey: Ana's project, her clone of it, and her proof that a model can be built."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import lockgate
from lockgate import Client
from lockgate.runs import Run

from journey.laptop import Laptop, LaptopError
from journey.own import Terms
from journey.walk import StoryError, Walk, check

PROJECT = "credit-risk"
PIPELINE = "train"
BRANCH = "more-steps"
CODE = Path("src/classifier/model.py")
CONTRACT = "contract.yaml"
OWN = "own-table"
"""The branch on which Ana describes a table of the user's own."""
PATIENCE_S = 600.0
STEPS = ("prepare", "fit", "evaluate", "export")


@dataclass
class Build:
    """What Ana builds on the server of a walk, from her own laptop."""

    walk: Walk
    laptop: Laptop
    runs: dict[str, Run] = field(default_factory=dict)

    @property
    def ana(self) -> Client:
        """Ana's connection."""
        return self.walk.clients["ana"]

    @property
    def checkout(self) -> Path:
        """Ana's clone."""
        return self.laptop.home / PROJECT

    @property
    def own(self) -> Terms | None:
        """What the contract of a table of the user's own says; none for the one that the template describes."""
        return self.walk.lakes.own

    @property
    def branch(self) -> str:
        """What Ana's branches start from: `main` as the template made it, or what she says of her own table."""
        return "main" if self.own is None else OWN

    @property
    def intended_use(self) -> str:
        """What the model is for."""
        if self.own is None:
            return "Say how likely it is that an applicant for a loan fails to pay it back."
        return f"Say how likely it is that {self.own.target.name} is {self.own.positive}."

    def project(self) -> None:
        """4. Ana makes a project from a template; Ben answers for it."""
        with self.walk.step("4 project", f"/projects/{PROJECT}") as words:
            project = lockgate.projects.create(
                PROJECT,
                title="Credit risk",
                team="risk",
                owner="ben",
                tier=2,
                intended_use=self.intended_use,
                prohibited_use="Decide without a person; price insurance.",
                template="tabular-classification",
                client=self.ana,
            )
            cho, pat = self.walk.clients["cho"], self.walk.clients["pat"]
            lockgate.roles.assign("model_developer", "person:cho", "project/collections", client=pat)
            states = {one.name: one.state for one in project.environments}
            check(states == dict.fromkeys(("dev", "preprod", "prod"), "available"), f"environments are {states}")
            try:
                lockgate.projects.get(PROJECT, client=cho)
            except lockgate.NotFoundError:
                words.append("Ana makes credit-risk, owner Ben, tier 2: repository, dev, preprod and prod")
                words.append("Cho, developer of another project, sees none of it")
                return
            raise StoryError("Cho sees a project of another team")

    def clone(self) -> None:
        """6. Ana clones with stock git, pushes a branch, and cannot push to main."""
        with self.walk.step("6 clone", f"/projects/{PROJECT}/code") as words:
            address = lockgate.projects.get(PROJECT, client=self.ana).clone_url
            self.laptop.set_up().git("clone", "--quiet", address, PROJECT)
            self.laptop.install(self.checkout)
            if self.own is not None:
                self.describe(self.own)
            self.git("switch", "--quiet", "-c", BRANCH)
            code = (self.checkout / CODE).read_text()
            check("max_iter=1000" in code, f"`{CODE}` is not the template's")
            (self.checkout / CODE).write_text(code.replace("max_iter=1000", "max_iter=2000"))
            self.git("commit", "--quiet", "-am", "Let the solver take more steps")
            self.git("push", "--quiet", "-u", "origin", BRANCH)
            refusal = self.refused_push("HEAD:main")
            check("moves by merge only" in refusal, f"git says of the refusal only: {refusal}")
            head = self.git("rev-parse", "HEAD").strip()
            branches = {one.name: one for one in lockgate.code.branches(PROJECT, client=self.ana)}
            check(
                branches[BRANCH].commit.id == head, f"branch `{BRANCH}` is at {branches[BRANCH].commit.id}, not {head}"
            )
            check(branches[BRANCH].pusher == "ana", f"`{branches[BRANCH].pusher}` pushed it, not ana")
            words.append(f"Ana clones with stock git, pushes branch {BRANCH}; main refuses her: it moves by merge only")

    def describe(self, own: Terms) -> None:
        """Write the contract of a table of the user's own, and make the fixture again from it: no more is needed."""
        self.git("switch", "--quiet", "-c", OWN)
        (self.checkout / CONTRACT).write_text(own.written(f"Records with {own.target.name}", PROJECT))
        self.laptop.python("data/make_fixture.py", folder=self.checkout)
        self.git("commit", "--quiet", "-am", "Describe our own table")

    def described(self) -> None:
        """6. Of a table of the user's own, Ana says in the contract what the template has to know, and pushes it."""
        own = self.own
        if own is None:
            return
        with self.walk.step("6 contract", f"/projects/{PROJECT}/code?rev={OWN}") as words:
            self.git("push", "--quiet", "-u", "origin", OWN)
            words.append(
                f"of her own table Ana writes the contract, and nothing else: {len(own.features)} features,"
                f" {own.target.name} to predict, {own.positive!r} asked about"
            )
            if own.sensitive is not None:
                words.append(f"{own.sensitive.name} for the bias check alone")
            words += [f"left out: {name}, {why}" for name, why in own.left_out.items()]
            words.append("the synthetic fixture is made again from it")

    def begun(self) -> None:
        """7. Start the pipeline in dev, which works while the story goes on; on her own table once it is described."""
        if "first" not in self.runs and (self.own is None or self.checkout.exists()):
            self.runs["first"] = self.start(self.branch)

    def prove(self) -> None:
        """7. The pipeline runs in dev; what is unchanged is not computed again, and a change is named."""
        self.trained()
        self.changed()

    def trained(self) -> None:
        """7. The pipeline runs in dev, and what is unchanged is not computed again."""
        with self.walk.step("7 run", f"/projects/{PROJECT}/runs") as words:
            self.begun()
            first = self.runs["first"] = self.end_of(self.runs["first"])
            check(self.kinds(first) == dict.fromkeys(STEPS, "executed"), f"the first run is {self.kinds(first)}")
            measured = self.metrics(first)
            words.append(
                f"trained in dev on the fixture: auc {measured['auc']:.3f} on {measured['rows']:.0f} held-out rows"
            )
        with self.walk.step("7 again", f"/runs/{first.id}") as words:
            second = self.runs["second"] = self.end_of(self.start(self.branch))
            check(self.kinds(second) == dict.fromkeys(STEPS, "cached_from"), f"the second run is {self.kinds(second)}")
            words.append("an identical run recomputes nothing")

    def changed(self) -> None:
        """7. Of a change the platform says which part of it makes a step run again."""
        with self.walk.step("7 change", f"/projects/{PROJECT}/runs") as words:
            tuned, changed = self.start(self.branch, c=0.5), self.start(BRANCH)
            self.why(self.until_executed(changed, "prepare"), "prepare", "code")
            self.runs["changed"] = lockgate.runs.cancel(changed.id, client=self.ana)
            self.runs["tuned"] = self.until_executed(tuned, "fit")
            sentence = self.why(tuned, "fit", "parameter c")
            words.append(f"with c=0.5 fit says: {sentence.rstrip('.')}")
            words.append(f"on branch {BRANCH} prepare names the code, which is all she asks: she cancels the rest")

    def tracked(self) -> None:
        """7. Stock mlflow has logged it, and the platform knows which attempt did."""
        with self.walk.step("7 tracked", f"/projects/{PROJECT}/experiments") as words:
            fits = self.experiment_runs("fit")
            attempts = {attempt.id for attempt in self.runs["first"].step("fit").attempts}
            found = [one for one in fits if one.attempt in attempts]
            check(len(found) == 1, f"{len(found)} runs were logged by the first fit")
            check("training_roc_auc" in found[0].metrics, f"the run has only {sorted(found[0].metrics)}")
            check(found[0].params.get("classifier__C") == "1.0", f"the run has {found[0].params}")
            attempts = {attempt.id for attempt in self.runs["first"].step("evaluate").attempts}
            held_out = [one.metrics for one in self.experiment_runs("evaluate") if one.attempt in attempts]
            auc = self.metrics(self.runs["first"])["auc"]
            check(
                [one.get("holdout_roc_auc") for one in held_out] == [auc],
                f"evaluate came to {auc}, and logged {held_out}",
            )
            words.append(
                f"stock mlflow logged {len(fits)} fits: {len(found[0].params)} parameters,"
                f" {len(found[0].metrics)} metrics, the model"
            )

    def at_home(self) -> None:
        """7. The same pipeline on the laptop comes to the same result."""
        with self.walk.step("7 laptop", f"/projects/{PROJECT}/experiments") as words:
            self.git("switch", "--quiet", self.branch)
            tracking = {
                "MLFLOW_TRACKING_URI": f"{self.walk.url}/mlflow/{PROJECT}",
                "MLFLOW_TRACKING_TOKEN": self.laptop.token,
            }
            command = ("-m", "lockgate.pipelines", "run", "pipelines/train.py", "--folder", "run")
            self.laptop.python(*command, folder=self.checkout, venv=None, **tracking)
            here = json.loads((self.checkout / "run" / "evaluate" / "metrics").read_text())
            there = self.metrics(self.runs["first"])
            check(here == there, f"on the laptop it comes to {here}, on the engine to {there}")
            hers = [one for one in self.experiment_runs("fit") if one.attempt is None]
            check(len(hers) == 1, f"{len(hers)} runs of hers were logged from the laptop")
            words.append("the same pipeline on Ana's laptop comes to the same numbers, logged to the same place")
            tuned = self.runs["tuned"] = self.end_of(self.runs["tuned"])
            wanted = {"prepare": "cached_from", "fit": "executed", "evaluate": "executed", "export": "executed"}
            check(self.kinds(tuned) == wanted, f"with another c the run is {self.kinds(tuned)}")

    def start(self, revision: str, **parameters: Any) -> Run:
        """Start the pipeline in dev."""
        return lockgate.runs.start(PROJECT, PIPELINE, revision=revision, parameters=parameters, client=self.ana)

    def end_of(self, run: Run) -> Run:
        """Return a run when it has succeeded."""
        return lockgate.runs.wait(run.id, timeout_s=PATIENCE_S, client=self.ana)

    def until_executed(self, run: Run, step: str) -> Run:
        """Return a run as it is when one of its steps was executed."""
        until = time.monotonic() + PATIENCE_S
        while True:
            found = lockgate.runs.get(run.id, client=self.ana)
            if found.step(step).kind == "executed":
                return found
            check(found.step(step).state != "failed", f"step `{step}` of run `{run.id}` failed")
            check(time.monotonic() < until, f"step `{step}` of run `{run.id}` is {found.step(step).state}")
            time.sleep(0.2)

    def kinds(self, run: Run) -> Mapping[str, str | None]:
        """Return how each step of a run came to its end."""
        return {step.name: step.kind for step in run.steps}

    def metrics(self, run: Run) -> Mapping[str, float]:
        """Return what a run measured on the rows held out."""
        measured: Mapping[str, float] = json.loads(lockgate.runs.output(run.id, "evaluate", "metrics", client=self.ana))
        return measured

    def why(self, run: Run, step: str, part: str) -> str:
        """Return why a step was computed again; it must be this part alone."""
        key = lockgate.runs.key(run.id, step, client=self.ana)
        check([*key.changed] == [part], f"step `{step}` ran again for {key.changed}, not for `{part}`")
        return key.sentence

    def experiment_runs(self, name: str) -> list[lockgate.experiments.ExperimentRun]:
        """Return the runs of that name in the project's experiments."""
        found = lockgate.experiments.list(space=f"project/{PROJECT}", client=self.ana)
        runs = [run for one in found for run in lockgate.experiments.runs(one.id, client=self.ana)]
        return [run for run in runs if run.name == name]

    def git(self, *words: str) -> str:
        """Run git in the clone."""
        return self.laptop.git(*words, folder=self.checkout)

    def refused_push(self, what: str) -> str:
        """Return what git says when the server refuses a push; a push that works stops the story."""
        try:
            self.git("push", "origin", what)
        except LaptopError as refusal:
            return str(refusal)
        raise StoryError(f"`git push origin {what}` worked")
