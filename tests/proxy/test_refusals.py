"""What the doors refuse before anything is sent: paths, bodies, credentials, methods, media types. Each by its code."""

from __future__ import annotations

import json
from typing import Any

import pytest

from relay.crypto import tokens
from tests.proxy.by_hand import SENT_ON, TOKEN, Answered, request
from tests.proxy.conftest import KEYS

HELLO = [{"role": "user", "content": "Hello"}]
CHAT = {"model": "gpt-4o-mini", "messages": HELLO}
CLAUDE = {"model": "claude-sonnet-4-5", "max_tokens": 100, "messages": HELLO}
GEMINI = {"contents": [{"parts": [{"text": "Hello"}]}]}
GENERATE = "/v1beta/models/gemini-2.5-flash:generateContent"


RESPONSES: list[dict[str, Any]] = [
    {"background": True},
    {"previous_response_id": "resp_1"},
    {"conversation": "conv_1"},
    {"conversation": {"id": "conv_1"}},
    {"prompt": {"id": "pmpt_1"}},
    {"tools": [{"type": "function"}, {"type": "file_search", "vector_store_ids": ["vs_1"]}]},
    {"tools": [{"type": "code_interpreter", "container": {"type": "auto"}}]},
    {"tools": [{"type": "mcp", "server_url": "https://x"}]},
    {"tools": [{"type": "computer_use_preview"}]},
    {"tools": [{"type": "image_generation"}]},
    {"input": [{"type": "item_reference", "id": "msg_1"}]},
    {"input": [{"role": "user", "content": [{"type": "input_file", "file_id": "file-1"}]}]},
    {"input": [{"role": "user", "content": [{"type": "input_image", "file_id": "file-1"}]}]},
    {"input": [{"type": "function_call_output", "output": [{"type": "input_image", "file_id": "file-1"}]}]},
    {"input": [{"id": "msg_1"}]},
    {"input": {"id": "msg_1"}},
    {"input": [{"id": "msg_1", "type": None}]},
    {"input": [{"id": "msg_1", "role": False}]},
    {"input": [{"role": "user", "content": [{"image_url": "https://x/a.png"}]}]},
    {"input": [{"role": "user", "content": [{"type": None, "image_url": "https://x/a.png"}]}]},
    {"input": [{"type": "function_call_output", "call_id": "c", "output": [{"image_url": "https://x/a.png"}]}]},
    {"input": [{"type": "reasoning", "id": "rs_1", "summary": []}]},
    {"input": [{"type": "reasoning", "id": "rs_1", "encrypted_content": ""}]},
    {"reasoning": {"mode": "pro"}},
    {"Previous_Response_Id": "resp_1"},
]  # fmt: skip
MESSAGES: list[dict[str, Any]] = [
    {"mcp_servers": [{"type": "url", "url": "https://x"}]},
    {"container": "container_1"},
    {"speed": "fast"},
    {"inference_geo": "us"},
    {"tools": [{"type": "web_search_20250305", "name": "web_search"}]},
    {"tools": [{"type": "code_execution_20250825", "name": "code_execution"}]},
    {"tools": [{"type": "web_fetch_20250910", "name": "web_fetch"}]},
    {"messages": [{"role": "user", "content": [{"type": "document", "source": {"type": "file", "file_id": "f"}}]}]},
    {"messages": [{"role": "user", "content": [{"type": "container_upload", "file_id": "f"}]}]},
    {"messages": [{"role": "user", "content": [
        {"type": "tool_result", "tool_use_id": "t", "content": [
            {"type": "image", "source": {"type": "file", "file_id": "f"}}]}]}]},
    {"thread": {"type": "continue", "previous_message_id": "msg_1"}},
    {"diagnostics": {"previous_message_id": "msg_1"}},
    {"billing_policy": {"type": "billing_policy", "bill_to": "user_profile"}},
    {"compaction": {"type": "enabled"}},
    {"fallback_credit_token": "fct_1"},
    {"messages": [{"role": "user", "content": [{"source": {"type": "url", "url": "https://x"}}]}]},
    {"messages": [{"role": "user", "content": [{"type": "image", "source": {"file_id": "f"}}]}]},
    {"messages": [{"role": "user", "content": [{"type": "document", "source": {"type": "content", "content": [{"source": {}}]}}]}]},
    {"messages": [{"role": "user", "content": [{"type": "tool_result", "tool_use_id": "t", "content": [{"source": {}}]}]}]},
    {"messages": [{"role": "user", "content": [
        {"type": "tool_result", "tool_use_id": "t", "content": [{"type": "container_upload", "file_id": "f"}]}]}]},
]  # fmt: skip
GENERATIONS: list[dict[str, Any]] = [
    {"cachedContent": "cachedContents/1"},
    {"cached_content": "cachedContents/1"},
    {"tools": [{"googleSearch": {}}]},
    {"tools": [{"google_search": {}}]},
    {"tools": {"codeExecution": {}}},
    {"tools": [{"functionDeclarations": []}, {"urlContext": {}}]},
    {"contents": [{"parts": [{"fileData": {"fileUri": "https://x/files/1"}}]}]},
    {"contents": {"parts": {"file_data": {"file_uri": "https://x/files/1"}}}},
    {"contents": [{"parts": [{"inlineData": {"mimeType": "audio/wav", "data": ""}}]}]},
    {"systemInstruction": {"parts": {"file_data": {"file_uri": "f"}}}},
    {"generationConfig": {"responseModalities": ["TEXT", "IMAGE"]}},
    {"generation_config": {"response_modalities": ["AUDIO"]}},
    {"continuationToken": "t"},
    {"continuation_token": "t"},
    {"model": "models/gemini-3-pro-image-preview"},
    {"store": True},
    {"CachedContent": "cachedContents/1"},
]
ROUTED: list[dict[str, Any]] = [
    {"cache_control": {"type": "ephemeral", "ttl": "1h"}},
    {"messages": [{"role": "user", "content": [
        {"type": "text", "text": "x", "cache_control": {"type": "ephemeral", "ttl": "1h"}}]}]},
    {"tools": [{"type": "function", "function": {"name": "f"}, "cache_control": {"type": "ephemeral", "ttl": "1h"}}]},
    {"speed": "fast"},
    {"fallbacks": [{"model": "openai/gpt-5"}]},
    {"reasoning": {"mode": "pro"}},
]  # fmt: skip


