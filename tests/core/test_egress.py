"""relay.core.egress over real sockets: which addresses are refused, which one is connected to, and what ends an exchange."""

from __future__ import annotations

import ipaddress
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from relay.core import egress
from relay.core.egress import EgressError

Answering = Callable[[socket.socket], None]
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Type: text/plain\r\n\r\nhi"


@contextmanager
def server(answering: Answering, context: ssl.SSLContext | None = None) -> Iterator[tuple[int, list[bytes]]]:
    """A port of this machine where each connection's request head is kept and `answering` has the socket; and the heads."""
    heads: list[bytes] = []

    def serve() -> None:
        while True:
            try:
                accepted, _ = listening.accept()
            except OSError:
                return
            try:
                made = context.wrap_socket(accepted, server_side=True) if context else accepted
                with made:
                    heads.append(made.recv(65_536))
                    answering(made)
            except OSError:
                accepted.close()

    with socket.create_server(("127.0.0.1", 0)) as listening:
        threading.Thread(target=serve, daemon=True).start()
        yield listening.getsockname()[1], heads
        listening.shutdown(socket.SHUT_RDWR)


def says(*parts: bytes) -> Answering:
    """Sends these bytes and closes."""
    return lambda made: made.sendall(b"".join(parts))


def at(*addresses: str) -> egress.Resolve:
    """A resolver whose names all lead there."""
    return lambda host, port: list(addresses)


HERE = at("127.0.0.1")


def test_it_works() -> None:
    with server(says(OK)) as (port, heads):
        reply = egress.send("GET", f"http://app.example:{port}/a?b=c", allow_loopback=True, resolve=HERE)
    assert (reply.status, reply.body, reply.headers["content-type"]) == (200, b"hi", "text/plain")
    lines = heads[0].decode().split("\r\n")
    assert lines[0] == "GET /a?b=c HTTP/1.1"
    assert f"Host: app.example:{port}" in lines
    assert "Accept-Encoding: identity" in lines


def test_it_sends_a_body_and_headers() -> None:
    with server(says(OK)) as (port, heads):
        egress.send("POST", f"http://app.example:{port}", body=b"{}", headers={"X-Kind": "a"}, allow_loopback=True, resolve=HERE)
    assert heads[0].startswith(b"POST / HTTP/1.1\r\n")
    assert b"X-Kind: a\r\n" in heads[0]


NOT_PUBLIC = [
    "127.0.0.1",
    "127.8.8.8",
    "0.0.0.0",
    "10.0.0.1",
    "172.16.0.1",
    "192.168.1.1",
    "169.254.169.254",
    "100.64.0.1",
    "192.0.0.1",
    "192.0.0.9",
    "192.88.99.1",
    "198.18.0.1",
    "203.0.113.9",
    "224.0.0.1",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "fe80::1",
    "fe80::1%eth0",
    "fc00::1",
    "fd12::1",
    "fec0::1",
    "ff02::1",
    "2001:db8::1",
    "::ffff:127.0.0.1",
    "::ffff:10.0.0.1",
    "::ffff:169.254.169.254",
    "::7f00:1",
    "::ffff:0:127.0.0.1",
    "64:ff9b::127.0.0.1",
    "64:ff9b::a9fe:a9fe",
    "64:ff9b:1::1",
    "2002:7f00:1::",
    "2001:0:1::1",
    "2001:20::1",
    "3fff::1",
    "5f00::1",
]


@pytest.mark.parametrize("address", NOT_PUBLIC)
def test_it_refuses_what_is_not_on_the_public_internet(address: str) -> None:
    with pytest.raises(EgressError, match="not on the public internet"):
        egress.send("GET", "https://app.example/", resolve=at(address))
    with pytest.raises(EgressError, match="not on the public internet"):
        egress.send("GET", "https://app.example/", resolve=at("93.184.215.14", address))


