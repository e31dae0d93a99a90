"""Handing an approval to a program on this machine: the one redirect that needs no browser."""

from __future__ import annotations

import socket
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

import httpx

from onerelay.user.approval import LinkRequest
from onerelay.user.errors import DeviceError
from onerelay.user.origins import is_loopback

_TIMEOUT_SECONDS = 10.0
_LISTENING_SECONDS = 2.0
_NEEDS_BROWSER = (
    "Open the link in a browser: this app takes the approval on its own page, and only a browser can hand it over there safely."
)


def way_of(request: LinkRequest) -> str | None:
    """The origin on this machine that is handed the approval; None in update mode, where nothing is handed over.

    Raises: DeviceError needs_browser.
    """
    if request.update:
        return None
    target = request.redirect
    parts = urlsplit(target["uri"]) if target else None
    if target is None or parts is None or parts.scheme != "http" or not is_loopback(parts.hostname or ""):
        raise DeviceError("needs_browser", _NEEDS_BROWSER)
    if target["responseMode"] != "query":
        raise DeviceError("needs_browser", f"{_NEEDS_BROWSER} (It asks for it in the address’s fragment, which no program receives.)")
    return f"http://{parts.netloc}"


def refuse_absent(request: LinkRequest) -> None:
    """Raises DeviceError nobody_listens where the app's program does not listen: nothing may be approved into the void."""
    if request.redirect is None:
        return
    parts = urlsplit(request.redirect["uri"])
    try:
        socket.create_connection((parts.hostname or "", parts.port or 80), _LISTENING_SECONDS).close()
    except OSError:
        raise DeviceError("nobody_listens", f"Nothing listens at {parts.netloc}. Start the app again; nothing was approved.") from None


def hand_over(request: LinkRequest, **parameters: str) -> bool:
    """Call the redirect address, as a browser would, with these query parameters; whether it was taken."""
    if request.redirect is None:
        return True
    parts = urlsplit(request.redirect["uri"])
    state = request.redirect.get("state")
    added = {**parameters, "linkSessionId": request.id, **({"state": state} if state is not None else {})}
    query = urlencode([*parse_qsl(parts.query, keep_blank_values=True), *added.items()])
    address = urlunsplit((parts.scheme, parts.netloc, parts.path, query, ""))
    try:
        # Straight to this machine: no proxy, no redirect, no cookie.
        with httpx.Client(trust_env=False, follow_redirects=False, timeout=_TIMEOUT_SECONDS) as http:
            return http.get(address).status_code < httpx.codes.BAD_REQUEST
    except httpx.HTTPError:
        return False