def passthrough(name: str, target: str, body: dict[str, Any]) -> Answered:
    """A POST to a provider's own call."""
    return request("POST", f"/v1/proxy/passthrough/{name}{target}", body)


@pytest.mark.parametrize(
    "path",
    [
        "/v1/files",
        "/v1/chat/completions/",
        "/v1/chat",
        "/v1/../v1/chat/completions",
        "/v1/./chat/completions",
        "/v1//chat/completions",
        "//v1/chat/completions",
        "/v1/chat%2fcompletions",
        "/v1/chat%2Fcompletions",
        "/v1/chat%252fcompletions",
        "/v1/chat%5ccompletions",
        "/v1/%2e%2e/v1/chat/completions",
        "/v1/chat/completions%00",
        "/v1/chat/completions%0d%0aX:%20y",
        "/v1/chat/completions%3fkey=1",
        "/v1/chat/completions%23",
        "/v1/chat/completions%zz",
        "/v1/chat/completions;a=b",
        "/@evil.example/v1/chat/completions",
        "@evil.example/v1/chat/completions",
        "/http://evil.example/",
        "/v1/organization/admin_api_keys",
        "/v1/batches",
        "/v1/fine_tuning/jobs",
        "/v1/images/generations",
        "/v1/responses/resp_1",
        "",
    ],
)
def test_only_listed_paths_pass(path: str) -> None:
    answer = passthrough("openai", path, CHAT)
    # "openai@evil.example" is another provider's name, and none we know
    expected = (400, "unsupported_provider") if path.startswith("@") else (403, "path_not_allowed")
    assert (answer.status, answer.code) == expected
    assert answer.headers["x-1relay-error"] == expected[1]
    assert answer.headers["x-should-retry"] == "false"


@pytest.mark.parametrize(
    ("method", "path"),
    [("DELETE", "/v1/models/ft:gpt"), ("GET", "/v1/chat/completions"), ("PUT", "/v1/models"), ("POST", "/v1/models")],
)
def test_only_listed_methods_pass(method: str, path: str) -> None:
    answer = request(method, f"/v1/proxy/passthrough/openai{path}", b"{}")
    assert (answer.status, answer.code) == (403, "path_not_allowed")


