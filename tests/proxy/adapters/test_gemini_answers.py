"""What an app gets for what Gemini answers.

Answers by hand from https://ai.google.dev/api/generate-content (GenerateContentResponse, Candidate, FinishReason,
PromptFeedback, LogprobsResult, UsageMetadata; stored copy of 2026-04-19, read 2026-11-23) and google-genai 3.4.0,
types.FinishReason.
"""

from __future__ import annotations

from typing import Any

import pytest

from tests.fake_provider import whole
from tests.proxy.adapters.chatting import Chat
from tests.proxy.adapters.gemini_said import candidate, response
from tests.proxy.conftest import settled

FLASH = "gemini-2.5-flash"


def completion(chat: Chat, answer: dict[str, Any], **members: Any) -> Any:
    """The chat completion for this answer of Gemini's."""
    return chat.completion("google", {"model": FLASH, **members}, whole(answer))


def test_an_answer_is_a_chat_completion(chat: Chat) -> None:
    got = completion(
        chat, response(candidate({"text": "Meow. "}, {"text": "Meow."}, avgLogprobs=-0.1), modelVersion="gemini-2.5-flash-001")
    )
    assert isinstance(got.pop("created"), int)
    assert got == {
        "id": "chatcmpl-r1",
        "object": "chat.completion",
        "model": "gemini-2.5-flash-001",
        "choices": [
            {
                "index": 0,
                "message": {"role": "assistant", "content": "Meow. Meow.", "refusal": None},
                "logprobs": None,
                "finish_reason": "stop",
            },
        ],
        "usage": {
            "prompt_tokens": 8,
            "completion_tokens": 4,
            "total_tokens": 12,
            "prompt_tokens_details": {"cached_tokens": 0, "cache_write_tokens": 0},
            "completion_tokens_details": {"reasoning_tokens": 0},
        },
    }


@pytest.mark.feature("usage", "google", "native")
def test_usage_counts_thoughts_as_completion_and_is_what_is_booked(chat: Chat) -> None:
    """Gemini 2.5 Flash on 2026-11-23, dollars a million tokens: input 0.30, cached 0.03, output 2.50 (genai-prices 0.2.3)."""
    counted = {
        "promptTokenCount": 1000,
        "cachedContentTokenCount": 400,
        "toolUsePromptTokenCount": 50,
        "candidatesTokenCount": 200,
        "thoughtsTokenCount": 300,
        "totalTokenCount": 1550,
    }
    got = completion(chat, response(candidate({"text": "Meow."}), usageMetadata=counted))
    assert got["usage"] == {
        "prompt_tokens": 1050,
        "completion_tokens": 500,
        "total_tokens": 1550,
        "prompt_tokens_details": {"cached_tokens": 400, "cache_write_tokens": 0},
        "completion_tokens_details": {"reasoning_tokens": 300},
    }
    entry = settled(chat.linked.connection.id).entries[0]
    assert (entry.provider, entry.model, entry.usage_source) == ("google", FLASH, "provider_usage")
    assert (entry.input_tokens, entry.cached_input_tokens, entry.output_tokens) == (1050, 400, 500)
    assert entry.cost_nanos == 650 * 300 + 400 * 30 + 500 * 2500


@pytest.mark.feature("choices", "google", "native")
def test_every_candidate_is_a_choice(chat: Chat) -> None:
    got = completion(chat, response(candidate({"text": "a"}), candidate({"text": "b"}, index=1, reason="MAX_TOKENS")), n=2)
    found = [(each["index"], each["message"]["content"], each["finish_reason"]) for each in got["choices"]]
    assert found == [(0, "a", "stop"), (1, "b", "length")]


FILTERED = (
    *("SAFETY", "RECITATION", "LANGUAGE", "BLOCKLIST", "PROHIBITED_CONTENT", "SPII"),
    *("OTHER", "MALFORMED_FUNCTION_CALL", "UNEXPECTED_TOOL_CALL", "MISSING_THOUGHT_SIGNATURE", "NEW_ONE"),
)


@pytest.mark.feature("finish_reasons", "google", "native", "filters and failures are `content_filter`, the reason in `refusal`")
def test_finish_reasons(chat: Chat) -> None:
    call = {"functionCall": {"name": "f", "args": {}}}
    for reason, part, expected in (
        ("STOP", {"text": "x"}, "stop"),
        ("MAX_TOKENS", {"text": "x"}, "length"),
        ("STOP", call, "tool_calls"),
        ("MAX_TOKENS", call, "length"),
    ):
        (choice,) = completion(chat, response(candidate(part, reason=reason)))["choices"]
        assert (choice["finish_reason"], choice["message"]["refusal"]) == (expected, None)
    for reason in FILTERED:
        (choice,) = completion(chat, response({"finishReason": reason}))["choices"]
        message = {"role": "assistant", "content": None, "refusal": f"Gemini ended the answer: {reason}."}
        assert (choice["finish_reason"], choice["message"]) == ("content_filter", message)


