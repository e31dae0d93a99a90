"""The relay's own requests to addresses that other people chose: nothing inside this network can be reached by them.

A name is resolved once, every address it leads to is judged, and the connection goes to a judged address: a name that
answers differently a moment later (DNS rebinding) changes nothing. The name is kept for `Host`, SNI and the
certificate. Providers are not called from here (proxy/upstream.py): their addresses are facts of ours.
"""

from __future__ import annotations

import http.client
import ipaddress
import socket
import ssl
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Final
from urllib.parse import SplitResult, urlsplit

from .resolution import Resolve, resolve, resolved_within

__all__ = ["MOST_BYTES", "SECONDS", "EgressError", "Reply", "Resolve", "is_public", "resolve", "send"]

SECONDS: Final = 5.0
"""For the whole exchange, from the name to the last byte: a server that sends a byte a second gains nothing."""
MOST_BYTES: Final = 65_536
_AGENT = "1Relay"
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
# Ways for IPv4 to hide in IPv6 that no public service needs (IPv4-compatible and -translated, NAT64 for local use, Teredo, 6to4),
# and what older Pythons take for public (CPython issue 113171; IANA's special-purpose registries, read 2026-11-23).
_REFUSED = [
    ipaddress.ip_network(network)
    for network in (
        *("::/96", "::ffff:0:0:0/96", "64:ff9b:1::/48", "2001::/23", "2002::/16", "3fff::/20", "5f00::/16", "fec0::/10"),
        *("192.0.0.0/24", "192.88.99.0/24"),
    )
]

Address = ipaddress.IPv4Address | ipaddress.IPv6Address


class EgressError(Exception):
    """There is no answer; `why` says so to whoever chose the address, without a detail of this network."""

    def __init__(self, why: str) -> None:
        self.why = why
        super().__init__(why)


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back: any status (redirects are not followed), header names in lower case, the body whole."""

    status: int
    headers: Mapping[str, str]
    body: bytes


def is_public(address: Address) -> bool:
    """Whether an address is anybody's on the internet, rather than of this machine, its network or its provider."""
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped is not None:
            return is_public(address.ipv4_mapped)
        if address in _NAT64:
            return is_public(ipaddress.IPv4Address(int(address) & 0xFFFF_FFFF))
    if any(address in network for network in _REFUSED):
        return False
    return address.is_global and not (address.is_multicast or address.is_reserved or address.is_unspecified)


def send(
    method: str,
    url: str,
    *,
    body: bytes | None = None,
    headers: Mapping[str, str] | None = None,
    allow_loopback: bool = False,
    resolve: Resolve = resolve,
    seconds: float = SECONDS,
    most_bytes: int = MOST_BYTES,
) -> Reply:
    """One request to an http(s) address that somebody else chose. No redirect is followed, no proxy setting is read.

    `allow_loopback` is for debug on a developer's machine: then this machine alone may be reached as well.
    Raises EgressError: not such an address, not a public one, no answer within `seconds`, more than `most_bytes`.
    """
    parts = _split(url)
    assert parts.hostname is not None
    port = parts.port or (443 if parts.scheme == "https" else 80)
    deadline = time.monotonic() + seconds
    addresses = _judged(parts.hostname, port, resolve, seconds, allow_loopback=allow_loopback)
    try:
        with _connected(addresses, port, deadline) as plain, _deadline_of(plain, deadline):
            reply = _exchange(plain, parts, method, body, headers or {}, most_bytes)
            if time.monotonic() >= deadline:  # what was cut can look like an end
                raise TimeoutError
            return reply
    except ssl.SSLCertVerificationError:
        raise EgressError("Its certificate is not valid for this name.") from None
    except (OSError, http.client.HTTPException, ValueError):
        late = time.monotonic() >= deadline
        raise EgressError(f"It did not answer within {seconds:.0f} seconds." if late else "It could not be reached.") from None


def _split(url: str) -> SplitResult:
    try:
        parts = urlsplit(url)
        is_fit = parts.scheme in {"http", "https"} and parts.hostname and parts.port != 0 and "@" not in parts.netloc
    except ValueError:
        is_fit = False
    if not is_fit or not url.isascii() or any(character <= " " for character in url):
        raise EgressError("It is not a web address.")
    return parts


def _judged(host: str, port: int, resolve: Resolve, seconds: float, *, allow_loopback: bool) -> list[str]:
    """The name's addresses, all of them fit: one that is not would be the one connected to, sooner or later."""
    try:
        found = [ipaddress.ip_address(text.partition("%")[0]) for text in resolved_within(seconds, resolve, host, port)]
    except TimeoutError:
        raise EgressError(f"Its name was not found within {seconds:.0f} seconds.") from None
    except (OSError, ValueError):
        found = []
    if not found:
        raise EgressError("Its name leads nowhere.")
    if not all(is_public(address) or (allow_loopback and _is_loopback(address)) for address in found):
        raise EgressError("Its name leads to an address that is not on the public internet.")
    return [str(address) for address in found]


def _is_loopback(address: Address) -> bool:
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return (mapped or address).is_loopback


@contextmanager
def _connected(addresses: list[str], port: int, deadline: float) -> Iterator[socket.socket]:
    """A socket to the first address that takes it; both families get their chance within the same time."""
    for place, address in enumerate(addresses, start=1):
        left = deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError
        try:
            made = socket.create_connection((address, port), timeout=left / (1 if place == len(addresses) else 2))
        except OSError:
            if place == len(addresses):
                raise
        else:
            with made:
                yield made
            return


@contextmanager
def _deadline_of(plain: socket.socket, deadline: float) -> Iterator[None]:
    """Cuts the connection at the deadline: a socket's own time-out begins anew with each byte."""
    left = max(deadline - time.monotonic(), 0.001)
    plain.settimeout(left)
    # A duplicate, as TLS takes the descriptor over; shutting down either ends both.
    twin = plain.dup()
    timer = threading.Timer(left, _cut, [twin])
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
        twin.close()


def _cut(connection: socket.socket) -> None:
    with suppress(OSError):  # closed meanwhile
        connection.shutdown(socket.SHUT_RDWR)


def _exchange(
    plain: socket.socket, parts: SplitResult, method: str, body: bytes | None, headers: Mapping[str, str], most_bytes: int
) -> Reply:
    secure = parts.scheme == "https"
    assert parts.hostname is not None
    # The connection is given its socket, so that http.client resolves nothing; it still names the host as it should.
    kind = http.client.HTTPSConnection if secure else http.client.HTTPConnection
    connection = kind(f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname, parts.port)
    connection.sock = ssl.create_default_context().wrap_socket(plain, server_hostname=parts.hostname) if secure else plain
    try:
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        connection.request(method, target, body, {"User-Agent": _AGENT, "Accept-Encoding": "identity", "Connection": "close", **headers})
        answer = connection.getresponse()
        taken = answer.read(most_bytes + 1)
        if len(taken) > most_bytes:
            raise EgressError(f"It answers with more than {most_bytes // 1024} KiB.")
        if answer.length:
            raise http.client.IncompleteRead(taken)
        return Reply(answer.status, {name.lower(): value for name, value in answer.getheaders()}, taken)
    finally:
        connection.close()
