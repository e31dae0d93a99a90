"""Connections for a person's own tools, made whole on this device. Source: the API reference, `POST /v1/connections`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from onerelay.user.crypto import connections as seals
from onerelay.user.crypto import tokens
from onerelay.user.errors import RelayError, else_refused
from onerelay.user.notes import seals_for

if TYPE_CHECKING:
    from collections.abc import Iterator

    from onerelay.user.api import Json, RawAnswer, RelayApi

_TRIAL_BUDGET_CENTS = 1


@dataclass(frozen=True, slots=True, repr=False)
class PersonalConnection:
    """A personal connection made on this device. The access token was made here and can't be had again."""

    id: str
    access_token: str
    body: Json = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class TrialCall:
    """A call for checking a key, below the provider's own paths."""

    method: str
    path: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: Mapping[str, Any] | None = None


Send = Callable[[TrialCall], "RawAnswer"]


def prepare(vault_key: bytes, name: str, keys: Mapping[str, str], budget_cents: int, limits: Json | None = None) -> PersonalConnection:
    """Everything of a new connection, sealed; nothing is sent. `keys` by provider. Raises DeviceError provider_key_refused."""
    connection_id, access_token = tokens.mint_connection_id(), tokens.mint_token(tokens.ACCESS_TOKEN)
    connection_key = seals.new_connection_key()
    nothing_yet = seals.OwnerGrant(connection_key, seals.PERSONAL, ())
    body = {
        "id": connection_id,
        "name": name,
        "accessTokenHash": tokens.digest_token(access_token),
        "heldKey": seals.seal_held_key(access_token, connection_id, connection_key),
        **else_refused("provider_key_refused", lambda: seals_for(vault_key, connection_id, nothing_yet, keys)),
        "budgetCents": budget_cents,
        **({} if limits is None else {"limits": limits}),
    }
    return PersonalConnection(connection_id, access_token, body)


@contextmanager
def trial(api: RelayApi, vault_key: bytes, provider: str, api_key: str) -> Iterator[Send]:
    """A way to make calls with a key through a connection that lives for them alone, and is deleted whatever comes of it.

    The relay sees the key for these calls. Raises RelayError, DeviceError provider_key_refused.
    """
    made = prepare(vault_key, f"Check of a {provider} key", {provider: api_key}, _TRIAL_BUDGET_CENTS)
    api.call("POST", "/v1/connections", {**made.body, "trial": True}, elevated=True)

    def send(call: TrialCall) -> RawAnswer:
        path = f"/v1/proxy/passthrough/{provider}{call.path}"
        return api.raw(call.method, path, made.access_token, headers=call.headers, body=call.body)

    try:
        yield send
    finally:
        # If it can't be deleted now, it ends by itself within ten minutes.
        with suppress(RelayError):
            api.call("DELETE", f"/v1/connections/{made.id}")
