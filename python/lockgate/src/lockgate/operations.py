"""Operations of the API by their id. Generated from ``openapi/v1.json`` by ``make gen``; do not edit."""

from __future__ import annotations

from typing import Final

OPERATIONS: Final[dict[str, tuple[str, str]]] = {
    "assign_role": ("POST", "/api/v1/role-assignments"),
    "end_role_assignment": ("POST", "/api/v1/role-assignments/{id}/end"),
    "list_role_assignments": ("GET", "/api/v1/role-assignments"),
    "add_member": ("POST", "/api/v1/groups/{id}/members"),
    "cancel_query": ("POST", "/api/v1/queries/{id}/cancel"),
    "classify_column": ("POST", "/api/v1/datasets/{id}/columns/{column}/classify"),
    "connect_lake": ("POST", "/api/v1/lakes"),
    "crawl_lake": ("POST", "/api/v1/lakes/{id}/crawl"),
    "create_link": ("POST", "/api/v1/people/{id}/link"),
    "create_person": ("POST", "/api/v1/people"),
    "create_purpose": ("POST", "/api/v1/purposes"),
    "create_request": ("POST", "/api/v1/requests"),
    "create_session": ("POST", "/api/v1/sessions"),
    "create_token": ("POST", "/api/v1/tokens"),
    "deactivate_person": ("POST", "/api/v1/people/{id}/deactivate"),
    "decide_request": ("POST", "/api/v1/requests/{id}/decide"),
    "describe_dataset": ("POST", "/api/v1/datasets/{id}/describe"),
    "preview_request": ("POST", "/api/v1/requests/{id}/effect"),
    "get_audit_status": ("GET", "/api/v1/audit/status"),
    "get_crawl": ("GET", "/api/v1/crawls/{id}"),
    "get_dataset": ("GET", "/api/v1/datasets/{id}"),
    "get_grant": ("GET", "/api/v1/grants/{id}"),
    "get_job": ("GET", "/api/v1/jobs/{id}"),
    "get_lake": ("GET", "/api/v1/lakes/{id}"),
    "get_me": ("GET", "/api/v1/me"),
    "get_profile": ("GET", "/api/v1/datasets/{id}/profile"),
    "get_purpose": ("GET", "/api/v1/purposes/{id}"),
    "get_query": ("GET", "/api/v1/queries/{id}"),
    "get_request": ("GET", "/api/v1/requests/{id}"),
    "list_audit_entries": ("GET", "/api/v1/audit/entries"),
    "list_columns": ("GET", "/api/v1/datasets/{id}/columns"),
    "list_crawls": ("GET", "/api/v1/lakes/{id}/crawls"),
    "list_datasets": ("GET", "/api/v1/datasets"),
    "list_grants": ("GET", "/api/v1/grants"),
    "list_groups": ("GET", "/api/v1/groups"),
    "list_jobs": ("GET", "/api/v1/jobs"),
    "list_lakes": ("GET", "/api/v1/lakes"),
    "list_people": ("GET", "/api/v1/people"),
    "list_purposes": ("GET", "/api/v1/purposes"),
    "list_queries": ("GET", "/api/v1/queries"),
    "list_requests": ("GET", "/api/v1/requests"),
    "list_tokens": ("GET", "/api/v1/tokens"),
    "list_versions": ("GET", "/api/v1/datasets/{id}/versions"),
    "publish_dataset": ("POST", "/api/v1/datasets/{id}/publish"),
    "remove_member": ("POST", "/api/v1/groups/{id}/members/{person}/remove"),
    "resume_grant": ("POST", "/api/v1/grants/{id}/resume"),
    "revoke_grant": ("POST", "/api/v1/grants/{id}/revoke"),
    "revoke_token": ("POST", "/api/v1/tokens/{id}/revoke"),
    "run_query": ("POST", "/api/v1/query"),
    "set_visibility": ("POST", "/api/v1/datasets/{id}/visibility"),
    "submit_request": ("POST", "/api/v1/requests/{id}/submit"),
    "suspend_grant": ("POST", "/api/v1/grants/{id}/suspend"),
    "withdraw_request": ("POST", "/api/v1/requests/{id}/withdraw"),
}
"""Method and path of each operation."""

CREATES: Final[frozenset[str]] = frozenset(
    {
        "assign_role",
        "connect_lake",
        "crawl_lake",
        "create_person",
        "create_purpose",
        "create_request",
        "create_token",
        "publish_dataset",
    }
)
"""Operations that create something and so take an ``Idempotency-Key``."""
