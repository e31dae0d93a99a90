"""Answers that are not HTTP, or not what was asked for: a plain failure for the client, and nothing of them in its headers."""

from __future__ import annotations

import gzip
import json
import zlib

import pytest

from tests.factories import Linked
from tests.proxy.attacks import CHAT_DOOR, JSON_HEAD, OPENAI_DOOR, OPENAI_PATH, SSE_HEAD, RawProvider, Wire, ask, chunk, framed
from tests.proxy.conftest import Relay, wait_for
from usage.models import Hold, LedgerEntry

pytestmark = pytest.mark.usefixtures("nothing_left")

OK = json.dumps({"choices": [], "usage": {"prompt_tokens": 1, "completion_tokens": 1}}).encode()
LENGTH = b"content-length: %d\r\n" % len(OK)
CHUNKED = JSON_HEAD + b"transfer-encoding: chunked\r\n"
BOMB = gzip.compress(b'{"a":"' + b" " * 20_000_000 + b'"}')
EVERY_DOOR = (CHAT_DOOR, OPENAI_DOOR, OPENAI_PATH)


def status_line(line: bytes) -> bytes:
    """A whole answer beginning with this line."""
    return framed(OK, line + b"\r\ncontent-type: application/json\r\n")


BROKEN = {
    "nothing": b"",
    "a body alone": OK,
    "half a head": JSON_HEAD,
    "a bare carriage return": framed(OK, JSON_HEAD + b"retry-after: 1\rx-evil: 2\r\n"),
    "a NUL in a value": framed(OK, JSON_HEAD + b"retry-after: 1\x002\r\n"),
    "a name with a space": framed(OK, JSON_HEAD + b"x-ratelimit-a b: 1\r\n"),
    "a name with a bracket": framed(OK, JSON_HEAD + b"x-ratelimit-(: 1\r\n"),
    "a name past ASCII": framed(OK, JSON_HEAD + b"x-ratelimit-\xff: 1\r\n"),
    "two lengths": JSON_HEAD + b"content-length: 5\r\n" + LENGTH + b"\r\n" + OK,
    "length and chunks": CHUNKED + LENGTH + b"\r\n" + chunk(OK) + chunk(b""),
    "chunks and length": JSON_HEAD + LENGTH + b"transfer-encoding: chunked\r\n\r\n" + chunk(OK) + chunk(b""),
    "a length below nothing": JSON_HEAD + b"content-length: -5\r\n\r\n" + OK,
    "a length with a sign": JSON_HEAD + b"content-length: +5\r\n\r\n" + OK,
    "a length past counting": JSON_HEAD + b"content-length: " + b"9" * 40 + b"\r\n\r\n" + OK,
    "a length that is not reached": JSON_HEAD + b"content-length: 900\r\n\r\n" + OK,
    "a chunk of no size": CHUNKED + b"\r\nzz\r\n" + OK,
    "a chunk below nothing": CHUNKED + b"\r\n-5\r\n" + OK,
    "chunks without an end": CHUNKED + b"\r\n" + chunk(OK),
    "a switch of protocols": b"HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nconnection: upgrade\r\n\r\n" + OK,
    "no status": status_line(b"HTTP/1.1 OK"),
    "status 0": status_line(b"HTTP/1.1 000 Nothing"),
    "status 99": status_line(b"HTTP/1.1 099 Early"),
    "status 600": status_line(b"HTTP/1.1 600 Late"),
    "status 999": status_line(b"HTTP/1.1 999 Very late"),
    "another protocol": status_line(b"SSH-2.0-OpenSSH_9.6"),
    "ten thousand headers": framed(OK, JSON_HEAD + b"".join(b"x-a-%d: 1\r\n" % number for number in range(10_000))),
    "a header of a megabyte": framed(OK, JSON_HEAD + b"x-a: " + b"x" * 1_000_000 + b"\r\n"),
    "gzip": framed(BOMB, JSON_HEAD + b"content-encoding: gzip\r\n"),
    "deflate": framed(zlib.compress(OK), JSON_HEAD + b"content-encoding: deflate\r\n"),
    "a coding nobody knows": framed(OK, JSON_HEAD + b"content-encoding: br2\r\n"),
    "gzip after identity": framed(BOMB, JSON_HEAD + b"content-encoding: identity\r\ncontent-encoding: gzip\r\n"),
    "gzip twice": framed(gzip.compress(BOMB), JSON_HEAD + b"content-encoding: gzip, gzip\r\n"),
    "a compressed stream": framed(BOMB, SSE_HEAD + b"content-encoding: gzip\r\n"),
}


def test_a_broken_answer_is_a_plain_failure(relay: Relay, linked: Linked, raw: RawProvider) -> None:
    for number, (name, script) in enumerate(BROKEN.items()):
        raw.will(script)
        answer = ask(relay, linked.access_token, EVERY_DOOR[number % 3])
        assert (answer.status, answer.code) == (502, "provider_unreachable"), name
        assert len(raw.wires) == number + 1, f"{name}: nothing is sent twice"
    wait_for(lambda: not Hold.objects.exists())
    entries = LedgerEntry.objects.filter(connection_id=linked.connection.id, model="gpt-4o-mini")
    assert [entry.usage_source for entry in entries] == ["estimated"] * len(BROKEN)


