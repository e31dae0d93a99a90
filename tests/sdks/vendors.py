"""What the providers answer, each in its own words, written by hand from their references (read November 2026).

- OpenAI: platform.openai.com/docs/api-reference/chat, /chat-streaming, /responses, /responses-streaming
- Groq: the types of its SDK, `groq` 1.7 (usage of a stream in `x_groq` of the last chunk; asked for, in one more as at OpenAI)
- Anthropic: docs.anthropic.com/en/api/messages, /messages-streaming
- Google: ai.google.dev/api/generate-content

A provider that is offered the weather tool calls it for Paris, and answers with what it is told.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from tests.fake_provider import Answer, Piece, Received, events, stream, whole

TEXT = ("Hello ", "there.")
ARGUMENTS = {"city": "Paris"}
INPUT_TOKENS, OUTPUT_TOKENS = 21, 9


def answer(received: Received) -> Answer:
    """The answer to one call, by the path it came to."""
    body = received.json
    path = received.target.partition("?")[0]
    if path.endswith("/chat/completions"):
        return _chat(body, groq=path.startswith("/openai/"))
    if path.endswith("/responses"):
        return _responses(body)
    if path.endswith("/messages"):
        return _messages(body)
    return _generate(body, streams="streamGenerateContent" in path)


def slowly(received: Received) -> Answer:
    """The same, with the second half of a stream never coming."""
    begun = answer(received).pieces
    waits: list[Piece] = [piece for _ in range(200) for piece in (0.1, b": waiting\n\n")]
    if "streamGenerateContent" in received.target:  # Google's SDKs know no comments
        waits = [piece for _ in range(200) for piece in (0.1, begun[0])]
    return stream(*begun[: len(begun) // 2], *waits)


def _texts(told: str | None) -> tuple[str, ...]:
    return TEXT if told is None else ("It is ", told, ".")


def _chat(body: dict[str, Any], *, groq: bool) -> Answer:
    told = next((message["content"] for message in reversed(body["messages"]) if message["role"] == "tool"), None)
    usage = {"prompt_tokens": INPUT_TOKENS, "completion_tokens": OUTPUT_TOKENS, "total_tokens": INPUT_TOKENS + OUTPUT_TOKENS}
    envelope = {"id": "chatcmpl-1", "created": 1764000000, "model": body["model"]}
    calls = bool(body.get("tools")) and told is None
    reason = "tool_calls" if calls else "stop"
    function = {"name": "weather", "arguments": json.dumps(ARGUMENTS)}
    message: dict[str, Any] = {"role": "assistant", "content": None if calls else "".join(_texts(told))}
    if calls:
        message["tool_calls"] = [{"id": "call_1", "type": "function", "function": function}]
    if not body.get("stream"):
        choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": reason}
        return whole({**envelope, "object": "chat.completion", "choices": [choice], "usage": usage})
    deltas: list[dict[str, Any]] = [{"role": "assistant", "content": None if calls else ""}]
    if calls:
        start = {"index": 0, "id": "call_1", "type": "function", "function": {**function, "arguments": ""}}
        halves = (function["arguments"][:5], function["arguments"][5:])
        deltas.append({"tool_calls": [start]})
        deltas += [{"tool_calls": [{"index": 0, "function": {"arguments": half}}]} for half in halves]
    else:
        deltas += [{"content": text} for text in _texts(told)]
    chunk = {**envelope, "object": "chat.completion.chunk"}
    sent: list[dict[str, Any]] = [{**chunk, "choices": [{"index": 0, "delta": delta, "finish_reason": None}]} for delta in deltas]
    sent.append({**chunk, "choices": [{"index": 0, "delta": {}, "finish_reason": reason}]})
    if groq:
        sent[-1]["x_groq"] = {"id": "req_1", "usage": usage}
    if (body.get("stream_options") or {}).get("include_usage"):
        sent.append({**chunk, "choices": [], "usage": usage})
    return stream(*events(*sent))


def _responses(body: dict[str, Any]) -> Answer:
    items = body["input"] if isinstance(body["input"], list) else []
    told = next((item["output"] for item in items if item.get("type") == "function_call_output"), None)
    text = "".join(_texts(told))
    content = {"type": "output_text", "text": text, "annotations": [], "logprobs": []}
    item: dict[str, Any] = {"id": "msg_1", "type": "message", "role": "assistant", "status": "completed", "content": [content]}
    if body.get("tools") and told is None:
        call = {"call_id": "call_1", "name": "weather", "arguments": json.dumps(ARGUMENTS)}
        item = {"id": "fc_1", "type": "function_call", "status": "completed", **call}
    usage = {"input_tokens": INPUT_TOKENS, "input_tokens_details": {"cached_tokens": 0}, "output_tokens": OUTPUT_TOKENS,
             "output_tokens_details": {"reasoning_tokens": 0}, "total_tokens": INPUT_TOKENS + OUTPUT_TOKENS}  # fmt: skip
    response = {"id": "resp_1", "object": "response", "created_at": 1764000000, "status": "completed", "error": None,
                "incomplete_details": None, "model": body["model"], "output": [item], "parallel_tool_calls": True,
                "tool_choice": "auto", "tools": body.get("tools", []), "usage": usage}  # fmt: skip
    if not body.get("stream"):
        return whole(response)
    at = {"item_id": item["id"], "output_index": 0}
    sent: list[tuple[str, dict[str, Any]]] = [
        ("response.created", {"response": {**response, "status": "in_progress", "output": [], "usage": None}})
    ]
    if item["type"] == "function_call":
        arguments = item["arguments"]
        sent.append(("response.output_item.added", {"output_index": 0, "item": {**item, "status": "in_progress", "arguments": ""}}))
        sent += [("response.function_call_arguments.delta", {**at, "delta": half}) for half in (arguments[:5], arguments[5:])]
        sent.append(("response.function_call_arguments.done", {**at, "arguments": arguments, "name": "weather"}))
    else:
        part = {**at, "content_index": 0}
        sent.append(("response.output_item.added", {"output_index": 0, "item": {**item, "status": "in_progress", "content": []}}))
        sent.append(("response.content_part.added", {**part, "part": {**content, "text": ""}}))
        sent += [("response.output_text.delta", {**part, "delta": piece, "logprobs": []}) for piece in _texts(told)]
        sent.append(("response.output_text.done", {**part, "text": text, "logprobs": []}))
        sent.append(("response.content_part.done", {**part, "part": content}))
    sent.append(("response.output_item.done", {"output_index": 0, "item": item}))
    sent.append(("response.completed", {"response": response}))
    return _named((name, {"sequence_number": number, **data}) for number, (name, data) in enumerate(sent))


def _messages(body: dict[str, Any]) -> Answer:
    blocks = [block for message in body["messages"] if isinstance(message["content"], list) for block in message["content"]]
    told = next((_anthropic_text(block["content"]) for block in blocks if block["type"] == "tool_result"), None)
    calls = bool(body.get("tools")) and told is None
    block: dict[str, Any] = {"type": "text", "text": "".join(_texts(told))}
    if calls:
        block = {"type": "tool_use", "id": "toolu_1", "name": "weather", "input": ARGUMENTS}
    reason = "tool_use" if calls else "end_turn"
    usage = {"input_tokens": INPUT_TOKENS, "cache_creation_input_tokens": 0, "cache_read_input_tokens": 0}
    message = {"id": "msg_1", "type": "message", "role": "assistant", "model": body["model"], "stop_sequence": None}
    if not body.get("stream"):
        return whole({**message, "content": [block], "stop_reason": reason, "usage": {**usage, "output_tokens": OUTPUT_TOKENS}})
    if calls:
        text = json.dumps(ARGUMENTS)
        empty = {**block, "input": {}}
        deltas = [{"type": "input_json_delta", "partial_json": half} for half in (text[:5], text[5:])]
    else:
        empty = {**block, "text": ""}
        deltas = [{"type": "text_delta", "text": piece} for piece in _texts(told)]
    begun = {**message, "content": [], "stop_reason": None, "usage": {**usage, "output_tokens": 1}}
    return _named([
        ("message_start", {"message": begun}),
        ("content_block_start", {"index": 0, "content_block": empty}),
        ("ping", {}),
        *(("content_block_delta", {"index": 0, "delta": delta}) for delta in deltas),
        ("content_block_stop", {"index": 0}),
        ("message_delta", {"delta": {"stop_reason": reason, "stop_sequence": None}, "usage": {"output_tokens": OUTPUT_TOKENS}}),
        ("message_stop", {}),
    ])  # fmt: skip


def _anthropic_text(content: Any) -> str:
    return content if isinstance(content, str) else "".join(part["text"] for part in content)


def _generate(body: dict[str, Any], *, streams: bool) -> Answer:
    parts = [part for content in body["contents"] for part in content["parts"]]
    result = next((part["functionResponse"]["response"] for part in parts if "functionResponse" in part), None)
    told = None if result is None else str(next(result[name] for name in ("output", "result", "content") if name in result))
    usage = {"promptTokenCount": INPUT_TOKENS, "candidatesTokenCount": OUTPUT_TOKENS, "totalTokenCount": INPUT_TOKENS + OUTPUT_TOKENS}
    more = {"usageMetadata": usage, "modelVersion": "gemini-2.5-flash", "responseId": "r1"}
    said: list[dict[str, Any]] = [{"text": text} for text in _texts(told)]
    if body.get("tools") and result is None:
        said = [{"functionCall": {"name": "weather", "args": ARGUMENTS}}]
    if not streams:
        return whole({"candidates": [_candidate(said, "STOP")], **more})
    chunks: list[dict[str, Any]] = [{"candidates": [_candidate([part], None)], **more} for part in said]
    chunks[-1]["candidates"][0]["finishReason"] = "STOP"
    return stream(*(b"data: " + json.dumps(chunk).encode() + b"\r\n\r\n" for chunk in chunks))


def _candidate(parts: list[dict[str, Any]], reason: str | None) -> dict[str, Any]:
    done = {"finishReason": reason} if reason else {}
    return {"content": {"parts": parts, "role": "model"}, "index": 0, **done}


def _named(given: Iterable[tuple[str, dict[str, Any]]]) -> Answer:
    pieces = [f"event: {name}\ndata: {json.dumps({'type': name, **data})}\n\n".encode() for name, data in given]
    return stream(*pieces)
