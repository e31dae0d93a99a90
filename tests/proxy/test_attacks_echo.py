"""A provider that says the key it was sent: the client never sees it, wherever it stands, however it is cut and written."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator

import pytest

from tests.factories import Linked
from tests.proxy.attacks import (
    CHAT_DOOR,
    JSON_HEAD,
    MESSAGES,
    OPENAI_DOOR,
    OPENAI_PATH,
    SSE_HEAD,
    Answer,
    RawProvider,
    Wire,
    ask,
    chunk,
    framed,
    request,
    talk,
)
from tests.proxy.conftest import KEYS, Relay

pytestmark = pytest.mark.usefixtures("nothing_left")

KEY = KEYS["openai"].encode()
STARS = b"*" * len(KEY)
EVERY_DOOR = (CHAT_DOOR, OPENAI_DOOR, OPENAI_PATH)
ESCAPED = b"".join(b"\\u%04x" % code for code in KEY)
PARTLY = b"".join(b"\\u%04X" % code if place % 3 else bytes((code,)) for place, code in enumerate(KEY))
USAGE = b'"usage":{"prompt_tokens":9,"completion_tokens":2}'
STREAM = {"stream": True, "stream_options": {"include_usage": True}}
_ESCAPE = re.compile(rb"\\u00([0-9a-fA-F]{2})")


def readable(answer: Answer) -> bytes:
    """Head and body as a client reads them: chunks joined, escapes undone, and all of it in lower case."""
    text = answer.head + b"".join(answer.pieces)
    return (text + _ESCAPE.sub(lambda found: bytes((int(found[1], 16),)), text)).lower()


def test_an_echo_in_a_whole_answer(relay: Relay, linked: Linked, raw: RawProvider) -> None:
    for written in (KEY, b"Bearer " + KEY, KEY * 3, KEY[:9] + KEY, ESCAPED, PARTLY):
        answered = b'{"choices":[{"message":{"content":"%s"}}],"%s":1,%s}' % (written, written, USAGE)
        refused = b'{"error":{"message":"Incorrect API key: %s","param":"%s"}}' % (written, written)
        page = b"<html>%s</html>" % written
        for status, body in ((200, answered), (400, refused), (401, refused), (500, refused), (503, page), (302, page)):
            raw.will(framed(body, b"HTTP/1.1 %d X\r\ncontent-type: application/json\r\n" % status))
            for door in EVERY_DOOR:
                answer = ask(relay, linked.access_token, door)
                assert answer.status in {status, 502}
                assert KEY not in readable(answer), (status, door, written)


def test_an_echo_in_the_head(relay: Relay, linked: Linked, raw: RawProvider) -> None:
    stream = b'data: {"choices":[],%s}\n\n' % USAGE
    for head, body in ((JSON_HEAD, b"{%s}" % USAGE), (SSE_HEAD, stream), (JSON_HEAD.replace(b"200", b"429"), b'{"error":{}}')):
        echo = b"x-ratelimit-%s: 1\r\nx-ratelimit-limit: %s\r\nretry-after: %s\r\nx-request-id: %s\r\n" % (KEY, KEY, KEY * 2, KEY)
        raw.will(framed(body, (head + echo).replace(b"200 OK", b"200 " + KEY)))
        for door in EVERY_DOOR:
            answer = ask(relay, linked.access_token, door)
            assert KEY not in readable(answer)
            assert b"\r\nretry-after: " + STARS * 2 + b"\r\n" in answer.head
    raw.will(framed(b"{%s}" % USAGE, b"HTTP/1.1 200 OK\r\ncontent-type: application/%s\r\n" % KEY))
    assert KEY not in readable(ask(relay, linked.access_token))


def cuts(text: bytes) -> Iterator[tuple[bytes, ...]]:
    """The text cut at every place of the key in it, and into single bytes."""
    start = text.index(KEY)
    for place in range(start, start + len(KEY) + 1):
        yield text[:place], text[place:]
        yield text[:start], text[start:place], text[place:]
    yield tuple(bytes((code,)) for code in text)


def test_an_echo_in_a_stream_cut_anywhere(relay: Relay, linked: Linked, raw: RawProvider) -> None:
    event = b'data: {"choices":[{"delta":{"content":"sk-proj-sk-%s"}}]}\n\n' % KEY
    last = b'data: {"choices":[],%s}\n\ndata: [DONE]\n\n' % USAGE
    ways = iter(list(cuts(event)))

    def script(wire: Wire) -> None:
        wire.send(SSE_HEAD + b"connection: close\r\ntransfer-encoding: chunked\r\n\r\n")
        for piece in filter(None, next(ways)):
            wire.send(chunk(piece))
            time.sleep(0.002)
        wire.send(chunk(last) + chunk(b""))

    raw.will(script)
    for number in range(2 * (len(KEY) + 1) + 1):
        door = (OPENAI_PATH, CHAT_DOOR, OPENAI_DOOR)[number // 2 % 3]
        answer = ask(relay, linked.access_token, door, **STREAM)
        assert KEY not in readable(answer)
        assert b"".join(answer.pieces).startswith(event.replace(KEY, STARS) + last)


def test_an_echo_in_a_stream_that_breaks_off(relay: Relay, linked: Linked, raw: RawProvider) -> None:
    for text in (KEY, KEY[:-1], b"data: " + KEY, b"data: " + ESCAPED[:-1] + b'\n\ndata: {"error":{"message":"' + KEY + b'"}}\n\n'):
        raw.will(SSE_HEAD + b"transfer-encoding: chunked\r\n\r\n" + chunk(text))
        for door in EVERY_DOOR:
            assert KEY not in ask(relay, linked.access_token, door, stream=True).raw
        raw.will(framed(text, SSE_HEAD))
        for door in EVERY_DOOR:
            assert KEY not in readable(ask(relay, linked.access_token, door, stream=True))


def test_an_echo_through_a_translation(relay: Relay, linked: Linked, raw: RawProvider) -> None:
    for provider, model in (("anthropic", "claude-sonnet-4-5"), ("google", "gemini-2.5-flash")):
        key = KEYS[provider].encode()
        escaped = b"".join(b"\\u%04x" % code for code in key)
        body = {"provider": provider, "model": model, "messages": MESSAGES, "max_tokens": 50}
        for written in (key, escaped):
            content = b'"role":"assistant","type":"message","content":[{"type":"text","text":"%s"}]' % written
            claude = b'{%s,"id":"%s","stop_reason":"end_turn","usage":{"input_tokens":1,"output_tokens":1}}' % (content, written)
            gemini = b'{"candidates":[{"content":{"parts":[{"text":"%s"}]},"finishReason":"STOP"}],"responseId":"%s"}' % (written, written)
            whole = claude if provider == "anthropic" else gemini
            delta = b'data: {"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"%s"}}' % written
            stream = b"data: " + gemini if provider == "google" else b"event: content_block_delta\n" + delta
            refused = b'{"type":"error","error":{"type":"x","message":"%s","code":401}}' % written
            for data in (framed(whole), framed(refused, JSON_HEAD.replace(b"200", b"401")), framed(stream + b"\n\n", SSE_HEAD)):
                raw.will(data)
                for streams in (False, True):
                    answer = talk(relay, request(CHAT_DOOR, linked.access_token, {**body, "stream": streams}))
                    assert answer.status in {200, 401, 502}
                    assert key.lower() not in readable(answer)
    assert json.loads(b'"%s"' % ESCAPED).encode() == KEY, "what was sent is the key"
