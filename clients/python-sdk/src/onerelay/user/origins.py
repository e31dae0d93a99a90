"""The relay's address, as proofs are bound to it. Source: the protocol text, "Conventions" (`origin`)."""

from __future__ import annotations

import ipaddress

import httpx

from onerelay.user.errors import DeviceError

_DEFAULT_PORTS = {"https": 443, "http": 80}


def parse_origin(text: str) -> str:
    """Answer `scheme://host[:port]`, lower case, IDNA in A-labels, default port omitted; `https` goes without saying.

    Raises: DeviceError bad_origin, insecure_origin (plain http to another machine).
    """
    given = text.strip()
    try:
        url = httpx.URL(given if "://" in given else f"https://{given}")
        host = url.raw_host.decode("ascii").lower()
        unwanted = url.userinfo or url.query or url.fragment or url.path not in {"", "/"}
    except (httpx.InvalidURL, ValueError):
        raise DeviceError("bad_origin") from None
    if url.scheme not in _DEFAULT_PORTS or not host or unwanted:
        raise DeviceError("bad_origin")
    if url.scheme == "http" and not is_loopback(host):
        raise DeviceError("insecure_origin")
    shown = f"[{host}]" if ":" in host else host
    port = "" if url.port in {None, _DEFAULT_PORTS[url.scheme]} else f":{url.port}"
    return f"{url.scheme}://{shown}{port}"


def is_loopback(host: str) -> bool:
    """Whether a host name or address can only be this machine."""
    name = host.strip("[]")
    if name == "localhost":
        return True
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False
