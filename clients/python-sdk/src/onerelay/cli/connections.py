"""Commands about connections."""

from __future__ import annotations

from typing import Any

import click
from rich.text import Text

from onerelay.cli.options import at_relay, with_password, yes_option
from onerelay.cli.session import Session
from onerelay.cli.terminal import clean, pairs, table
from onerelay.cli.words import dollars, name_of, spent, when

_ENDED = {"revoked", "expired"}
_COLOURS = {"active": "green", "paused": "yellow", "pending": "yellow", "revoked": "dim", "expired": "dim"}


@click.group()
def connections() -> None:
    """Which apps and tools may use your keys, and for how much."""


@connections.command("list")
@click.option("--all", "everything", is_flag=True, help="Also those that have ended.")
@click.option("--provider", help="Only those that may use this provider.")
@at_relay
def list_connections(session: Session, everything: bool, provider: str | None) -> None:
    """List your connections."""
    with session.signed_in() as account:
        found = account.connections.list(**({"provider": provider} if provider else {}))
    shown = [_public(one) for one in found if everything or one["status"] not in _ENDED]
    rows = [
        (one["id"], name_of(one), _state(one), ", ".join(one["providers"]), f"{spent(one['spentMicros'])} of {dollars(one['budgetCents'])}")
        for one in shown
    ]
    listed = table(("Connection", "App", "State", "Providers", "This month"), rows)
    session.terminal.result(shown, listed if rows else "No connections." + ("" if everything else " Those that have ended: --all"))


@connections.command("show")
@click.argument("connection_id", metavar="CONNECTION")
@at_relay
def show(session: Session, connection_id: str) -> None:
    """Show all of one connection."""
    with session.signed_in() as account:
        one = _public(account.connections.get(connection_id))
    limits = {name: value for name, value in one["limits"].items() if value is not None}
    rows: list[tuple[str, object]] = [
        ("Connection", one["id"]),
        ("App", name_of(one) + (f" ({one['app']['clientId']})" if one.get("app") else " (your own)")),
        ("State", _state(one)),
        ("Providers", ", ".join(one["providers"])),
        ("Budget a month", f"{dollars(one['budgetCents'])}, of which {spent(one['spentMicros'])} is spent"),
        *((name, _limit(name, value)) for name, value in limits.items()),
        ("Made", when(one["createdAt"])),
        ("Last used", when(one["lastUsedAt"])),
    ]
    session.terminal.result(one, pairs(rows))


@connections.command("pause")
@click.argument("connection_id", metavar="CONNECTION")
@at_relay
def pause(session: Session, connection_id: str) -> None:
    """Stop a connection’s calls until you resume it."""
    with session.signed_in() as account:
        one = _public(account.connections.pause(connection_id))
    session.terminal.result(one, f"{clean(name_of(one))} is paused.")


@connections.command("resume")
@click.argument("connection_id", metavar="CONNECTION")
@with_password
def resume(session: Session, connection_id: str) -> None:
    """Let a paused connection call again. Needs the password, as it allows more."""
    with session.unlocked() as account:
        one = _public(account.connections.resume(connection_id))
    session.terminal.result(one, f"{clean(name_of(one))} goes on.")


@connections.command("revoke")
@click.argument("connection_ids", metavar="CONNECTION…", nargs=-1, required=True)
@yes_option
@at_relay
def revoke(session: Session, connection_ids: tuple[str, ...], yes: bool) -> None:
    """End connections for good: calls at once, running streams within a second."""
    with session.signed_in() as account:
        if not yes:
            names = ", ".join(clean(name_of(account.connections.get(one))) for one in connection_ids)
            session.terminal.confirm(f"Revoke {names}?", "Revoking can’t be undone. Add --yes.")
        for one in connection_ids:
            account.connections.revoke(one)
    session.terminal.result({"revoked": list(connection_ids)}, f"{', '.join(connection_ids)} revoked.")


def _public(connection: dict[str, Any]) -> dict[str, Any]:
    """Without the sealed note, which says nothing to anybody but the vault."""
    return {name: value for name, value in connection.items() if name != "ownerGrant"}


def _state(connection: dict[str, Any]) -> Text:
    state = Text(clean(connection["status"]), style=_COLOURS.get(connection["status"], ""))
    attention = connection.get("needsAttention")
    if attention:
        state.append(f", {clean(attention['provider'])}: {clean(attention['code'])}", style="red")
    return state


def _limit(name: str, value: Any) -> str:
    if name == "expiresAt":
        return when(value)
    if name == "dailyCents":
        return dollars(value)
    return ", ".join(value) if isinstance(value, list) else str(value)
