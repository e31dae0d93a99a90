"""No request, however it is written, makes the relay call anybody but the provider at its listed address and path."""

from __future__ import annotations

import asyncio
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.factories import Linked
from tests.proxy.attacks import CHAT, CHAT_DOOR, MESSAGES, OPENAI_DOOR, OPENAI_PATH, RawProvider, Wire, ask, framed, request, talk
from tests.proxy.conftest import Relay

pytestmark = pytest.mark.usefixtures("nothing_left")

EVERY_DOOR = (CHAT_DOOR, OPENAI_DOOR, OPENAI_PATH)
GENERATE = "/v1/proxy/passthrough/google/v1beta/models/{}:generateContent"
GEMINI = {"contents": [{"parts": [{"text": "Hello"}]}]}


def lines_of(wire: Wire) -> tuple[bytes, bytes]:
    """The request line and the Host that the provider was sent."""
    line, *rest = wire.head.split(b"\r\n")
    return line, next(header for header in rest if header.lower().startswith(b"host:"))[5:].strip()


def test_no_request_line_or_host_leads_elsewhere(relay: Relay, linked: Linked, raw: RawProvider) -> None:
    with RawProvider() as elsewhere:
        host = elsewhere.base.removeprefix("http://")
        targets = [
            f"http://{host}{OPENAI_PATH}",
            f"http://openai:x@{host}{OPENAI_PATH}",
            f"https://{host}{OPENAI_PATH}",
            f"http://{host}",
            f"//{host}{OPENAI_PATH}",
            f"{OPENAI_PATH}#@{host}/",
            f"/v1/proxy/passthrough/http://{host}/v1/chat/completions",
            f"/v1/proxy/passthrough/{host}/v1/chat/completions",
            f"/v1/proxy/passthrough/openai@{host}/v1/chat/completions",
            f"/v1/proxy/passthrough/openai/@{host}/v1/chat/completions",
            f"/v1/proxy/passthrough/openai//{host}/v1/chat/completions",
            f"/v1/proxy/passthrough/openai/http:/{host}/",
            f"/v1/proxy/passthrough/openai/\\\\{host}\\v1/chat/completions",
            f"/v1/proxy/passthrough/openai/%2f%2f{host}/v1/chat/completions",
            f"/v1/proxy/passthrough/openai/%252f%252f{host}/",
            f"/v1/proxy/passthrough/openai?@{host}/v1/chat/completions",
            f"{OPENAI_PATH}?host={host}",
            "*",
            host,
        ]
        said = ("Host", "X-Forwarded-Host", "X-Original-URL", "X-Rewrite-URL", "Forwarded", "X-HTTP-Host-Override")
        requests = [request(target, linked.access_token, CHAT) for target in targets]
        requests += [request(OPENAI_PATH, linked.access_token, CHAT, headers=(f"{name}: {host}",)) for name in said]
        requests.append(request(host, linked.access_token, method="CONNECT"))
        for data in requests:
            answer = talk(relay, data)
            assert answer.status in {200, 400, 403, 404, 405}, data
        assert elsewhere.wires == []
        expected = (b"POST /v1/chat/completions HTTP/1.1", urlsplit(raw.base).netloc.encode())
        assert {lines_of(wire) for wire in raw.wires} == {expected}


def test_a_redirect_goes_nowhere_and_names_no_place(relay: Relay, linked: Linked, raw: RawProvider) -> None:
    with RawProvider() as elsewhere:
        places = (elsewhere.base, "http://169.254.169.254/latest/meta-data/", "//[::1]/", "/v1/files", elsewhere.base)
        for status, place in zip((301, 302, 303, 307, 308), places, strict=True):
            head = f"HTTP/1.1 {status} Moved\r\nlocation: {place}\r\nrefresh: 0; url={place}\r\ncontent-location: {place}\r\n"
            raw.will(framed(b'{"error":{"message":"moved"}}', head.encode()))
            for door in EVERY_DOOR:
                answer = ask(relay, linked.access_token, door)
                assert answer.status == (status if door == OPENAI_PATH else 502)
                assert not any(line.split(b":")[0] in {b"location", b"refresh", b"content-location"} for line in answer.head.split(b"\r\n"))
        assert elsewhere.wires == []
    assert len(raw.wires) == 5 * len(EVERY_DOOR), "each was asked once, and nobody again"


