"""The port that answers with predictions: who is answered there and who is not, and what its paths lead to."""

from __future__ import annotations

import contextlib
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from urllib.parse import urlsplit

import lockgate
import pytest
from bank import Answer, Bank, wait_until
from hostile import LEAKS, SEGMENTS
from journey.build import CODE, PIPELINE, PROJECT
from journey.laptop import Laptop
from journey.operate import LIVE
from told import Told

OPEN = ("/v2", "/v2/health/live", "/v2/health/ready")
"""What a client asks before it has a token: it says nothing of any model."""
OF_A_MODEL = (
    ("GET", ""),
    ("GET", "/ready"),
    ("POST", "/infer"),
    ("GET", "/versions/{version}"),
    ("GET", "/versions/{version}/ready"),
    ("POST", "/versions/{version}/infer"),
)
"""All that there is of a model."""
NOT_THERE = ("/v2/models", "/v2/models/", "/v2/repository/index", "/v2/models/stats", "/v2/health", "/metrics", "/")
"""What other servers of the protocol have, and would say what is served."""
ROLES = {
    "model_developer": "model-developers",
    "model_owner": "model-owners",
    "model_validator": "model-validators",
    "data_steward": "data-stewards",
    "data_protection": "data-protection",
    "change_manager": "change-managers",
    "auditor": "auditors",
    "platform_administrator": "platform-admins",
}
"""All roles that there are, and the groups that hold them for everything."""
UNKNOWN = "lgp-made-up"
PREFIX = "calls-"
OTHER = "preprod." + LIVE.split(".", 1)[1]
"""The project's other endpoint, which nobody asked to use."""
NO_CALLER = "this token may call no endpoint: it is not known, has ended, or nothing allows it"
FOLLOWS_WITHIN_S = 10.0
GRANT_ENDS_S = 30.0

ANSWERED: Mapping[str, str] = {
    # The people of the demo. Who made the project and who answers for it hold roles in it; a role for the whole
    # deployment lets see an endpoint, and is no membership of its project.
    "ana": "yes",
    "ben": "yes",
    "vera": "401",
    "pat": "401",
    "ivo": "401",
    "dora": "401",
    "eli": "401",
    # Each role: for the project its holder is one of its people, for another project or for everything not.
    **{f"{role} of {PROJECT}": "yes" for role in ROLES},
    **{f"{role} of collections": "401" for role in ROLES},
    **{f"{role} of its team": "401" for role in ROLES},
    **{f"{role} of all": "401" for role in ROLES},
    "member no more": "401",
    # People of no project: by a grant to use it, while that stands.
    "outsider": "401",
    "asked only": "401",
    "refused": "401",
    "granted": "yes, this one",
    "revoked": "401",
    "suspended": "401",
    "expired": "401",
    "left": "401",
    # Tokens of somebody who may.
    "token revoked": "401",
    "token expired": "401",
    "no token": "401",
    "made-up token": "401",
}
"""Who is answered: for all that the project serves, or for the one endpoint that a grant names; else with what."""


