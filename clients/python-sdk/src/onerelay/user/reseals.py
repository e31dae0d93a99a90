"""Replacing a provider key in every connection that has it. Source: the protocol text, "Connections", Rotating."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from onerelay.user.crypto.connections import seal_key
from onerelay.user.errors import DeviceError, RelayError
from onerelay.user.notes import NoteRefusal, read_note

if TYPE_CHECKING:
    from onerelay.user.api import Json
    from onerelay.user.connections import Connections

ResealRefusal = NoteRefusal | Literal["not_approved", "expired"]


@dataclass(frozen=True, slots=True)
class Reseal:
    """A connection that uses the key. `refused`: why no new key goes there; None: it gets the new one."""

    connection_id: str
    name: str
    refused: ResealRefusal | None


@dataclass(frozen=True, slots=True, repr=False)
class Plan:
    """A Reseal, and the connection's key where it is not refused."""

    shown: Reseal
    connection_key: bytes | None


@dataclass(frozen=True, slots=True)
class Resealed:
    """Which connections got the new key, and which lost the provider."""

    answer: Json
    resealed: tuple[str, ...]
    dropped: tuple[str, ...]


@dataclass(frozen=True, slots=True, repr=False)
class Rotation:
    """A new key. `shown`: the only connections that may get it, because the person has seen them; `drop`: those that lose it."""

    provider: str
    api_key: str
    shown: Collection[str]
    drop: Collection[str]


def plan_reseals(vault_key: bytes, connections: Connections, provider: str) -> list[Plan]:
    """The connections with a seal of this provider, each with its key or why it is refused."""
    return [_plan(vault_key, connection, provider) for connection in connections.list(provider=provider)]


def resealing(plan: Callable[[], list[Plan]], rotation: Rotation, post: Callable[[Json], Json]) -> Resealed:
    """Run `post` with the seals of the whole re-seal set; if the set has changed meanwhile, once more with the new one.

    Ids that the relay names but does not list are dropped: nothing is known of them that would justify a seal.
    Raises: DeviceError connections_changed, before a key is sealed for a connection that was not shown.
    """
    seals, dropped = _seal_all(plan(), rotation)
    try:
        return Resealed(post(_body(seals, dropped)), tuple(seals), tuple(dropped))
    except RelayError as error:
        wanted = _set_of(error)
    again, _ = _seal_all(plan(), rotation)
    seals = {connection_id: seal for connection_id, seal in again.items() if connection_id in wanted}
    dropped = [connection_id for connection_id in wanted if connection_id not in seals]
    return Resealed(post(_body(seals, dropped)), tuple(seals), tuple(dropped))


def _plan(vault_key: bytes, connection: Json, provider: str) -> Plan:
    name = str((connection.get("app") or {}).get("name") or connection.get("name") or "Personal")

    def planned(refused: ResealRefusal | None, key: bytes | None = None) -> Plan:
        return Plan(Reseal(connection["id"], name, refused), key)

    if connection["status"] == "expired":
        return planned("expired")
    note = read_note(vault_key, connection)
    if note.grant is None:
        return planned(note.refused)
    if provider not in note.grant.providers:
        return planned("not_approved")
    return planned(None, note.grant.connection_key)


def _seal_all(plans: list[Plan], rotation: Rotation) -> tuple[dict[str, str], list[str]]:
    seen = {*rotation.shown, *rotation.drop}
    if any(plan.connection_key is not None and plan.shown.connection_id not in seen for plan in plans):
        raise DeviceError("connections_changed", reseals=tuple(plan.shown for plan in plans))
    seals: dict[str, str] = {}
    dropped = []
    for plan in plans:
        connection_id = plan.shown.connection_id
        if plan.connection_key is None or connection_id in rotation.drop:
            dropped.append(connection_id)
        else:
            seals[connection_id] = seal_key(plan.connection_key, connection_id, rotation.provider, rotation.api_key)
    return seals, dropped


def _body(seals: dict[str, str], dropped: list[str]) -> Json:
    if not seals and not dropped:
        return {}
    listed = [{"connectionId": connection_id, "sealedKey": seal} for connection_id, seal in seals.items()]
    return {"sealedKeys": listed, "dropConnections": dropped}


def _set_of(error: RelayError) -> list[str]:
    """The re-seal set as the relay names it in its refusal; any other failure goes on."""
    listed = error.details.get("connections")
    if error.code != "conflict" or not isinstance(listed, list) or not all(isinstance(one, str) for one in listed):
        raise error
    return listed
