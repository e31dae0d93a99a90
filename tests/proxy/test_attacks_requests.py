"""Requests that two readers could read differently, or that never end: refused, bounded, and nothing of the caller's goes up."""

from __future__ import annotations

import json
import socket
import time
from itertools import count

import pytest

from tests.factories import Linked
from tests.proxy.attacks import CHAT, OPENAI_PATH, RawProvider, chunk, connect, framed, read_all, request, talk
from tests.proxy.conftest import KEYS, Relay

pytestmark = pytest.mark.usefixtures("nothing_left")

BODY = json.dumps(CHAT).encode()
CHUNKED = chunk(BODY) + b"0\r\n\r\n"
NOT_HTTP = {
    "length beside chunks": (("Content-Length: 5", "Transfer-Encoding: chunked"), CHUNKED),
    "chunks beside length": (("Transfer-Encoding: chunked", "Content-Length: 5"), CHUNKED),
    "two codings": (("Transfer-Encoding: chunked", "Transfer-Encoding: identity"), CHUNKED),
    "an unknown coding": (("Transfer-Encoding: xchunked",), CHUNKED),
    "a coding after chunks": (("Transfer-Encoding: chunked, gzip",), CHUNKED),
    "a space before the colon": (("Transfer-Encoding : chunked",), CHUNKED),
    "a vertical tab": (("Transfer-Encoding: \x0bchunked",), CHUNKED),
    "two lengths": (("Content-Length: 3", f"Content-Length: {len(BODY)}"), BODY),
    "one length twice": ((f"Content-Length: {len(BODY)}",) * 2, BODY),
    "a list of lengths": ((f"Content-Length: {len(BODY)}, {len(BODY)}",), BODY),
    "a length with a sign": ((f"Content-Length: +{len(BODY)}",), BODY),
    "a length below nothing": (("Content-Length: -1",), BODY),
    "a length in hex": (("Content-Length: 0x5f",), BODY),
    "a length past counting": (("Content-Length: " + "9" * 40,), BODY),
    "a folded line": (("X-A: b\r\n Authorization: Bearer x",), BODY),
    "a bare line feed": (("X-A: b\nX-B: c",), BODY),
    "a bare carriage return": (("X-A: b\rX-B: c",), BODY),
    "a NUL": (("OpenAI-Beta: a\x00b",), BODY),
    "a control character": (("OpenAI-Beta: a\x01b",), BODY),
    "a name past ASCII": (("X-\xff: b",), BODY),
    "a name with a space": (("X A: b",), BODY),
    "no name": ((": b",), BODY),
    "no colon": (("nonsense",), BODY),
    "a chunk of no size": (("Transfer-Encoding: chunked",), b"zz\r\n"),
    "a chunk below nothing": (("Transfer-Encoding: chunked",), b"-1\r\n"),
    "a chunk past counting": (("Transfer-Encoding: chunked",), b"f" * 17 + b"\r\n"),
    "a chunk longer than it says": (("Transfer-Encoding: chunked",), b"1\r\n" + BODY + b"\r\n0\r\n\r\n"),
}  # fmt: skip


def test_what_can_be_read_in_two_ways_is_read_in_none(relay: Relay, linked: Linked, raw: RawProvider) -> None:
    for name, (headers, body) in NOT_HTTP.items():
        answer = talk(relay, request(OPENAI_PATH, linked.access_token, body, headers=headers))
        assert answer.status == 400, name
    assert raw.wires == []


def test_odd_lines_are_refused(relay: Relay, linked: Linked, raw: RawProvider) -> None:
    token = linked.access_token
    plain = request(OPENAI_PATH, token, CHAT)
    odd = [
        request(f"{OPENAI_PATH} x", token, CHAT),
        request(f"{OPENAI_PATH}\t", token, CHAT),
        request(f"{OPENAI_PATH}\x00", token, CHAT),
        request(f"{OPENAI_PATH}/\xe9", token, CHAT),
        plain.replace(b"HTTP/1.1", b"HTTP/3.0", 1),
        plain.replace(b"HTTP/1.1", b"HTTQ/1.1", 1),
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"x" * 300,
    ]
    for data in odd:
        assert talk(relay, data).status == 400, data[:60]
    assert raw.wires == []


def test_trailers_are_no_headers(relay: Relay, linked: Linked, raw: RawProvider) -> None:
    trailers = f"0\r\nAuthorization: Bearer {linked.access_token}\r\nCookie: a=b\r\nOpenAI-Beta: evil\r\n\r\n".encode()
    chunked = ("Transfer-Encoding: chunked",)
    answer = talk(relay, request(OPENAI_PATH, None, chunk(BODY) + trailers, headers=chunked))
    assert (answer.status, answer.code) == (401, "unauthenticated")
    raw.will(framed(b"{}"))
    assert talk(relay, request(OPENAI_PATH, linked.access_token, chunk(BODY) + trailers, headers=chunked)).status == 200
    assert b"evil" not in raw.last.head