@dataclass
class Callers:
    """The people of the table, their tokens, and a question that the live model answers."""

    bank: Bank
    tokens: dict[str, str | None] = field(default_factory=dict)
    body: str = ""
    versions: dict[str, str] = field(default_factory=dict)

    @property
    def version(self) -> str:
        """The version that is live in prod."""
        return self.versions[LIVE]

    def ask(self, method: str, path: str, token: str | None, body: str | None = None) -> Answer:
        """Ask the serving port, byte for byte what is written."""
        port = urlsplit(self.bank.server.serving).port
        sent = (body or self.body) if method == "POST" else None
        return self.bank.raw(method, path, token=token, body=sent, port=port)

    def about(self, who: str, endpoint: str = LIVE) -> Answer:
        """Ask what an endpoint is."""
        return self.ask("GET", f"/v2/models/{endpoint}", self.tokens[who])

    def new(self, who: str, groups: tuple[str, ...] = ()) -> str:
        """Make a person of the table, and return their id."""
        person = person_of(who)
        self.tokens[who] = self.bank.tokens[person] = self.bank.server.token(person, groups)
        return person

    def members(self) -> None:
        """Make a person for each role: for the project, for another, for the team, and for everything."""
        pat = self.bank.client("pat")
        places = {PROJECT: f"project/{PROJECT}", "collections": "project/collections", "its team": "team:risk"}
        for role, group in ROLES.items():
            for place, scope in places.items():
                lockgate.roles.assign(role, f"person:{self.new(f'{role} of {place}')}", scope, client=pat)
            self.new(f"{role} of all", (group,))
        ending = lockgate.roles.assign(
            "model_developer", f"person:{self.new('member no more')}", f"project/{PROJECT}", client=pat
        )
        wait_until(lambda: self.about("member no more").status == 200, FOLLOWS_WITHIN_S)
        lockgate.roles.end(ending.id, client=pat)

    def users(self) -> None:
        """Make people who ask to use the model, and what becomes of that; all who were let were answered first."""
        ben, pat = self.bank.client("ben"), self.bank.client("pat")
        for who in ("outsider", "asked only", "refused", "granted", "revoked", "suspended", "left"):
            self.new(who)
        lockgate.requests.reject(self.asked("refused").id, reason="not for this", client=ben)
        self.asked("asked only")
        grants = {who: self.let(who) for who in ("granted", "revoked", "suspended", "left")}
        self.new("expired")
        end = datetime.now(timezone.utc) + timedelta(seconds=GRANT_ENDS_S)
        self.let("expired", end)
        for who in ("expired", *grants):
            wait_until(lambda who=who: self.about(who).status == 200, FOLLOWS_WITHIN_S)  # type: ignore[misc]
        lockgate.grants.revoke(grants["revoked"], reason="the campaign is over", client=ben)
        lockgate.grants.suspend(grants["suspended"], reason="a look at it", client=ben)
        lockgate.people.deactivate(person_of("left"), client=pat)

    def asked(self, who: str, end: datetime | None = None) -> lockgate.requests.Request:
        """Ask to use the model."""
        (purpose,) = lockgate.purposes.list(client=self.bank.client("dora"))
        return lockgate.requests.create(
            LIVE,
            kind="use",
            uses=["score"],
            purpose=purpose.id,
            text="We call it.",
            expires_at=end or datetime.now(timezone.utc) + timedelta(days=1),
            client=self.bank.client(person_of(who)),
        )

    def let(self, who: str, end: datetime | None = None) -> str:
        """Ask to use the model, have its owner say yes, and return the grant."""
        ben = self.bank.client("ben")
        request = self.asked(who, end)
        lockgate.requests.approve(lockgate.requests.get(request.id, client=ben), client=ben)
        (grant,) = [one for one in lockgate.grants.list(object=LIVE, client=ben) if one.principal == request.principal]
        return grant.id

    def secrets(self) -> None:
        """Make the tokens that are none any more; each was answered first."""
        member = self.bank.client(person_of(f"model_developer of {PROJECT}"))
        token, self.tokens["token revoked"] = lockgate.tokens.create("short", ttl_seconds=600, client=member)
        self.tokens |= {"no token": None, "made-up token": UNKNOWN}
        for who in ("token revoked", "token expired"):
            wait_until(lambda who=who: self.about(who).status == 200, FOLLOWS_WITHIN_S)  # type: ignore[misc]
        lockgate.tokens.revoke(token.id, client=member)

    def question(self) -> None:
        """Find out what the model takes, and ask about one applicant."""
        wait_until(lambda: self.about("ana").status == 200, FOLLOWS_WITHIN_S)
        described = self.about("ana").json()
        for endpoint in (LIVE, OTHER):
            (self.versions[endpoint],) = self.about("ana", endpoint).json()["versions"]
        row = self.bank.lakes.table.slice(17, 1)
        inputs = [
            {"name": one["name"], "datatype": one["datatype"], "shape": [1, 1], "data": row[one["name"]].to_pylist()}
            for one in described["inputs"]
            if one["name"] != "record_id"
        ]
        self.body = json.dumps({"inputs": inputs})


def person_of(who: str) -> str:
    """Return the id of a person of the table."""
    return PREFIX + re.sub("[^a-z]+", "-", who)


@pytest.fixture(scope="module")
def callers(told: Told) -> Callers:
    """Return the people of the table, where the demo ended."""
    found = Callers(told.bank)
    for person in ("ana", "ben", "vera", "pat", "ivo", "dora", "eli"):
        found.tokens[person] = told.bank.token(person)
    found.question()
    found.members()
    # The shortest that there is; it ends while the others are made and asked.
    found.tokens["token expired"] = told.bank.server.token(person_of(f"model_developer of {PROJECT}"), (), ttl="1m")
    found.secrets()
    found.users()
    for who in ("member no more", "revoked", "suspended", "left", "token revoked"):
        wait_until(lambda who=who: found.about(who).status == 401, FOLLOWS_WITHIN_S)  # type: ignore[misc]
    wait_until(lambda: found.about("expired").status == 401, GRANT_ENDS_S + FOLLOWS_WITHIN_S)
    wait_until(lambda: found.about("token expired").status == 401, within_s=65.0)
    return found


def said(answer: Answer) -> str:
    """Return status and words of a failure, which every failure of the protocol has."""
    assert answer.headers["content-type"] == "application/json", answer
    assert set(answer.json()) == {"error"}, answer
    assert not LEAKS.search(answer.body), answer
    return f"{answer.status} {answer.json()['error']}"


