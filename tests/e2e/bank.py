"""A bank to test on: the built server, the demo's lakes, and a connection for each of its people."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import shutil
import signal
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit

from journey.main import fix_split
from journey.process import Server
from journey.tables import Lakes, make_lakes
from journey.walk import GROUPS, Walk
from lockgate import Client

REPO = Path(__file__).resolve().parents[2]
GERMAN_CREDIT = REPO / "demo" / "data" / "german_credit.csv"
ENVIRONMENTS = tempfile.TemporaryDirectory(prefix="lockgate-e2e-python-")
"""Holds the Python environments that a bank has built, for those that are opened after it; gone with the tests."""
T = TypeVar("T")


@dataclass
class Bank:
    """The server with everything around it; `people` may be added to."""

    server: Server
    lakes: Lakes
    tokens: dict[str, str] = field(default_factory=dict)
    clients: dict[str, Client] = field(default_factory=dict)
    walk: Walk | None = None

    @property
    def url(self) -> str:
        """The server's address."""
        return self.server.url

    @property
    def purpose(self) -> str:
        """The purpose that Ana put on record on the walk."""
        assert self.walk is not None
        return self.walk.purpose

    def token(self, name: str) -> str:
        """Return the token of a person, made at the first call."""
        if name not in self.tokens:
            self.tokens[name] = self.server.token(name, GROUPS.get(name, ()))
        return self.tokens[name]

    def client(self, name: str, **options: Any) -> Client:
        """Return the connection of a person."""
        if name not in self.clients:
            self.clients[name] = Client(self.url, self.token(name), **options)
        return self.clients[name]

    def everyone(self, **options: Any) -> Mapping[str, Client]:
        """Return the connections of the people of the journey."""
        return {name: self.client(name, **options) for name in GROUPS}

    def raw(
        self,
        method: str,
        path: str,
        *,
        token: str | None = None,
        body: bytes | str | None = None,
        headers: Mapping[str, str] | None = None,
        port: int | None = None,
    ) -> Answer:
        """Send a request as it is written: nothing in the path is encoded, normalised or followed."""
        address = urlsplit(self.url)
        connection = http.client.HTTPConnection(address.hostname or "", port or address.port, timeout=30)
        try:
            connection.putrequest(method, path, skip_accept_encoding=True)
            content = body.encode() if isinstance(body, str) else body
            sent = dict(headers or {})
            if token is not None:
                sent["Authorization"] = f"Bearer {token}"
            if content is not None:
                sent.setdefault("Content-Type", "application/json")
                sent.setdefault("Content-Length", str(len(content)))
            elif method == "POST":
                sent.setdefault("Content-Length", "0")
            for name, value in sent.items():
                connection.putheader(name, value)
            with contextlib.suppress(BrokenPipeError, ConnectionResetError):
                # The server may refuse a body before it has all of it; its answer is still to be read.
                connection.endheaders(content)
            response = connection.getresponse()
            return Answer(response.status, {k.lower(): v for k, v in response.getheaders()}, response.read())
        finally:
            connection.close()

    def document(self) -> Mapping[str, Any]:
        """Return the API's own description."""
        answer = self.raw("GET", "/api/v1/openapi.json", token=self.token("pat"))
        assert answer.status == 200, answer
        document: Mapping[str, Any] = json.loads(answer.body)
        return document

    def close(self) -> None:
        """Close the connections, stop the server, and end what waits for a next one, which never comes."""
        for client in self.clients.values():
            client.close()
        self.server.stop()
        end_attempts(self.server.data)


@dataclass(frozen=True)
class Answer:
    """A status, headers in lower case, and a body."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Any:
        """Return the body as JSON."""
        return json.loads(self.body)

    def problem(self) -> Mapping[str, Any]:
        """Return the body as a problem, which every failure must be."""
        found = self.json()
        assert isinstance(found, dict), self
        assert found.keys() >= {"status", "code", "detail"}, self
        assert found["status"] == self.status, self
        return found


@contextlib.contextmanager
def open_bank(binary: Path, folder: Path, **server: Any) -> Iterator[Bank]:
    """Start a bank on its own folder, and end it; with `same_split` it holds out the records that the demo does.

    It finds the Python environments that banks before it have built: to build them again takes longer than most tests.
    """
    shutil.rmtree(folder, ignore_errors=True)
    if server.pop("same_split", False):
        fix_split(folder / "data")
    lakes = make_lakes(GERMAN_CREDIT, "creditability", "age_in_years", folder / "lakes")
    roots = {"retail": lakes.root / "retail", "risk": lakes.root / "risk", "spare": folder / "spare"}
    (folder / "spare").mkdir()
    data, kept = folder / "data", Path(ENVIRONMENTS.name)
    data.mkdir(mode=0o700, exist_ok=True)
    link_environments(kept, data / "python")
    bank = Bank(Server(binary, data, roots, **server), lakes)
    bank.server.start()
    try:
        yield bank
    finally:
        bank.close()
        link_environments(data / "python", kept)


def end_attempts(data: Path) -> None:
    """Kill the runners of the attempts below a data folder: they wait two days for its server."""
    ours = f"{data}/attempts/".encode()
    for process in Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):
            if ours in process.read_bytes():
                os.kill(int(process.parent.name), signal.SIGKILL)


def link_environments(there: Path, here: Path) -> None:
    """Put each whole Python environment of one folder into another that lacks it, as links to the same files."""
    for seal in there.glob("[!.]*/lockgate.json"):
        place = here / seal.parent.name
        if not place.exists():
            here.mkdir(mode=0o700, parents=True, exist_ok=True)
            shutil.copytree(seal.parent, place, symlinks=True, copy_function=link)


def link(file: str, to: str) -> None:
    """Make `to` the same file, or a copy of it where that lies on another disk."""
    try:
        os.link(file, to)
    except OSError:
        shutil.copy2(file, to)


def wait_until(look: Callable[[], T], within_s: float = 10.0) -> T:
    """Return what `look` sees once it is truthy; fail if it never is."""
    until = time.monotonic() + within_s
    while True:
        seen = look()
        if seen:
            return seen
        assert time.monotonic() < until, f"still {seen!r} after {within_s} s"
        time.sleep(0.05)
