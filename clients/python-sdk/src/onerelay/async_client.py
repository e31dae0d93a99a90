"""The client whose answers are awaited."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from types import TracebackType
from typing import Any, Literal, NoReturn, Self, TypeVar, Unpack, overload

import httpx

from onerelay._credentials import Credential
from onerelay._nouns import Asked, Nouns, chat_body
from onerelay._passthrough import async_passthrough
from onerelay._sending import AsyncSender, stream_or_error
from onerelay.params import AnthropicOptions, ChatMessage, GoogleOptions, GroqOptions, LinkSessionParams, OpenAIOptions
from onerelay.sandbox import AsyncSandbox
from onerelay.streaming import AsyncChatStream
from onerelay.types import (
    ChatCompletion,
    Connection,
    ConnectionStatus,
    Embeddings,
    Exchange,
    LinkSession,
    LinkSessionStatus,
    Page,
    UsageGroup,
    UsageReport,
)
from onerelay.webhooks import Webhooks

T = TypeVar("T")


class AsyncOneRelay:
    """A client of one relay for one registered app, one for each event loop. It belongs on a server: it holds the app’s secret.

    `timeout`: the longest wait in seconds, for a whole JSON answer, in streams for the next bytes; without it 30 seconds, for chats 10
    minutes. `max_retries`: further tries after 429 and 503 with Retry-After, and after broken connections where repeating is safe.
    `transport` replaces httpx’s own, for proxies, special networks and tests. Raises UsageError.
    """

    webhooks = Webhooks()

    def __init__(
        self,
        *,
        client_id: str,
        client_secret: str,
        base_url: str,
        timeout: float | None = None,
        max_retries: int = 2,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        app = Credential.of_app(client_id, client_secret)
        del client_secret  # so that no traceback shows it with its locals
        self._sender = AsyncSender(base_url, transport, max_retries)
        self._nouns = Nouns(app, self._sender.base_url, timeout)
        self.sandbox = AsyncSandbox(self._nouns, self._sender)

    async def create_link_session(self, **params: Unpack[LinkSessionParams]) -> LinkSession:
        """Open a link session; give its `link_token` to your page, where the Link SDK shows it to the person."""
        return await self._ask(self._nouns.create_link_session(params))

    async def get_link_session(self, session_id: str, *, timeout: float | None = None) -> LinkSessionStatus:
        """How far a link session has come, for instance after its callback got lost."""
        return await self._ask(self._nouns.get_link_session(session_id, timeout))

    async def exchange_public_token(
        self,
        public_token: str,
        *,
        client_user_id: str | None = None,
        idempotency_key: str | None = None,
        timeout: float | None = None,
    ) -> Exchange:
        """Trade the public token that your page got from Link for an access token, once.

        If the session was opened with a `client_user_id`, pass that of the visitor who is signed in now: it stops one person’s approval
        from being planted in another’s account.
        """
        asked = self._nouns.exchange_public_token(public_token, client_user_id, idempotency_key, timeout)
        del public_token
        return await self._ask(asked)

    @overload
    async def chat_completion(
        self,
        *,
        access_token: str,
        provider: str,
        model: str,
        messages: Sequence[ChatMessage],
        stream: Literal[False] = False,
        timeout: float | None = None,
        **parameters: Any,
    ) -> ChatCompletion: ...
    @overload
    async def chat_completion(
        self,
        *,
        access_token: str,
        provider: str,
        model: str,
        messages: Sequence[ChatMessage],
        stream: Literal[True],
        timeout: float | None = None,
        **parameters: Any,
    ) -> AsyncChatStream: ...
    @overload
    async def chat_completion(
        self,
        *,
        access_token: str,
        provider: str,
        model: str,
        messages: Sequence[ChatMessage],
        stream: bool,
        timeout: float | None = None,
        **parameters: Any,
    ) -> ChatCompletion | AsyncChatStream: ...
    async def chat_completion(
        self,
        *,
        access_token: str,
        provider: str,
        model: str,
        messages: Sequence[ChatMessage],
        stream: bool = False,
        timeout: float | None = None,
        **parameters: Any,
    ) -> ChatCompletion | AsyncChatStream:
        """Call a model on a person’s behalf, in OpenAI’s chat format whichever provider it is; other chat parameters pass as they are.

        With `stream=True` the answer is iterated over: `async with await client.chat_completion(…, stream=True) as stream`.
        """
        credential = Credential.bearer(access_token)
        del access_token
        body = chat_body(provider, model, messages, parameters)
        if not stream:
            return await self._ask(self._nouns.chat_completion(credential, body, timeout))
        call = self._nouns.chat_completion(credential, {**body, "stream": True}, timeout).call
        return AsyncChatStream(stream_or_error(await self._sender.send(call, streams=True)), call.timeout)

    async def embeddings(
        self,
        *,
        access_token: str,
        provider: str,
        model: str,
        input: str | Sequence[str],  # noqa: A002  # OpenAI’s name for it
        timeout: float | None = None,
        **parameters: Any,
    ) -> Embeddings:
        """Vectors for texts, from a provider that makes them in OpenAI’s format; other parameters pass as they are."""
        credential = Credential.bearer(access_token)
        del access_token
        body = {"model": model, "input": input, **parameters}
        return await self._ask(self._nouns.embeddings(credential, provider, body, timeout))

    def passthrough(self, provider: str, *, access_token: str, timeout: float | None = None) -> httpx.AsyncClient:
        """An httpx client for the provider’s own API: `async with client.passthrough("openai", access_token=…) as http: …`.

        Its answers are the provider’s, as they are; it does not retry. Close it, or use it in an `async with`; this client stays open.
        """
        credential = Credential.bearer(access_token)
        del access_token
        base_url, waits = self._nouns.passthrough_url(provider), self._nouns.passthrough_timeout(timeout)
        return async_passthrough(self._sender.http, base_url, credential, waits)

    def openai(self, *, access_token: str) -> OpenAIOptions:
        """What OpenAI’s SDK takes: `openai.AsyncOpenAI(**client.openai(access_token=…))`."""
        credential = Credential.bearer(access_token)
        del access_token
        return self._nouns.openai(credential)

    def openai_compatible(self, *, access_token: str) -> OpenAIOptions:
        """The same for chats with every granted provider: models are named `provider/model`."""
        credential = Credential.bearer(access_token)
        del access_token
        return self._nouns.openai_compatible(credential)

    def anthropic(self, *, access_token: str) -> AnthropicOptions:
        """What Anthropic’s SDK takes: `anthropic.AsyncAnthropic(**client.anthropic(access_token=…))`."""
        credential = Credential.bearer(access_token)
        del access_token
        return self._nouns.anthropic(credential)

    def google(self, *, access_token: str) -> GoogleOptions:
        """What Google’s SDK takes: `google.genai.Client(**client.google(access_token=…))`."""
        credential = Credential.bearer(access_token)
        del access_token
        return self._nouns.google(credential)

    def groq(self, *, access_token: str) -> GroqOptions:
        """What Groq’s SDK takes: `groq.AsyncGroq(**client.groq(access_token=…))`."""
        credential = Credential.bearer(access_token)
        del access_token
        return self._nouns.groq(credential)

    async def list_connections(
        self,
        *,
        provider: str | None = None,
        status: ConnectionStatus | None = None,
        limit: int | None = None,
        cursor: str | None = None,
        timeout: float | None = None,
    ) -> Page[Connection]:
        """The connections of your app, a page at a time: 50, or up to 200 with `limit`."""
        return await self._ask(self._nouns.list_connections(provider, status, limit, cursor, timeout))

    async def get_connection(self, connection_id: str, *, timeout: float | None = None) -> Connection:
        """One connection: status, providers, budget, spending."""
        return await self._ask(self._nouns.get_connection(connection_id, timeout))

    async def revoke_connection(self, connection_id: str, *, timeout: float | None = None) -> None:
        """End a connection for good, as when its person deletes their account with you."""
        return await self._ask(self._nouns.revoke_connection(connection_id, timeout))

    async def usage(
        self,
        *,
        start: date | str | None = None,
        end: date | str | None = None,
        group_by: Sequence[UsageGroup] | None = None,
        connection_id: str | None = None,
        timeout: float | None = None,
    ) -> UsageReport:
        """What your app’s connections used and cost: from `start` (this month’s first day) to `end` (now); days are included."""
        return await self._ask(self._nouns.usage(start, end, group_by, connection_id, timeout))

    async def close(self) -> None:
        """Close the connections to the relay."""
        await self._sender.http.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        await self.close()

    def __repr__(self) -> str:
        sender = getattr(self, "_sender", None)  # absent while __init__ refuses what it was given
        return f"AsyncOneRelay(base_url={sender and sender.base_url!r})"

    def __reduce__(self) -> NoReturn:
        raise TypeError("AsyncOneRelay holds your client secret and is not pickled. Make one in each process.")

    async def _ask(self, asked: Asked[T]) -> T:
        return asked.result(await self._sender.send(asked.call))
