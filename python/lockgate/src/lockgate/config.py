"""Where the server is and who is calling: the environment, else what ``lockgate login`` stored."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass, field
from pathlib import Path

from lockgate.errors import InvalidError, UnauthenticatedError


@dataclass(frozen=True)
class Login:
    """An address and the token to use there; the token never shows in a ``repr``."""

    url: str
    token: str = field(repr=False)


def credentials_file() -> Path:
    """Return the file in which ``lockgate login`` keeps address and token."""
    home = os.environ.get("XDG_CONFIG_HOME") or str(Path.home() / ".config")
    return Path(home) / "lockgate" / "credentials.json"


def find_login(url: str | None = None, token: str | None = None) -> Login:
    """Find address and token: arguments, then ``LOCKGATE_URL`` and ``LOCKGATE_TOKEN``, then the stored login.

    A stored token is used only for the address it was stored with, so that it never travels to another server.

    Raises
    ------
    UnauthenticatedError
        No address, or no token for it, was found.
    InvalidError
        The stored login cannot be read.
    """
    url = url or os.environ.get("LOCKGATE_URL") or None
    token = token or os.environ.get("LOCKGATE_TOKEN") or None
    if url is None or token is None:
        stored = _stored_login()
        if stored is not None and (url is None or url.rstrip("/") == stored.url.rstrip("/")):
            url, token = stored.url, token or stored.token
    if url is None or token is None:
        missing = "LOCKGATE_URL" if url is None else "LOCKGATE_TOKEN"
        raise UnauthenticatedError(
            f"`{missing}` is not set and no login for it is stored in `{credentials_file()}`",
            code="sdk.no_login",
            hint="run `lockgate login URL`, or set `LOCKGATE_URL` and `LOCKGATE_TOKEN`",
        )
    if not url.startswith(("http://", "https://")):
        raise InvalidError(
            f"`{url}` is not an http or https address",
            code="sdk.bad_url",
            hint="write it like `http://127.0.0.1:8080`",
        )
    return Login(url.rstrip("/"), token)


def _stored_login() -> Login | None:
    path = credentials_file()
    try:
        stored = json.loads(path.read_text(encoding="utf-8"))
        return Login(str(stored["url"]), str(stored["token"]))
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InvalidError(
            f"the stored login `{path}` cannot be read: {error}",
            code="sdk.bad_login_file",
            hint="run `lockgate login URL` again",
        ) from error
