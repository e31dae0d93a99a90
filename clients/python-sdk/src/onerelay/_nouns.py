"""What each method of the clients asks, and how its answer is read: once, for both of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any, Final, Generic, TypeVar

import httpx

from onerelay._answers import Headers, Received, report_of
from onerelay._calls import API_TIMEOUT, CHAT_TIMEOUT, Call, Lost, header_problem, idempotency, provider_segment, query_string, segment
from onerelay._credentials import Credential, problem_of
from onerelay._reading import Unreadable, camel, read, read_loosely, to_camel
from onerelay._sending import body_or_error, data_or_error
from onerelay.errors import ConnectionFailedError, UsageError
from onerelay.params import AnthropicOptions, ChatMessage, GoogleOptions, GroqOptions, LinkSessionParams, OpenAIOptions
from onerelay.types import (
    ChatCompletion,
    Connection,
    Embeddings,
    Exchange,
    LinkSession,
    LinkSessionStatus,
    Page,
    SandboxLink,
    UsageGroup,
    UsageReport,
    WebhookDelivery,
)

T = TypeVar("T")

EMBEDDINGS_ELSEWHERE: Final = {
    "cohere": "/compatibility/v1/embeddings",
    "fireworks": "/inference/v1/embeddings",
    "openrouter": "/api/v1/embeddings",
}
"""Where providers answer embeddings in OpenAI’s format, if not at /v1/embeddings (spec/providers.json; a test compares)."""


@dataclass(frozen=True, slots=True)
class Asked(Generic[T]):
    """A call, and how to read its answer. `provider`: it answers as it is, without an envelope."""

    call: Call
    read: Callable[[Any, Headers], T] = field(repr=False)
    provider: str | None = None

    def result(self, outcome: httpx.Response | Received | Lost) -> T:
        """The answer, or raises what it stands for."""
        data, headers = data_or_error(outcome) if self.provider is None else body_or_error(outcome, self.provider)
        try:
            return self.read(data, headers)
        except Unreadable:
            del data  # it may hold a token
        raise ConnectionFailedError("The answer lacks something this version of onerelay reads. Update onerelay, or check base_url.")


class Nouns:
    """The calls of one app at one relay. `timeout` in seconds replaces the ones that calls have."""

    def __init__(self, app: Credential, base_url: str, timeout: float | None) -> None:
        app.check()
        self._app = app
        self._base_url = base_url
        self._timeout = timeout

    def create_link_session(self, params: LinkSessionParams) -> Asked[LinkSession]:
        """Ask a person."""
        body: dict[str, Any] = {**params}
        timeout, key = body.pop("timeout", None), body.pop("idempotency_key", None)
        return self._post("/v1/link/sessions", LinkSession, to_camel(body), key, timeout)

    def get_link_session(self, session_id: str, timeout: float | None) -> Asked[LinkSessionStatus]:
        """How far it has come."""
        return self._get(f"/v1/link/sessions/{segment(session_id)}", LinkSessionStatus, timeout)

    def exchange_public_token(self, token: str, client_user_id: str | None, key: str | None, timeout: float | None) -> Asked[Exchange]:
        """Trade a public token."""
        body = to_camel({"public_token": token, "client_user_id": client_user_id})
        asked = self._post("/v1/link/exchange", Exchange, body, key, timeout)
        problem = problem_of(token, "1r_pt_", "public_token") or asked.call.problem
        return replace(asked, call=replace(asked.call, problem=problem))

    def sandbox_link(self, params: Mapping[str, Any], key: str | None, timeout: float | None) -> Asked[SandboxLink]:
        """A public token of the sandbox."""
        return self._post("/v1/sandbox/link", SandboxLink, to_camel(params), key, timeout)

    def sandbox_fire(self, connection_id: str, event_type: str, timeout: float | None) -> Asked[WebhookDelivery]:
        """A webhook on demand; the relay knows no idempotency of it."""
        body = to_camel({"connection_id": connection_id, "type": event_type})
        call = replace(self._app_call("POST", "/v1/sandbox/fire", timeout), body=body, repeatable=False)
        return Asked(call, lambda data, _: read(WebhookDelivery, data))

    def list_connections(
        self, provider: str | None, status: str | None, limit: int | None, cursor: str | None, timeout: float | None
    ) -> Asked[Page[Connection]]:
        """Some of the app’s connections."""
        query = query_string({"provider": provider, "status": status, "limit": limit, "cursor": cursor})
        return Asked(self._app_call("GET", f"/v1/connections{query}", timeout), lambda data, _: _page(Connection, data))

    def get_connection(self, connection_id: str, timeout: float | None) -> Asked[Connection]:
        """One of them."""
        return self._get(f"/v1/connections/{segment(connection_id)}", Connection, timeout)

    def revoke_connection(self, connection_id: str, timeout: float | None) -> Asked[None]:
        """End one."""
        return Asked(self._app_call("DELETE", f"/v1/connections/{segment(connection_id)}", timeout), lambda *_: None)

    def usage(
        self,
        start: date | str | None,
        end: date | str | None,
        group_by: Sequence[UsageGroup] | None,
        connection_id: str | None,
        timeout: float | None,
    ) -> Asked[UsageReport]:
        """Sums."""
        if isinstance(group_by, str):
            raise UsageError('group_by is a list of names, such as ["day", "model"].')
        grouped = ",".join(group_by) if group_by else None
        query = query_string({"from": _moment(start), "to": _moment(end), "groupBy": grouped, "connectionId": connection_id})
        return self._get(f"/v1/usage{query}", UsageReport, timeout)

    def chat_completion(self, credential: Credential, body: Mapping[str, Any], timeout: float | None) -> Asked[ChatCompletion]:
        """Call a model, in OpenAI’s chat format."""
        call = self._grant_call("/v1/proxy/chat/completions", credential, body, timeout)
        return Asked(call, lambda data, headers: replace(read_loosely(ChatCompletion, data), relay=report_of(headers)))

    def embeddings(self, credential: Credential, provider: str, body: Mapping[str, Any], timeout: float | None) -> Asked[Embeddings]:
        """Vectors, in OpenAI’s format."""
        path = EMBEDDINGS_ELSEWHERE.get(provider, "/v1/embeddings")
        call = self._grant_call(f"/v1/proxy/passthrough/{provider_segment(provider)}{path}", credential, body, timeout)
        return Asked(call, lambda data, headers: replace(read_loosely(Embeddings, data), relay=report_of(headers)), provider)

    def passthrough_url(self, provider: str) -> str:
        """Where the provider’s own API is to be found."""
        return f"{self._base_url}/v1/proxy/passthrough/{provider_segment(provider)}"

    def openai(self, credential: Credential) -> OpenAIOptions:
        """For OpenAI’s SDK."""
        return {"base_url": f"{self.passthrough_url('openai')}/v1", "api_key": credential.secret}

    def openai_compatible(self, credential: Credential) -> OpenAIOptions:
        """For OpenAI’s SDK, with models of every provider."""
        return {"base_url": f"{self._base_url}/v1/openai", "api_key": credential.secret}

    def anthropic(self, credential: Credential) -> AnthropicOptions:
        """For Anthropic’s SDK."""
        return {"base_url": self.passthrough_url("anthropic"), "api_key": credential.secret}

    def google(self, credential: Credential) -> GoogleOptions:
        """For Google’s SDK."""
        return {"api_key": credential.secret, "http_options": {"base_url": self.passthrough_url("google")}, "vertexai": False}

    def groq(self, credential: Credential) -> GroqOptions:
        """For Groq’s SDK."""
        return {"base_url": self.passthrough_url("groq"), "api_key": credential.secret}

    def passthrough_timeout(self, timeout: float | None) -> float:
        """Seconds to wait for a provider’s next bytes."""
        return timeout or self._timeout or CHAT_TIMEOUT

    def _get(self, path: str, kind: type[T], timeout: float | None) -> Asked[T]:
        return Asked(self._app_call("GET", path, timeout), lambda data, _: read(kind, data))

    def _post(self, path: str, kind: type[T], body: Mapping[str, Any], key: str | None, timeout: float | None) -> Asked[T]:
        headers = idempotency(key)
        call = replace(self._app_call("POST", path, timeout), body=body, headers=headers, problem=header_problem(headers))
        return Asked(call, lambda data, _: read(kind, data))

    def _app_call(self, method: Any, path: str, timeout: float | None) -> Call:
        return Call(method=method, path=path, credential=self._app, timeout=timeout or self._timeout or API_TIMEOUT)

    def _grant_call(self, path: str, credential: Credential, body: Mapping[str, Any], timeout: float | None) -> Call:
        waits = self.passthrough_timeout(timeout)
        return Call(method="POST", path=path, credential=credential, body=body, repeatable=False, timeout=waits)


def chat_body(provider: str, model: str, messages: Sequence[ChatMessage], parameters: Mapping[str, Any]) -> dict[str, Any]:
    """What is sent of a chat call; every other chat parameter passes as it is."""
    return {"provider": provider, "model": model, "messages": list(messages), **parameters}


def _page(kind: type[T], data: Any) -> Page[T]:
    found = data if isinstance(data, dict) else {}
    items, cursor = found.get("items"), found.get(camel("next_cursor"))
    if not isinstance(items, list) or not isinstance(cursor, str | None):
        raise Unreadable
    return Page(tuple(read(kind, item) for item in items), cursor)


def _moment(given: date | str | None) -> str | None:
    return given.isoformat() if isinstance(given, date) else given
