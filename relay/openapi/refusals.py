"""Which error codes each route may answer: what follows from its kind, and what is its own. `x-error-codes` in the document."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from relay.core.errors import ALL_ERRORS

EVERY_CALL = ("not_acceptable", "method_not_allowed", "internal_error", "service_unavailable")
"""What any call may answer, and no route repeats."""

_BY_CALLER: dict[str, tuple[str, ...]] = {
    "user": ("unauthenticated", "invalid_token", "token_expired"),
    "page": ("unauthenticated", "invalid_token", "token_expired", "origin_not_allowed"),
    "app": ("unauthenticated", "invalid_client"),
    "link": ("unauthenticated", "invalid_token", "link_expired"),
    "grant": ("unauthenticated", "invalid_token", "connection_revoked", "connection_expired", "connection_paused"),
}
_WITH_BODY = ("invalid_request", "invalid_json", "body_too_large", "unsupported_media_type")
_CALL = (
    "unsupported_provider",
    "provider_not_granted",
    "model_not_granted",
    "path_not_allowed",
    "model_not_priced",
    "budget_exceeded",
    "rate_limited",
    "connection_unusable",
    "provider_unreachable",
    "provider_timeout",
)
OWN: dict[str, tuple[str, ...]] = {
    "prelogin": ("rate_limited",),
    "register": ("email_taken", "rate_limited"),
    "login": ("login_failed", "rate_limited"),
    "unlock": ("login_failed", "rate_limited"),
    "readSessionKey": ("reauth_required",),
    "changePassword": ("login_failed", "rate_limited"),
    "setRecovery": ("rate_limited",),
    "readRecovery": ("login_failed", "rate_limited"),
    "recover": ("login_failed", "rate_limited"),
    "deleteAccount": ("login_failed", "rate_limited"),
    "verifyEmail": ("rate_limited",),
    "verifyOrigin": ("rate_limited",),
    "enableWebhooks": ("conflict",),
    "sendAppTestWebhook": ("rate_limited", "conflict"),
    "sendTestWebhook": ("rate_limited", "conflict"),
    "replayDelivery": ("rate_limited", "conflict"),
    "putKey": ("unsupported_provider", "conflict"),
    "createLinkSession": ("unsupported_provider", "not_found", "conflict"),
    "noteLinkEvent": ("rate_limited",),
    "authorize": ("link_expired", "link_consumed", "conflict", "not_found", "unsupported_provider"),
    "exchange": ("invalid_token", "link_expired", "link_consumed"),
    "createPersonalConnection": ("invalid_client", "conflict", "unsupported_provider"),
    "changeConnection": ("invalid_client", "conflict", "unsupported_provider"),
    "exportLedger": ("origin_not_allowed",),
    "readUsage": ("not_found",),
    "proxyChat": _CALL,
    "passthroughGet": _CALL,
    "passthroughPost": _CALL,
    "openaiChat": _CALL,
}
"""By operationId, beyond what the functions below derive."""


def codes_of(path: str, operation: Mapping[str, Any]) -> list[str]:
    """The codes of one route, in the order of spec/errors.json."""
    callers = {caller for requirement in operation.get("security", []) for caller in requirement}
    parameters = [parameter["name"] for parameter in operation.get("parameters", [])]
    found = set(OWN.get(operation["operationId"], ()))
    for caller in callers & _BY_CALLER.keys():
        found.update(_BY_CALLER[caller])
    if "elevation" in callers:
        found.add("reauth_required")
    if callers & {"user", "page", "app"}:
        found.add("forbidden")
    if "requestBody" in operation:
        found.update(_WITH_BODY)
        found.update(() if "grant" in callers else ("plaintext_secret_refused",))
    if "Idempotency-Key" in parameters:
        found.update(("idempotency_mismatch", "conflict"))
    if any(parameter != "Idempotency-Key" for parameter in parameters):
        found.add("invalid_request")
    if "{" in path and "grant" not in callers:
        found.add("not_found")
    return [code for code in ALL_ERRORS if code in found]
