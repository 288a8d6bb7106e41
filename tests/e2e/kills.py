"""Kills the server while a journey is walked, and what the journey's people do then: the same once more.

Calls of the SDK repeat by themselves, with the key of the first try. What is no call of the SDK is wrapped here.
"""

from __future__ import annotations

import contextlib
import random
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

import httpx
import lockgate
import tritonclient.http as triton
from bank import Bank
from journey.build import PROJECT
from journey.laptop import Laptop, LaptopError
from journey.operate import Operated
from journey.process import Server
from journey.release import Released
from journey.walk import StoryError, Walk
from lockgate.client import JsonObject
from lockgate.operations import OPERATIONS
from pyarrow import Table

KILLS = 6
REMOTE = ("clone", "fetch", "push", "ls-remote")
"""The words of git that ask the server."""
UNAVAILABLE = 6
"""How a command of the binary ends that the server did not answer."""
CHECKPOINTS = "audit-checkpoints.jsonl"
"""Where the server writes down what its audit log was, for whoever copies that elsewhere."""
MOVING = ("deploying", "verifying")
GOING_ON_WITHIN_S = 60.0
FOLLOWS_WITHIN_S = 8.0


@dataclass
class Strike:
    """A kill to come: ``wait_s`` after the event number ``skip`` of those that fit, once ``going_on`` says of what."""

    name: str
    fits: Callable[[str], bool]
    skip: int
    wait_s: float
    going_on: Callable[[], str] = lambda: "-"


@dataclass(frozen=True)
class Kill:
    """A kill that was: in which step, behind which event, and what went on."""

    strike: str
    step: str
    event: str
    going_on: str
    at: float

    def __str__(self) -> str:
        """Return it in words."""
        return (
            f"{self.strike}: in `{self.step}`, {self.at:.1f} s after the start, behind `{self.event}`: {self.going_on}"
        )


@dataclass
class Killer:
    """Kills the server at random moments, and starts it again on the same ports."""

    bank: Bank
    strikes: list[Strike]
    step: str = ""
    events: Counter[str] = field(default_factory=Counter)
    kills: list[Kill] = field(default_factory=list)
    checkpoints: list[bytes] = field(default_factory=list)
    """What each kill left of the audit log's checkpoints, as far as their lines are whole."""
    begun: int = 0
    """How many kills have begun."""
    back_at: float = 0.0
    """When the server was last there again."""
    started: float = field(default_factory=time.monotonic)
    over: bool = False
    seen: set[str] = field(default_factory=set)
    lock: threading.Lock = field(default_factory=threading.Lock)
    one_by_one: threading.Lock = field(default_factory=threading.Lock)
    pool: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(KILLS, "kill"))
    running: list[Future[None]] = field(default_factory=list)

    def happens(self, event: str) -> None:
        """Take note of an event; what waits for it strikes."""
        with self.lock:
            self.events[event.split(maxsplit=1)[0]] += 1
            for strike in [one for one in self.strikes if one.fits(event)]:
                strike.skip -= 1
                if strike.skip < 0:
                    self.strikes.remove(strike)
                    self.running.append(self.pool.submit(self.strike, strike, self.step, event))

    def shows(self, state: str) -> None:
        """Take note of a state that an answer shows; of the same one once."""
        with self.lock:
            is_news = state not in self.seen
            self.seen.add(state)
        if is_news:
            self.happens(f"state {state}")

    def strike(self, strike: Strike, step: str, event: str) -> None:
        """Wait for the moment and kill the server."""
        time.sleep(strike.wait_s)
        until = time.monotonic() + GOING_ON_WITHIN_S
        while not self.over:
            with self.one_by_one:
                if going_on := strike.going_on():
                    return self.kill(Kill(strike.name, step, event, going_on, time.monotonic() - self.started))
            assert time.monotonic() < until, f"{strike.name}: nothing of that goes on any more"
            time.sleep(0.02)
        return None

    def kill(self, kill: Kill) -> None:
        """Kill the server and start it again."""
        self.begun += 1
        self.bank.server.kill()
        print(f"killed: {kill}", flush=True)
        left = self.bank.server.data / CHECKPOINTS
        whole = left.read_bytes().rpartition(b"\n") if left.exists() else (b"", b"", b"")
        self.checkpoints.append(whole[0] + whole[1])
        self.bank.server.start()
        self.back_at = time.monotonic()
        self.kills.append(kill)

    def finish(self) -> None:
        """Wait for what strikes still; what went wrong there is raised here."""
        for one in self.running:
            one.result()

    def close(self) -> None:
        """Let nothing strike any more."""
        self.over = True
        self.pool.shutdown()

    def repeated(self, event: str, work: Callable[[], Any], failed: tuple[type[Exception], ...]) -> Any:
        """Do what is no call of the SDK, and do it again when it failed while the server was killed."""
        while True:
            before = self.begun
            self.happens(event)
            try:
                return work()
            except failed:
                with self.one_by_one:
                    # By now a server that was killed is there again.
                    if self.begun == before:
                        raise
                print(f"again: {event}", flush=True)


