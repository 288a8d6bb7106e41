"""The connection: calls operations of the API by their id, and streams of them."""

from __future__ import annotations

import contextlib
import json
import random
import time
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NoReturn, TypeAlias, TypeVar
from urllib.parse import quote

import httpx

from lockgate.config import find_login
from lockgate.errors import InternalError, InvalidError, LockgateError, UnavailableError, from_problem
from lockgate.operations import CREATES, OPERATIONS

JsonObject: TypeAlias = Mapping[str, Any]
T = TypeVar("T")

USER_AGENT = "lockgate-python/0.1.0"
LONGEST_WAIT_S = 5.0
"""Longest wait between two tries, also where the server asks for more."""


class Client:
    """A connection to one Lockgate server, for one caller; safe to use from several threads.

    Parameters
    ----------
    url, token
        Address and token; by default ``LOCKGATE_URL`` and ``LOCKGATE_TOKEN``, else what ``lockgate login`` stored.
    timeout_s
        Seconds to wait for the next part of an answer before :class:`~lockgate.errors.UnavailableError`.
    tries
        How often a call is made at most while the server is unavailable. Nothing else is tried again.

    Examples
    --------
    >>> with Client("http://127.0.0.1:8080", "lgp-example") as client:
    ...     client.url
    'http://127.0.0.1:8080'
    """

    def __init__(
        self,
        url: str | None = None,
        token: str | None = None,
        *,
        timeout_s: float = 60.0,
        tries: int = 4,
    ) -> None:
        login = find_login(url, token)
        if tries < 1:
            raise InvalidError(f"`tries` is `{tries}`", code="sdk.bad_argument", hint="use 1 or more")
        self.url = login.url
        self._tries = tries
        self._http = httpx.Client(
            base_url=login.url,
            headers={"Authorization": f"Bearer {login.token}", "User-Agent": USER_AGENT},
            timeout=httpx.Timeout(timeout_s, connect=min(timeout_s, 10.0)),
            follow_redirects=False,
        )

    def __enter__(self) -> Client:
        """Return this connection, to be closed at the end of the block."""
        return self

    def __exit__(self, *_exc: object) -> None:
        """Close the connection."""
        self.close()

    def close(self) -> None:
        """Close the connection; running streams break off."""
        self._http.close()

    def call(
        self,
        operation: str,
        *,
        body: object = None,
        query: Mapping[str, object] | None = None,
        **path: str,
    ) -> JsonObject:
        """Call an operation by its id and return the JSON object that it answers.

        Parameters
        ----------
        operation
            Operation id, for example ``"revoke_grant"``; the API reference at ``/docs`` lists them.
        body
            What is sent as JSON; ``None`` sends nothing.
        query
            Query parameters; those that are ``None`` are left out.
        **path
            Values of the path's parameters.

        Raises
        ------
        LockgateError
            The call failed; the subclass says of which kind.
        """
        with self.stream(operation, path, json_body=body, query=query, whole=True) as response:
            return _object(response)

    def items(self, operation: str, *, query: Mapping[str, object] | None = None, **path: str) -> Sequence[JsonObject]:
        """Call a list operation that has no pages, and return its items."""
        with self.stream(operation, path, query=query, whole=True) as response:
            answer = _json(response)
            if not isinstance(answer, list) or not all(isinstance(one, dict) for one in answer):
                raise _strange(response, "a list of JSON objects")
            return answer

    def pages(
        self, operation: str, *, query: Mapping[str, object] | None = None, limit: int | None = None, **path: str
    ) -> Iterator[JsonObject]:
        """Yield the items of a list operation, one page after another, ``limit`` of them at most."""
        left, cursor = limit, None
        while left is None or left > 0:
            size = 200 if left is None else min(left, 200)
            page = self.call(operation, query={**(query or {}), "limit": size, "cursor": cursor}, **path)
            items = page["items"]
            yield from items if left is None else items[:left]
            left = None if left is None else left - len(items)
            cursor = page.get("next_cursor")
            if cursor is None:
                return

    @contextlib.contextmanager
    def stream(
        self,
        operation: str,
        path: Mapping[str, str],
        *,
        json_body: object = None,
        content: bytes | None = None,
        query: Mapping[str, object] | None = None,
        headers: Mapping[str, str] | None = None,
        whole: bool = False,
    ) -> Iterator[httpx.Response]:
        """Call an operation and yield its answer; a failure is raised before anything is yielded.

        While the server is unavailable the call is made again, after a wait with jitter. That is safe: verbs answer
        a repeated call as they answered the first; what creates something sends one ``Idempotency-Key`` for all tries.
        The answer is unread, unless it is asked for ``whole``: then one that breaks off is asked for again, too.
        """
        method, route = _route(operation)
        sent = dict(headers or {})
        if operation in CREATES:
            sent.setdefault("Idempotency-Key", str(uuid.uuid4()))
        if json_body is not None:
            content = json.dumps(json_body, allow_nan=False).encode()
            sent["Content-Type"] = "application/json"
        request = self._http.build_request(
            method,
            _fill(route, path),
            content=content,
            params={name: _text(value) for name, value in (query or {}).items() if value is not None},
            headers=sent,
        )
        response = self._send(request, whole)
        try:
            yield response
        except httpx.TimeoutException as error:
            _raise_transport(error, request)
        except httpx.TransportError as error:
            raise UnavailableError(
                f"the answer of `{operation}` broke off: {error or type(error).__name__}",
                code="sdk.broken_stream",
                hint="try again",
            ) from error
        finally:
            response.close()

    def again(self, read: Callable[[], T]) -> T:
        """Return what ``read`` returns; while a stream in it breaks off it is called again, ``tries`` times in all."""
        tried = 1
        while True:
            try:
                return read()
            except UnavailableError as error:
                if tried >= self._tries or error.code != "sdk.broken_stream":
                    raise
                time.sleep(_wait_s(tried, error))
            tried += 1

    def _send(self, request: httpx.Request, whole: bool) -> httpx.Response:
        tried = 1
        while True:
            try:
                return self._send_once(request, whole)
            except UnavailableError as error:
                if tried >= self._tries or error.code == "sdk.timeout":
                    raise
                time.sleep(_wait_s(tried, error))
            tried += 1

    def _send_once(self, request: httpx.Request, whole: bool) -> httpx.Response:
        try:
            response = self._http.send(request, stream=not whole)
        except httpx.TransportError as error:
            _raise_transport(error, request)
        if response.is_success:
            return response
        try:
            response.read()
        except httpx.TransportError as error:
            _raise_transport(error, request)
        finally:
            response.close()
        raise _failure(response)


