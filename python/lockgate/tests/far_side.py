"""A small HTTP server in this process: the far side of the SDK, scripted by each test."""

from __future__ import annotations

import functools
import json
import re
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

CONTRACT = Path(__file__).parents[3] / "openapi" / "v1.json"


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
            unknown = undeclared(call)
            if unknown:
                detail = f"this operation takes no parameter `{unknown[0]}`"
                return Answer(400, problem("web.unknown_parameter", detail))
            return self.answers.pop(0) if self.answers else self.otherwise(call)


@functools.cache
def operations() -> list[tuple[str, re.Pattern[str], set[str]]]:
    """Return method, path and declared query parameters of each operation of the contract."""
    found = []
    for path, item in json.loads(CONTRACT.read_text())["paths"].items():
        pattern = re.compile(re.sub(r"\\{\w+\\}", "[^/]+", re.escape(path)))
        for method, operation in item.items():
            declared = {one["name"] for one in operation.get("parameters", []) if one["in"] == "query"}
            found.append((method.upper(), pattern, declared))
    return found


def undeclared(call: Call) -> list[str]:
    """Return the query parameters of a call that the server would refuse, since its operation does not declare them."""
    place = urlsplit(call.path)
    for method, pattern, declared in operations():
        if method == call.method and pattern.fullmatch(place.path):
            return [name for name, _ in parse_qsl(place.query, keep_blank_values=True) if name not in declared]
    return []


def problem(code: str, detail: str, hint: str | None = None) -> dict[str, object]:
    """Return a problem document."""
    said: dict[str, object] = {"code": code, "detail": detail}
    return said if hint is None else said | {"hint": hint}


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
    do_PUT = do_GET  # noqa: N815 - the standard library's name

    def log_message(self, *_args: object) -> None:
        """Stay quiet."""


class Server(ThreadingHTTPServer):
    """Stays quiet when a client hangs up, which is what some tests are about."""

    def handle_error(self, *_args: object) -> None:
        """Say nothing."""
