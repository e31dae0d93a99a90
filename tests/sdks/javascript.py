"""The official JavaScript SDKs, in one Node process that is asked line by line."""

from __future__ import annotations

import json
import os
import subprocess
import threading
from collections.abc import Mapping
from functools import cache
from typing import Any

from scripts.layout import ROOT
from tests.sdks.asking import WEATHER_ABOUT, WEATHER_NAME, Ask, Raised, Said, schema

_BUILT = ROOT / "build" / "test" / "sdks"
_PATIENCE_SECONDS = 60.0


class Node:
    """The process, with nothing of the caller's environment but what finds programs."""

    def __init__(self) -> None:
        self._driver = _BUILT / f"driver-{os.getpid()}.mjs"  # below the packages' folder, where Node looks for them
        bundle = ["npx", "--no", "esbuild", "tests/sdks/js/src/driver.ts", f"--outfile={self._driver}"]
        options = ["--bundle", "--packages=external", "--platform=node", "--format=esm", "--target=node20", "--log-level=warning"]
        subprocess.run([*bundle, *options], cwd=ROOT, check=True)
        environment = {"PATH": os.environ["PATH"]}
        pipe = subprocess.PIPE
        self._process = subprocess.Popen(["node", str(self._driver)], cwd=ROOT, env=environment, stdin=pipe, stdout=pipe, text=True)

    def ask(self, name: str, ask: dict[str, Any]) -> Any:
        """One line out, one line back; the process is ended where it takes too long."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        print(json.dumps({"sdk": name, "ask": ask}), file=self._process.stdin, flush=True)
        timer = threading.Timer(_PATIENCE_SECONDS, self._process.kill)
        timer.start()
        line = self._process.stdout.readline()
        timer.cancel()
        if not line:
            node.cache_clear()
            raise AssertionError("the Node process is gone")
        return json.loads(line)

    def close(self) -> None:
        """End it."""
        with self._process as process:
            assert process.stdin is not None
            process.stdin.close()
            process.wait(10)
        self._driver.unlink()


@cache
def node() -> Node:
    """The one process, started when it is first needed."""
    return Node()


def end_node() -> None:
    """End the process, if there is one."""
    if node.cache_info().currsize:
        node().close()
        node.cache_clear()


class JavaScriptSdk:
    """One of the SDKs that tests/sdks/js/src/driver.ts knows by name."""

    def __init__(
        self,
        driver: str,
        provider: str,
        path: str,
        model: str,
        kinds: Mapping[int, str],
        *,
        name: str | None = None,
        obeys: bool = True,
        tries: bool = True,
        gives_code: bool = True,
    ) -> None:
        self.id, self.provider, self.path, self.model = name or driver, provider, path, model
        self.kinds, self.tries_again, self.obeys_should_retry, self.gives_code = kinds, tries, obeys, gives_code
        self._driver = driver

    def ask(self, ask: Ask) -> Said:
        """Ask. What is neither an answer nor an error of the SDK's own fails the test."""
        tool = {"name": WEATHER_NAME, "description": WEATHER_ABOUT, "schema": schema(ask.schema_depth)} if ask.tool else None
        sent = {
            "base": ask.base,
            "token": ask.token,
            "model": ask.model,
            "prompt": ask.prompt,
            "promptRepeated": ask.prompt_repeated,
            "then": ask.then,
            "streams": ask.streams,
            "tool": tool,
            "maxTokens": ask.max_tokens,
            "retries": ask.retries,
            "headers": dict(ask.headers),
        }
        answer = node().ask(self._driver, sent)
        if raised := answer.get("raised"):
            raise Raised(raised["kind"], raised["text"], raised["status"], raised["code"])
        assert "said" in answer, answer["failed"]
        said = answer["said"]
        calls = tuple((call["name"], call["arguments"]) for call in said["calls"])
        return Said(said["text"], said["pieces"], said["inputTokens"], said["outputTokens"], calls)


STATUSES = {
    0: "APIError", 400: "BadRequestError", 401: "AuthenticationError", 403: "PermissionDeniedError", 404: "NotFoundError",
    409: "ConflictError", 429: "RateLimitError", 500: "InternalServerError", 502: "InternalServerError", 503: "InternalServerError",
    504: "InternalServerError",
}  # fmt: skip
_ANTHROPIC = {
    **STATUSES, 402: "PaymentRequiredError", 413: "ContentTooLargeError", 503: "ServiceUnavailableError", 504: "GatewayTimeoutError",
}  # fmt: skip
VERCEL = {0: "AI_APICallError"}
_AT = "/v1/proxy/passthrough/"
GPT, CLAUDE, GEMINI, LLAMA = "gpt-4o-mini", "claude-haiku-4-5", "gemini-2.5-flash", "llama-3.1-8b-instant"

VERCEL_UNSTORED = JavaScriptSdk("vercel openai unstored", "openai", _AT + "openai/v1", GPT, VERCEL, obeys=False)
"""It asks OpenAI to keep nothing, and so sends whole what it would otherwise name by an id."""

JAVASCRIPT = (
    JavaScriptSdk("js openai chat", "openai", _AT + "openai/v1", GPT, STATUSES),
    JavaScriptSdk("js openai responses", "openai", _AT + "openai/v1", GPT, STATUSES),
    JavaScriptSdk("js anthropic", "anthropic", _AT + "anthropic", CLAUDE, _ANTHROPIC),
    JavaScriptSdk("js google-genai", "google", _AT + "google", GEMINI, {0: "ApiError"}, obeys=False, tries=False, gives_code=False),
    JavaScriptSdk("js groq", "groq", _AT + "groq", LLAMA, STATUSES),
    JavaScriptSdk("vercel openai", "openai", _AT + "openai/v1", GPT, VERCEL, obeys=False),
    JavaScriptSdk("vercel openai chat", "openai", _AT + "openai/v1", GPT, VERCEL, obeys=False),
    JavaScriptSdk("vercel anthropic", "anthropic", _AT + "anthropic/v1", CLAUDE, VERCEL, obeys=False),
    JavaScriptSdk("vercel google", "google", _AT + "google/v1beta", GEMINI, VERCEL, obeys=False),
)