_current: Client | None = None


def connect(url: str | None = None, token: str | None = None, **options: Any) -> Client:
    """Open the connection that all functions of this module use unless they are given another.

    Parameters
    ----------
    url, token
        Address and token; by default ``LOCKGATE_URL`` and ``LOCKGATE_TOKEN``, else what ``lockgate login`` stored.
    **options
        Further arguments of :class:`Client`.

    Examples
    --------
    >>> connect("http://127.0.0.1:8080", "lgp-example").url
    'http://127.0.0.1:8080'
    """
    global _current
    _current = Client(url, token, **options)
    return _current


def current() -> Client:
    """Return the connection opened last, opening one from environment or stored login if there is none."""
    return _current or connect()


def _route(operation: str) -> tuple[str, str]:
    try:
        return OPERATIONS[operation]
    except KeyError:
        raise InvalidError(
            f"operation `{operation}` is not known to this SDK", code="sdk.unknown_operation", hint="update the SDK"
        ) from None


def _fill(route: str, path: Mapping[str, str]) -> str:
    for name, value in path.items():
        if not value or value in {".", ".."}:
            raise InvalidError(f"`{value}` cannot be the {name} of anything", code="sdk.bad_argument")
        route = route.replace(f"{{{name}}}", quote(value, safe=""))
    if "{" in route:
        raise InvalidError(f"`{route}` lacks a value", code="sdk.bad_argument")
    return route


def _text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _object(response: httpx.Response) -> JsonObject:
    if not response.content:
        return {}
    answer = _json(response)
    if not isinstance(answer, dict):
        raise _strange(response, "a JSON object")
    return answer


def _json(response: httpx.Response) -> object:
    try:
        return response.json()
    except ValueError:
        return None


def _strange(response: httpx.Response, wanted: str) -> InternalError:
    return InternalError(
        f"`{response.request.url}` did not answer with {wanted}",
        code="sdk.not_lockgate",
        hint="check that `LOCKGATE_URL` is the address of a Lockgate server",
        status=response.status_code,
    )


def _failure(response: httpx.Response) -> LockgateError:
    try:
        problem = response.json()
    except ValueError:
        problem = None
    error = from_problem(
        response.status_code, problem if isinstance(problem, dict) else {}, response.headers.get("x-request-id")
    )
    if isinstance(error, UnavailableError):
        error.retry_after_s = _seconds(response.headers.get("retry-after"))
    return error


def _seconds(value: str | None) -> float | None:
    try:
        return None if value is None else float(value)
    except ValueError:
        return None


def _wait_s(tried: int, error: UnavailableError) -> float:
    jittered: float = random.uniform(0.5, 1.5) * 0.2 * 2.0 ** (tried - 1)
    return min(max(error.retry_after_s or 0.0, jittered), LONGEST_WAIT_S)


def _raise_transport(error: httpx.TransportError, request: httpx.Request) -> NoReturn:
    where = f"{request.url.scheme}://{request.url.netloc.decode()}"
    if isinstance(error, httpx.TimeoutException):
        raise UnavailableError(
            f"`{where}` did not answer in time",
            code="sdk.timeout",
            hint="try again, or give `Client` a longer `timeout_s`",
        ) from error
    raise UnavailableError(
        f"`{where}` cannot be reached: {error or type(error).__name__}",
        code="sdk.unreachable",
        hint="check that the server runs and that `LOCKGATE_URL` is right",
    ) from error