def test_headers_that_pass_are_clean_and_listed(relay: Relay, linked: Linked, raw: RawProvider) -> None:
    given = (
        b"retry-after: 7\r\nx-ratelimit-plain: yes\r\nx-ratelimit-del: a\x7fb\r\nx-ratelimit-folded: a\r\n b: c\r\n"
        b"x-ratelimit-\x6cong: " + b"x" * 4000 + b"\r\n"
        b"set-cookie: a=b\r\nopenai-organization: org-mine\r\nserver: mine\r\nvia: mine\r\nlocation: /mine\r\n"
        b"access-control-allow-origin: https://mine.example\r\naccess-control-allow-credentials: true\r\n"
        b"content-security-policy: mine\r\nstrict-transport-security: max-age=0\r\nclear-site-data: mine\r\n"
        b"proxy-authenticate: mine\r\nwww-authenticate: mine\r\nalt-svc: mine\r\nlink: mine\r\nkeep-alive: mine\r\n"
        b"x-1relay-cost-micros: 1234567\r\nx-1relay-error: mine\r\nx-request-id: mine\r\ntrailer: x-mine\r\nupgrade: mine\r\n"
    )  # fmt: skip
    for status in (200, 400, 429, 500):
        raw.will(framed(OK, b"HTTP/1.1 %d X\r\ncontent-type: application/json\r\n" % status + given))
        for door in EVERY_DOOR:
            answer = ask(relay, linked.access_token, door)
            assert answer.status in {status, 502}, "a folded line or an odd byte may break it, and nothing else"
            lines = [line.split(b": ", 1) for line in answer.head.split(b"\r\n")[1:]]
            assert all(len(line) == 2 and line[1].decode("latin-1").isprintable() for line in lines)
            headers = [(name, value) for name, value in lines if name != b"x-ratelimit-folded"]
            assert not [header for header in headers if b"mine" in header[1] or header[0] == b"set-cookie"]
            assert [value for name, value in lines if name == b"access-control-allow-origin"] == [b"*"]
            assert len({name for name, _ in lines if name.startswith((b"x-1relay", b"content", b"access"))}) == len(
                [name for name, _ in lines if name.startswith((b"x-1relay", b"content", b"access"))]
            )
    assert len(raw.wires) == 12


def test_headers_of_one_hop_stay_there(relay: Relay, linked: Linked, raw: RawProvider) -> None:
    plain = framed(OK, JSON_HEAD + b"retry-after: 7\r\nx-ratelimit-b: 1\r\n")
    raw.will(plain)
    assert b"\r\nretry-after: 7\r\n" in ask(relay, linked.access_token).head
    raw.will(plain.replace(b"\r\nretry", b"\r\nconnection: Retry-After, close\r\nconnection: x-ratelimit-b\r\nretry"))
    answer = ask(relay, linked.access_token)
    assert answer.status == 200
    assert b"retry-after" not in answer.head
    assert b"x-ratelimit-b" not in answer.head


def test_trailers_stay_behind(relay: Relay, linked: Linked, raw: RawProvider) -> None:
    raw.will(CHUNKED + b"\r\n" + chunk(OK) + b"0\r\nx-ratelimit-late: 1\r\nset-cookie: a=b\r\n\r\n")
    answer = ask(relay, linked.access_token)
    assert (answer.status, answer.body) == (200, OK)
    assert b"late" not in answer.raw


def test_interim_answers_are_passed_over(relay: Relay, linked: Linked, raw: RawProvider) -> None:
    early = b"HTTP/1.1 103 Early Hints\r\nset-cookie: a=b\r\nx-ratelimit-early: 1\r\n\r\n"
    raw.will(b"HTTP/1.1 100 Continue\r\n\r\n" * 20 + early + framed(OK))
    answer = ask(relay, linked.access_token)
    assert (answer.status, answer.body) == (200, OK)
    assert b"early" not in answer.head


def test_a_head_or_trailer_that_never_ends_is_given_up(relay: Relay, linked: Linked, raw: RawProvider) -> None:
    begun = JSON_HEAD + b"x-a: "
    trailer = CHUNKED + b"\r\n" + chunk(OK) + b"0\r\nx-a: "
    interim = (b"HTTP/1.1 100 Continue\r\n\r\n", b"HTTP/1.1 103 Early Hints\r\nx-a: b\r\n\r\n")
    for start, flood in ((b"", interim[0]), (b"", interim[1]), (begun, b"1\r\nx-a: "), (begun, b"y"), (trailer, b"z")):

        def script(wire: Wire, start: bytes = start, flood: bytes = flood) -> None:
            wire.send(start)
            while True:
                wire.send(flood * (65536 // len(flood)))

        raw.will(script)
        answer = ask(relay, linked.access_token)
        assert (answer.status, answer.code) == (502, "provider_unreachable"), flood
        assert raw.last.is_cut.wait(2)
        assert raw.last.sent < 16 * 1024 * 1024


def test_what_follows_an_answer_answers_nobody(relay: Relay, linked: Linked, raw: RawProvider) -> None:
    stray = framed(b'{"id":"of nobody"}')
    for after in (b"x", stray, b"HTTP/1.1 100 Continue\r\n\r\n" + stray, b"\r\n" + stray):

        def script(wire: Wire, after: bytes = after) -> None:
            wire.send(framed(OK) + after)
            wire.wait(0.1)
            wire.send(after)

        raw.will(script)
        calls = len(raw.wires)
        for number in (1, 2):
            answer = ask(relay, linked.access_token)
            assert b"of nobody" not in answer.raw
            assert answer.status == 502 or (answer.status, answer.body) == (200, OK)
            assert len(raw.wires) == calls + number, "each on a connection of its own"