def test_a_model_is_no_path_and_no_address(relay: Relay, linked: Linked, raw: RawProvider) -> None:
    names = [
        "../../v1/files",
        "..%2f..%2fv1%2ffiles",
        "a/../../../v1/files",
        "a%2f..",
        "a%252f..",
        "a:generateContent/../../files",
        "a\\..\\b",
        "a?key=b",
        "a#b",
        "a%3fkey=b",
        "a%23",
        "a;b",
        "@127.0.0.1",
        "a b",
        "a\tb",
        "%00",
        "a%0d%0aX-Evil:%20b",
        ".",
        "..",
        "",
    ]
    for name in names:
        answer = talk(relay, request(GENERATE.format(name), linked.access_token, GEMINI))
        assert answer.status in {400, 403}, name
        translated = {"provider": "google", "model": name, "messages": MESSAGES}
        assert talk(relay, request(CHAT_DOOR, linked.access_token, translated)).status in {400, 403}, name
    assert raw.wires == []


def test_only_ids_of_providers_name_providers(relay: Relay, linked: Linked, raw: RawProvider) -> None:
    ids = [
        "OpenAI",
        "openai.",
        "openai%00",
        "openai%20",
        "../openai",
        "..%2fopenai",
        "open\u00e4i",
        "__proto__",
        "",
        "a" * 5000,
        "%6fpenai",
    ]
    for name in ids:
        passed = talk(relay, request(f"/v1/proxy/passthrough/{name}/v1/chat/completions", linked.access_token, CHAT))
        assert passed.status in {400, 403}, name
        asked = talk(relay, request(CHAT_DOOR, linked.access_token, {**CHAT, "provider": name}))
        assert (asked.status, asked.code) == (400, "unsupported_provider"), name
        model = talk(relay, request(OPENAI_DOOR, linked.access_token, {**CHAT, "model": f"{name}/gpt-4o-mini"}))
        assert model.status == 400, name
    for value in (None, 5, ["openai"], {"id": "openai"}, True):
        assert talk(relay, request(CHAT_DOOR, linked.access_token, {**CHAT, "provider": value})).status == 400
    assert raw.wires == []


def test_a_query_brings_nothing_with_it(relay: Relay, linked: Linked, raw: RawProvider) -> None:
    stream = GENERATE.format("gemini-2.5-flash").replace("generate", "streamGenerate")
    queries = [
        "alt=sse&key=x",
        "alt=sse%26key=x",
        "alt=sse;key=x",
        "alt=sse%0d%0aX-Evil:%20y",
        "alt=sse%00",
        "alt=sse&alt=sse",
        "alt=sse&$fields=x",
        "alt=sse#&key=x",
        "ALT=sse",
        "alt=SSE",
        "alt=sse&" + "&".join(f"a{number}=1" for number in range(5000)),
        "alt=" + "s" * 20_000,
    ]
    for query in queries:
        talk(relay, request(f"{stream}?{query}", linked.access_token, GEMINI))
    targets = {wire.head.split(b" ")[1] for wire in raw.wires}
    assert targets <= {b"/v1beta/models/gemini-2.5-flash:streamGenerateContent?alt=sse"}


def test_nothing_is_upgraded(relay: Relay, linked: Linked, raw: RawProvider) -> None:
    key = "Sec-WebSocket-Key: x3JJHMbDL1EzLkh9GBhXDw=="
    websocket = ("Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13", key)
    plain = ("Connection: Upgrade, HTTP2-Settings", "Upgrade: h2c", "HTTP2-Settings: AAMAAABkAAQAAP__")
    for door in (*EVERY_DOOR, "/v1/openai/models", "/signin"):
        for headers in (websocket, plain):
            asked = talk(relay, request(door, linked.access_token, method="GET", headers=headers))
            assert asked.status in {200, 400, 403, 405, 502}
            assert b"\r\nupgrade:" not in asked.head.lower()
            assert talk(relay, request(door, linked.access_token, CHAT, headers=headers)).status == 501
    assert not [wire for wire in raw.wires if wire.head.startswith(b"POST")]


def test_a_server_that_speaks_websocket_is_told_no() -> None:
    from relay.asgi import application

    said: list[Any] = []

    async def receive() -> dict[str, str]:
        return {"type": "websocket.connect"}

    async def send(message: Any) -> None:
        said.append(message)

    asyncio.run(application({"type": "websocket", "path": OPENAI_PATH, "headers": []}, receive, send))
    assert said == [{"type": "websocket.close"}]
