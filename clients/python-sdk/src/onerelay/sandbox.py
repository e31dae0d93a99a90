"""The sandbox: connections without a browser, and webhooks on demand, for tests."""

from __future__ import annotations

from onerelay._nouns import Nouns
from onerelay._sending import AsyncSender, Sender
from onerelay.events import EventType
from onerelay.types import Limits, SandboxLink, SandboxOutcome, WebhookDelivery


class Sandbox:
    """`client.sandbox`: connections of the practice provider `sandbox`, which answers and fails on demand and costs nothing."""

    def __init__(self, nouns: Nouns, sender: Sender) -> None:
        self._nouns = nouns
        self._sender = sender

    def link(
        self,
        *,
        outcome: SandboxOutcome | None = None,
        budget_cents: int | None = None,
        limits: Limits | None = None,
        client_user_id: str | None = None,
        idempotency_key: str | None = None,
        timeout: float | None = None,
    ) -> SandboxLink:
        """Get a public token without a browser, for the provider `sandbox` alone; a test user of your app approves at once.

        Without `outcome` every call is answered. The budget is 500 ($5) without `budget_cents`. Exchange the token as any other.
        """
        params = {"outcome": outcome, "budget_cents": budget_cents, "limits": limits, "client_user_id": client_user_id}
        asked = self._nouns.sandbox_link(params, idempotency_key, timeout)
        return asked.result(self._sender.send(asked.call))

    def fire(self, *, connection_id: str, type: EventType, timeout: float | None = None) -> WebhookDelivery:  # noqa: A002  # the API’s name
        """Send a webhook of any type for a connection of `link`’s, which stays as it is. It is not tried again if the connection breaks."""
        asked = self._nouns.sandbox_fire(connection_id, type, timeout)
        return asked.result(self._sender.send(asked.call))


class AsyncSandbox:
    """`client.sandbox`: connections of the practice provider `sandbox`, which answers and fails on demand and costs nothing."""

    def __init__(self, nouns: Nouns, sender: AsyncSender) -> None:
        self._nouns = nouns
        self._sender = sender

    async def link(
        self,
        *,
        outcome: SandboxOutcome | None = None,
        budget_cents: int | None = None,
        limits: Limits | None = None,
        client_user_id: str | None = None,
        idempotency_key: str | None = None,
        timeout: float | None = None,
    ) -> SandboxLink:
        """Get a public token without a browser, for the provider `sandbox` alone; a test user of your app approves at once.

        Without `outcome` every call is answered. The budget is 500 ($5) without `budget_cents`. Exchange the token as any other.
        """
        params = {"outcome": outcome, "budget_cents": budget_cents, "limits": limits, "client_user_id": client_user_id}
        asked = self._nouns.sandbox_link(params, idempotency_key, timeout)
        return asked.result(await self._sender.send(asked.call))

    async def fire(self, *, connection_id: str, type: EventType, timeout: float | None = None) -> WebhookDelivery:  # noqa: A002  # the API’s name
        """Send a webhook of any type for a connection of `link`’s, which stays as it is. It is not tried again if the connection breaks."""
        asked = self._nouns.sandbox_fire(connection_id, type, timeout)
        return asked.result(await self._sender.send(asked.call))
