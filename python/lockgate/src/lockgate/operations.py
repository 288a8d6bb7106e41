"""Operations of the API by their id. Generated from ``openapi/v1.json`` by ``make gen``; do not edit."""

from __future__ import annotations

from typing import Final

OPERATIONS: Final[dict[str, tuple[str, str]]] = {
    "cancel_query": ("POST", "/api/v1/queries/{id}/cancel"),
    "get_me": ("GET", "/api/v1/me"),
    "get_query": ("GET", "/api/v1/queries/{id}"),
    "list_grants": ("GET", "/api/v1/grants"),
    "list_queries": ("GET", "/api/v1/queries"),
    "publish_dataset": ("POST", "/api/v1/datasets/{id}/publish"),
    "revoke_grant": ("POST", "/api/v1/grants/{id}/revoke"),
    "create_purpose": ("POST", "/api/v1/purposes"),
    "run_query": ("POST", "/api/v1/query"),
}
"""Method and path of each operation."""

CREATES: Final[frozenset[str]] = frozenset(
    {
        "create_purpose",
        "publish_dataset",
    }
)
"""Operations that create something and so take an ``Idempotency-Key``."""
