"""Commands about provider keys."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

import click
from rich.text import Text

from onerelay.cli.options import with_password, yes_option
from onerelay.cli.session import Session, read_line
from onerelay.cli.terminal import Unanswered, clean, table
from onerelay.cli.words import counted, name_of, when
from onerelay.user.errors import UserError
from onerelay.user.key_check import GOOD, Said, check_key
from onerelay.user.providers import Provider, known, look_of, provider_id, unknown

if TYPE_CHECKING:
    from onerelay.user.account import Account
    from onerelay.user.reseals import Reseal

_COLOURS = {"good": "green", "warn": "yellow", "bad": "red"}
_REFUSED = {
    None: "gets the new key",
    "tampered": "loses the provider: your note of it is damaged",
    "other_client": "loses the provider: your note is of another app",
    "not_approved": "loses the provider: you never allowed it there",
    "expired": "loses the provider: it has ended",
}
_NO_KEY = "There is no terminal to ask for the key. Give it with --key-stdin."
_NONE_YET = "No keys yet. Add one: onerelay keys add openai"
_ADD_YES = "Look at it, then add --yes to do it without being asked."

_key_stdin = click.option("--key-stdin", is_flag=True, help="Read the key from standard input (after the password, with both).")
_label = click.option("--label", help="What you call this key; encrypted with it.")
_no_check = click.option("--no-check", is_flag=True, help="Save it untried. Else one free call and a few words are sent with it.")


@click.group()
def keys() -> None:
    """Your provider keys: encrypted here, readable nowhere else."""


@keys.command("list")
@click.option("--labels", is_flag=True, help="Open the vault to show what you call them.")
@with_password
def list_keys(session: Session, labels: bool) -> None:
    """List which keys are kept. Needs the password for their labels only."""
    if labels:
        with session.unlocked() as account:
            stored = account.vault.list_keys()
        rows = [(key.provider, "damaged" if key.damaged else key.label, when(key.updated_at), when(key.last_used_at)) for key in stored]
        shown = table(("Provider", "Label", "Saved", "Last used"), rows) if rows else _NONE_YET
        session.terminal.result([asdict(key) for key in stored], shown)
        return
    with session.signed_in() as account:
        items = [{name: item[name] for name in item if name != "ciphertext"} for item in account.api.all("/v1/keys")]
    rows_without = [(item["provider"], when(item["updatedAt"]), when(item["lastUsedAt"])) for item in items]
    session.terminal.result(items, table(("Provider", "Saved", "Last used"), rows_without) if items else _NONE_YET)


@keys.command("add")
@click.argument("provider")
@_label
@_key_stdin
@_no_check
@yes_option
@with_password
def add(session: Session, provider: str, label: str | None, key_stdin: bool, no_check: bool, yes: bool) -> None:
    """Put a key of PROVIDER into your vault. The key is asked for, or read with --key-stdin."""
    wanted = provider_id(provider)
    with session.unlocked() as account:
        if any(item["provider"] == wanted for item in account.api.all("/v1/keys")):
            raise UserError("key_exists", f"There is a key of {wanted} already. To change it: onerelay keys replace {wanted}")
        api_key = _key(session, wanted, key_stdin)
        _try(session, account, wanted, api_key, skip=no_check, yes=yes)
        with session.terminal.busy("Encrypting and saving…"):
            account.vault.add_key(wanted, api_key, label or "")
    session.terminal.result({"provider": wanted, "created": True}, f"Your key of {wanted} is saved.")


@keys.command("replace")
@click.argument("provider")
@click.option("--drop", multiple=True, metavar="CONNECTION", help="A connection that is to lose this provider instead. May be repeated.")
@_label
@_key_stdin
@_no_check
@yes_option
@with_password
def replace(session: Session, provider: str, drop: tuple[str, ...], label: str | None, key_stdin: bool, no_check: bool, yes: bool) -> None:
    """Replace the key of PROVIDER, in your vault and in every connection that uses it."""
    wanted = provider_id(provider)
    with session.unlocked() as account:
        reseals = account.vault.reseals(wanted)
        _show_reseals(session, wanted, reseals, drop)
        if reseals and not yes:
            session.terminal.confirm("Go on?", _ADD_YES)
        api_key = _key(session, wanted, key_stdin)
        _try(session, account, wanted, api_key, skip=no_check, yes=yes)
        shown = [one.connection_id for one in reseals]
        with session.terminal.busy("Encrypting and saving…"):
            done = account.vault.put_key(wanted, api_key, label, shown=shown, drop=drop)
    value = {"provider": wanted, "created": done.created, "resealed": list(done.resealed), "dropped": list(done.dropped)}
    said = f"Your key of {wanted} is replaced; {counted(len(done.resealed), 'connection')} got the new one."
    session.terminal.result(value, said)


@keys.command("check")
@click.argument("provider")
@click.option("--key-stdin", is_flag=True, help="Check a key from standard input, not the one in your vault.")
@with_password
def check(session: Session, provider: str, key_stdin: bool) -> None:
    """Try a key of PROVIDER at the provider, through the relay, which sees it for these calls. Ends with 7 if it does not work."""
    wanted = _known(provider)
    with session.unlocked() as account:
        api_key = read_line().strip() if key_stdin else account.vault.reveal_key(wanted.id)
        said = _checked(session, account, wanted, api_key)
    value = {"provider": wanted.id, "outcome": said.outcome, "works": said.outcome in GOOD}
    session.terminal.result(value, _shown(said))
    if said.outcome not in GOOD:
        click.get_current_context().exit(7)


@keys.command("delete")
@click.argument("provider")
@yes_option
@with_password
def delete(session: Session, provider: str, yes: bool) -> None:
    """Delete the key of PROVIDER, in your vault and in every connection."""
    wanted = provider_id(provider)
    with session.unlocked() as account:
        using = account.connections.list(provider=wanted)
        for connection in using:
            ends = connection["providers"] == [wanted]
            session.terminal.note(f"  {clean(name_of(connection))} ({connection['id']}) {'ends' if ends else f'loses {wanted}'}")
        if not yes:
            session.terminal.confirm(f"Delete your key of {wanted}? ({counted(len(using), 'connection')} with it)", _ADD_YES)
        lost = account.vault.delete_key(wanted)
    session.terminal.result({"provider": wanted, "connectionsAffected": lost}, f"Your key of {wanted} is deleted.")


def _key(session: Session, provider: str, key_stdin: bool) -> str:
    if key_stdin:
        return read_line().strip()
    facts = known().get(provider)
    if facts is not None and facts.key_page:
        session.terminal.note(f"Get one at {facts.key_page}", style="dim")
    return session.terminal.secret(f"Key of {facts.name if facts else provider}", _NO_KEY).strip()


def _known(provider: str) -> Provider:
    found = known().get(provider_id(provider))
    if found is None:
        raise unknown(provider)
    return found


def _try(session: Session, account: Account, provider: str, api_key: str, *, skip: bool, yes: bool) -> None:
    """Refuse or ask where a key looks wrong or does not work. Raises UserError key_fails, Unanswered."""
    facts = known().get(provider)
    if facts is None:
        return
    look = look_of(api_key, facts)
    if look.kind == "admin_key":
        raise UserError("key_fails", look.why or "This key manages an account.")
    if look.other is not None and not yes:
        session.terminal.note(f"This looks like a key of {look.other.name}. It was not sent anywhere.")
        session.terminal.confirm(f"Save it as one of {facts.name} all the same?", f"This looks like a key of {look.other.name}. {_ADD_YES}")
        return
    if skip or look.other is not None:
        return
    said = _checked(session, account, facts, api_key)
    session.terminal.note(_shown(said))
    if said.outcome == "admin_key":
        raise UserError("key_fails", said.title)
    if said.outcome not in GOOD and not yes:
        try:
            session.terminal.confirm("Save it all the same?", "")
        except Unanswered:
            raise UserError("key_fails", f"{said.title} It was not saved; --yes saves it all the same.") from None


def _checked(session: Session, account: Account, provider: Provider, api_key: str) -> Said:
    with session.terminal.busy(f"Trying the key at {provider.name}…"):
        return check_key(account.vault, provider, api_key)


def _shown(said: Said) -> Text:
    return Text.assemble((said.title, f"bold {_COLOURS[said.tone]}"), " ", said.text)


def _show_reseals(session: Session, provider: str, reseals: list[Reseal], drop: tuple[str, ...]) -> None:
    if not reseals:
        return
    session.terminal.note(f"These connections use your key of {provider}:")
    rows = [(one.connection_id, one.name, "loses the provider" if one.connection_id in drop else _REFUSED[one.refused]) for one in reseals]
    session.terminal.note(table(("Connection", "App", "What happens"), rows))
