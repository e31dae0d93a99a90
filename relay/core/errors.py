"""Every refusal of the API: one class a code, one status a code (api.md, "Everywhere"; mirrored in spec/errors.json)."""

from __future__ import annotations

from typing import Any, ClassVar


class ApiError(Exception):
    """A named refusal. `message` says in a sentence what to do next; `details` and `headers` go out with the answer."""

    code: ClassVar[str]
    status: ClassVar[int]
    message: str = ""

    def __init__(
        self,
        message: str | None = None,
        *,
        details: dict[str, Any] | None = None,
        headers: dict[str, str] | None = None,
    ) -> None:
        if message is not None:
            self.message = message
        self.details = details
        self.headers = headers or {}
        super().__init__(self.code)


class InvalidRequest(ApiError):
    """The request's shape or bounds are wrong; `fields` maps a member's name to the reasons."""

    code, status = "invalid_request", 400
    message = "The request is not valid. Correct the named fields and send it again."

    def __init__(
        self,
        message: str | None = None,
        *,
        fields: dict[str, list[str]] | None = None,
        details: dict[str, Any] | None = None,
        headers: dict[str, str] | None = None,
    ) -> None:
        if fields:
            details = {**(details or {}), "fields": fields}
        super().__init__(message, details=details, headers=headers)


class InvalidJson(ApiError):
    """The body is not one JSON value with unique member names."""

    code, status = "invalid_json", 400
    message = "The body is not valid JSON. Send one UTF-8 JSON object without duplicate member names."


class PlaintextSecretRefused(ApiError):
    """A password or provider key came in clear. It was neither stored nor logged."""

    code, status = "plaintext_secret_refused", 400
    message = (
        "This request carries a password or provider key in clear, so it was refused and not stored. "
        "Encrypt it on the device first; and replace that key if it travelled anywhere else."
    )


class UnsupportedProvider(ApiError):
    """The provider is not in spec/providers.json."""

    code, status = "unsupported_provider", 400
    message = "This relay does not know that provider. Use one of the ids listed in the documentation."


class Unauthenticated(ApiError):
    """No credential of the kind this call needs."""

    code, status = "unauthenticated", 401
    message = "Sign in, or send the credential this call needs."


class InvalidToken(ApiError):
    """The token is malformed, unknown, or of another kind; which of them is not told."""

    code, status = "invalid_token", 401
    message = "The token is not valid. Get a new one."


class TokenExpired(ApiError):
    """The token was valid once; its time is over."""

    code, status = "token_expired", 401
    message = "The token has expired. Get a new one."


class InvalidClient(ApiError):
    """Client id and secret do not belong together."""

    code, status = "invalid_client", 401
    message = "The client id or client secret is wrong. Check them in the developer dashboard."


class LoginFailed(ApiError):
    """The proof was refused; an unknown email and a wrong password look alike."""

    code, status = "login_failed", 401
    message = "The email or the password is wrong. Check both and try again."


class ConnectionRevoked(ApiError):
    """The connection behind the access token was revoked; final."""

    code, status = "connection_revoked", 401
    message = "This connection was revoked. Ask the user to connect again."


class ConnectionExpired(ApiError):
    """The connection behind the access token has reached its end date; final."""

    code, status = "connection_expired", 401
    message = "This connection has expired. Ask the user to connect again."


class BudgetExceeded(ApiError):
    """The call's worst case does not fit in what is left of a budget. Nothing was sent upstream."""

    code, status = "budget_exceeded", 402
    message = "This app has used its budget. Raise it in your 1Relay dashboard or wait until it resets."


class ModelNotPriced(ApiError):
    """No price is known for the model, and the user has not allowed unpriced ones."""

    code, status = "model_not_priced", 402
    message = "No price is known for this model, so its cost can't be budgeted. Use another, or ask the user to allow it."


class Forbidden(ApiError):
    """The caller is known and may not do this."""

    code, status = "forbidden", 403
    message = "You are not allowed to do this."


