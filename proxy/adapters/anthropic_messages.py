"""OpenAI's messages as Anthropic's: the system prompt apart, tool results inside user turns, one turn a role.

Sources, stored copies read 2026-11-23: platform.claude.com/docs/en/api/messages, /build-with-claude/vision, /pdf-support,
/agents-and-tools/tool-use/handle-tool-calls, /build-with-claude/thinking-tool-workflows (thoughts go back unmodified),
/cli-sdks-libraries/libraries/openai-sdk (system messages anywhere are joined at the beginning); anthropic-sdk-python 2.12.0,
types/*_param.py.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import orjson

from proxy.adapters.chat import a_list, a_text, an_object, check_part, data_url, refusal

if TYPE_CHECKING:
    from collections.abc import Iterator

Block = dict[str, Any]

_IMAGES = ("image/jpeg", "image/png", "image/gif", "image/webp")
_ROLES = ("user", "assistant", "tool", "system", "developer")


def conversation(messages: object) -> tuple[list[Block], list[dict[str, Any]]]:
    """The system prompt's blocks, and the turns. Raises InvalidRequest for what has no native form."""
    system: list[Block] = []
    turns: list[dict[str, Any]] = []
    for number, message in enumerate(a_list(messages, "messages")):
        field = f"messages[{number}]"
        role, blocks = _message(an_object(message, field), field)
        if role == "system":
            system += blocks
        elif turns and turns[-1]["role"] == role:
            turns[-1]["content"] += blocks
        else:
            turns.append({"role": role, "content": blocks})
    if not turns:
        raise refusal("messages", "At least one message of the user is needed: a system prompt alone is not answered.")
    return system, turns


def _message(message: dict[str, Any], field: str) -> tuple[str, list[Block]]:
    """Anthropic's role and blocks for one message."""
    match message.get("role"):
        case "system" | "developer":
            check_part(message, ("role", "content"), field)
            return "system", list(_texts(message.get("content"), f"{field}.content"))
        case "user":
            check_part(message, ("role", "content"), field)
            return "user", _user(message.get("content"), f"{field}.content")
        case "assistant":
            return "assistant", _assistant(message, field)
        case "tool":
            return "user", [_tool_result(message, field)]
        case _:
            raise refusal(f"{field}.role", f"One of {', '.join(_ROLES)} is needed.")


def _texts(content: object, field: str, kinds: tuple[str, ...] = ("text",)) -> Iterator[Block]:
    """Text blocks for text or a list of text parts; empty ones say nothing, and Anthropic takes none."""
    parts = [{"type": "text", "text": content}] if isinstance(content, str) else a_list(content, field)
    for number, part in enumerate(parts):
        where = f"{field}[{number}]"
        kind = an_object(part, where).get("type")
        if kind not in kinds:
            raise refusal(f"{where}.type", f"Only {' and '.join(kinds)} parts are taken here.")
        check_part(part, ("type", kind), where)
        if text := a_text(part.get(kind), f"{where}.{kind}"):
            yield {"type": "text", "text": text}


def _user(content: object, field: str) -> list[Block]:
    parts = [{"type": "text", "text": content}] if isinstance(content, str) else a_list(content, field)
    return [_user_part(an_object(part, f"{field}[{number}]"), f"{field}[{number}]") for number, part in enumerate(parts)]


def _user_part(part: dict[str, Any], field: str) -> Block:
    match part.get("type"):
        case "text":
            check_part(part, ("type", "text"), field)
            return {"type": "text", "text": a_text(part.get("text"), f"{field}.text")}
        case "image_url":
            check_part(part, ("type", "image_url"), field)
            return _image(an_object(part.get("image_url"), f"{field}.image_url"), f"{field}.image_url")
        case "file":
            check_part(part, ("type", "file"), field)
            return _document(an_object(part.get("file"), f"{field}.file"), f"{field}.file")
        case "input_audio":
            raise refusal(f"{field}.type", "Anthropic's models hear nothing. Send the words as text.")
        case _:
            raise refusal(f"{field}.type", "One of text, image_url, file is needed.")


def _image(image: dict[str, Any], field: str) -> Block:
    """An image block. Its URL is passed on for Anthropic to fetch; nothing is fetched here."""
    check_part(image, ("url", "detail"), field)
    if image.get("detail") not in (None, "auto", "high"):
        raise refusal(f"{field}.detail", "Anthropic always looks at the whole image. Leave it out, or send a smaller image.")
    url = a_text(image.get("url"), f"{field}.url")
    if url.startswith("https://"):
        return {"type": "image", "source": {"type": "url", "url": url}}
    inline = data_url(url)
    if inline is None or inline[0] not in _IMAGES:
        raise refusal(f"{field}.url", f"An https:// address is needed, or a base64 data: URL of {', '.join(_IMAGES)}.")
    return {"type": "image", "source": {"type": "base64", "media_type": inline[0], "data": inline[1]}}


