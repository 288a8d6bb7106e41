"""Lockgate from Python: find data, ask for it, read what your grants show, and run pipelines on it.

>>> import lockgate
>>> table = lockgate.read("retail.core.customers", columns=["age"], purpose="p-1")  # doctest: +SKIP

The connection comes from ``LOCKGATE_URL`` and ``LOCKGATE_TOKEN``, else from ``lockgate login``; :func:`connect` opens
another. All functions take ``client=`` too.
"""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from lockgate import (
        audit,
        batch_jobs,
        clock,
        code,
        datasets,
        delivery,
        environments,
        evidence,
        experiments,
        grants,
        groups,
        lakes,
        live_models,
        models,
        monitors,
        people,
        pipelines,
        projects,
        purposes,
        queries,
        releases,
        requests,
        roles,
        runs,
        stats,
        tokens,
    )
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
    "batch_jobs",
    "batches",
    "clock",
    "code",
    "connect",
    "current",
    "datasets",
    "delivery",
    "environments",
    "evidence",
    "experiments",
    "grants",
    "groups",
    "lakes",
    "live_models",
    "models",
    "monitors",
    "people",
    "pipelines",
    "projects",
    "publish",
    "purposes",
    "queries",
    "read",
    "releases",
    "requests",
    "roles",
    "runs",
    "sql",
    "stats",
    "tokens",
]

_HOMES: Final[Mapping[str, str]] = {
    **dict.fromkeys(("Client", "connect", "current"), "client"),
    **dict.fromkeys(("batches", "publish", "read", "sql"), "queries"),
    **dict.fromkeys((name for name in __all__ if name.endswith("Error")), "errors"),
}


def __getattr__(name: str) -> Any:
    """Return a name of this module, importing what it needs only now: a step on an engine pays for what it uses."""
    if name not in __all__:
        raise AttributeError(f"module `lockgate` has no attribute `{name}`")
    home = _HOMES.get(name)
    found = importlib.import_module(f"lockgate.{home or name}")
    if home is not None:
        found = getattr(found, name)
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    """Return the names of this module."""
    return sorted(__all__)
