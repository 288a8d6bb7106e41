"""Errors: one class for each kind of failure, each with the server's own words."""

from __future__ import annotations

from collections.abc import Mapping


class LockgateError(Exception):
    """A call failed; the class says of which kind.

    Parameters
    ----------
    detail
        What failed, on which input.
    code
        Stable and dotted, for example ``"catalog.request_not_possible"``; has a page in the documentation.
    hint
        What to do next, where there is something.
    status
        HTTP status of the answer; ``None`` if there was no answer.
    request_id
        Name of the call in the server's log, to quote when asking for help.
    """

    def __init__(
        self,
        detail: str,
        *,
        code: str,
        hint: str | None = None,
        status: int | None = None,
        request_id: str | None = None,
    ) -> None:
        super().__init__(detail, code, hint)
        self.detail = detail
        self.code = code
        self.hint = hint
        self.status = status
        self.request_id = request_id

    def __str__(self) -> str:
        """Return what failed, its code and what to do, as the CLI prints them."""
        text = f"{self.detail} [{self.code}]"
        if self.hint:
            text += f"; {self.hint}"
        if isinstance(self, InternalError) and self.request_id:
            text += f" (request {self.request_id})"
        return text


class InvalidError(LockgateError):
    """The input is malformed or breaks a rule of its own."""


class UnauthenticatedError(LockgateError):
    """There is no token, or it is unknown, expired or revoked."""


class ForbiddenError(LockgateError):
    """The thing exists, but you may not do this with it."""


class NotFoundError(LockgateError):
    """The thing does not exist, or it is not yours to see."""


class ConflictError(LockgateError):
    """The call does not fit the state found, or something changed meanwhile."""


class UnavailableError(LockgateError):
    """The server cannot answer now; the SDK has tried again before it says so.

    ``retry_after_s`` holds the seconds that the server asks to wait, where it said.
    """

    retry_after_s: float | None = None


class InternalError(LockgateError):
    """The server failed; its log has the cause under the request id."""


KINDS: Mapping[int, type[LockgateError]] = {
    401: UnauthenticatedError,
    403: ForbiddenError,
    404: NotFoundError,
    409: ConflictError,
    429: UnavailableError,
    502: UnavailableError,
    503: UnavailableError,
    504: UnavailableError,
}
"""The error class of each status that has one of its own."""


def kind_of(status: int) -> type[LockgateError]:
    """Return the error class of an HTTP status: other 4xx are invalid input, all else is the server's failure."""
    return KINDS.get(status, InvalidError if 400 <= status < 500 else InternalError)


def from_problem(status: int, problem: Mapping[str, object], request_id: str | None = None) -> LockgateError:
    """Return the error that a problem document (``status``, ``code``, ``detail``, ``hint``) stands for."""
    hint = problem.get("hint")
    return kind_of(status)(
        str(problem.get("detail") or f"the server answered {status}"),
        code=str(problem.get("code") or f"http.{status}"),
        hint=None if hint is None else str(hint),
        status=status,
        request_id=request_id or (str(problem["request_id"]) if problem.get("request_id") else None),
    )
