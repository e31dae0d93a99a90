"""Bodies that the doors refuse, member by member, and ordinary ones that they send on."""

from __future__ import annotations

from typing import Any

import pytest

from tests.proxy.by_hand import CHAT, CLAUDE, GEMINI, GENERATE, SENT_ON, passthrough, request

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
