"""One call before it is sent, and what may be done when it fails: decided here, for both clients alike, without sending anything."""

from __future__ import annotations

import json
import os
import random
import re
import socket
import ssl
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal
from urllib.parse import urlencode

import httpx

from onerelay._answers import Received, retry_after
from onerelay._credentials import Credential
from onerelay._version import __version__
from onerelay.errors import CallTimeoutError, ConnectionFailedError, UsageError

API_TIMEOUT: Final = 30.0
CHAT_TIMEOUT: Final = 600.0
"""Seconds. Models that think first can take minutes to their first byte."""
CONNECT_TIMEOUT: Final = 10.0
LONGEST_PAUSE: Final = 30.0
"""Seconds a retry waits for at most; where the relay asks for more, the caller gets the error at once."""
_ID = re.compile(r"[a-z]{3}_[0-9A-Za-z_]{16,40}")
_PROVIDER = re.compile(r"[a-z][a-z0-9-]{1,31}")

Method = Literal["GET", "POST", "PUT", "PATCH", "DELETE"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One call. `repeatable`: sending it twice has the effect of sending it once, so a broken connection may be tried again.

    `problem` says why it can’t be sent. Like the credential’s it is raised only when it would be, where no frame holds what was wrong.
    """

    method: Method
    path: str
    credential: Credential | None = field(repr=False)
    body: Mapping[str, Any] | None = field(default=None, repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    repeatable: bool = True
    timeout: float = API_TIMEOUT
    problem: str | None = None

    def request(self, base_url: str) -> httpx.Request:
        """As httpx sends it, without whatever the environment would add. Raises UsageError."""
        if self.problem:
            raise UsageError(self.problem)
        headers = {
            "Accept": "application/json, text/event-stream;q=0.9",
            "Accept-Encoding": "identity",
            "User-Agent": f"onerelay-python/{__version__}",
            **self.headers,
        }
        content = None if self.body is None else json_content(self.body)
        if content is not None:
            headers["Content-Type"] = "application/json"
        if self.credential is not None:
            headers["Authorization"] = self.credential.header
        waits = httpx.Timeout(self.timeout, connect=min(self.timeout, CONNECT_TIMEOUT)).as_dict()
        return httpx.Request(self.method, base_url + self.path, headers=headers, content=content, extensions={"timeout": waits})


@dataclass(frozen=True, slots=True)
class Lost:
    """No answer, or not all of it."""

    error: ConnectionFailedError | CallTimeoutError


def pause_before_retry(call: Call, outcome: Received | Lost, attempt: int) -> float | None:
    """Seconds until `call` may be sent again after its attempt number `attempt`, from 0; None: it may not.

    429 and 503 with Retry-After say that nothing has happened yet. A connection that broke says nothing, so only what can be repeated is.
    """
    if isinstance(outcome, Lost):
        may = call.repeatable and isinstance(outcome.error, ConnectionFailedError)
        return 0.25 * 2**attempt * (1 + random.random()) if may else None  # noqa: S311  # spread, so that clients don't come back at once
    if outcome.status not in {429, 503} or outcome.headers.get("x-should-retry") == "false":
        return None
    seconds = retry_after(outcome.headers)
    return seconds if seconds is not None and seconds <= LONGEST_PAUSE else None


def lost(error: httpx.HTTPError | httpx.StreamError, timeout: float) -> Lost:
    """What an exception of httpx means. It is not attached: it may quote what was sent."""
    if isinstance(error, httpx.ConnectTimeout):
        return Lost(CallTimeoutError(f"No connection to the relay within {min(timeout, CONNECT_TIMEOUT):g} seconds."))
    if isinstance(error, httpx.TimeoutException):
        return too_late(timeout)
    return Lost(ConnectionFailedError(f"The connection to the relay failed ({_reason(error)})."))


def too_late(timeout: float) -> Lost:
    """The whole answer, or in a stream the next piece, took too long."""
    return Lost(CallTimeoutError(f"The answer did not come within {timeout:g} seconds."))


def _reason(error: BaseException) -> str:
    """The system’s word for a failure, such as “Connection refused”; else the kind of exception. Neither quotes what was sent."""
    seen: BaseException | None = error
    while seen is not None:
        if isinstance(seen, OSError) and seen.errno:
            own_words = isinstance(seen, ssl.SSLError | socket.gaierror)  # their numbers are not the system’s
            return str(seen.strerror) if own_words else os.strerror(seen.errno)
        seen = seen.__cause__ or seen.__context__
    return type(error).__name__


def json_content(body: Mapping[str, Any]) -> bytes:
    """A body’s bytes. Raises UsageError, without quoting it."""
    try:
        return json.dumps(body, ensure_ascii=False, allow_nan=False, default=_plain).encode()
    except (TypeError, ValueError, RecursionError) as error:
        why = str(error) if isinstance(error, TypeError) else type(error).__name__
    del body
    raise UsageError(f"What you passed can’t be sent as JSON: {why}.")


def _plain(value: Any) -> Any:
    raw = getattr(value, "raw", None)
    if isinstance(raw, Mapping):
        return raw
    raise TypeError(f"{type(value).__name__} has no counterpart in JSON")


def query_string(values: Mapping[str, object]) -> str:
    """With its question mark; empty where nothing is asked for."""
    given = {name: value for name, value in values.items() if value is not None}
    return f"?{urlencode(given)}" if given else ""


def segment(given: str) -> str:
    """An id as part of a path. Raises UsageError."""
    if isinstance(given, str) and _ID.fullmatch(given):
        return given
    raise UsageError("This is not an id that 1Relay gave out.")


def provider_segment(given: str) -> str:
    """A provider’s id as part of a path. Raises UsageError."""
    if isinstance(given, str) and _PROVIDER.fullmatch(given):
        return given
    raise UsageError("This is not a provider’s id, such as `openai`.")


def idempotency(key: str | None) -> dict[str, str]:
    """The header that has a call happen once, with a key of its own if none is given."""
    return {"Idempotency-Key": key or str(uuid.uuid4())}


def header_problem(headers: Mapping[str, str]) -> str | None:
    """Why these can’t be sent; None if they can."""
    wrong = [name for name, value in headers.items() if not (value.isascii() and value.isprintable() and len(value) <= 255)]
    return f"{wrong[0]} must be at most 255 printable ASCII characters." if wrong else None


def checked_base_url(base_url: str) -> str:
    """The relay’s address without the slash at its end. Raises UsageError."""
    try:
        url = httpx.URL(base_url)
    except (httpx.InvalidURL, TypeError):
        url = httpx.URL("")
    if url.scheme in {"http", "https"} and url.host and not (url.userinfo or url.query or url.fragment):
        return str(url).rstrip("/")
    raise UsageError("base_url must be an http or https address without user, query or fragment.")