@dataclass
class Acknowledged:
    """What the server said it did."""

    answers: list[tuple[str, JsonObject]] = field(default_factory=list)

    def of(self, *operations: str) -> list[JsonObject]:
        """Return what was said to these operations."""
        return [answer for operation, answer in self.answers if operation in operations]


class Driver(lockgate.Client):
    """A connection that notes what was acknowledged; what was not, every connection repeats with its key."""

    def __init__(self, url: str, token: str, killer: Killer, acknowledged: Acknowledged) -> None:
        super().__init__(url, token, tries=200)
        self._killer = killer
        self._acknowledged = acknowledged

    def call(self, operation: str, **options: Any) -> JsonObject:
        answer = super().call(operation, **options)
        if OPERATIONS[operation][0] != "GET":
            self._acknowledged.answers.append((operation, answer))
        for state in states(operation, answer):
            self._killer.shows(state)
        return answer

    @contextlib.contextmanager
    def stream(self, operation: str, path: Mapping[str, str], **options: Any) -> Iterator[httpx.Response]:
        kind = "read" if OPERATIONS[operation][0] == "GET" else "call"
        self._killer.happens(f"{kind} {operation}")
        with super().stream(operation, path, **options) as response:
            yield response


def states(operation: str, answer: JsonObject) -> Iterator[str]:
    """Yield what an answer shows to go on."""
    if operation == "get_run":
        for step in answer["steps"]:
            if step["state"] == "running":
                yield f"step {answer['id']} {step['name']}"
    if operation == "list_checks":
        for check in answer["checks"]:
            if check["state"] == "running":
                yield f"step {answer['commit']} {check['name']}"
    if operation == "list_releases":
        for release in answer["items"]:
            if release["state"] == "running":
                yield f"step {release['commit']} of preprod"
    if operation == "get_promotion" and answer["state"] in MOVING:
        yield f"promotion {answer['id']} {answer['state']}"
    if operation in ("start_batch", "get_batch") and answer["state"] == "running":
        yield f"batch {answer['id']}"


def six(bank: Bank, rng: random.Random) -> list[Strike]:
    """Return six kills at random moments: each somewhere else, so that each kind of work is cut off at least once."""

    def at(name: str, fits: Callable[[str], bool], among: int, within_s: float, **options: Any) -> Strike:
        return Strike(name, fits, rng.randrange(among), rng.uniform(0.0, within_s), **options)

    def of(*kinds: str) -> Callable[[str], bool]:
        return lambda event: event.startswith(kinds)

    ana = lockgate.Client(bank.url, bank.token("ana"), tries=200)
    return [
        at("a call", of("call"), 90, 0.03),
        at("no call", of("git", "python", "command"), 22, 0.6),
        at("a step", of("state step"), 9, 1.5, going_on=lambda: step_under_way(ana)),
        at("a promotion", of("state promotion"), 5, 1.0, going_on=lambda: promotion_under_way(ana)),
        at("inference", of("infer 11"), 8, 3.0),
        at("the batch", of("state batch"), 1, 0.6, going_on=lambda: batch_under_way(ana)),
    ]


def step_under_way(client: lockgate.Client) -> str:
    """Return a step that is executed now."""
    for run in lockgate.runs.list(project=PROJECT, state="running", client=client):
        for step in lockgate.runs.get(run.id, client=client).steps:
            if step.state == "running":
                return f"step `{step.name}` of {run.pipeline} in {run.environment}"
    return ""