@pytest.mark.parametrize("address", ["93.184.215.14", "2606:4700::1111", "::ffff:93.184.215.14", "64:ff9b::5db8:d70e"])
def test_what_is_public(address: str) -> None:
    assert egress.is_public(ipaddress.ip_address(address))


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "[::1]", "[::ffff:127.0.0.1]", "0x7f.1", "2130706433", "0177.0.0.1"])
def test_no_spelling_of_this_machine_gets_through(host: str) -> None:
    with server(says(OK)) as (port, heads):
        with pytest.raises(EgressError):
            egress.send("GET", f"http://{host}:{port}/")
        assert heads == []


def test_debug_reaches_this_machine_and_nothing_else_of_its_network() -> None:
    with server(says(OK)) as (port, _):
        assert egress.send("GET", f"http://localhost:{port}/", allow_loopback=True, resolve=HERE).status == 200
    with pytest.raises(EgressError, match="not on the public internet"):
        egress.send("GET", "http://localhost/", allow_loopback=True, resolve=at("192.168.0.1"))


def test_a_name_that_answers_anew_is_not_asked_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    """DNS rebinding: public when judged, this machine a moment later."""
    asked: list[str] = []
    connected: list[object] = []

    def no_network(self: socket.socket, address: object) -> None:
        connected.append(address)
        raise OSError

    def rebinding(host: str, port: int) -> list[str]:
        asked.append(host)
        return ["93.184.215.14"] if len(asked) == 1 else ["127.0.0.1"]

    monkeypatch.setattr(socket.socket, "connect", no_network)
    with pytest.raises(EgressError, match="could not be reached"):
        egress.send("GET", "http://app.example:8123/", resolve=rebinding)
    assert (asked, connected) == (["app.example"], [("93.184.215.14", 8123)])


def test_the_next_address_is_tried_where_one_refuses() -> None:
    with server(says(OK)) as (port, _):
        assert egress.send("GET", f"http://app.example:{port}/", allow_loopback=True, resolve=at("::1", "127.0.0.1")).status == 200


@pytest.mark.parametrize("url", ["ftp://a.example/", "file:///etc/passwd", "https://u:p@a.example/", "https://", "https://a.example:0/"])
def test_it_refuses_other_addresses(url: str) -> None:
    with pytest.raises(EgressError, match="not a web address"):
        egress.send("GET", url, resolve=HERE)


@pytest.mark.parametrize(
    "url", ["http://a.example/\r\nX: 1", "http://a.example/ HTTP/1.1", "http://a.example/é", "http://[::1", "http://a:x/"]
)
def test_it_refuses_addresses_that_would_be_more_than_one_line(url: str) -> None:
    with pytest.raises(EgressError, match="not a web address"):
        egress.send("GET", url, resolve=HERE, allow_loopback=True)


def test_a_name_that_leads_nowhere() -> None:
    def nowhere(host: str, port: int) -> list[str]:
        raise socket.gaierror

    for resolver in (nowhere, at()):
        with pytest.raises(EgressError, match="leads nowhere"):
            egress.send("GET", "https://a.example/", resolve=resolver)


def test_redirects_are_answers() -> None:
    inside = b"HTTP/1.1 302 Found\r\nLocation: http://169.254.169.254/\r\nContent-Length: 0\r\n\r\n"
    with server(says(inside)) as (port, heads):
        assert egress.send("GET", f"http://a.example:{port}/", allow_loopback=True, resolve=HERE).status == 302
        assert len(heads) == 1


@pytest.mark.parametrize(
    "head", [b"HTTP/1.1 200 OK\r\nContent-Length: 70000\r\n\r\n", b"HTTP/1.1 200 OK\r\n\r\n"], ids=["declared", "until the end"]
)
def test_it_takes_no_more_than_it_says(head: bytes) -> None:
    with server(says(head, b"x" * 70_000)) as (port, _), pytest.raises(EgressError, match="more than 64 KiB"):
        egress.send("GET", f"http://a.example:{port}/", allow_loopback=True, resolve=HERE)


