"""Streams and numbers as no provider should write them: passed on as they are, and booked at something sane."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.factories import Linked
from tests.fake_provider import chat_chunk, events, usage_chunk
from tests.proxy.attacks import CHAT_DOOR, OPENAI_DOOR, OPENAI_PATH, SSE_HEAD, RawProvider, Wire, ask, chunk, framed
from tests.proxy.conftest import Relay, wait_for
from usage.models import Hold, LedgerEntry, Window

pytestmark = pytest.mark.usefixtures("nothing_left")

INT64 = 2**63 - 1
BUDGET = 10 * 10**9
USAGE = {"include_usage": True}


def booked(linked: Linked, calls: int) -> list[LedgerEntry]:
    """The ledger entries of that many chat calls, once they are there; all numbers sane, windows and ledger agreeing."""
    chats = LedgerEntry.objects.filter(connection_id=linked.connection.id, model="gpt-4o-mini").order_by("settled_at")
    wait_for(lambda: chats.count() == calls and not Hold.objects.exists())
    entries = list(chats)
    for entry in entries:
        numbers = (entry.cost_nanos, entry.input_tokens, entry.output_tokens, entry.cached_input_tokens)
        assert all(type(number) is int and 0 <= number < INT64 // 1000 for number in numbers), numbers
        assert entry.error_code != "settle_failed"
    month = Window.objects.get(subject_id=linked.connection.id, kind=Window.MONTH)
    assert type(month.spent_nanos) is int
    assert (month.spent_nanos, month.held_nanos) == (sum(entry.cost_nanos for entry in entries), 0)
    return entries


ODD_NUMBERS = [
    b"1000000000", b"-1", b"-1e30", b"1e400", b"-1e400", b"1e308", b"9223372036854775807", b"9223372036854775808", b"18446744073709551616",
    b"1" + b"0" * 300, b"0." + b"0" * 5000 + b"1", b"NaN", b"Infinity", b"-Infinity", b"0x10", b"1_000", b"1e5", b"12.7", b"-0.0",
    b'"12"', b'"1e400"', b"true", b"null", b"[12]", b'{"a":12}', b"[" * 2000 + b"]" * 2000,
]  # fmt: skip


def test_odd_numbers_of_tokens_cost_nothing_odd(relay: Relay, linked: Linked, raw: RawProvider) -> None:
    calls = 0
    for number in ODD_NUMBERS:
        usage = b'"usage":{"prompt_tokens":%s,"completion_tokens":%s,"prompt_tokens_details":{"cached_tokens":%s}}'
        said = usage % (number, number, number)
        raw.will(framed(b'{"choices":[],%s}' % said))
        assert ask(relay, linked.access_token).status == 200
        stream = b'data: {"choices":[{"delta":{"content":"x"}}]}\n\ndata: {"choices":[],%s}\n\ndata: [DONE]\n\n' % said
        raw.will(framed(stream, SSE_HEAD))
        answer = ask(relay, linked.access_token, stream=True, stream_options=USAGE)
        assert stream in b"".join(answer.pieces)
        calls += 2
        spent = booked(linked, calls)[-2:]
        assert all(entry.cost_nanos <= BUDGET // 10 for entry in spent), "nobody believes a million dollars for a Hello"


def test_usage_said_again_and_again_is_its_last_word(relay: Relay, linked: Linked, raw: RawProvider) -> None:
    many = b"".join(events(*(usage_chunk(5, 3 + number % 2) for number in range(3000)), usage_chunk(5, 9)))
    raw.will(framed(many, SSE_HEAD))
    answer = ask(relay, linked.access_token, stream=True, stream_options=USAGE)
    assert many in b"".join(answer.pieces)
    (entry,) = booked(linked, 1)
    assert (entry.input_tokens, entry.output_tokens, entry.usage_source) == (5, 9, "provider_usage")


LINES = [json.dumps(chat_chunk("H\u00e9 \u2028llo"), ensure_ascii=False).encode(), json.dumps(usage_chunk(9, 2)).encode(), b"[DONE]"]
PLAIN = b"".join(b"data: %s\n\n" % line for line in LINES)
READABLE = {
    "carriage returns alone": PLAIN.replace(b"\n", b"\r"),
    "both": PLAIN.replace(b"\n", b"\r\n"),
    "a mixture": b"data: %s\r\n\ndata: %s\n\r\ndata: %s\r\r" % tuple(LINES),
    "no space": PLAIN.replace(b"data: ", b"data:"),
    "comments and unknown fields": b": hello\n\n:\nid: 1\nretry: 5\nodd\n" + PLAIN + b": bye\n\n",
    "blank lines": b"\n\n\n\r\n" + PLAIN.replace(b"\n\n", b"\n\n\n\n\n"),
    "a byte order mark before a comment": b"\xef\xbb\xbf: hello\n\n" + PLAIN,
    "bytes that are no text": b'data: {"choices":[{"delta":{"content":"\xff\xfe\xc3("}}]}\n\n' + PLAIN,
    "an event that is no JSON": b'data: {"usage": {\n\ndata: "usage"\n\ndata: [{"usage":{}}]\n\n' + PLAIN,
    "the last blank line missing": PLAIN[:-1],
    "nothing after the last line": PLAIN[:-2],
    "data in several lines": b'data: {"choices":[],\ndata: "usage":{"prompt_tokens":9,\ndata: "completion_tokens":2}}\n\n',
}


def test_streams_in_any_writing_pass_and_are_metered(relay: Relay, linked: Linked, raw: RawProvider) -> None:
    calls = 0
    for door in (OPENAI_PATH, CHAT_DOOR, OPENAI_DOOR):
        for name, stream in READABLE.items():
            raw.will(framed(stream, SSE_HEAD))
            answer = ask(relay, linked.access_token, door, stream=True, stream_options=USAGE)
            assert b"".join(answer.pieces).startswith(stream), (door, name)
            calls += 1
    for entry in booked(linked, calls):
        assert (entry.input_tokens, entry.output_tokens, entry.usage_source) == (9, 2, "provider_usage")


def test_a_stream_of_nothing_but_beginnings_is_bounded_and_estimated(relay: Relay, linked: Linked, raw: RawProvider) -> None:
    odd: list[bytes] = [
        b"",
        b"\n" * 10_000,
        b"data:" * 10_000,
        b"data: [DONE]\n\n" * 5000,
        b"event: error\n\n" * 1000,
        b'data: {"usage":' + b"[" * 100_000,
        b"\x00" * 50_000,
        b"\r" * 50_001,
    ]
    for number, stream in enumerate(odd):
        raw.will(framed(stream, SSE_HEAD))
        answer = ask(relay, linked.access_token, stream=True, stream_options=USAGE)
        assert b"".join(answer.pieces).startswith(stream)
        entry = booked(linked, number + 1)[-1]
        assert entry.usage_source == "estimated"
        assert entry.cost_nanos < BUDGET // 1000


def test_tens_of_thousands_of_tiny_events_pass(relay: Relay, linked: Linked, raw: RawProvider) -> None:
    tiny = b"data: {}\n\n"

    def script(wire: Wire) -> None:
        wire.send(SSE_HEAD + b"transfer-encoding: chunked\r\n\r\n")
        for _ in range(100):
            wire.send(chunk(tiny) * 300)
        wire.send(chunk(PLAIN) + chunk(b""))

    raw.will(script)
    answer = ask(relay, linked.access_token, CHAT_DOOR, stream=True, stream_options=USAGE)
    text = b"".join(answer.pieces)
    assert text.startswith(tiny * 30_000 + PLAIN)
    assert booked(linked, 1)[0].input_tokens == 9


def test_a_false_content_type_changes_nothing_about_the_money(relay: Relay, linked: Linked, raw: RawProvider) -> None:
    answer: dict[str, Any] = {"choices": [], "usage": {"prompt_tokens": 9, "completion_tokens": 2}}
    whole, stream = json.dumps(answer).encode(), PLAIN
    for number, (body, head, streams) in enumerate(
        [
            (whole, SSE_HEAD, False),
            (stream, SSE_HEAD, False),
            (whole, b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream; charset=utf-16\r\n", True),
            (whole, b"HTTP/1.1 200 OK\r\ncontent-type: Text/Event-Stream\r\n", True),
            (stream, b"HTTP/1.1 200 OK\r\n", True),
            (stream, b"HTTP/1.1 206 Partial Content\r\ncontent-type: text/event-stream\r\n", True),
        ]
    ):
        raw.will(framed(body, head))
        more: dict[str, Any] = {"stream": True, "stream_options": USAGE} if streams else {}
        ask(relay, linked.access_token, **more)
        entry = booked(linked, number + 1)[-1]
        assert 0 < entry.cost_nanos < BUDGET // 1000