def promotion_under_way(client: lockgate.Client) -> str:
    """Return a promotion that is on its way into an environment now."""
    for one in lockgate.releases.promotions(PROJECT, limit=5, client=client):
        if one.state in MOVING:
            return f"{one.kind} of candidate {one.candidate} into {one.environment} is {one.state}"
    return ""


def batch_under_way(client: lockgate.Client) -> str:
    """Return the batch that scores now; it comes once, so one that has just ended counts, too."""
    (job,) = lockgate.batch_jobs.list(project=PROJECT, client=client)
    return f"batch `{job.name}` is {job.state}"


@dataclass
class Walking(Walk):
    """A walk that says in which step it is."""

    killer: Killer = field(kw_only=True)

    @contextlib.contextmanager
    def step(self, name: str, place: str) -> Iterator[list[str]]:
        """Time a step and tell it."""
        self.killer.step = name
        with super().step(name, place) as words:
            yield words


@dataclass
class Travelling(Laptop):
    """A laptop whose owner repeats what the server did not answer."""

    killer: Killer = field(kw_only=True)

    def run(self, *command: str, folder: Path | None = None, **variables: str) -> str:
        """Run a command, and run it again if the server was killed under it."""

        def work() -> str:
            return super(Travelling, self).run(*command, folder=folder, **variables)

        words = command[1:2] if command[0] == "git" else ()
        if words and words[0] in REMOTE:
            return str(self.killer.repeated(f"git {words[0]}", work, (LaptopError,)))
        if "MLFLOW_TRACKING_URI" in variables:
            self.killer.happens("python with tracking")  # not repeated: stock mlflow does so by itself
        return work()


class UnansweredError(Exception):
    """A command of the binary found no server."""


@dataclass
class Commands(Server):
    """The server as those see it who use the command line, and repeat what was not answered."""

    killer: Killer = field(kw_only=True)

    def run(self, *arguments: str, **variables: str) -> CompletedProcess[str]:
        """Run a command, and run it again if the server was killed under it."""

        def work() -> CompletedProcess[str]:
            done = super(Commands, self).run(*arguments, **variables)
            if done.returncode == UNAVAILABLE:
                raise UnansweredError(done.stderr)
            return done

        done: CompletedProcess[str] = self.killer.repeated(
            f"command {' '.join(arguments[:2])}", work, (UnansweredError,)
        )
        return done


@dataclass
class Answered:
    """Which rows the endpoint answered for, by record; those without one are counted as ``None``."""

    rows: Counter[str | None] = field(default_factory=Counter)


@dataclass
class Releasing(Released):
    """What becomes of the model, with each answer counted. No call is repeated: the endpoint answers all the time."""

    killer: Killer = field(kw_only=True)
    answered: Answered = field(kw_only=True)

    def ask(self) -> httpx.Response:
        """Ask the endpoint of prod about the first row of the fixture."""
        self.killer.happens(f"infer {self.killer.step}")
        answer = super().ask()
        self.answered.rows[None] += answer.status_code == 200
        return answer

    def asked_until(self, status: int) -> httpx.Response:
        """Ask until the answer has this status: what changes follows within seconds of the server's being there."""
        try:
            return super().asked_until(status)
        except StoryError:
            with self.killer.one_by_one:
                if time.monotonic() > self.killer.back_at + FOLLOWS_WITHIN_S:
                    raise
        return self.asked_until(status)


@dataclass
class Operating(Operated):
    """Who uses the live model, with each answer counted."""

    killer: Killer = field(kw_only=True)
    answered: Answered = field(kw_only=True)

    def stock(self, rows: Table) -> triton.InferResult:
        """Ask about rows with the stock client."""
        self.killer.happens(f"infer {self.killer.step}")
        result = super().stock(rows)
        self.answered.rows.update(rows["record_id"].to_pylist())
        return result

    def plain(self, rows: Table) -> httpx.Response:
        """Ask about rows in plain JSON."""
        self.killer.happens(f"infer {self.killer.step}")
        answer = super().plain(rows)
        self.answered.rows[None] += rows.num_rows * (answer.status_code == 200)
        return answer
