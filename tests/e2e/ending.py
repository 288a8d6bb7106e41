"""What there is at the end of the journey: objects, states and counts, without ids, times and what is only read."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import lockgate
from bank import Bank, wait_until
from journey.build import PROJECT
from journey.operate import LIVE, SCORES
from journey.walk import GROUPS
from journey.watch import CAPTURE
from lockgate import Client
from lockgate.runs import Run

READS = ("RunQuery", "Preview", "Read", "Search", "List", "Export")
"""How actions begin that only read: who polls, or reads again what broke off, does so more often."""
BY_THE_WAY: Mapping[tuple[str, str], str] = {
    ("person:ana", "PushRepository"): "a push that was cut off is allowed again; what was carried out is counted",
    ("environment:credit-risk/prod", "PublishDataset"): "calls are published as they come; their rows are counted",
    ("person:pat", "CreateLink"): "only a demo that stays up lets people sign in",
}
"""What is not counted in the audit log, and why."""


def end_state(bank: Bank) -> dict[str, Any]:
    """Return what there is at the end."""
    entries, lost = [*lockgate.audit.entries(client=bank.client("ivo"))], lost_attempts(bank.client("ana"))
    # A query that a kill cut off is shown as running until it has given no sign of life for a minute.
    wait_until(lambda: not running(bank), within_s=75.0)
    return {**governed(bank), **built(bank, lost), **released(bank), **watched(bank), "done": done(entries, lost)}


def running(bank: Bank) -> list[str]:
    """Return the queries that are shown as running."""
    return [one["id"] for one in bank.client("ana").pages("list_queries") if one["state"] == "running"]


def lost_attempts(client: Client) -> set[str]:
    """Return the attempts that came to nothing: what each was about was done again by the next."""
    runs = [lockgate.runs.get(one.id, client=client) for one in lockgate.runs.list(client=client)]
    attempts = [one for run in runs for step in run.steps for one in step.attempts]
    return {one.id for one in attempts if one.state != "succeeded"}


def attempt_of(entry: lockgate.audit.Entry) -> str | None:
    """Return the attempt that an entry is about."""
    after = entry.json["after"]
    return after.get("attempt") if isinstance(after, dict) else None


def done(entries: Iterable[lockgate.audit.Entry], lost: set[str]) -> dict[str, int]:
    """Return how often whom what was allowed. The operator made tokens for those who look."""
    counted: Counter[str] = Counter()
    for one in entries:
        is_read, by_the_way = one.action.startswith(READS), (one.actor, one.action) in BY_THE_WAY
        is_lost = attempt_of(one) in lost
        if one.outcome == "allowed" and one.actor != "operator" and not (is_read or by_the_way or is_lost):
            counted[f"{one.actor} {one.action}"] += 1
    return dict(counted)


def governed(bank: Bank) -> dict[str, Any]:
    """Return lakes, datasets, and who may do what with them."""
    pat, ana, dora = (bank.client(name) for name in ("pat", "ana", "dora"))
    datasets = [lockgate.datasets.get(one.id, client=dora) for one in lockgate.datasets.search(client=dora)]
    versions = {one.id: len(lockgate.datasets.versions(one.id, client=dora)) for one in datasets}
    # In how many portions calls are published, and how many are asked until one is answered, time decides.
    del versions[CAPTURE]
    return {
        "lakes": sorted(lake.id for lake in lockgate.lakes.list(client=pat)),
        "datasets": sorted((one.id, one.state, one.rows if one.id != CAPTURE else None) for one in datasets),
        "descriptions": sorted(one.description for one in datasets),
        "versions": versions,
        "purposes": sorted(purpose.name for purpose in lockgate.purposes.list(client=ana)),
        "requests": of_everyone(bank, asked),
        "grants": of_everyone(bank, granted),
        "roles": sorted((one.principal, one.role, one.scope) for one in lockgate.roles.list(client=pat)),
        "people": sorted(person.id for person in lockgate.people.list(client=pat)),
    }


def of_everyone(bank: Bank, read: Callable[[Client], Iterable[tuple[str, ...]]]) -> list[tuple[str, ...]]:
    """Return what anybody sees, once, by its id, which is left out."""
    found = {one for name in GROUPS for one in read(bank.client(name))}
    return sorted(words for _, *words in map(tuple, found))  # type: ignore[misc]


def asked(client: Client) -> list[tuple[str, ...]]:
    """Return somebody's requests."""
    found = lockgate.requests.list(view="mine", client=client)
    return [(one.id, one.object, one.kind, one.principal, one.state) for one in found]


def granted(client: Client) -> list[tuple[str, ...]]:
    """Return the grants that somebody sees."""
    return [(one.id, one.object, one.kind, one.principal, one.state) for one in lockgate.grants.list(client=client)]


def built(bank: Bank, lost: set[str]) -> dict[str, Any]:
    """Return the project, its code, its runs, and what they logged."""
    ana = bank.client("ana")
    project = lockgate.projects.get(PROJECT, client=ana)
    subjects = {one.id: one.subject for one in lockgate.code.commits(PROJECT, client=ana)}
    branches = lockgate.code.branches(PROJECT, client=ana)
    subjects |= {one.commit.id: one.commit.subject for one in branches}
    pushes = [one for one in lockgate.code.pushes(PROJECT, client=ana) if one.state == "applied"]
    merges = lockgate.delivery.merges(PROJECT, client=ana)
    runs = [lockgate.runs.get(one.id, client=ana) for one in lockgate.runs.list(client=ana)]
    return {
        "project": (project.title, project.owner, project.tier, project.state, project.created_by),
        "environments": sorted((one.id, one.state) for one in lockgate.environments.list(client=ana)),
        "branches": sorted((one.name, one.is_protected, one.pusher, one.commit.subject) for one in branches),
        "history": [one.subject for one in lockgate.code.commits(PROJECT, client=ana)],
        "pushes": sorted((one.reference, one.pusher, subjects[one.new or ""]) for one in pushes),
        "merges": sorted((one.branch, one.state, one.merged_by, subjects[one.commit]) for one in merges),
        "runs": sorted(map(run_of, runs), key=str),
        "logged": logged(ana, lost),
        "models": {
            (one.space, one.name): sorted(
                (it.version, it.state) for it in lockgate.models.get(one.id, client=ana).versions
            )
            for one in lockgate.models.list(client=ana)
        },
    }