@pytest.mark.parametrize(
    ("name", "path", "body"),
    [
        ("openai", "/v1/chat/completions", CHAT),
        ("openai", "/v1/chat/completions", {**CHAT, "tools": [{"type": "function"}], "background": False, "audio": None}),
        ("openai", "/v1/chat/completions", {**CHAT, "service_tier": "auto", "modalities": ["text"], "stream": True}),
        ("openai", "/v1/responses", {"model": "gpt-4o-mini", "input": "x", "previous_response_id": None, "store": False}),
        ("openai", "/v1/responses", {"model": "gpt-4o-mini", "input": [{"role": "user", "content": "x"}]}),
        ("anthropic", "/v1/messages", {**CLAUDE, "tools": [{"name": "x", "input_schema": {}}], "mcp_servers": []}),
        ("anthropic", "/v1/messages", {**CLAUDE, "tools": [{"type": "bash_20250124", "name": "bash"}]}),
        ("google", GENERATE, {**GEMINI, "tools": [{"function_declarations": [{"name": "x"}]}]}),
        ("google", GENERATE, {"contents": {"parts": {"inline_data": {"mime_type": "image/png", "data": ""}}}}),
        ("groq", "/openai/v1/chat/completions", {**CHAT, "model": "llama-3.1-8b-instant"}),
        ("openai", "/v1/responses", {"model": "gpt-4o-mini", "reasoning": {"mode": "standard"}, "input": [
            {"role": "user", "content": [{"type": "input_text", "text": "x"}]},
            {"type": "reasoning", "id": "rs_1", "summary": [], "encrypted_content": "gAAA"},
            {"type": "message", "role": "assistant", "id": "msg_1", "content": [{"type": "output_text", "text": "x"}]},
            {"type": "function_call", "call_id": "c", "name": "f", "arguments": "{}"},
            {"type": "function_call_output", "call_id": "c", "output": "x"}]}),
        ("openai", "/v1/chat/completions", {**CHAT, "messages": [{"role": "user", "content": ["x", {"type": "text", "text": "x"}]}]}),
        ("anthropic", "/v1/messages", {**CLAUDE, "messages": [{"role": "user", "content": [
            {"type": "tool_result", "tool_use_id": "t", "content": "x"},
            {"type": "tool_result", "tool_use_id": "t", "content": [{"type": "search_result", "source": "https://x", "title": "x",
                                                                     "content": [{"type": "text", "text": "x"}]}]},
            {"type": "document", "source": {"type": "content", "content": "x"}},
            {"type": "document", "source": {"type": "content", "content": [{"type": "text", "text": "x"}]}}]}]}),
        ("google", GENERATE, {**GEMINI, "labels": {"team": "a"}, "store": False}),
        ("openrouter", "/api/v1/chat/completions", {**CHAT, "model": "openai/gpt-4o-mini", "speed": "standard", "fallbacks": [],
                                                    "cache_control": {"type": "ephemeral", "ttl": "5m"}}),
    ],
)  # fmt: skip
def test_ordinary_bodies_are_sent_on(name: str, path: str, body: dict[str, Any]) -> None:
    assert passthrough(name, path, body).code == SENT_ON


