"""Getting at an account from a command: which relay, which session, and the password only where the vault is needed."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass

from onerelay.cli.store import Store, StoredSession
from onerelay.cli.terminal import Terminal
from onerelay.user.account import Account
from onerelay.user.errors import DeviceError, RelayError, UserError
from onerelay.user.origins import parse_origin

NO_TERMINAL = "There is no terminal to ask for the master password. Give it with --password-stdin or in ONERELAY_PASSWORD."


@dataclass
class Session:
    """One command's way to an account."""

    terminal: Terminal
    store: Store
    relay: str | None = None
    password_stdin: bool = False

    def origin(self) -> str:
        """The relay: as given, else ONERELAY_RELAY, else the one logged in to last. Raises DeviceError."""
        given = self.relay or os.environ.get("ONERELAY_RELAY") or self.store.current
        if not given:
            raise DeviceError("no_relay", "Which relay? Give its address with --relay, or log in first: onerelay login --relay URL")
        return parse_origin(given)

    def email(self) -> str | None:
        """Whose account, where the environment says so (CI)."""
        return os.environ.get("ONERELAY_EMAIL")

    def password(self, prompt: str = "Master password") -> str:
        """The master password: from standard input, the environment or the person; never from the command line."""
        if self.password_stdin:
            return read_line()
        given = os.environ.get("ONERELAY_PASSWORD")
        return given if given is not None else self.terminal.secret(prompt, NO_TERMINAL)

    def account(self, token: str | None = None) -> Account:
        """An account object for the relay."""
        return Account(self.origin(), token=token, kdf_memory=self.store)

    def keep(self, account: Account) -> None:
        """Keep the session that was just begun, for the next command."""
        person = account.me()
        kept = StoredSession(account.api.origin, person.email, person.id, account.token or "", account.expires_at or "")
        self.store.keep(kept)

    @contextmanager
    def signed_in(self) -> Iterator[Account]:
        """The account, its vault locked: enough to list and to take away. Raises DeviceError not_signed_in."""
        stored = self._stored()
        if stored is None:
            with self._once() as account:
                yield account
            return
        account = self.account(stored.token)
        try:
            yield account
        except RelayError as error:
            if not error.ends_session:
                raise
            self.store.forget(stored.relay)
            raise not_signed_in("Your session has ended.", stored.relay) from None
        finally:
            account.close()

    @contextmanager
    def unlocked(self) -> Iterator[Account]:
        """The account with its vault open, after the password. An ended session is begun anew with it."""
        stored = self._stored()
        if stored is None:
            with self._once() as account:
                yield account
            return
        account = self.account(stored.token)
        try:
            self._unlock(account, stored.email)
            yield account
        finally:
            account.close()

    def _unlock(self, account: Account, email: str) -> None:
        password = self.password()
        with self.terminal.busy("Opening your vault…"):
            try:
                account.unlock(password)
            except RelayError as error:
                if not error.ends_session:
                    raise
                account.log_in(email, password)
                self.keep(account)

    def _stored(self) -> StoredSession | None:
        stored = self.store.session(self.origin())
        wanted = self.email()
        if stored is None and wanted is None:
            raise not_signed_in("You are not logged in.", self.origin())
        return stored if stored and wanted in {None, stored.email} else None

    @contextmanager
    def _once(self) -> Iterator[Account]:
        """A session for this command alone, of the account that the environment names; nothing of it stays."""
        account, password = self.account(), self.password()
        with self.terminal.busy("Opening your vault…"):
            account.log_in(self.email() or "", password)
        try:
            yield account
        finally:
            with suppress(UserError):
                account.log_out()
            account.close()


def not_signed_in(why: str, relay: str) -> DeviceError:
    """The error of a command that needs a session."""
    return DeviceError("not_signed_in", f"{why} Log in with: onerelay login --relay {relay}")


def read_line() -> str:
    """A secret from standard input: one line, nothing else of it taken away. Raises DeviceError nothing_on_stdin."""
    read = bytearray()
    # Byte by byte: what follows the line is the next secret’s, or the program’s that is run.
    while not read.endswith(b"\n") and (byte := os.read(sys.stdin.fileno(), 1)):
        read += byte
    try:
        line = read.decode("utf-8")
    except UnicodeDecodeError:
        line = ""
    if not line:
        raise DeviceError("nothing_on_stdin", "Nothing came on standard input, or no text.")
    return line.rstrip("\r\n")
