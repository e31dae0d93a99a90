"""`onerelay run`: a program with a connection of its own in place of a key."""

from __future__ import annotations

import os
import shutil
import sys
from contextlib import suppress
from pathlib import Path

import click

from onerelay.cli.child import SIGNAL_BASE, Child
from onerelay.cli.lease import Lease, Leases, limits_of_a_lease
from onerelay.cli.options import with_password
from onerelay.cli.session import Session
from onerelay.cli.words import Dollars, dollars, spent
from onerelay.user.account import Account
from onerelay.user.environment import environment_for
from onerelay.user.errors import UserError
from onerelay.user.personal import PersonalConnection
from onerelay.user.providers import Provider, known, provider_id, unknown

OURS, NOT_STARTED, NOT_FOUND = 125, 126, 127


@click.command(context_settings={"allow_interspersed_args": False})
@click.option("--provider", "names", multiple=True, required=True, metavar="PROVIDER", help="Whose key to use. May be repeated.")
@click.option("--budget", type=Dollars(), required=True, help="What it may spend at most, in dollars: 5 or 0.50.")
@click.option("--name", help="What the connection is called. Default: the command’s name.")
@click.argument("command", nargs=-1, type=click.UNPROCESSED, required=True)
@with_password
def run(session: Session, names: tuple[str, ...], budget: int, name: str | None, command: tuple[str, ...]) -> None:
    """Run COMMAND with a base URL and a token of a connection of its own, instead of a key. Write `--` before it.

    The official SDKs and most tools find both in the environment (OPENAI_BASE_URL and OPENAI_API_KEY, and so on).
    The connection ends with the command, however that ends. Should this process be killed outright, the connection
    ends by itself within the hour, and the next run revokes it.
    """
    providers = [_known(one) for one in dict.fromkeys(names)]
    environment_for("", providers, "", "", {})  # refuses before anything is made
    if shutil.which(command[0]) is None:
        session.terminal.error("not_found", f"{command[0]}: no such command.")
        sys.exit(NOT_FOUND)
    with session.unlocked() as account:
        leases = Leases(session.store)
        leases.sweep(account)
        title = name or f"onerelay run: {Path(command[0]).name}"
        with session.terminal.busy("Making a connection…"):
            limits = limits_of_a_lease(account.api.now())
            made = account.vault.prepare_connection(title[:100], [one.id for one in providers], budget, limits)
        code = _under(session, account, providers, made, leases, command)
    sys.exit(code)


def _under(
    session: Session, account: Account, providers: list[Provider], made: PersonalConnection, leases: Leases, command: tuple[str, ...]
) -> int:
    # From here on signals wait for the program: none may end this process between making the connection and revoking it.
    with Child(command) as child, leases.begin(account, made) as lease:
        try:
            account.vault.open_connection(made)
            environment = environment_for(account.api.origin, providers, made.id, made.access_token, os.environ)
            return _result(session, child, lease, environment)
        finally:
            _end(session, account, made, lease)


def _result(session: Session, child: Child, lease: Lease, environment: dict[str, str]) -> int:
    if child.stopped_by is not None:
        return SIGNAL_BASE + child.stopped_by
    try:
        child.start(environment)
    except OSError as error:
        session.terminal.error("not_started", f"{child.command[0]} could not be started: {error.strerror}.")
        return NOT_FOUND if isinstance(error, FileNotFoundError) else NOT_STARTED
    return child.wait(lease.renewal_seconds, lease.renew)


def _end(session: Session, account: Account, made: PersonalConnection, lease: Lease) -> None:
    try:
        account.connections.revoke(made.id)
    except UserError as error:
        if getattr(error, "code", "") != "not_found":
            ends = "The connection could not be revoked now. It ends by itself within the hour; the next run revokes it."
            session.terminal.error("not_revoked", f"{error.message} {ends}")
            return
    lease.done()
    if not sys.stderr.isatty():
        return
    with suppress(UserError):
        used = account.connections.get(made.id)["spentMicros"]
        session.terminal.note(
            f"onerelay: spent {spent(used)} of {dollars(made.body['budgetCents'])}; the connection is revoked.", style="dim"
        )


def _known(name: str) -> Provider:
    found = known().get(provider_id(name))
    if found is None:
        raise unknown(name)
    return found
