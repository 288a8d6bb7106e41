"""Tokens: your own; administrators see everyone's."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from lockgate.client import Client, current
from lockgate.records import Record, given


@dataclass(frozen=True, kw_only=True)
class Token(Record):
    """A token, without its secret."""

    id: str
    name: str = ""
    person: str | None = None
    state: str
    expires_at: datetime | None = None


def create(name: str, *, ttl_seconds: int | None = None, client: Client | None = None) -> tuple[Token, str]:
    """Make a token of your own; return it and its secret, which is never shown again; it lasts 30 days by default."""
    answer = (client or current()).call("create_token", body=given(name=name, ttl_seconds=ttl_seconds))
    shown = {name: value for name, value in answer.items() if name != "token"}
    return Token.from_json(shown), str(answer["token"])


def list(*, limit: int | None = None, client: Client | None = None) -> Sequence[Token]:
    """Return the tokens that you may see."""
    return [Token.from_json(one) for one in (client or current()).pages("list_tokens", limit=limit)]


def revoke(token: str, *, client: Client | None = None) -> Token:
    """End a token; within a second it is refused everywhere."""
    return Token.from_json((client or current()).call("revoke_token", id=token))
