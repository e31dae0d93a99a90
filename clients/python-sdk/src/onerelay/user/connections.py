"""A person's connections: what each may do, and taking it away. Needs a session, and the vault only to allow more."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from onerelay.user.crypto.encoding import check_id
from onerelay.user.errors import else_refused

if TYPE_CHECKING:
    from onerelay.user.api import Json, RelayApi


class Connections:
    """Every method raises RelayError; those that allow more also DeviceError vault_locked."""

    def __init__(self, api: RelayApi) -> None:
        self._api = api

    def list(self, **query: str) -> list[Json]:
        """All of them, newest first, as /v1/connections shows them; `provider` and `status` choose among them."""
        return list(self._api.all("/v1/connections", **query))

    def get(self, connection_id: str) -> Json:
        """One of them. Raises RelayError not_found."""
        connection: Json = self._api.call("GET", _path(connection_id))
        return connection

    def change(self, connection_id: str, **members: Any) -> Json:
        """PATCH: `status`, `budgetCents`, `limits`, `sealedKeys`, `ownerGrant`, `removeProviders`; proved anew."""
        connection: Json = self._api.call("PATCH", _path(connection_id), members, elevated=True)
        return connection

    def pause(self, connection_id: str) -> Json:
        """Stop its calls until it is resumed; needs no vault."""
        connection: Json = self._api.call("PATCH", _path(connection_id), {"status": "paused"})
        return connection

    def resume(self, connection_id: str) -> Json:
        """Let its calls pass again."""
        return self.change(connection_id, status="active")

    def revoke(self, connection_id: str) -> None:
        """End it for good: new calls at once, running streams within a second; needs no vault."""
        self._api.call("DELETE", _path(connection_id))


def _path(connection_id: str) -> str:
    return f"/v1/connections/{else_refused('not_usable', lambda: check_id(connection_id))}"
