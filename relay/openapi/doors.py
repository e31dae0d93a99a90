"""The proxy's three doors in the document, by hand: they are no REST framework views."""

from __future__ import annotations

from typing import Any

from relay.openapi.components import TEXT, Shape, list_of, record, ref
from relay.providers import registry

_ANY_OBJECT: Shape = {"type": "object"}
_MESSAGES = list_of(record({"role": TEXT}, {"content": {}}))
_CHAT = record({"model": TEXT, "messages": _MESSAGES}, {"stream": {"type": "boolean"}, "max_tokens": {"type": "integer", "minimum": 1}})
_STREAM = {"text/event-stream": {"schema": TEXT}}
_AFTER = {
    "X-1Relay-Cost-Micros": {"schema": {"type": "integer"}, "description": "What the call cost, in millionths of a US dollar."},
    "X-1Relay-Budget-Remaining-Micros": {"schema": {"type": "integer"}, "description": "What the budget has left."},
}

COMPONENTS: dict[str, Shape] = {
    "ChatCompletion": record(
        {"id": TEXT, "object": {"const": "chat.completion"}, "model": TEXT, "choices": list_of(_ANY_OBJECT)}, {"usage": _ANY_OBJECT}
    ),
    "ModelList": record({"object": {"const": "list"}, "data": list_of(record({"id": TEXT}))}),
    "OpenAiError": record(
        {"error": record({"message": TEXT, "type": TEXT, "code": ref("ErrorCode")}, {"details": _ANY_OBJECT})},
    ),
}


def paths() -> dict[str, Any]:
    """The path items of the doors."""
    passthrough = {method: _passthrough(method) for method in ("get", "post")}
    return {
        "/v1/proxy/chat/completions": {
            "post": _operation(
                "proxyChat",
                "Chats with any granted provider, in OpenAI's format inside the envelope.",
                body=record({"provider": TEXT, **_CHAT["properties"]}) | {"required": ["messages", "model", "provider"]},
                answer=record({"success": {"const": True}, "data": ref("ChatCompletion")}),
            )
        },
        "/v1/proxy/passthrough/{provider}/{path}": passthrough,
        "/v1/openai/chat/completions": {
            "post": _operation(
                "openaiChat",
                "As the relay's own chat, for OpenAI clients: no envelope, and `model` is provider/model.",
                body=_CHAT,
                answer=ref("ChatCompletion"),
                failure="OpenAiError",
            )
        },
        "/v1/openai/models": {
            "get": _operation(
                "openaiModels", "The models of every granted provider.", answer=ref("ModelList"), failure="OpenAiError", streams=False
            )
        },
    }


def _passthrough(method: str) -> dict[str, Any]:
    providers = {"type": "string", "enum": [provider.id for provider in registry.providers()]}
    operation = _operation(
        f"passthrough{method.capitalize()}",
        "The provider's own call, bytes untouched; spec/providers.json lists the calls that pass. `path` may hold slashes. "
        "The relay's own errors bear X-1Relay-Error and, beside the envelope, the members the provider's SDK reads. "
        "The access token may also stand in x-api-key, x-goog-api-key or api-key.",
        body=_ANY_OBJECT if method == "post" else None,
        answer=_ANY_OBJECT,
    )
    operation["parameters"] = [
        {"name": "provider", "in": "path", "required": True, "schema": providers},
        {"name": "path", "in": "path", "required": True, "schema": TEXT},
    ]
    return operation


def _operation(
    name: str, description: str, *, answer: Shape, body: Shape | None = None, failure: str = "Error", streams: bool = True
) -> dict[str, Any]:
    content = {"application/json": {"schema": answer}, **(_STREAM if streams else {})}
    operation: dict[str, Any] = {
        "operationId": name,
        "description": description,
        "tags": ["proxy"],
        "security": [{"grant": []}],
        "responses": {
            "200": {"description": "The provider's answer.", "content": content, "headers": _AFTER if streams else {}},
            "default": {"description": "Refused; see the code.", "content": {"application/json": {"schema": ref(failure)}}},
        },
    }
    if body is not None:
        operation["requestBody"] = {"required": True, "content": {"application/json": {"schema": body}}}
    return operation
