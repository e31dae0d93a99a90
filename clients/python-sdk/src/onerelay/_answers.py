"""What an answer means: its data, or the error it stands for."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import Any

from onerelay._codes import STATUS_OF_CODE
from onerelay.errors import ApiError, ConnectionFailedError, Failure, ProviderError, api_error
from onerelay.types import CallReport

Headers = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Received:
    """A whole answer. `headers` are read without regard to case; nothing of it is shown."""

    status: int
    headers: Headers
    body: bytes

    def __repr__(self) -> str:
        return f"<Received {self.status}>"

    @property
    def is_good(self) -> bool:
        """Whether it is no refusal."""
        return 200 <= self.status < 300


def data_of(received: Received) -> Any:
    """The `data` of a successful envelope. Raises ApiError; ConnectionFailedError where something else answered."""
    answer = parse_object(received.body)
    if received.is_good and answer is not None and answer.get("success") is True:
        return answer.get("data")
    del answer
    raise failure_of(received)


def body_of(received: Received, provider: str) -> dict[str, Any]:
    """A good answer of `provider`’s, as it is. Raises ApiError; ConnectionFailedError where it is not JSON."""
    answer, headers = parse_object(received.body), received.headers
    if received.is_good and answer is not None:
        return answer
    if answer is None or _is_envelope(answer) or "x-1relay-error" in headers:
        raise failure_of(received)
    raise _provider_error(received.status, answer, headers, provider)


def failure_of(received: Received) -> ApiError | ConnectionFailedError:
    """The error an answer stands for: the relay’s own, the provider’s, or that of something between us and the relay."""
    if received.is_good:
        return ConnectionFailedError("The answer is not 1Relay’s: check base_url.")
    answer, headers = parse_object(received.body), received.headers
    if _is_envelope(answer):
        return api_error(_relay_failure(received.status, _object(answer, "error"), headers))
    provider = headers.get("x-1relay-provider-error")
    if provider is not None:
        return _provider_error(received.status, answer, headers, provider)
    return api_error(_relay_failure(received.status, {}, headers))


def stream_failure_of(answer: dict[str, Any] | None, headers: Headers) -> ApiError:
    """The same for an error event inside a stream, where what is not the relay’s can only be the provider’s."""
    if not _is_envelope(answer):
        return _provider_error(502, answer, headers, None)
    error = _object(answer, "error")
    return api_error(_relay_failure(STATUS_OF_CODE.get(str(error.get("code")), 502), error, headers))


def report_of(headers: Headers) -> CallReport:
    """Cost and remaining budget as the relay reports them in headers."""
    return CallReport(
        request_id=headers.get("x-request-id"),
        cost_micros=whole_number(headers.get("x-1relay-cost-micros")),
        budget_remaining_micros=whole_number(headers.get("x-1relay-budget-remaining-micros")),
    )


def retry_after(headers: Headers) -> float | None:
    """`Retry-After` in seconds, from seconds or a date; None if absent or neither."""
    value = headers.get("retry-after", "")
    if value.replace(".", "", 1).isdecimal() and value.isascii():
        return float(value)
    try:
        return max(0.0, parsedate_to_datetime(value).timestamp() - time.time())
    except (ValueError, OverflowError):
        return None


def parse_object(text: str | bytes) -> dict[str, Any] | None:
    """A JSON object; None for anything else."""
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def whole_number(text: str | None) -> int | None:
    """A whole number written in digits."""
    if text and text.isascii() and text.removeprefix("-").isdecimal():
        return int(text)
    return None


def _is_envelope(answer: dict[str, Any] | None) -> bool:
    return answer is not None and answer.get("success") is False and isinstance(_object(answer, "error").get("code"), str)


def _relay_failure(status: int, error: dict[str, Any], headers: Headers) -> Failure:
    return Failure(
        status=status,
        code=_text(error, "code") or "unknown",
        message=_text(error, "message") or f"The call failed with status {status}.",
        request_id=_text(error, "requestId") or headers.get("x-request-id"),
        details=_object(error, "details"),
        retry_after=retry_after(headers),
    )


def _provider_error(status: int, answer: dict[str, Any] | None, headers: Headers, provider: str | None) -> ProviderError:
    said = _text(_object(answer, "error"), "message") or f"The AI provider answered {status}."
    return ProviderError(
        Failure(
            status=status,
            code="provider_error",
            message=said,
            request_id=headers.get("x-request-id"),
            details={"provider": provider, "answer": answer},
            retry_after=retry_after(headers),
        )
    )


def _object(value: dict[str, Any] | None, name: str) -> dict[str, Any]:
    member = (value or {}).get(name)
    return member if isinstance(member, dict) else {}


def _text(value: dict[str, Any], name: str) -> str | None:
    member = value.get(name)
    return member if isinstance(member, str) else None
