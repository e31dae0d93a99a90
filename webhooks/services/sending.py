"""One attempt: a signed POST to an address that a developer chose. Reads and writes no database, so that threads can do it."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final
from urllib.parse import urlsplit

import requests
from django.conf import settings
from requests.adapters import BaseAdapter
from requests.structures import CaseInsensitiveDict

from relay.core import egress
from relay.core.fields import LOOPBACK_HOSTS
from relay.crypto.webhook_secrets import sign_webhook

SECONDS: Final = 10.0
"""For the whole exchange, as for every request through egress."""
MOST_KEPT_BYTES: Final = 1024
GONE: Final = 410


@dataclass(frozen=True, slots=True)
class Parcel:
    """An event on its way, claimed until `lease`. `secrets`: 32 bytes each, the present one first."""

    event_id: str
    app_id: str
    url: str
    body: str
    secrets: tuple[bytes, ...] = field(repr=False)
    lease: datetime


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of it: a status, or `why` there is none. `asked_seconds` is the answer's Retry-After, 0 without."""

    at: datetime
    latency_ms: int
    status: int | None = None
    why: str = ""
    answer: str = ""
    asked_seconds: int = 0

    @property
    def is_delivered(self) -> bool:
        """Whether the app has taken it: any 2xx."""
        return self.status is not None and 200 <= self.status < 300


class Egress(BaseAdapter):
    """Lets `requests` reach nothing but what relay.core.egress lets it: the address judged is the address connected to."""

    def __init__(self, resolve: egress.Resolve) -> None:
        super().__init__()
        self.resolve = resolve

    def send(self, request: requests.PreparedRequest, *_: Any, **__: Any) -> requests.Response:
        """One exchange without redirects, bounded in time and size. Raises EgressError."""
        assert request.url is not None
        reply = egress.send(
            request.method or "POST",
            request.url,
            body=request.body if isinstance(request.body, bytes) else None,
            headers=dict(request.headers),
            allow_loopback=_may_be_loopback(request.url),
            resolve=self.resolve,
            seconds=SECONDS,
        )
        response = requests.Response()
        response.status_code, response.request, response.url = reply.status, request, request.url
        response.headers = CaseInsensitiveDict(reply.headers)
        response._content = reply.body  # what requests' own adapters leave to be read; here it is read and bounded already
        return response

    def close(self) -> None:
        """Nothing is kept open."""


def send(parcel: Parcel, at: datetime, *, resolve: egress.Resolve = egress.resolve) -> Outcome:
    """Try once, now; a failure of any kind is an outcome."""
    started = time.monotonic()
    try:
        with _session(resolve) as session:
            response = session.post(parcel.url, data=parcel.body.encode(), headers=_headers(parcel, at), allow_redirects=False)
    except egress.EgressError as error:
        return Outcome(at, _milliseconds(started), why=error.why)
    except requests.RequestException:
        return Outcome(at, _milliseconds(started), why="It is not a web address.")
    answer = response.content[:MOST_KEPT_BYTES].decode("utf-8", "replace").replace("\0", "\N{REPLACEMENT CHARACTER}")
    return Outcome(at, _milliseconds(started), response.status_code, _why_not(response.status_code), answer, _asked(response.headers))


def _session(resolve: egress.Resolve) -> requests.Session:
    session = requests.Session()
    session.trust_env = False  # neither proxies nor a .netrc: egress decides alone
    session.headers.clear()
    session.adapters.clear()
    for scheme in ("https://", "http://"):
        session.mount(scheme, Egress(resolve))
    return session


def _headers(parcel: Parcel, at: datetime) -> dict[str, str]:
    timestamp, body = int(at.timestamp()), parcel.body.encode()
    return {
        "Content-Type": "application/json",
        "webhook-id": parcel.event_id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": " ".join(sign_webhook(secret, parcel.event_id, timestamp, body) for secret in parcel.secrets),
    }


def _may_be_loopback(url: str) -> bool:
    """A relay that is itself served on this machine alone may tell apps on it; any other must not be made to."""
    hosts = {urlsplit(origin).hostname for origin in (*settings.RELAY_ORIGINS, url)}
    return hosts <= LOOPBACK_HOSTS


def _why_not(status: int) -> str:
    if 300 <= status < 400:
        return f"It answered {status}: redirects are not followed."
    return "" if 200 <= status < 300 else f"It answered {status}."


def _asked(headers: Mapping[str, str]) -> int:
    asked = headers.get("retry-after", "")
    return int(asked) if asked.isascii() and asked.isdigit() and len(asked) < 8 else 0


def _milliseconds(started: float) -> int:
    return timedelta(seconds=time.monotonic() - started) // timedelta(milliseconds=1)
