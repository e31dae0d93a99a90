"""What Gemini receives for a conversation.

The bodies are written by hand from https://ai.google.dev/gemini-api/docs/text-generation (system instructions, multi-turn),
/docs/image-understanding and /docs/document-processing (inline data), all stored copies of 2026-04-19, read 2026-11-23.
"""

from __future__ import annotations

from typing import Any

import pytest

from tests.proxy.adapters.chatting import HELLO, Chat, accepted, refusal
from tests.proxy.adapters.gemini_said import HELLO_CONTENT, PATH, hello
from tests.proxy.conftest import KEYS

FLASH = "gemini-2.5-flash"
PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg=="
PDF = "JVBERi0xLjQKJeLjz9MK"


def sent(chat: Chat, messages: list[Any], **more: Any) -> Any:
    """The body that Gemini received."""
    return chat.sent("google", {"model": FLASH, "messages": messages, **more}, hello()).json


def test_it_goes_to_generate_content_with_the_key_in_its_header(chat: Chat) -> None:
    received = chat.sent("google", {"model": FLASH}, hello())
    assert (received.method, received.target) == ("POST", PATH.format(FLASH))
    assert received.json == {"contents": [HELLO_CONTENT]}
    assert received.headers["x-goog-api-key"] == KEYS["google"]
    assert "authorization" not in received.headers


def test_a_model_may_bear_its_prefix(chat: Chat) -> None:
    assert chat.sent("google", {"model": f"models/{FLASH}"}, hello()).target == PATH.format(FLASH)


@pytest.mark.parametrize("model", ["../files", "tunedModels/mine", "a:countTokens", "gemini%2fx", "models/", "models/models/x", "x?key=1"])
def test_a_model_that_is_no_name_is_refused(model: str) -> None:
    assert "model" in refusal("google", {"model": model})


@pytest.mark.feature("system", "google", "native", "together, in `systemInstruction`")
@pytest.mark.feature("turns", "google", "native")
def test_system_prompts_and_turns(chat: Chat) -> None:
    messages = [
        {"role": "system", "content": "You are a cat."},
        {"role": "developer", "content": [{"type": "text", "text": "Your name is Neko."}]},
        {"role": "user", "content": "Hello"},
        {"role": "user", "content": "there"},
        {"role": "assistant", "content": "Great to meet you.", "refusal": None},
        {"role": "user", "content": [{"type": "text", "text": "I have two dogs."}, {"type": "text", "text": "How many paws?"}]},
    ]
    assert sent(chat, messages) == {
        "systemInstruction": {"parts": [{"text": "You are a cat."}, {"text": "Your name is Neko."}]},
        "contents": [
            {"role": "user", "parts": [{"text": "Hello"}, {"text": "there"}]},
            {"role": "model", "parts": [{"text": "Great to meet you."}]},
            {"role": "user", "parts": [{"text": "I have two dogs."}, {"text": "How many paws?"}]},
        ],
    }


