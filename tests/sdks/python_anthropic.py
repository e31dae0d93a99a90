"""Python's `anthropic`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import anthropic

from tests.sdks.asking import WEATHER_ABOUT, WEATHER_NAME, Ask, Raised, Said, schema, weather


class AnthropicSdk:
    """Messages."""

    id = "python anthropic"
    provider = "anthropic"
    path = "/v1/proxy/passthrough/anthropic"
    model = "claude-haiku-4-5"
    kinds: Mapping[int, str] = {
        0: "APIStatusError", 400: "BadRequestError", 401: "AuthenticationError", 403: "PermissionDeniedError", 404: "NotFoundError",
        402: "PaymentRequiredError", 409: "ConflictError", 413: "ContentTooLargeError", 429: "RateLimitError",
        500: "InternalServerError", 502: "InternalServerError", 503: "ServiceUnavailableError", 504: "GatewayTimeoutError",
    }  # fmt: skip
    tries_again = obeys_should_retry = True
    gives_code = True

    def ask(self, ask: Ask) -> Said:
        """Ask, and answer tool calls until there is a text."""
        given: dict[str, Any] = {} if ask.retries is None else {"max_retries": ask.retries}
        try:
            with anthropic.Anthropic(base_url=ask.base, api_key=ask.token, default_headers=dict(ask.headers), **given) as client:
                return self._until_text(client, ask)
        except anthropic.APIError as error:
            code = getattr(error, "type", None)
            raise Raised(type(error).__name__, str(error), getattr(error, "status_code", None), code) from error

    def _until_text(self, client: anthropic.Anthropic, ask: Ask) -> Said:
        messages: list[Any] = [{"role": "user", "content": ask.prompt * ask.prompt_repeated}]
        tool = {"name": WEATHER_NAME, "description": WEATHER_ABOUT, "input_schema": schema(ask.schema_depth)}
        more: dict[str, Any] = {"tools": [tool]} if ask.tool else {}
        calls: list[tuple[str, dict[str, Any]]] = []
        while True:
            given: Any = {"model": ask.model, "max_tokens": ask.max_tokens, "messages": messages, **more}
            pieces = 1
            if ask.streams:
                with client.messages.stream(**given) as stream:
                    pieces = sum(1 for _ in stream.text_stream)
                    answer: Any = stream.get_final_message()
            else:
                answer = client.messages.create(**given)
            asked = [block for block in answer.content if block.type == "tool_use"]
            if not asked and ask.then and len(messages) == 1:
                messages += [{"role": "assistant", "content": answer.content}, {"role": "user", "content": ask.then}]
                continue
            if not asked:
                text = "".join(block.text for block in answer.content if block.type == "text")
                return Said(text, pieces, answer.usage.input_tokens, answer.usage.output_tokens, tuple(calls))
            calls += [(block.name, dict(block.input)) for block in asked]
            results = [{"type": "tool_result", "tool_use_id": block.id, "content": weather(block.input)} for block in asked]
            messages += [{"role": "assistant", "content": answer.content}, {"role": "user", "content": results}]