def run_of(run: Run) -> tuple[object, ...]:
    """Return a run with its steps: how each came to its end, and that it did so once, by its last attempt."""
    for step in run.steps:
        ended = [one.state for one in step.attempts]
        assert ended.count("succeeded") == (step.kind == "executed"), (run.id, step.name, ended)
        assert "succeeded" not in ended[:-1], (run.id, step.name, ended)
        assert not {*ended} & {"planned", "submitted", "claimed", "running"}, (run.id, step.name, ended)
    steps = {step.name: step.kind or step.state for step in run.steps}
    return (run.environment, run.pipeline, run.state, run.started_by, dict(run.parameters), steps)


def logged(client: Client, lost: set[str]) -> dict[str, int]:
    """Return how many experiment runs of each name there are, by state and by who logged them."""
    counted: Counter[str] = Counter()
    for experiment in lockgate.experiments.list(client=client):
        for one in lockgate.experiments.runs(experiment.id, client=client):
            if one.attempt not in lost:
                by = "a step" if one.attempt else one.created_by
                counted[f"{experiment.space}/{experiment.name} {one.name} {one.state} by {by}"] += 1
    return dict(counted)


def released(bank: Bank) -> dict[str, Any]:
    """Return what was released, and how it went."""
    ana, cho = bank.client("ana"), bank.client("cho")
    promotions = lockgate.releases.promotions(PROJECT, client=ana)
    (job,) = lockgate.batch_jobs.list(project=PROJECT, client=ana)
    last = job.last
    assert last is not None
    return {
        "releases": sorted((one.subject, one.state, one.candidate, one.reason) for one in of_project(ana)),
        "candidates": [
            (one.number, one.subject, one.version) for one in lockgate.releases.candidates(PROJECT, client=ana)
        ],
        "promotions": [
            (one.environment, one.candidate, one.kind, one.state, one.reason, one.asked_by, decided(one))
            for one in promotions
        ],
        "gates": [(one.environment, one.version, one.baking_s) for one in lockgate.releases.gates(PROJECT, client=ana)],
        "endpoints": [endpoint_of(one) for one in ana.pages("list_endpoints")],
        "live": [(one.endpoint, one.live, one.suspended) for one in lockgate.releases.production(PROJECT, client=ana)],
        "cards": [
            (one.endpoint, one.state, one.candidate, one.granted) for one in lockgate.live_models.list(client=cho)
        ],
        "batch": (job.name, job.state, last.rows, last.version, last.model_version, last.reason),
        "scored": [one["rows"] for one in lockgate.datasets.versions(SCORES, client=bank.client("dora"))],
    }


def of_project(client: Client) -> Sequence[lockgate.releases.Release]:
    """Return the trainings of `main`."""
    return lockgate.releases.releases(PROJECT, client=client)


def decided(promotion: lockgate.releases.Promotion) -> list[tuple[str, str, str | None]]:
    """Return who decided what on a promotion."""
    return [(one.by, one.decision, one.comment) for one in promotion.approvals]


def endpoint_of(endpoint: Mapping[str, Any]) -> tuple[object, ...]:
    """Return what an endpoint serves and what came of its last rollout."""
    serving, last = endpoint["serving"], endpoint["last_rollout"]
    return (endpoint["id"], endpoint["state"], serving["version"], last["outcome"], endpoint["stopped"])


def watched(bank: Bank) -> dict[str, Any]:
    """Return what was watched, what it found, and how long everything took."""
    ben, ivo = bank.client("ben"), bank.client("ivo")
    monitor = lockgate.monitors.monitor(LIVE, client=ben)
    holds = lockgate.releases.holds(PROJECT, client=ben)
    return {
        "monitor": (monitor.state, monitor.candidate, monitor.truth, monitor.red, monitor.amber),
        "evaluations": sorted(
            (one.state, one.json["asked_by"], sorted(beyond(one)))
            for one in lockgate.monitors.evaluations(LIVE, client=ben)
        ),
        "breaches": sorted(
            (one.what, one.severity, one.state) for one in lockgate.monitors.breaches(project=PROJECT, client=ben)
        ),
        "holds": sorted((one.environment, one.lifted.reason if one.lifted else "") for one in holds),
        "clock": {
            one.stage: (one.seconds is not None, one.open, len(one.measured))
            for one in lockgate.clock.of(PROJECT, client=ben).stages
        },
        "baselines": [one.imported_by for one in lockgate.clock.baselines(client=ben)],
        "audit log": lockgate.audit.status(client=ivo)["intact"],
    }


def beyond(evaluation: lockgate.monitors.Evaluation) -> list[tuple[str, str | None, str]]:
    """Return what an evaluation found beyond a limit."""
    found = [one for one in evaluation.metrics if one.verdict in ("amber", "red", "not_computable")]
    return [(one.name, one.column, one.verdict) for one in found]
