"""The one way in which the user's side talks to a relay's /v1. Source: the API reference, "Everywhere"."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlsplit

import httpx

from onerelay._version import __version__
from onerelay.user.errors import RelayError, no_answer
from onerelay.user.origins import is_loopback, parse_origin

Json = dict[str, Any]
_TIMEOUT_SECONDS = 30.0
_PAGE_SIZE = 100


@dataclass(frozen=True, slots=True, repr=False)
class RawAnswer:
    """What a proxied call was answered. `relay_code`: the relay itself refused, and the provider did not answer."""

    status: int
    relay_code: str | None
    text: str


class RelayApi:
    """HTTP to one relay: envelopes in and out, no redirects, no cookies; a credential goes to this origin alone."""

    def __init__(self, origin: str, *, token: str | None = None, transport: httpx.BaseTransport | None = None) -> None:
        """`origin` as the person gives it; `transport` replaces the network. Raises DeviceError bad_origin, insecure_origin."""
        self.origin = parse_origin(origin)
        self.token = token
        self.elevation: Callable[[bool], str] | None = None
        """Answers the elevation to send; given True, a renewed one. Set by the account."""
        self._clock_offset = 0.0
        # A proxy named in the environment must not be handed what is meant for this machine.
        trust_env = not is_loopback(urlsplit(self.origin).hostname or "")
        self._http = httpx.Client(
            base_url=self.origin,
            transport=transport,
            timeout=_TIMEOUT_SECONDS,
            follow_redirects=False,
            trust_env=trust_env,
            headers={"Accept": "application/json", "User-Agent": f"onerelay-cli/{__version__}"},
        )

    def __repr__(self) -> str:
        return f"RelayApi({self.origin!r})"

    def close(self) -> None:
        """Close the connections to the relay."""
        self._http.close()

    def now(self) -> float:
        """Unix time by the relay's clock, as its last answer told it: this machine's own may be hours off."""
        return time.time() + self._clock_offset

    def call(
        self,
        method: str,
        path: str,
        body: Mapping[str, Any] | None = None,
        *,
        query: Mapping[str, str | int] | None = None,
        elevated: bool = False,
        bearer: str | None = None,
    ) -> Any:
        """Answer the `data` of one call. `elevated`: for calls that ask for a fresh proof; `bearer`: another credential.

        Raises: RelayError; DeviceError vault_locked where an elevation is needed and there is none to be had.
        """
        if not elevated or self.elevation is None:
            return self._send(method, path, body, query, bearer, None)
        try:
            return self._send(method, path, body, query, bearer, self.elevation(False))
        except RelayError as error:
            if error.code != "reauth_required":
                raise
        # Refused before anything was done: the elevation had run out.
        return self._send(method, path, body, query, bearer, self.elevation(True))

    def all(self, path: str, **query: str) -> Iterator[Json]:
        """Every item of a list, page by page."""
        cursor: str | None = None
        while True:
            more = {"cursor": cursor} if cursor else {}
            page = self.call("GET", path, query={"limit": _PAGE_SIZE, **query, **more})
            yield from page["items"]
            cursor = page["nextCursor"]
            if cursor is None:
                return

    def raw(self, method: str, path: str, access_token: str, *, headers: Mapping[str, str], body: Mapping[str, Any] | None) -> RawAnswer:
        """A proxied call with an access token, answered as it comes. Raises RelayError for no answer at all."""
        sent = {**headers, "Authorization": f"Bearer {access_token}"}
        answer = self._answer(method, path, json=body, headers=sent)
        return RawAnswer(answer.status_code, answer.headers.get("X-1Relay-Error"), answer.text)

    def _send(
        self,
        method: str,
        path: str,
        body: Mapping[str, Any] | None,
        query: Mapping[str, str | int] | None,
        bearer: str | None,
        elevation: str | None,
    ) -> Any:
        headers = {}
        credential = bearer or self.token
        if credential is not None:
            headers["Authorization"] = f"Bearer {credential}"
        if elevation is not None:
            headers["X-1Relay-Elevation"] = elevation
        answer = self._answer(method, path, json=body, params=query, headers=headers)
        return _data(answer)

    def _answer(self, method: str, path: str, **options: Any) -> httpx.Response:
        failure = "network_unreachable"
        try:
            answer = self._http.request(method, path, **options)
        except httpx.TimeoutException:
            failure = "network_timeout"
        except httpx.HTTPError:
            pass
        else:
            self._set_clock(answer.headers.get("Date"))
            return answer
        # Outside of the handler: the library's error holds the request, and with it the credential.
        raise no_answer(failure)

    def _set_clock(self, date: str | None) -> None:
        try:
            self._clock_offset = parsedate_to_datetime(date or "").timestamp() - time.time()
        except ValueError:
            return


def _data(answer: httpx.Response) -> Any:
    envelope = _read(answer)
    if answer.is_success and envelope.get("success") is True:
        return envelope.get("data")
    error = envelope.get("error")
    code = error.get("code") if isinstance(error, dict) else None
    if not isinstance(error, dict) or not isinstance(code, str):
        raise no_answer("unreadable_answer", answer.status_code)
    request_id = error.get("requestId") or answer.headers.get("X-Request-Id")
    details = error.get("details")
    raise RelayError(code, answer.status_code, str(error.get("message", code)), request_id, details if isinstance(details, dict) else {})


def _read(answer: httpx.Response) -> Json:
    try:
        value = answer.json()
    except ValueError:
        value = None
    if not isinstance(value, dict):
        raise no_answer("unreadable_answer", answer.status_code)
    return value