@pytest.mark.parametrize(
    ("name", "path", "body"),
    [
        ("openai", "/v1/chat/completions", {**CHAT, "web_search_options": {}, "n": 1, "background": True}),
        ("openai", "/v1/chat/completions", {**CHAT, "web_search_options": {"search_context_size": "low"}}),
        ("openai", "/v1/chat/completions", {**CHAT, "tools": [{"type": "web_search"}]}),
        ("openai", "/v1/chat/completions", {**CHAT, "service_tier": "priority"}),
        ("openai", "/v1/chat/completions", {**CHAT, "modalities": ["text", "audio"]}),
        ("openai", "/v1/chat/completions", {**CHAT, "prediction": {"type": "content", "content": "x"}}),
        ("openai", "/v1/chat/completions", {**CHAT, "model": "gpt-4o-search-preview"}),
        ("openai", "/v1/chat/completions",
         {**CHAT, "messages": [{"role": "user", "content": [{"type": "file", "file": {"file_id": "file-1"}}]}]}),
        ("openai", "/v1/chat/completions",
         {**CHAT, "messages": [{"role": "user", "content": [{"type": "input_audio", "input_audio": {"data": "x"}}]}]}),
        ("openai", "/v1/chat/completions", {**CHAT, "messages": [{"role": "assistant", "audio": {"id": "audio_1"}}]}),
        *(("openai", "/v1/responses", {"model": "gpt-4o-mini", "input": "x", **more}) for more in RESPONSES),
        ("openai", "/v1/responses/input_tokens", {"model": "gpt-4o-mini", "previous_response_id": "resp_1"}),
        *(("anthropic", "/v1/messages", {**CLAUDE, **more}) for more in MESSAGES),
        *(("google", GENERATE, {**GEMINI, **more}) for more in GENERATIONS),
        ("groq", "/openai/v1/chat/completions", {**CHAT, "model": "groq/compound"}),
        ("groq", "/openai/v1/chat/completions", {**CHAT, "tools": [{"type": "browser_search"}]}),
        ("groq", "/openai/v1/chat/completions", {**CHAT, "compound_custom": {"tools": {}}}),
        ("groq", "/openai/v1/chat/completions", {**CHAT, "model": "Groq/Compound"}),
        ("groq", "/openai/v1/chat/completions", {**CHAT, "Service_Tier": "performance"}),
        ("groq", "/openai/v1/chat/completions", {**CHAT, "max_completion_tokens": 10, "Max_Completion_Tokens": 9999}),
        ("groq", "/openai/v1/chat/completions", {**CHAT, "\u017fervice_tier": "performance"}),
        ("openai", "/v1/chat/completions", {**CHAT, "model": "GPT-4o-Search-Preview"}),
        ("openai", "/v1/chat/completions", {**CHAT, "reasoning": {"mode": "pro"}}),
        ("openai", "/v1/chat/completions", {**CHAT, "messages": [{"role": "user", "content": [{"image_url": {"url": "https://x"}}]}]}),
        ("groq", "/openai/v1/chat/completions", {**CHAT, "messages": [{"role": "user", "content": {"image_url": {"url": "https://x"}}}]}),
        *(("openrouter", "/api/v1/chat/completions", {**CHAT, "model": "openai/gpt-4o-mini", **more}) for more in ROUTED),
        *(("google", f"/v1beta/models/{model}:generateContent", GEMINI) for model in (
            "gemini-2.5-flash-image", "gemini-3-pro-image-preview", "Gemini-2.5-Flash-Image", "nano-banana-pro-preview",
            "gemini-2.5-flash-preview-tts", "gemini-2.5-flash-native-audio-latest", "gemini-live-2.5-flash")),
    ],
)  # fmt: skip
def test_members_that_reach_beyond_the_call_are_refused(name: str, path: str, body: dict[str, Any]) -> None:
    answer = passthrough(name, path, body)
    assert (answer.status, answer.code) == (403, "path_not_allowed")
    details = answer.json["error"]["details"]
    assert (details[0] if isinstance(details, list) else details)["member"]  # a list on Google's


def test_a_model_that_paints_is_refused_at_the_doors_for_chat_too() -> None:
    answer = request("POST", "/v1/openai/chat/completions", {**CHAT, "model": "google/gemini-2.5-flash-image"})
    assert (answer.status, answer.code) == (403, "path_not_allowed")


def test_what_a_part_lacks_is_said() -> None:
    answer = passthrough("openai", "/v1/responses", {"model": "gpt-4o-mini", "input": [{"id": "msg_1"}]})
    assert answer.json["error"]["message"].startswith("`input[].type` is needed: ")


def test_a_member_in_both_spellings_is_refused() -> None:
    body = {**GEMINI, "generationConfig": {"candidateCount": 1}, "generation_config": {"candidateCount": 9}}
    answer = passthrough("google", GENERATE, body)
    assert (answer.status, answer.code) == (400, "invalid_request")


@pytest.mark.parametrize(
    ("name", "target", "code"),
    [
        ("google", f"{GENERATE}?key=abc", "invalid_request"),
        ("google", f"{GENERATE}?alt=json&access_token=abc", "invalid_request"),
        ("google", f"{GENERATE}?fields=candidates", "path_not_allowed"),
        ("google", f"{GENERATE}?alt=proto", "path_not_allowed"),
        ("google", f"{GENERATE}?alt=json&alt=json", "invalid_request"),
        ("google", GENERATE.replace("generate", "streamGenerate"), "invalid_request"),
        ("openai", "/v1/chat/completions?api-version=1", "path_not_allowed"),
    ],
)
def test_query_strings_are_allowed_by_name_and_value(name: str, target: str, code: str) -> None:
    assert passthrough(name, target, GEMINI).code == code


@pytest.mark.parametrize(
    ("token", "headers", "status", "code"),
    [
        (None, {}, 401, "unauthenticated"),
        (None, {"cookie": f"session={TOKEN}"}, 401, "unauthenticated"),
        (None, {"authorization": f"Basic {TOKEN}"}, 401, "unauthenticated"),
        (None, {"x_api_key": TOKEN}, 401, "unauthenticated"),
        ("nonsense", {}, 401, "invalid_token"),
        (TOKEN[:-1] + ("0" if TOKEN[-1] != "0" else "1"), {}, 401, "invalid_token"),
        (tokens.mint_token(tokens.USER_TOKEN), {}, 401, "invalid_token"),
        ("1r_at_" + "geGlOLFGVzd1zdh30VLasM699GaFj2YBIe0DP0pucBy21Rq7M", {}, 401, "invalid_token"),
        (KEYS["openai"], {}, 401, "invalid_token"),
        (TOKEN, {"x_api_key": "another"}, 400, "invalid_request"),
        (TOKEN, {"x_api_key": TOKEN}, 503, SENT_ON),
    ],
    ids=["none", "cookie", "basic", "api_key_alone", "nonsense", "checksum", "user_token", "published", "key", "two", "twice"],
)
def test_credentials(token: str | None, headers: dict[str, str], status: int, code: str) -> None:
    answer = request("POST", "/v1/proxy/chat/completions", {"provider": "openai", **CHAT}, token, **headers)
    assert (answer.status, answer.code) == (status, code)
    assert ("x-should-retry" in answer.headers) is (status != 503)
    assert TOKEN.encode() not in answer.body


