"""The unlocked vault of one person: everything that needs the vault key."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from onerelay.user.approval import Approval, LinkChoice, LinkRequest, approve, approve_update
from onerelay.user.crypto import vault as vault_crypto
from onerelay.user.crypto.encoding import check_provider_key
from onerelay.user.crypto.errors import CryptoError
from onerelay.user.errors import DeviceError, UserError, else_refused, else_tampered
from onerelay.user.notes import tidy_notes
from onerelay.user.personal import PersonalConnection, Send, prepare, trial
from onerelay.user.reseals import Reseal, Rotation, plan_reseals, resealing

if TYPE_CHECKING:
    from onerelay.user.api import Json, RelayApi
    from onerelay.user.connections import Connections


@dataclass(frozen=True, slots=True)
class StoredKey:
    """A provider key in the vault, without the key. `damaged`: it does not open, altered or of another vault."""

    id: str
    provider: str
    label: str
    damaged: bool
    created_at: str
    updated_at: str
    last_used_at: str | None


@dataclass(frozen=True, slots=True)
class PutKey:
    """What saving a key did: ids of connections that got it, and of those that lost the provider."""

    created: bool
    resealed: tuple[str, ...]
    dropped: tuple[str, ...]


class UnlockedVault:
    """Made by `Account.vault`. Raises RelayError everywhere, and DeviceError as each method says."""

    def __init__(self, api: RelayApi, vault_key: bytes, connections: Connections) -> None:
        self._api = api
        self._key = vault_key
        self._connections = connections

    def list_keys(self) -> list[StoredKey]:
        """What is in the vault."""
        return [self._shown(item) for item in self._stored()]

    def reveal_key(self, provider: str) -> str:
        """A provider key in clear. Raises DeviceError no_such_key, tampered."""
        return self._opened([provider])[provider]

    def reseals(self, provider: str) -> list[Reseal]:
        """Which connections use this provider's key, and which of them can't be given a new one."""
        return [plan.shown for plan in plan_reseals(self._key, self._connections, provider)]

    def add_key(self, provider: str, api_key: str, label: str = "") -> PutKey:
        """Put a key of a further provider into the vault. Raises DeviceError key_exists, provider_key_refused."""
        if any(item["provider"] == provider for item in self._stored()):
            raise DeviceError("key_exists")
        return self.put_key(provider, api_key, label)

    def put_key(
        self,
        provider: str,
        api_key: str,
        label: str | None = None,
        *,
        shown: Collection[str] = (),
        drop: Collection[str] = (),
    ) -> PutKey:
        """Add a key, or replace it together with every connection's seal of it; without a `label` the old one stays.

        Connections in `drop`, and those whose note is refused, lose the provider.
        Raises: DeviceError provider_key_refused; connections_changed, if the key would go to a connection not `shown`.
        """
        else_refused("provider_key_refused", lambda: check_provider_key(api_key))
        earlier = next((item for item in self._stored() if item["provider"] == provider), None)
        kept = self._open_or_nothing(earlier) if earlier else {}
        item = {**kept, "apiKey": api_key, "label": kept.get("label", "") if label is None else label}
        ciphertext = else_refused("provider_key_refused", lambda: vault_crypto.seal_vault_item(self._key, provider, item))
        body = {"provider": provider, "ciphertext": ciphertext}
        done = resealing(
            lambda: plan_reseals(self._key, self._connections, provider),
            Rotation(provider, api_key, shown, drop),
            lambda seals: self._api.call("POST", "/v1/keys", {**body, **seals}, elevated=True),
        )
        if done.dropped:
            self.tidy_notes()
        return PutKey(earlier is None, done.resealed, done.dropped)

    def delete_key(self, provider: str) -> int:
        """Delete a key and every connection's copy; answers how many connections lost it. Raises DeviceError no_such_key."""
        if all(item["provider"] != provider for item in self._stored()):
            raise DeviceError("no_such_key")
        done = self._api.call("DELETE", f"/v1/keys/{quote(provider, safe='')}", elevated=True)
        if done["connectionsAffected"]:
            self.tidy_notes()
        return int(done["connectionsAffected"])

    def prepare_connection(self, name: str, providers: Iterable[str], budget_cents: int, limits: Json | None = None) -> PersonalConnection:
        """A personal connection, sealed but not yet sent: `open_connection` does that. Raises DeviceError no_such_key, tampered."""
        return prepare(self._key, name, self._opened(list(providers)), budget_cents, limits)

    def open_connection(self, made: PersonalConnection) -> Json:
        """Have the relay take a prepared connection."""
        connection: Json = self._api.call("POST", "/v1/connections", made.body, elevated=True)
        return connection

    def trial(self, provider: str, api_key: str) -> AbstractContextManager[Send]:
        """Calls with a key that need not be in the vault, through a connection that lives for them alone."""
        else_refused("provider_key_refused", lambda: check_provider_key(api_key))
        return trial(self._api, self._key, provider, api_key)

    def approve(self, request: LinkRequest, choice: LinkChoice) -> Approval:
        """Seal the chosen keys for a new connection; nothing is sent. Raises DeviceError not_requested, no_such_key, tampered."""
        return approve(self._key, request, choice, self._opened)

    def approve_update(self, request: LinkRequest, choice: LinkChoice) -> Approval:
        """Update mode: what changes in the connection the app has; nothing is sent. Raises as approve, and not_usable."""
        return approve_update(self._key, request, choice, self._opened, self._connections.get(request.connection_id))

    def tidy_notes(self) -> None:
        """Rewrite notes that still name providers a connection no longer has; what can't be done now is done next time."""
        with suppress(UserError):
            tidy_notes(self._key, self._connections)

    def _opened(self, providers: list[str]) -> dict[str, str]:
        stored = {item["provider"]: item for item in self._stored()}
        for provider in providers:
            if provider not in stored:
                raise DeviceError("no_such_key", f"There is no key of {provider} in your vault. Add it first.")
        return {provider: self._api_key(stored[provider]) for provider in providers}

    def _api_key(self, item: Json) -> str:
        return str(else_tampered(lambda: self._open(item))["apiKey"])

    def _shown(self, item: Json) -> StoredKey:
        secret = self._open_or_nothing(item)
        times = (item["createdAt"], item["updatedAt"], item.get("lastUsedAt"))
        return StoredKey(item["id"], item["provider"], secret.get("label", ""), not secret, *times)

    def _open_or_nothing(self, item: Json) -> dict[str, Any]:
        try:
            return self._open(item)
        except CryptoError:
            return {}

    def _open(self, item: Json) -> dict[str, Any]:
        return vault_crypto.open_vault_item(self._key, item["provider"], item["ciphertext"])

    def _stored(self) -> list[Json]:
        return list(self._api.all("/v1/keys"))