def routes(endpoint: str, version: str) -> Iterator[tuple[str, str]]:
    """Yield method and path of all that there is of a model."""
    for method, path in OF_A_MODEL:
        yield method, f"/v2/models/{endpoint}{path.format(version=version)}"


def refused_as(who: str) -> str:
    """Return what somebody is told who may call nothing: one text, whatever they ask about."""
    return "401 a valid token is needed" if who == "no token" else f"401 {NO_CALLER}"


def test_each_is_answered_who_may_call_and_no_one_else(callers: Callers) -> None:
    assert set(callers.tokens) == set(ANSWERED)
    wrong = []
    for who, expected in ANSWERED.items():
        for endpoint in (LIVE, OTHER):
            absent = f"404 model `{endpoint}` does not exist"
            if expected == "yes" or (expected == "yes, this one" and endpoint == LIVE):
                wanted = "200"
            else:
                wanted = refused_as(who) if expected == "401" else absent
            for method, path in routes(endpoint, callers.versions[endpoint]):
                answer = callers.ask(method, path, callers.tokens[who])
                found = "200" if answer.status == 200 else said(answer)
                if found != wanted:
                    wrong.append(f"{who}: {method} {path}: {found}, not {wanted}")
    assert not wrong, "\n".join(wrong)


ASKS = """

def _ask(url: str, token: str, body: bytes | None) -> str:
    import urllib.error
    import urllib.request

    headers = {"Authorization": f"Bearer {token}"}
    try:
        with urllib.request.urlopen(
            urllib.request.Request(url, body, headers), timeout=10
        ) as answer:
            return str(answer.status)
    except urllib.error.HTTPError as refused:
        return f"{refused.code} {refused.read().decode()}"


if "LOCKGATE_TOKEN" in __import__("os").environ:
    _known = __import__("os").environ
    for _name in ("prod.credit-risk", "preprod.credit-risk", "prod.nothing"):
        for _path, _body in (("", None), ("/ready", None), ("/infer", BODY)):
            _url = f"{_known['LOCKGATE_URL'].rstrip('/')}/v2/models/{_name}{_path}"
            print("asked", _name, _ask(_url, _known["LOCKGATE_TOKEN"], _body))
    print("asked all", flush=True)
"""
"""What a step of dev asks, beside what it is there for; it sends what the model would answer."""


def test_a_step_of_dev_calls_nothing(callers: Callers) -> None:
    """Its project's people may call; it may not, by its own token. Only what verifies an endpoint and batches may."""
    bank, branch = callers.bank, f"{PREFIX}asks"
    home = bank.server.data.with_name("laptop")
    laptop = Laptop(home, bank.url, "ana", bank.token("ana")).set_up()
    laptop.git("fetch", "--quiet", "origin", folder=home / PROJECT)
    laptop.git("worktree", "add", "--quiet", "-b", branch, str(home / branch), "origin/main", folder=home / PROJECT)
    code = home / branch / CODE
    code.write_text(code.read_text() + ASKS.replace("BODY", repr(callers.body.encode())))
    laptop.git("commit", "--quiet", "-am", "Ask the live model", folder=home / branch)
    laptop.git("push", "--quiet", "origin", branch, folder=home / branch)
    run = lockgate.runs.start(PROJECT, PIPELINE, revision=branch, client=bank.client("ana"))

    def lines() -> list[str]:
        with contextlib.suppress(lockgate.NotFoundError, lockgate.ConflictError):
            return [one.text for one in lockgate.runs.logs(run.id, "fit", client=bank.client("ana"))]
        return []

    said_all = wait_until(lambda: [one for one in lines() if one == "asked all"] and lines(), 240.0)
    asked = [one.removeprefix("asked ") for one in said_all if one.startswith("asked p")]
    refusal = json.dumps({"error": NO_CALLER}, separators=(",", ":"))
    names = [one for one in (LIVE, OTHER, "prod.nothing") for _ in range(3)]
    assert asked == [f"{name} 401 {refusal}" for name in names]
    lockgate.runs.cancel(run.id, client=bank.client("ana"))


def test_what_is_answered_is_what_was_asked(callers: Callers) -> None:
    """Who may call gets a prediction, not only a status; a grant's holder gets the same as the project's people."""
    labels = set()
    for who in ("ana", "granted"):
        answer = callers.ask("POST", f"/v2/models/{LIVE}/infer", callers.tokens[who])
        outputs = {one["name"]: one["data"] for one in answer.json()["outputs"]}
        labels.add(outputs["label"][0])
        assert answer.json()["model_name"] == LIVE
    assert len(labels) == 1
    assert labels <= {"good", "bad"}