@pytest.mark.parametrize("header", ["x_api_key", "x_goog_api_key", "api_key"])
def test_passthrough_takes_the_token_where_sdks_put_keys(header: str) -> None:
    answer = request("POST", "/v1/proxy/passthrough/openai/v1/chat/completions", CHAT, None, **{header: TOKEN})
    assert answer.code == SENT_ON


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"", "invalid_json"),
        (b"{", "invalid_json"),
        (b'{"model":"gpt-4o-mini","model":"gpt-4o","messages":[]}', "invalid_json"),
        (b'{"a":NaN}', "invalid_json"),
        (b"[" * 100 + b"]" * 100, "invalid_json"),
        (json.dumps(CHAT).encode("utf-16"), "invalid_json"),
        (b"\xff\xfe", "invalid_json"),
        (b"[]", "invalid_request"),
        (b"null", "invalid_request"),
    ],
)
@pytest.mark.parametrize(
    "path", ["/v1/proxy/chat/completions", "/v1/proxy/passthrough/openai/v1/chat/completions", "/v1/openai/chat/completions"]
)
def test_a_body_that_is_no_json_object_is_refused(path: str, body: bytes, code: str) -> None:
    answer = request("POST", path, body)
    assert (answer.status, answer.code) == (400, code)
    assert answer.headers["x-request-id"]


@pytest.mark.parametrize("headers", [{"content_type": "text/plain"}, {"content_type": ""}, {"content_encoding": "gzip"}])
def test_only_plain_json_is_taken(headers: dict[str, str]) -> None:
    answer = request("POST", "/v1/proxy/chat/completions", b"{}", **headers)
    assert (answer.status, answer.code) == (415, "unsupported_media_type")


def test_a_body_that_is_too_large_is_refused() -> None:
    announced = request("POST", "/v1/proxy/chat/completions", b"{}", content_length=str(33 * 1024 * 1024))
    assert (announced.status, announced.code) == (413, "body_too_large")


def test_wrong_methods_and_unknown_routes() -> None:
    answer = request("GET", "/v1/proxy/chat/completions")
    assert (answer.status, answer.code, answer.headers["allow"]) == (405, "method_not_allowed", "OPTIONS, POST")
    answer = request("POST", "/v1/openai/models")
    assert (answer.status, answer.code) == (405, "method_not_allowed")
    answer = request("GET", "/v1/proxy/nothing")
    assert (answer.status, answer.json["success"], answer.code) == (404, False, "not_found")
    answer = request("GET", "/v1/openai/nothing")
    assert (answer.status, set(answer.json), answer.code) == (404, {"error"}, "not_found")


@pytest.mark.parametrize(("given", "kept"), [("my-own-id_1", True), ("short", False), ("bad id here", False)])
def test_a_request_id_is_kept_or_made(given: str, kept: bool) -> None:
    answer = request("POST", "/v1/proxy/chat/completions", b"{}", x_request_id=given)
    assert (answer.headers["x-request-id"] == given) is kept
    assert answer.json["error"]["requestId"] == answer.headers["x-request-id"]


@pytest.mark.parametrize("path", ["/v1/proxy/chat/completions", "/v1/proxy/passthrough/anthropic/v1/messages", "/v1/openai/models"])
def test_any_origin_may_call_without_cookies(path: str) -> None:
    answer = request("OPTIONS", path, token=None, origin="https://app.example", access_control_request_method="POST")
    assert (answer.status, answer.body) == (204, b"")
    assert answer.headers["access-control-allow-origin"] == "*"
    assert answer.headers["access-control-allow-headers"] == "*, authorization"
    assert "access-control-allow-credentials" not in answer.headers
    refused = request("POST", "/v1/proxy/chat/completions", b"{}", token=None, origin="https://app.example")
    assert refused.headers["access-control-allow-origin"] == "*"