class ReauthRequired(ApiError):
    """The call needs a fresh proof of the password."""

    code, status = "reauth_required", 403
    message = "Confirm your password, then try again."


class ProviderNotGranted(ApiError):
    """The user did not approve this provider for this connection."""

    code, status = "provider_not_granted", 403
    message = "The user has not approved this provider. Ask for it in a new Link session."


class ModelNotGranted(ApiError):
    """The user limited the connection to other models."""

    code, status = "model_not_granted", 403
    message = "The user has not approved this model. Use an approved one."


class PathNotAllowed(ApiError):
    """The provider's call is not on the list of calls the relay passes."""

    code, status = "path_not_allowed", 403
    message = "The relay does not pass this call. Generation, embeddings, token counts and model lists are allowed."


class ConnectionPaused(ApiError):
    """The user paused the connection; reversible."""

    code, status = "connection_paused", 403
    message = "The user has paused this connection. It works again when they resume it."


class OriginNotAllowed(ApiError):
    """The request comes from a web origin that may not make it."""

    code, status = "origin_not_allowed", 403
    message = "This origin may not make this request. Use the relay's own address."


class NotFound(ApiError):
    """No such thing, or somebody else's; not told apart."""

    code, status = "not_found", 404
    message = "There is nothing here. Check the address and the id."


class MethodNotAllowed(ApiError):
    """The path exists; the method does not."""

    code, status = "method_not_allowed", 405
    message = "This method is not allowed here. See the Allow header."


class NotAcceptable(ApiError):
    """The Accept header excludes JSON."""

    code, status = "not_acceptable", 406
    message = "This API answers in JSON. Accept application/json."


class Conflict(ApiError):
    """The thing has changed or is in a state that does not allow this."""

    code, status = "conflict", 409
    message = "This conflicts with the present state. Read it again and repeat."


class EmailTaken(ApiError):
    """An account with this email exists."""

    code, status = "email_taken", 409
    message = "There is an account with this email already. Sign in instead."


class IdempotencyMismatch(ApiError):
    """The idempotency key was used with another body."""

    code, status = "idempotency_mismatch", 409
    message = "This idempotency key was used for another request. Use a new one."


class LinkConsumed(ApiError):
    """The link session or public token was used already."""

    code, status = "link_consumed", 409
    message = "This link was used already. Open a new Link session."


class ConnectionUnusable(ApiError):
    """The sealed key did not open or held no valid provider key. Nothing was charged."""

    code, status = "connection_unusable", 409
    message = "The key behind this connection can't be used. Ask the user to replace it in their dashboard."


class LinkExpired(ApiError):
    """The link session or public token is too old."""

    code, status = "link_expired", 410
    message = "This link has expired. Open a new Link session."


class BodyTooLarge(ApiError):
    """The body is larger than this call takes."""

    code, status = "body_too_large", 413
    message = "The request body is too large."


class UnsupportedMediaType(ApiError):
    """The body is not of a type this call takes."""

    code, status = "unsupported_media_type", 415
    message = "Send the body as application/json."


class RateLimited(ApiError):
    """Too many requests; Retry-After says when to come back."""

    code, status = "rate_limited", 429
    message = "Too many requests. Wait as long as Retry-After says."


class InternalError(ApiError):
    """A fault of ours."""

    code, status = "internal_error", 500
    message = "Something went wrong on our side. Try again; if it persists, report the request id."


class ProviderUnreachable(ApiError):
    """No connection to the provider, or it broke before an answer."""

    code, status = "provider_unreachable", 502
    message = "The provider could not be reached. Try again later."


class ServiceUnavailable(ApiError):
    """The relay can't serve now; Retry-After says when to come back."""

    code, status = "service_unavailable", 503
    message = "The relay is not available right now. Try again in a moment."


class ProviderTimeout(ApiError):
    """The provider did not answer in time."""

    code, status = "provider_timeout", 504
    message = "The provider did not answer in time. Try again later."


ALL_ERRORS: dict[str, type[ApiError]] = {error.code: error for error in ApiError.__subclasses__()}
