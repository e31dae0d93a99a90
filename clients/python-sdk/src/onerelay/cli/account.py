"""Commands about the account: getting in, getting back in, leaving."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

import click

from onerelay import user
from onerelay.cli.kit import KitPlace
from onerelay.cli.options import at_relay, kit_option, with_password, yes_option
from onerelay.cli.session import NO_TERMINAL, Session, read_line
from onerelay.cli.terminal import Unanswered, pairs
from onerelay.cli.words import when
from onerelay.user.errors import UserError

_TO_ASK_EMAIL = "Give the email with --email, or in ONERELAY_EMAIL."
_SECRETS_STDIN = click.option("--secrets-stdin", is_flag=True, help="Read the secrets from standard input, one a line, in this order.")


@click.command()
@click.option("--email", help="Your email. Default: ONERELAY_EMAIL, or a prompt.")
@click.option("--no-kit", is_flag=True, help="Make no recovery code: without the password the vault is then lost.")
@kit_option
@with_password
def register(session: Session, email: str | None, no_kit: bool, kit_file: str | None) -> None:
    """Make an account: a vault that only your master password opens.

    The password never leaves this machine. A recovery code is shown once.
    """
    address = _email(session, email)
    with _kit_place(session, None if no_kit else kit_file, wanted=not no_kit) as place:
        password = _new_password(session, "Choose a master password (12 characters or more)")
        account = session.account()
        with session.terminal.busy("Making your vault…"):
            code = account.register(address, password, with_recovery=not no_kit)
        if place is not None and code is not None:
            place.show(code)
        session.keep(account)
    account.close()
    session.terminal.result(
        {"email": account.me().email, "relay": account.api.origin}, f"Welcome. You are logged in to {account.api.origin}."
    )


@click.command()
@click.option("--email", help="Your email. Default: ONERELAY_EMAIL, or a prompt.")
@with_password
def login(session: Session, email: str | None) -> None:
    """Log in on this machine. What stays here lists and revokes, but opens no vault."""
    account, address, password = session.account(), _email(session, email), session.password()
    with session.terminal.busy("Logging in…"):
        account.log_in(address, password)
    session.keep(account)
    account.close()
    session.terminal.result({"email": account.me().email, "relay": account.api.origin}, f"Logged in to {account.api.origin}.")


@click.command()
@at_relay
def logout(session: Session) -> None:
    """End the session of this machine, here and at the relay."""
    relay = session.origin()
    try:
        with session.signed_in() as account:
            account.log_out()
    finally:
        session.store.forget(relay)
    session.terminal.result({"relay": relay}, f"Logged out of {relay}.")


@click.command()
@at_relay
def status(session: Session) -> None:
    """Show who is logged in where."""
    with session.signed_in() as account:
        me = account.api.call("GET", "/v1/auth/me")
    person = me["user"]
    shown = {
        "relay": session.origin(),
        "email": person["email"],
        "emailVerified": person["emailVerified"],
        "hasRecovery": me["hasRecovery"],
        "createdAt": person["createdAt"],
    }
    rows = [
        ("Relay", shown["relay"]),
        ("Email", person["email"] + ("" if person["emailVerified"] else " (not confirmed)")),
        ("Recovery code", "yes" if me["hasRecovery"] else "none: make one with onerelay recovery-kit"),
        ("Since", when(person["createdAt"])),
    ]
    session.terminal.result(shown, pairs(rows))


@click.command()
@click.option("--email", help="Your email. Default: ONERELAY_EMAIL, or a prompt.")
@_SECRETS_STDIN
@kit_option
@at_relay
def recover(session: Session, email: str | None, secrets_stdin: bool, kit_file: str | None) -> None:
    """Get back in with the recovery code, and choose a new password. Every session ends; a new code is shown.

    With --secrets-stdin: the recovery code, then the new password.
    """
    address = _email(session, email)
    with _kit_place(session, kit_file) as place:
        code = read_line() if secrets_stdin else session.terminal.secret("Recovery code", NO_TERMINAL)
        password = read_line() if secrets_stdin else _typed_twice(session, "New master password")
        account = session.account()
        with session.terminal.busy("Opening your vault…"):
            next_code = user.recover(account, address, code, password)
        if place is not None:
            place.show(next_code)
        session.keep(account)
    account.close()
    session.terminal.result({"email": address, "relay": account.api.origin}, "Your password is changed, and you are logged in here alone.")


@click.command()
@_SECRETS_STDIN
@at_relay
def password(session: Session, secrets_stdin: bool) -> None:
    """Change the master password. Keys and connections stay; every other session ends.

    With --secrets-stdin: the current password, then the new one.
    """
    with session.signed_in() as account:
        current = read_line() if secrets_stdin else session.password("Current master password")
        new = read_line() if secrets_stdin else _typed_twice(session, "New master password")
        with session.terminal.busy("Wrapping your vault anew…"):
            user.change_password(account, current, new)
        session.keep(account)
    session.terminal.result({"changed": True}, "Your password is changed. Other devices have to log in again.")


@click.command("recovery-kit")
@kit_option
@with_password
def recovery_kit(session: Session, kit_file: str | None) -> None:
    """Make a new recovery code; the one before stops working."""
    with _kit_place(session, kit_file) as place, session.signed_in() as account:
        code = user.new_recovery_kit(account, session.password())
        if place is not None:
            place.show(code)
    session.terminal.result({"made": True}, "An earlier recovery code works no more.")


@click.command("delete-account")
@yes_option
@with_password
def delete_account(session: Session, yes: bool) -> None:
    """Delete the account with all keys and connections, for good."""
    with session.signed_in() as account:
        email = account.me().email
        otherwise = "This deletes everything. Add --yes."
        if not yes and session.terminal.ask(f"Type {email} to delete it with all keys and connections", otherwise) != email:
            raise Unanswered("Nothing was done.")
        user.delete_account(account, session.password())
    session.store.forget(account.api.origin)
    session.terminal.result({"deleted": email}, f"The account {email} is deleted.")


COMMANDS = (register, login, logout, status, recover, password, recovery_kit, delete_account)


@contextmanager
def _kit_place(session: Session, kit_file: str | None, *, wanted: bool = True) -> Iterator[KitPlace | None]:
    place = KitPlace(session.terminal, kit_file) if wanted else None
    try:
        yield place
    finally:
        if place is not None:
            place.give_up()


def _email(session: Session, given: str | None) -> str:
    return given or session.email() or session.terminal.ask("Email", _TO_ASK_EMAIL)


def _new_password(session: Session, prompt: str) -> str:
    if session.password_stdin or "ONERELAY_PASSWORD" in os.environ:
        return session.password()
    return _typed_twice(session, prompt)


def _typed_twice(session: Session, prompt: str) -> str:
    first = session.terminal.secret(prompt, NO_TERMINAL)
    if session.terminal.secret("Once more", NO_TERMINAL) != first:
        raise UserError("not_the_same", "The two were not the same. Nothing was done.")
    return first