def test_nothing_of_the_callers_own_goes_up(relay: Relay, linked: Linked, raw: RawProvider) -> None:
    headers = (
        "Cookie: session=mine",
        "x-api-key: " + linked.access_token,
        "x-goog-api-key: " + linked.access_token,
        "api-key: " + linked.access_token,
        "Proxy-Authorization: Basic bWluZQ==",
        "X-Forwarded-For: 10.9.8.7",
        "X-Real-IP: 10.9.8.7",
        "Forwarded: for=10.9.8.7",
        "Via: 1.1 mine",
        "Referer: https://mine.example/",
        "Origin: https://mine.example",
        "User-Agent: mine/1",
        "Accept-Encoding: gzip, br",
        "Accept: text/mine",
        "OpenAI-Organization: org-mine",
        "OpenAI-Project: proj-mine",
        "X-HTTP-Method-Override: DELETE",
        "Connection: x-mine",
        "Trailer: mine",
        "TE: trailers",
        "Expect: mine",
        "Range: bytes=0-1",
        "If-None-Match: mine",
        "traceparent: 00-mine",
        "x-1relay-mine: 1",
    )
    assert talk(relay, request(OPENAI_PATH, linked.access_token, CHAT, headers=headers)).status == 200
    _, *lines = raw.last.head.lower().split(b"\r\n")
    sent = dict(line.split(b": ", 1) for line in lines)
    assert len(sent) == len(lines), "no header goes up twice"
    assert set(sent) == {b"host", b"user-agent", b"accept", b"accept-encoding", b"content-type", b"content-length", b"authorization"}
    assert sent[b"authorization"] == f"bearer {KEYS['openai']}".lower().encode()
    assert (sent[b"user-agent"], sent[b"accept-encoding"]) == (b"1relay", b"identity")
    assert linked.access_token.lower().encode() not in raw.last.head.lower()


def test_a_body_that_says_it_is_compressed_is_not_read(relay: Relay, linked: Linked, raw: RawProvider) -> None:
    codings = [
        ("gzip",),
        ("deflate",),
        ("br",),
        ("zstd",),
        ("gzip, identity",),
        ("gzip", "identity"),
        ("identity", "gzip"),
        ("",),
        ("GZIP",),
    ]
    for coding in codings:
        headers = tuple(f"Content-Encoding: {name}" for name in coding)
        answer = talk(relay, request(OPENAI_PATH, linked.access_token, CHAT, headers=headers))
        assert (answer.status, answer.code) == (415, "unsupported_media_type"), coding
    assert raw.wires == []
    plain = request(OPENAI_PATH, linked.access_token, CHAT, headers=("Content-Encoding: Identity",))
    assert talk(relay, plain).status == 200


def test_heads_have_a_size(relay: Relay, linked: Linked, raw: RawProvider) -> None:
    token = linked.access_token
    many = tuple(f"X-{number}: 1" for number in range(10_000))
    long = ("X-A: " + "x" * 1_000_000,)
    chunked = ("Transfer-Encoding: chunked",)
    for data in (
        request(OPENAI_PATH, token, CHAT, headers=many),
        request(OPENAI_PATH, token, CHAT, headers=long),
        request(f"{OPENAI_PATH}?a=" + "x" * 1_000_000, token, CHAT),
        request(OPENAI_PATH, token, chunk(BODY) + b"0\r\nX-A: " + b"x" * 1_000_000, headers=chunked),
        request(OPENAI_PATH, token, b"%x;%s\r\n" % (len(BODY), b"x" * 1_000_000), headers=chunked),
    ):
        answer = talk(relay, data)
        assert answer.status in {0, 400, 431}, data[:80]
    assert raw.wires == []


def test_a_head_has_its_time(relay: Relay, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("relay.bounded_http.HEAD_SECONDS", 0.2)
    answered = request("/v1/openai/models", None, method="GET").replace(b"Connection: close\r\n", b"")
    for begun, drop in (
        (b"", b""),
        (b"", b"\r\n"),
        (b"POST /v1/proxy/chat", b"c"),
        (b"POST / HTTP/1.1\r\nX-A: b", b"c"),
        (b"POST / HTTP/1.1\r\n", b"X-A: b\r\n"),
        (answered, b"\r\n"),
    ):
        began = time.monotonic()
        with connect(relay) as client:
            client.sendall(begun)
            drip(client, drop)
        assert 0.1 < time.monotonic() - began < 3, begun


def test_a_body_has_its_time(relay: Relay, linked: Linked, raw: RawProvider, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("proxy.request.BODY_SECONDS", 0.3)
    monkeypatch.setattr("relay.bounded_http.HEAD_SECONDS", 0.3)
    for headers, drop in ((("Content-Length: 100000",), b" "), (("Transfer-Encoding: chunked",), b"1\r\n \r\n")):
        began = time.monotonic()
        with connect(relay) as client:
            head = request(OPENAI_PATH, linked.access_token, headers=headers).replace(b"Connection: close\r\n", b"")
            client.sendall(head)
            answer = drip(client, drop)
        assert b'"invalid_request"' in answer
        assert time.monotonic() - began < 3, "what drips on after the answer is not waited for"
    assert raw.wires == []


def test_requests_in_one_go_are_answered_each_for_itself(relay: Relay, linked: Linked, raw: RawProvider) -> None:
    raw.will(framed(b'{"id":"of the provider"}'))
    good = request(OPENAI_PATH, linked.access_token, CHAT).replace(b"Connection: close\r\n", b"")
    stranger = request(OPENAI_PATH, None, CHAT)
    with connect(relay) as client:
        client.sendall(good + stranger)
        answer = read_all(client)
    first, second = answer.split(b"HTTP/1.1 ")[1:]
    assert (first[:3], second[:3]) == (b"200", b"401")
    assert b"of the provider" in first
    assert b"of the provider" not in second
    assert len(raw.wires) == 1


def drip(client: socket.socket, drop: bytes) -> bytes:
    """Send a little every twentieth of a second until the relay hangs up; answers what it said."""
    said = b""
    client.settimeout(0.05)
    for number in count():
        assert number < 100, "the relay did not hang up"
        try:
            client.sendall(drop)
            piece = client.recv(65536)
        except TimeoutError:
            continue
        except OSError:
            return said
        if not piece:
            return said
        said += piece
    return said
