"""Python's `openai` (chat completions and Responses) and `groq`, whose clients have one shape."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

import groq
import openai

from tests.sdks.asking import WEATHER_ABOUT, WEATHER_NAME, Ask, Raised, Said, schema, weather

_KINDS = {
    0: "APIStatusError", 400: "BadRequestError", 401: "AuthenticationError", 403: "PermissionDeniedError", 404: "NotFoundError",
    409: "ConflictError", 429: "RateLimitError", 500: "InternalServerError", 502: "InternalServerError", 503: "InternalServerError",
    504: "InternalServerError",
}  # fmt: skip


class ChatSdk:
    """Chat completions, by `openai` or `groq`."""

    kinds: Mapping[int, str] = _KINDS
    tries_again = obeys_should_retry = True
    gives_code = True

    def __init__(self, name: str, provider: str, path: str, model: str, client: type[openai.OpenAI | groq.Groq] = openai.OpenAI) -> None:
        self.id, self.provider, self.path, self.model, self._client = name, provider, path, model, client

    def ask(self, ask: Ask) -> Said:
        """Ask, and answer tool calls until there is a text."""
        given: dict[str, Any] = {} if ask.retries is None else {"max_retries": ask.retries}
        client: Any = self._client(base_url=ask.base, api_key=ask.token, default_headers=dict(ask.headers), **given)
        try:
            with client:
                return self._until_text(client, ask)
        except (openai.APIError, groq.APIError) as error:
            raise raised(error) from error

    def _until_text(self, client: Any, ask: Ask) -> Said:
        messages: list[Any] = [{"role": "user", "content": ask.prompt * ask.prompt_repeated}]
        function = {"name": WEATHER_NAME, "description": WEATHER_ABOUT, "parameters": schema(ask.schema_depth)}
        more: dict[str, Any] = {"tools": [{"type": "function", "function": function}]} if ask.tool else {}
        more["max_completion_tokens"] = ask.max_tokens
        if ask.streams and self._client is openai.OpenAI:  # Groq reports usage unasked
            more["stream_options"] = {"include_usage": True}
        calls: list[tuple[str, dict[str, Any]]] = []
        while True:
            answer = client.chat.completions.create(model=ask.model, messages=messages, stream=ask.streams, **more)
            said, asked = _streamed(answer) if ask.streams else _whole(answer)
            if not asked and ask.then and len(messages) == 1:
                messages += [{"role": "assistant", "content": said.text}, {"role": "user", "content": ask.then}]
                continue
            if not asked:
                return Said(said.text, said.pieces, said.input_tokens, said.output_tokens, tuple(calls))
            messages.append({"role": "assistant", "content": None, "tool_calls": asked})
            for call in asked:
                arguments = json.loads(call["function"]["arguments"])
                calls.append((call["function"]["name"], arguments))
                messages.append({"role": "tool", "tool_call_id": call["id"], "content": weather(arguments)})


def _whole(answer: Any) -> tuple[Said, list[Any]]:
    message = answer.choices[0].message
    said = Said(message.content or "", 1, answer.usage.prompt_tokens, answer.usage.completion_tokens)
    return said, [call.model_dump(include={"id", "type", "function"}) for call in message.tool_calls or ()]


def _streamed(chunks: Iterable[Any]) -> tuple[Said, list[Any]]:
    texts: list[str] = []
    calls: dict[int, Any] = {}
    usage: Any = None
    for chunk in chunks:
        usage = getattr(chunk, "usage", None) or getattr(getattr(chunk, "x_groq", None), "usage", None) or usage
        for choice in chunk.choices:
            texts += [choice.delta.content] if choice.delta.content else []
            for part in choice.delta.tool_calls or ():
                if part.id:
                    calls[part.index] = {"id": part.id, "type": "function", "function": {"name": part.function.name, "arguments": ""}}
                calls[part.index]["function"]["arguments"] += part.function.arguments or ""
    return Said("".join(texts), len(texts), usage.prompt_tokens, usage.completion_tokens), list(calls.values())


class ResponsesSdk(ChatSdk):
    """OpenAI's Responses, by `openai`."""

    def _until_text(self, client: Any, ask: Ask) -> Said:
        items: list[Any] = [{"role": "user", "content": ask.prompt * ask.prompt_repeated}]
        tool = {"type": "function", "name": WEATHER_NAME, "description": WEATHER_ABOUT, "strict": False}
        more: dict[str, Any] = {"tools": [{**tool, "parameters": schema(ask.schema_depth)}]} if ask.tool else {}
        calls: list[tuple[str, dict[str, Any]]] = []
        while True:
            given = {"model": ask.model, "input": items, "max_output_tokens": ask.max_tokens, **more}
            pieces = 1
            if ask.streams:
                events = list(client.responses.create(stream=True, **given))
                pieces = sum(event.type == "response.output_text.delta" for event in events)
                answer = next(event.response for event in events if event.type == "response.completed")
            else:
                answer = client.responses.create(**given)
            asked = [item for item in answer.output if item.type == "function_call"]
            if not asked and ask.then and len(items) == 1:
                items += [*(item.model_dump(exclude_none=True) for item in answer.output), {"role": "user", "content": ask.then}]
                continue
            if not asked:
                return Said(answer.output_text, pieces, answer.usage.input_tokens, answer.usage.output_tokens, tuple(calls))
            for item in asked:
                arguments = json.loads(item.arguments)
                calls.append((item.name, arguments))
                items.append(item.model_dump(exclude_none=True))
                items.append({"type": "function_call_output", "call_id": item.call_id, "output": weather(arguments)})


def raised(error: openai.APIError | groq.APIError) -> Raised:
    """Status and code as the SDK gives them; `groq` leaves the error in the body."""
    code = getattr(error, "code", None)
    if code is None and isinstance(error.body, dict):
        inner = error.body.get("error")
        code = inner.get("code") if isinstance(inner, dict) else error.body.get("code")
    return Raised(type(error).__name__, str(error), getattr(error, "status_code", None), code)