def _document(file: dict[str, Any], field: str) -> Block:
    if file.get("file_id") is not None:
        raise refusal(f"{field}.file_id", "Stored files are not reached through the relay. Send the file itself as file_data.")
    check_part(file, ("file_data", "filename"), field)
    inline = data_url(a_text(file.get("file_data"), f"{field}.file_data"))
    if inline is None or inline[0] != "application/pdf":
        raise refusal(f"{field}.file_data", "A PDF is needed, as data:application/pdf;base64,…")
    source = {"type": "base64", "media_type": inline[0], "data": inline[1]}
    title = file.get("filename")
    return {"type": "document", "source": source} | ({} if title is None else {"title": a_text(title, f"{field}.filename")})


def _assistant(message: dict[str, Any], field: str) -> list[Block]:
    """What the model said before. Its thoughts go back as the `thinking_blocks` they came in, each at its place in the
    content, though before the tools it calls: texts that were several come back as one, which moves what stood behind them.
    `reasoning_content` says the same without the signature that Anthropic wants."""
    known = ("role", "content", "refusal", "tool_calls", "reasoning_content", "thinking_blocks")
    check_part({**message, "annotations": message.get("annotations") or None}, known, field)
    blocks: list[Block] = []
    if message.get("content") is not None:
        blocks += _texts(message["content"], f"{field}.content", ("text", "refusal"))
    if message.get("refusal") is not None:
        blocks += _texts(message["refusal"], f"{field}.refusal")
    for number, call in enumerate(_some(message.get("tool_calls"), f"{field}.tool_calls")):
        where = f"{field}.tool_calls[{number}]"
        blocks.append(_tool_use(an_object(call, where), where))
    end = len(blocks) - sum(block["type"] == "tool_use" for block in blocks)
    for number, block in enumerate(_some(message.get("thinking_blocks"), f"{field}.thinking_blocks")):
        where = f"{field}.thinking_blocks[{number}]"
        place, thought = _thought(an_object(block, where), where)
        blocks.insert(min(place, end), thought)
        end += 1
    if not blocks:
        raise refusal(f"{field}.content", "An assistant message needs text, thoughts or tool calls.")
    return blocks


def _some(value: object, field: str) -> list[Any]:
    """The items of a list that may be empty or absent."""
    return a_list(value, field) if value not in (None, []) else []


def _thought(block: dict[str, Any], field: str) -> tuple[int, Block]:
    """Where in the content a block of thoughts was, and the block as Anthropic gave it."""
    place = block.get("index", 0)
    if type(place) is not int or place < 0:
        raise refusal(f"{field}.index", "The place of the block in the content is needed, from 0 on.")
    members = {"thinking": ("thinking", "signature"), "redacted_thinking": ("data",)}.get(str(block.get("type")))
    if members is None:
        raise refusal(f"{field}.type", "One of thinking, redacted_thinking is needed.")
    check_part(block, ("type", "index", *members), field)
    return place, {"type": block["type"]} | {name: a_text(block.get(name), f"{field}.{name}") for name in members}


def _tool_use(call: dict[str, Any], field: str) -> Block:
    check_part({**call, "index": None}, ("id", "type", "function"), field)
    if call.get("type") != "function":
        raise refusal(f"{field}.type", "Only calls of functions are taken.")
    function = an_object(call.get("function"), f"{field}.function")
    check_part(function, ("name", "arguments"), f"{field}.function")
    given = _arguments(a_text(function.get("arguments"), f"{field}.function.arguments"), f"{field}.function.arguments")
    call_id, name = a_text(call.get("id"), f"{field}.id"), a_text(function.get("name"), f"{field}.function.name")
    return {"type": "tool_use", "id": call_id, "name": name, "input": given}


def _arguments(text: str, field: str) -> dict[str, Any]:
    try:
        return an_object(orjson.loads(text or "{}"), field)
    except orjson.JSONDecodeError:
        raise refusal(field, "A JSON object as text is needed.") from None


def _tool_result(message: dict[str, Any], field: str) -> Block:
    """A tool's answer. The `name` that older clients send says what `tool_call_id` says already."""
    check_part(message, ("role", "content", "tool_call_id", "name"), field)
    call_id = a_text(message.get("tool_call_id"), f"{field}.tool_call_id")
    return {"type": "tool_result", "tool_use_id": call_id, "content": list(_texts(message.get("content"), f"{field}.content"))}
