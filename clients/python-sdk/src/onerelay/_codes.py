"""Status of each of the relay’s codes (spec/errors.json), for errors inside a stream, which come after the status line was sent."""

from __future__ import annotations

from typing import Final

STATUS_OF_CODE: Final[dict[str, int]] = {
    "invalid_request": 400,
    "invalid_json": 400,
    "plaintext_secret_refused": 400,
    "unsupported_provider": 400,
    "unauthenticated": 401,
    "invalid_token": 401,
    "token_expired": 401,
    "invalid_client": 401,
    "login_failed": 401,
    "connection_revoked": 401,
    "connection_expired": 401,
    "budget_exceeded": 402,
    "model_not_priced": 402,
    "forbidden": 403,
    "reauth_required": 403,
    "provider_not_granted": 403,
    "model_not_granted": 403,
    "path_not_allowed": 403,
    "connection_paused": 403,
    "origin_not_allowed": 403,
    "not_found": 404,
    "method_not_allowed": 405,
    "not_acceptable": 406,
    "conflict": 409,
    "email_taken": 409,
    "idempotency_mismatch": 409,
    "link_consumed": 409,
    "connection_unusable": 409,
    "link_expired": 410,
    "body_too_large": 413,
    "unsupported_media_type": 415,
    "rate_limited": 429,
    "internal_error": 500,
    "provider_unreachable": 502,
    "service_unavailable": 503,
    "provider_timeout": 504,
}
