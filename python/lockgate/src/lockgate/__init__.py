"""Lockgate from Python: find data, ask for it, and read what your grants show.

>>> import lockgate
>>> table = lockgate.read("retail.core.customers", columns=["age"], purpose="p-1")  # doctest: +SKIP

The connection comes from ``LOCKGATE_URL`` and ``LOCKGATE_TOKEN``, else from ``lockgate login``; :func:`connect` opens
another. All functions take ``client=`` too.
"""

from lockgate import audit, datasets, grants, groups, lakes, people, purposes, queries, requests, roles, tokens
from lockgate.client import Client, connect, current
from lockgate.errors import (
    ConflictError,
    ForbiddenError,
    InternalError,
    InvalidError,
    LockgateError,
    NotFoundError,
    UnauthenticatedError,
    UnavailableError,
)
from lockgate.queries import batches, publish, read, sql

__all__ = [
    "Client",
    "ConflictError",
    "ForbiddenError",
    "InternalError",
    "InvalidError",
    "LockgateError",
    "NotFoundError",
    "UnauthenticatedError",
    "UnavailableError",
    "audit",
    "batches",
    "connect",
    "current",
    "datasets",
    "grants",
    "groups",
    "lakes",
    "people",
    "publish",
    "purposes",
    "queries",
    "read",
    "requests",
    "roles",
    "sql",
    "tokens",
]
