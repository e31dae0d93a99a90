"""One tree of errors. What the relay answered becomes an `ApiError`: a subclass by status, `code` says exactly what.

What never got an answer is a `ConnectionFailedError` or a `CallTimeoutError`. No error refers to the request, so showing one, with its
traceback or pickled, shows no secret.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


class OneRelayError(Exception):
    """The base of everything this package raises on purpose."""


class UsageError(OneRelayError):
    """The SDK was called in a way that can’t work: a malformed token, a stream read twice. Nothing was sent."""


class ConnectionFailedError(OneRelayError, ConnectionError):
    """The relay could not be reached, or the connection broke before the whole answer was there."""


class CallTimeoutError(OneRelayError, TimeoutError):
    """Nothing came within `timeout` seconds."""


class WebhookVerificationError(OneRelayError):
    """What came is not a webhook of this relay’s, is too old, or was changed on its way. Answer it with 400 and do nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """What an `ApiError` is made of."""

    status: int
    code: str
    message: str
    request_id: str | None = None
    details: dict[str, Any] = field(default_factory=dict)
    retry_after: float | None = None


class ApiError(OneRelayError):
    """The relay refused or failed; `code` is stable and explained at `/docs/errors#code` of the relay."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(failure.message)
        self._failure = failure

    @property
    def status(self) -> int:
        """HTTP status; of an error inside a stream the one the same error has outside of it."""
        return self._failure.status

    @property
    def code(self) -> str:
        """Says exactly what; `unknown` if something between you and the relay answered."""
        return self._failure.code

    @property
    def message(self) -> str:
        """What to do next, in a sentence."""
        return self._failure.message

    @property
    def request_id(self) -> str | None:
        """Names the call in the relay’s log: quote it to the relay’s support."""
        return self._failure.request_id

    @property
    def details(self) -> dict[str, Any]:
        """More about some codes: `fields` of `invalid_request`, amounts of `budget_exceeded`."""
        return self._failure.details

    @property
    def retry_after(self) -> float | None:
        """Seconds after which the relay asks to be called again; None if it does not."""
        return self._failure.retry_after

    def __str__(self) -> str:
        """The sentence, and what support asks for."""
        request = f", request {self.request_id}" if self.request_id else ""
        return f"{self.message} ({self.status} {self.code}{request})"

    def __reduce__(self) -> tuple[type[ApiError], tuple[Failure]]:
        """Errors cross processes, as task queues have them do."""
        return type(self), (self._failure,)


class InvalidRequestError(ApiError):
    """400, 404 to 406, 413, 415: the request itself is wrong; `details["fields"]` names the members."""


class AuthenticationError(ApiError):
    """401: the credential is unknown, ended or not one of this kind."""


class ConnectionEndedError(AuthenticationError):
    """401 `connection_revoked` or `connection_expired`: forget the access token and let the person connect again."""


class BudgetError(ApiError):
    """402: the person’s money. `budget_exceeded` has limitCents, spentMicros, heldMicros and resetsAt in `details`."""


class PermissionDeniedError(ApiError):
    """403: the person has not allowed this (provider, model, path), or has paused the connection."""


class NotFoundError(InvalidRequestError):
    """404: no such thing, or not yours."""


class ConflictError(ApiError):
    """409, 410: too late; somebody was first, or the link has been used or has expired."""


class RateLimitError(ApiError):
    """429: too many calls; `retry_after` says when the next can succeed."""


class ServerError(ApiError):
    """500 to 504: the relay or the provider behind it is in trouble."""


class ProviderError(ApiError):
    """The AI provider itself refused the call (an invalid key, an exhausted quota, a bad parameter).

    `details["provider"]` names it, `details["answer"]` is what it said.
    """


_BY_CODE: dict[str, type[ApiError]] = {"connection_revoked": ConnectionEndedError, "connection_expired": ConnectionEndedError}
_BY_STATUS: dict[int, type[ApiError]] = {
    401: AuthenticationError,
    402: BudgetError,
    403: PermissionDeniedError,
    404: NotFoundError,
    409: ConflictError,
    410: ConflictError,
    429: RateLimitError,
}


def api_error(failure: Failure) -> ApiError:
    """The most exact class for a failure."""
    by_status = _BY_STATUS.get(failure.status, ServerError if failure.status >= 500 else InvalidRequestError)
    return _BY_CODE.get(failure.code, by_status)(failure)