def dripping(head: bytes) -> Answering:
    """Sends a byte every twentieth of a second, for ever."""

    def drip(made: socket.socket) -> None:
        made.sendall(head)
        while True:
            made.sendall(b"x")
            time.sleep(0.05)

    return drip


@pytest.mark.parametrize("head", [b"HTTP/1.1 200 OK\r\n\r\n", b"HTTP/1.1 200 OK\r\nX: ", b""], ids=["body", "header", "status"])
def test_bytes_that_drip_do_not_prolong_it(head: bytes) -> None:
    started = time.monotonic()
    with server(dripping(head)) as (port, _), pytest.raises(EgressError, match="did not answer within"):
        egress.send("GET", f"http://a.example:{port}/", allow_loopback=True, resolve=HERE, seconds=0.5)
    assert time.monotonic() - started < 3


def test_silence_and_nonsense_are_no_answer() -> None:
    cut_short = says(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhi")
    with server(cut_short) as (port, _), pytest.raises(EgressError, match="could not be reached"):
        egress.send("GET", f"http://a.example:{port}/", allow_loopback=True, resolve=HERE)
    with server(says(b"SSH-2.0-x\r\n")) as (port, _), pytest.raises(EgressError, match="could not be reached"):
        egress.send("GET", f"http://a.example:{port}/", allow_loopback=True, resolve=HERE)
    with server(lambda made: made.close()) as (port, _), pytest.raises(EgressError, match="could not be reached"):
        egress.send("GET", f"http://a.example:{port}/", allow_loopback=True, resolve=HERE)
    with pytest.raises(EgressError, match="could not be reached"):
        egress.send("GET", f"http://a.example:{port}/", allow_loopback=True, resolve=HERE)


def certificate_of(name: str, folder: Path) -> tuple[Path, Path]:
    """A certificate of its own authority for this name, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    built = x509.CertificateBuilder().subject_name(subject).issuer_name(subject).public_key(key.public_key()).serial_number(1)
    built = built.not_valid_before(now - timedelta(days=1)).not_valid_after(now + timedelta(days=1))
    signed = built.add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False).sign(key, hashes.SHA256())
    chain, private = folder / f"{name}.pem", folder / f"{name}.key"
    chain.write_bytes(signed.public_bytes(serialization.Encoding.PEM))
    private.write_bytes(key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()))
    return chain, private


def test_tls_is_for_the_name_though_the_address_is_pinned(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    chain, private = certificate_of("app.example", tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(chain, private)
    names: list[str | None] = []
    context.sni_callback = lambda made, name, context: names.append(name)
    with server(says(OK), context) as (port, heads):
        with pytest.raises(EgressError, match="certificate is not valid"):
            egress.send("GET", f"https://app.example:{port}/", allow_loopback=True, resolve=HERE)
        monkeypatch.setenv("SSL_CERT_FILE", str(chain))
        assert egress.send("GET", f"https://app.example:{port}/", allow_loopback=True, resolve=HERE).status == 200
        with pytest.raises(EgressError, match="certificate is not valid"):
            egress.send("GET", f"https://other.example:{port}/", allow_loopback=True, resolve=HERE)
    assert names == ["app.example", "app.example", "other.example"]
    assert f"Host: app.example:{port}".encode() in heads[0]


def test_a_name_server_that_says_nothing_keeps_nobody_longer_than_a_server_would() -> None:
    says_something, asked = threading.Event(), list[str]()

    def silent(host: str, port: int) -> list[str]:
        asked.append(host)
        says_something.wait(20)
        return ["93.184.215.14"]

    began = time.monotonic()
    for number in range(10):  # more than are asked at once
        with pytest.raises(egress.EgressError, match="not found within"):
            egress.send("GET", f"http://{number}.example/", resolve=silent, seconds=0.1)
    assert time.monotonic() - began < 10
    assert len(asked) == 8
    says_something.set()
    with server(says(OK)) as (port, _):
        assert egress.send("GET", f"http://app.example:{port}/", allow_loopback=True, resolve=HERE).status == 200
