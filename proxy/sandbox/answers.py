"""The sandbox's answers in OpenAI's shapes: completions, chunks, usage, models, embeddings, errors."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any, Final

from proxy.sandbox import words

MODELS: Final = ("sandbox-small", "sandbox-large")
CREATED: Final = 1_767_225_600
MAX_CHOICES: Final = 8


class Refused(Exception):
    """An error answer, in OpenAI's shape."""

    def __init__(self, status: int, message: str, kind: str, code: str | None, param: str | None = None) -> None:
        self.status = status
        self.body = {"error": {"message": message, "type": kind, "param": param, "code": code}}
        super().__init__(code)


@dataclass(frozen=True, slots=True)
class Written:
    """One choice: its tokens, and why it ends."""

    tokens: list[str]
    finish_reason: str


@dataclass(frozen=True, slots=True)
class Completion:
    """A whole chat answer, to be sent at once or token by token."""

    id: str
    model: str
    choices: list[Written]
    prompt_tokens: int
    include_usage: bool

    @property
    def usage(self) -> dict[str, Any]:
        """Exact, by the sandbox's own way of counting."""
        written = sum(len(choice.tokens) for choice in self.choices)
        return {
            "prompt_tokens": self.prompt_tokens,
            "completion_tokens": written,
            "total_tokens": self.prompt_tokens + written,
            "prompt_tokens_details": {"cached_tokens": 0},
            "completion_tokens_details": {"reasoning_tokens": 0},
        }

    def as_json(self) -> dict[str, Any]:
        """The answer as one object."""
        choices = [
            {
                "index": index,
                "message": {"role": "assistant", "content": "".join(choice.tokens), "refusal": None},
                "logprobs": None,
                "finish_reason": choice.finish_reason,
            }
            for index, choice in enumerate(self.choices)
        ]
        return self._object("chat.completion", choices) | {"usage": self.usage}

    def chunks(self) -> list[dict[str, Any]]:
        """The answer as OpenAI streams it: role, one chunk a token, finish; and the usage if that was asked for."""
        chunks = []
        for index, choice in enumerate(self.choices):
            chunks.append(self._chunk(index, {"role": "assistant", "content": ""}, None))
            chunks += [self._chunk(index, {"content": token}, None) for token in choice.tokens]
            chunks.append(self._chunk(index, {}, choice.finish_reason))
        if self.include_usage:
            chunks = [chunk | {"usage": None} for chunk in chunks]
            chunks.append(self._object("chat.completion.chunk", []) | {"usage": self.usage})
        return chunks

    def _chunk(self, index: int, delta: dict[str, Any], finish_reason: str | None) -> dict[str, Any]:
        choice = {"index": index, "delta": delta, "logprobs": None, "finish_reason": finish_reason}
        return self._object("chat.completion.chunk", [choice])

    def _object(self, kind: str, choices: list[dict[str, Any]]) -> dict[str, Any]:
        return {"id": self.id, "object": kind, "created": CREATED, "model": self.model, "choices": choices}


def complete(body: dict[str, Any]) -> Completion:
    """Answer a chat request. Raises Refused for what OpenAI would refuse, too."""
    model = check_model(body.get("model"))
    messages = body.get("messages")
    if not isinstance(messages, list) or not messages:
        raise _invalid("'messages' must be a list with at least one message.", "messages")
    wanted = body.get("n") or 1
    if not isinstance(wanted, int) or not 1 <= wanted <= MAX_CHOICES:
        raise _invalid(f"'n' must be between 1 and {MAX_CHOICES}.", "n")
    limit = _limit(body)
    options = body.get("stream_options")
    digest = hashlib.sha256(repr((model, messages)).encode("utf-8", "replace")).hexdigest()
    return Completion(
        id=f"chatcmpl-sandbox-{digest[:24]}",
        model=model,
        choices=[_write(words.answer_to(model, messages, choice), limit) for choice in range(wanted)],
        prompt_tokens=words.prompt_tokens(messages),
        include_usage=isinstance(options, dict) and options.get("include_usage") is True,
    )


def embed(body: dict[str, Any]) -> dict[str, Any]:
    """Answer an embeddings request. Raises Refused."""
    model = check_model(body.get("model"))
    given = body.get("input")
    texts = [given] if isinstance(given, str) else given
    if not isinstance(texts, list) or not texts or not all(isinstance(text, str) for text in texts):
        raise _invalid("'input' must be a text or a list of texts.", "input")
    count = sum(len(words.tokens(text)) for text in texts)
    data = [{"object": "embedding", "index": index, "embedding": words.embedding_of(model, text)} for index, text in enumerate(texts)]
    return {"object": "list", "data": data, "model": model, "usage": {"prompt_tokens": count, "total_tokens": count}}


def model_list() -> dict[str, Any]:
    """All models."""
    return {"object": "list", "data": [model_entry(name) for name in MODELS]}


def model_entry(name: str) -> dict[str, Any]:
    """One model."""
    return {"id": name, "object": "model", "created": CREATED, "owned_by": "1relay-sandbox"}


def check_model(name: object) -> str:
    """The model's name. Raises Refused for one the sandbox does not have."""
    if isinstance(name, str) and name in MODELS:
        return name
    message = f"The sandbox has no such model; it has {' and '.join(MODELS)}."
    raise Refused(404, message, "invalid_request_error", "model_not_found", "model")


def _limit(body: dict[str, Any]) -> int | None:
    limits = [body[name] for name in ("max_completion_tokens", "max_tokens") if body.get(name) is not None]
    if not all(isinstance(limit, int) and limit > 0 for limit in limits):
        raise _invalid("'max_completion_tokens' must be a positive whole number.", "max_completion_tokens")
    return min(limits, default=None)


def _write(text: str, limit: int | None) -> Written:
    tokens = words.tokens(text)
    if limit is not None and len(tokens) > limit:
        return Written(tokens[:limit], "length")
    return Written(tokens, "stop")


def _invalid(message: str, param: str) -> Refused:
    return Refused(400, message, "invalid_request_error", "invalid_value", param)
