"""Python's `google-genai`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from google import genai
from google.genai import errors, types

from tests.sdks.asking import WEATHER_ABOUT, WEATHER_NAME, Ask, Raised, Said, schema, weather


class GoogleSdk:
    """generateContent. It tries once, unless it is given retry options; these look at the status alone."""

    id = "python google-genai"
    provider = "google"
    path = "/v1/proxy/passthrough/google"
    model = "gemini-2.5-flash"
    kinds: Mapping[int, str] = {0: "ClientError", 500: "ServerError", 502: "ServerError", 503: "ServerError", 504: "ServerError"}
    tries_again = obeys_should_retry = False
    gives_code = True

    def ask(self, ask: Ask) -> Said:
        """Ask, and answer tool calls until there is a text."""
        options = types.HttpOptions(base_url=ask.base, headers=dict(ask.headers))
        client = genai.Client(api_key=ask.token, http_options=options)
        try:
            return self._until_text(client, ask)
        except errors.APIError as error:
            raise Raised(type(error).__name__, str(error), error.code, error.status) from error
        finally:
            client.close()

    def _until_text(self, client: genai.Client, ask: Ask) -> Said:
        contents: list[Any] = [types.UserContent(ask.prompt * ask.prompt_repeated)]
        declared = types.FunctionDeclaration(name=WEATHER_NAME, description=WEATHER_ABOUT, parameters_json_schema=schema(ask.schema_depth))
        tools: list[Any] = [types.Tool(function_declarations=[declared])] if ask.tool else []
        config = types.GenerateContentConfig(max_output_tokens=ask.max_tokens, tools=tools or None)
        calls: list[tuple[str, dict[str, Any]]] = []
        while True:
            if ask.streams:
                answers = list(client.models.generate_content_stream(model=ask.model, contents=contents, config=config))
            else:
                answers = [client.models.generate_content(model=ask.model, contents=contents, config=config)]
            asked = [call for answer in answers for call in answer.function_calls or ()]
            said = [answer.candidates[0].content for answer in answers if answer.candidates]
            if not asked and ask.then and len(contents) == 1:
                contents += [*said, types.UserContent(ask.then)]
                continue
            if not asked:
                usage: Any = answers[-1].usage_metadata
                text = "".join(answer.text or "" for answer in answers)
                return Said(text, len(answers), usage.prompt_token_count, usage.candidates_token_count, tuple(calls))
            parts = []
            for call in asked:
                arguments = dict(call.args or {})
                calls.append((str(call.name), arguments))
                parts.append(types.Part.from_function_response(name=str(call.name), response={"result": weather(arguments)}))
            contents += [*said, types.UserContent(parts)]