def test_a_blocked_prompt_is_filtered_content(chat: Chat) -> None:
    blocked = response(promptFeedback={"blockReason": "PROHIBITED_CONTENT"}, usageMetadata={"promptTokenCount": 9, "totalTokenCount": 9})
    got = completion(chat, blocked)
    message = {"role": "assistant", "content": None, "refusal": "Gemini blocked the prompt: PROHIBITED_CONTENT."}
    assert got["choices"] == [{"index": 0, "message": message, "logprobs": None, "finish_reason": "content_filter"}]
    assert got["usage"]["prompt_tokens"] == 9


def test_an_answer_of_thoughts_alone_is_empty(chat: Chat) -> None:
    """What comes of an output limit that the thoughts used up: a content without parts."""
    (choice,) = completion(chat, response({"content": {"role": "model"}, "finishReason": "MAX_TOKENS"}))["choices"]
    assert (choice["message"]["content"], choice["finish_reason"]) == ("", "length")


@pytest.mark.feature("reasoning_text", "google", "native", "in `reasoning_content`; Gemini is not asked for thoughts")
def test_thoughts_stand_beside_the_answer_and_go_back(chat: Chat) -> None:
    parts: list[dict[str, Any]] = [
        {"text": "The user wants a cat.", "thought": True},
        {"text": "Meow.", "thoughtSignature": "<Signature C>"},
    ]
    (choice,) = completion(chat, response(candidate(*parts)))["choices"]
    assert choice["message"] == {
        "role": "assistant",
        "content": "Meow.",
        "refusal": None,
        "reasoning_content": "The user wants a cat.",
        "extra_content": {"google": {"thought_signature": "<Signature C>"}},
    }
    messages = [{"role": "user", "content": "Hello"}, choice["message"], {"role": "user", "content": "Again"}]
    completion(chat, response(candidate({"text": "Meow."})), messages=messages)
    assert chat.fake.last.json["contents"][1] == {"role": "model", "parts": parts}


@pytest.mark.feature("logprobs", "google", "native")
def test_logprobs_come_back(chat: Chat) -> None:
    result = {
        "topCandidates": [
            {"candidates": [{"token": "Me", "tokenId": 1, "logProbability": -0.1}, {"token": "Wo", "tokenId": 2, "logProbability": -2.5}]},
            {"candidates": [{"token": "ow", "tokenId": 3}]},
        ],
        "chosenCandidates": [{"token": "Me", "tokenId": 1, "logProbability": -0.1}, {"token": "ow", "tokenId": 3}],
    }
    got = completion(chat, response(candidate({"text": "Meow"}, logprobsResult=result)), logprobs=True, top_logprobs=2)
    me, wo, ow = ({"token": token, "logprob": logprob, "bytes": None} for token, logprob in (("Me", -0.1), ("Wo", -2.5), ("ow", 0.0)))
    assert got["choices"][0]["logprobs"] == {
        "content": [{**me, "top_logprobs": [me, wo]}, {**ow, "top_logprobs": [ow]}],
        "refusal": None,
    }


NO_ANSWERS: list[Any] = [
    {},
    [],
    {"candidates": {}},
    {"candidates": ["x"]},
    {"candidates": []},
    response(candidate({"inlineData": {"mimeType": "image/png", "data": "AAAA"}})),
    response(candidate({"executableCode": {"code": "1"}})),
    response(candidate({"functionCall": {"args": {}}})),
    response(candidate({"text": 5})),
    response({"content": [], "index": "0"}),
    response({"content": {"parts": {"text": "x"}}}),
    response(candidate({"text": "x"}, logprobsResult={"chosenCandidates": [{}]})),
]


def test_what_is_no_answer_of_geminis_is_an_error(chat: Chat) -> None:
    for answer in NO_ANSWERS:
        got = chat.ask("google", {"model": FLASH}, whole(answer))
        assert (got.status_code, got.json()["error"]["code"]) == (502, "provider_unreachable"), answer


@pytest.mark.feature("errors", "google", "native", "as Gemini sends them; within a stream in OpenAI's shape")
def test_an_error_comes_as_gemini_sent_it(chat: Chat) -> None:
    error = {"error": {"code": 429, "message": "Resource has been exhausted.", "status": "RESOURCE_EXHAUSTED"}}
    for stream in (False, True):
        got = chat.ask("google", {"model": FLASH, "stream": stream}, whole(error, 429))
        assert (got.status_code, got.json()) == (429, error)
        assert got.headers["X-1Relay-Provider-Error"] == "google"
