"""A small HTTP server in this process: the far side of the SDK, scripted by each test."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import lockgate
import pytest


@dataclass(frozen=True)
class Call:
    """What the server received."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes

    def json(self) -> object:
        """Return the body as JSON."""
        return json.loads(self.body)


@dataclass
class Answer:
    """What the server says; ``cut`` breaks the connection off after the body instead of ending the answer."""

    status: int = 200
    body: object = None
    headers: dict[str, str] = field(default_factory=dict)
    cut: bool = False


class FarSide:
    """The scripted server."""

    def __init__(self) -> None:
        self.calls: list[Call] = []
        self.answers: list[Answer] = []
        self.otherwise: Callable[[Call], Answer] = lambda _call: Answer(404, problem("web.no_route", "no such route"))
        self.lock = threading.Lock()

    def says(self, *answers: Answer) -> None:
        """Queue answers."""
        self.answers.extend(answers)

    def take(self, call: Call) -> Answer:
        """Note a call and return what to say."""
        with self.lock:
            self.calls.append(call)
            return self.answers.pop(0) if self.answers else self.otherwise(call)


def problem(code: str, detail: str, hint: str | None = None) -> dict[str, object]:
    """Return a problem document."""
    return {"code": code, "detail": detail} | ({"hint": hint} if hint else {})


class Handler(BaseHTTPRequestHandler):
    """Reads a call whole and writes the scripted answer in chunks."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        """Answer."""
        size = int(self.headers.get("content-length") or 0)
        headers = {name.lower(): value for name, value in self.headers.items()}
        call = Call(self.command, self.path, headers, self.rfile.read(size))
        answer = self.server.far_side.take(call)  # type: ignore[attr-defined]
        body = answer.body if isinstance(answer.body, bytes) else json.dumps(answer.body).encode()
        self.send_response(answer.status)
        for name, value in ({"Content-Type": "application/json"} | answer.headers).items():
            self.send_header(name, value)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        if body:
            self.wfile.write(f"{len(body):x}\r\n".encode() + body + b"\r\n")
        if answer.cut:
            self.close_connection = True
        else:
            self.wfile.write(b"0\r\n\r\n")

    do_POST = do_GET  # noqa: N815 - the standard library's name

    def log_message(self, *_args: object) -> None:
        """Stay quiet."""


class Server(ThreadingHTTPServer):
    """Stays quiet when a client hangs up, which is what some tests are about."""

    def handle_error(self, *_args: object) -> None:
        """Say nothing."""


@pytest.fixture
def far_side() -> Iterator[tuple[FarSide, str]]:
    """Run the scripted server; yield it and its address."""
    server = Server(("127.0.0.1", 0), Handler)
    server.far_side = FarSide()  # type: ignore[attr-defined]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield server.far_side, f"http://127.0.0.1:{server.server_port}"  # type: ignore[attr-defined]
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def server(far_side: tuple[FarSide, str]) -> FarSide:
    """Return the scripted server."""
    return far_side[0]


@pytest.fixture
def client(far_side: tuple[FarSide, str], monkeypatch: pytest.MonkeyPatch) -> Iterator[lockgate.Client]:
    """Yield a connection to the scripted server that waits for nothing between tries."""
    monkeypatch.setattr("lockgate.client.time.sleep", lambda _seconds: None)
    with lockgate.Client(far_side[1], "lgp-secret") as opened:
        yield opened