@pytest.mark.feature("images_inline", "google", "native")
def test_an_image_goes_as_inline_data(chat: Chat) -> None:
    image = {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{PIXEL}", "detail": "auto"}}
    content = [{"type": "text", "text": "What is this?"}, image]
    assert sent(chat, [{"role": "user", "content": content}]) == {
        "contents": [
            {"role": "user", "parts": [{"text": "What is this?"}, {"inlineData": {"mimeType": "image/png", "data": PIXEL}}]},
        ],
    }


@pytest.mark.feature("image_detail", "google", "native", "low or high, one for all images")
def test_the_detail_of_images_is_the_media_resolution(chat: Chat) -> None:
    def image(detail: str) -> dict[str, Any]:
        return {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{PIXEL}", "detail": detail}}

    body = sent(chat, [{"role": "user", "content": [image("low"), image("low")]}])
    assert body["generationConfig"] == {"mediaResolution": "MEDIA_RESOLUTION_LOW"}
    body = sent(chat, [{"role": "user", "content": [image("high")]}])
    assert body["generationConfig"] == {"mediaResolution": "MEDIA_RESOLUTION_HIGH"}
    for mixed in (["low", "high"], ["low", "auto"], ["original"]):
        messages = [{"role": "user", "content": [image(detail) for detail in mixed]}]
        assert "messages" in refusal("google", {"model": FLASH, "messages": messages})


@pytest.mark.feature("documents", "google", "native", "without its name")
def test_a_document_goes_as_inline_data(chat: Chat) -> None:
    file = {"type": "file", "file": {"filename": "a.pdf", "file_data": f"data:application/pdf;base64,{PDF}"}}
    body = sent(chat, [{"role": "user", "content": [file, {"type": "text", "text": "Sum it up."}]}])
    assert body["contents"] == [
        {"role": "user", "parts": [{"inlineData": {"mimeType": "application/pdf", "data": PDF}}, {"text": "Sum it up."}]},
    ]


def refused_part(part: dict[str, Any]) -> str:
    """The place that the refusal of a user message with this part names."""
    fields = refusal("google", {"model": FLASH, "messages": [{"role": "user", "content": [part]}]})
    return next(iter(fields)).removeprefix("messages[0].content[0].")


@pytest.mark.feature("images_url", "google", "refused", "send the image as a `data:` URL")
@pytest.mark.parametrize("url", ["https://example.com/a.png", "http://example.com/a.png", "gs://b/a.png", "files/abc", "", "data:,x"])
def test_an_image_by_address_is_refused(url: str) -> None:
    assert refused_part({"type": "image_url", "image_url": {"url": url}}) == "image_url.url"


@pytest.mark.feature("stored_files", "google", "refused")
def test_a_stored_file_is_refused() -> None:
    assert refused_part({"type": "file", "file": {"file_id": "file-1"}}) == "file.file_id"


@pytest.mark.feature("audio", "google", "refused")
def test_audio_is_refused() -> None:
    assert refused_part({"type": "input_audio", "input_audio": {"data": "AAAA", "format": "wav"}}) == "type"
    sound = {"type": "file", "file": {"file_data": "data:audio/wav;base64,AAAA"}}
    assert refused_part(sound) == "file.file_data"
    assert "modalities" in refusal("google", {"model": FLASH, "modalities": ["text", "audio"]})
    assert "audio" in refusal("google", {"model": FLASH, "audio": {"voice": "alloy", "format": "wav"}})
    assert accepted("google", {"model": FLASH, "modalities": ["text"]})


@pytest.mark.feature("names", "google", "refused")
@pytest.mark.parametrize("role", ["system", "user", "assistant"])
def test_the_name_of_a_participant_is_refused(role: str) -> None:
    messages = [*HELLO, {"role": role, "content": "Hello", "name": "Ann"}]
    assert list(refusal("google", {"model": FLASH, "messages": messages})) == ["messages[1].name"]


@pytest.mark.parametrize(
    ("messages", "place"),
    [
        (None, "messages"),
        ([], "messages"),
        ({}, "messages"),
        (["Hello"], "messages[0]"),
        ([{"role": "model", "content": "Hello"}], "messages[0].role"),
        ([{"role": ["user"], "content": "Hello"}], "messages[0].role"),
        ([{"role": "user"}], "messages[0].content"),
        ([{"role": "user", "content": []}], "messages[0].content"),
        ([{"role": "user", "content": ["Hello"]}], "messages[0].content[0]"),
        ([{"role": "user", "content": [{"type": ["text"]}]}], "messages[0].content[0].type"),
        ([{"role": "user", "content": [{"type": "text", "text": 5}]}], "messages[0].content[0].text"),
        ([{"role": "assistant", "content": None}], "messages[0].content"),
        ([{"role": "system", "content": "Be brief."}], "messages"),
        ([{"role": "user", "content": "Hello", "cache_control": {}}], "messages[0].cache_control"),
    ],
)
def test_a_message_that_is_none_is_refused_by_place(messages: object, place: str) -> None:
    assert list(refusal("google", {"model": FLASH, "messages": messages})) == [place]