def test_a_refusal_does_not_say_whether_the_endpoint_is_there(callers: Callers) -> None:
    """Byte for byte, headers included: of what is live, of what is not there, of versions, of what cannot be asked."""
    tried = 0
    for who, expected in ANSWERED.items():
        if expected == "yes":
            continue
        hidden = OTHER if expected == "yes, this one" else LIVE
        for version in (callers.versions[hidden], "99"):
            for there, absent in zip(routes(hidden, version), routes("prod.nothing", version), strict=True):
                for method in (there[0], "PUT", "DELETE"):
                    answers = [callers.ask(method, path, callers.tokens[who]) for _, path in (there, absent)]
                    shown = [
                        (
                            one.status,
                            {**one.headers, "date": "", "content-length": ""},
                            one.body.replace(name.encode(), b"NAME"),
                        )
                        for one, name in zip(answers, (hidden, "prod.nothing"), strict=True)
                    ]
                    assert shown[0] == shown[1], f"{who}: {method} {there[1]}: {answers}"
                    assert answers[0].status in (401, 404), (who, answers[0])
                    tried += 1
    assert tried >= 500


def test_what_is_open_to_all_says_nothing_of_a_model(callers: Callers) -> None:
    for who, token in callers.tokens.items():
        for path in OPEN:
            answer = callers.ask("GET", path, token)
            assert answer.status == 200, (who, path, answer)
            assert not re.search(rb"credit|prod|version 1|rollout|person", answer.body), (who, path, answer)
        for path in NOT_THERE:
            for method in ("GET", "POST"):
                answer = callers.ask(method, path, token, "{}")
                # Below `/v2/models/` stands the name of a model, even an empty one.
                _, is_model, name = path.partition("/v2/models/")
                absent = f"404 model `{name}` does not exist" if is_model else "404 there is nothing at this path"
                expected = refused_as(who) if is_model and ANSWERED[who] == "401" else absent
                assert said(answer) == expected, (who, method, path, answer)


def test_no_name_of_a_model_or_a_version_leads_elsewhere(callers: Callers) -> None:
    """Nothing of a path is decoded, shortened or followed: it is a name that is not there, and is said so."""
    ana = callers.tokens["ana"]
    versions = [*SEGMENTS, f"0{callers.version}", f"%20{callers.version}", f"{callers.version}.0", "%D9%A1", "latest"]
    for method, path in OF_A_MODEL:
        for name in SEGMENTS:
            answer = callers.ask(method, f"/v2/models/{name}{path.format(version=callers.version)}", ana)
            assert said(answer) == f"404 model `{name[:100]}` does not exist", (method, path, name)
        for version in versions if "{version}" in path else ():
            answer = callers.ask(method, f"/v2/models/{LIVE}{path.format(version=version)}", ana)
            serves = f"404 model `{LIVE}` serves version `{callers.version}`, not `{version[:40]}`"
            assert said(answer) == serves, (method, path, version)
    assert callers.about("ana").status == 200


@pytest.mark.parametrize(
    "path",
    [
        f"/v2//models/{LIVE}",
        f"/v2/models//{LIVE}",
        f"/v2/models/{LIVE}/",
        f"/v2/models/{LIVE}//ready",
        f"/v2/models/./{LIVE}",
        f"/v2/models/x/../{LIVE}",
        f"/v2/models/{LIVE}/../{OTHER}",
        f"/v2/models/{LIVE}/versions/1/../../../{OTHER}/ready",
        f"/v2/models/{LIVE}%2fready",
        f"/v2/models/{LIVE};x=1",
        f"/v2/%6dodels/{LIVE}",
        f"/v2/./models/{LIVE}",
        f"/v2/../v2/models/{LIVE}",
        f"/V2/models/{LIVE}",
        f"/v2/models/{LIVE.upper()}",
        f"/v2/health/../models/{LIVE}",
        f"/v2/models/{LIVE}/infer/../ready",
        f"/v2/models/{OTHER}/../{LIVE}",
        "/v2/models/../../../../etc/passwd",
        "/v2/../manifest",
    ],
)
def test_a_path_that_is_written_otherwise_is_another_path(callers: Callers, path: str) -> None:
    for who in ("ana", "granted"):
        for method in ("GET", "POST"):
            assert said(callers.ask(method, path, callers.tokens[who])).startswith("404 "), (who, method, path)
    # Who may call nothing learns nothing by it.
    assert callers.ask("GET", path, callers.tokens["outsider"]).status in (401, 404)


def test_slashes_before_a_path_open_nothing(callers: Callers) -> None:
    for who, expected in ANSWERED.items():
        for slashes in ("/", "///"):
            found = callers.ask("GET", f"{slashes}v2/models/{LIVE}", callers.tokens[who])
            assert found.status in ((200, 404) if expected.startswith("yes") else (401, 404)), (who, found)
