"""`onerelay link`: answering an app's request without a browser, where that is safe."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import click

from onerelay.cli.consent import headline, terms
from onerelay.cli.loopback import hand_over, refuse_absent, way_of
from onerelay.cli.options import at_relay, with_password, yes_option
from onerelay.cli.session import Session
from onerelay.cli.terminal import Unanswered, can_ask, clean
from onerelay.cli.words import Dollars
from onerelay.user.account import Account
from onerelay.user.api import RelayApi
from onerelay.user.approval import LinkChoice, LinkRequest, is_sealed_anew, read_request
from onerelay.user.crypto.errors import CryptoError
from onerelay.user.crypto.tokens import LINK_TOKEN, check_token, digest_token
from onerelay.user.errors import DeviceError, RelayError, UserError

_PROMPT = "Link (or link token)"
_LINK = click.argument("link_text", metavar="[LINK]", required=False)


@dataclass(frozen=True, slots=True)
class Asked:
    """A request, where its approval would go, and the connection an update changes."""

    request: LinkRequest
    origin: str | None
    connection: dict[str, Any] | None = None


@click.group()
def link() -> None:
    """Answer an app that asks for your keys. LINK is its link, or the token in it; without one you are asked for it."""


@link.command()
@_LINK
@at_relay
def show(session: Session, link_text: str | None) -> None:
    """Show who asks, for what. Approves nothing."""
    account = session.account()
    request = _read(session, account.api, link_text)
    try:
        origin = way_of(request)
        note = ""
    except DeviceError as error:
        origin, note = None, error.message
    value = _value(request) | {"origin": origin, "needsBrowser": bool(note)}
    shown = (
        headline(request, origin or _redirect_origin(request)),
        terms(request, LinkChoice((), request.budget_suggestion_cents, request.limits), None),
    )
    session.terminal.result(value, *shown, *([note] if note else []))


@link.command()
@_LINK
@click.option("--provider", "providers", multiple=True, help="Give only this one of what is asked for. May be repeated.")
@click.option("--budget", type=Dollars(), help="The monthly budget in dollars. Default: what the app suggests.")
@click.option("--client-id", help="The app you expect; another one is refused. Needed with --yes.")
@yes_option
@with_password
def approve(
    session: Session, link_text: str | None, providers: tuple[str, ...], budget: int | None, client_id: str | None, yes: bool
) -> None:
    """Approve an app’s request, after showing who asks.

    Only for apps that listen on this machine, and for changes of a connection an app has: there nothing secret has to
    be handed to a web page. For all others, open the link in a browser.
    """
    if yes and client_id is None:
        raise click.UsageError("--yes needs --client-id: say which app you expect.")
    link_api = session.account().api
    request = _read(session, link_api, link_text)
    if client_id is not None and client_id != request.client_id:
        raise DeviceError("other_app", f"Another app asks: {request.client_id}. Nothing was approved.")
    origin = way_of(request)
    with session.unlocked() as account:
        connection = account.connections.get(request.connection_id) if request.update else None
        asked = Asked(request, origin, connection)
        choice = _choice(session, account, asked, providers, budget)
        session.terminal.note(headline(request, origin), terms(request, choice, connection), "")
        if not yes:
            try:
                session.terminal.confirm("Approve?", "Look at it with `onerelay link show`, then add --yes --client-id.")
            except Unanswered:
                if can_ask():  # that was a no
                    _decline(account, request)
                raise
        _authorise(session, account, asked, choice)
    said = "Changed." if request.update else f"Approved: {clean(origin)} has taken it over."
    session.terminal.result({"connectionId": request.connection_id, "providers": list(choice.providers)}, said)


def _read(session: Session, api: RelayApi, link_text: str | None) -> LinkRequest:
    text = link_text or session.terminal.secret(_PROMPT, "Give the link as an argument.")
    token = link_token(text.strip(), api.origin)
    request = read_request(token, api.call("GET", "/v1/link/session", bearer=token))
    if request.status != "open":
        raise DeviceError("link_over", f"This link is over ({clean(request.status)}). Have the app make a new one.")
    return request


def link_token(text: str, origin: str) -> str:
    """The token in a link of this relay's, or the token itself. Raises DeviceError bad_link."""
    token = text
    if not text.startswith(LINK_TOKEN):
        parts = urlsplit(text)
        token = parts.fragment
        named = parts.path.rstrip("/").rpartition("/")[2]
        if not text.startswith(f"{origin}/link/"):
            raise DeviceError("bad_link", f"That is no link of {origin}. If it is another relay’s, name that one with --relay.")
        if named != digest_token(token):
            raise DeviceError("bad_link", "This link is damaged: copy it again, with everything after the #.")
    try:
        return check_token(token, LINK_TOKEN)
    except CryptoError:
        pass
    raise DeviceError("bad_link", "That is no link, nor the token of one.")


def _choice(session: Session, account: Account, asked: Asked, providers: tuple[str, ...], budget: int | None) -> LinkChoice:
    """What is given: as asked for on the command line, else every requested provider whose key is in the vault."""
    request = asked.request
    have = {item["provider"] for item in account.api.all("/v1/keys")}
    wanted = providers or tuple(provider for provider in request.requested if provider in have)
    if asked.connection is not None:
        wanted = tuple(provider for provider in wanted if is_sealed_anew(asked.connection, provider))
        suggested = request.budget_suggestion_cents
        changed = suggested if suggested not in {None, asked.connection["budgetCents"]} else None
        return LinkChoice(wanted, budget if budget is not None else changed, request.limits or None)
    if not wanted:
        named = ", ".join(request.requested)
        raise DeviceError("no_such_key", f"You have no key of {named}. Add one: onerelay keys add {request.requested[0]}")
    cents = budget if budget is not None else request.budget_suggestion_cents
    if cents is None:
        answer = session.terminal.ask("Budget a month, in dollars", "The app suggests no budget. Give one with --budget.")
        cents = Dollars().convert(answer, None, None)
    return LinkChoice(wanted, cents, request.limits or None)


def _authorise(session: Session, account: Account, asked: Asked, choice: LinkChoice) -> None:
    request, vault = asked.request, account.vault
    approval = vault.approve_update(request, choice) if request.update else vault.approve(request, choice)
    if not request.update:
        refuse_absent(request)
    with session.terminal.busy("Sealing your keys for it…"):
        account.api.call("POST", "/v1/link/authorize", approval.body, elevated=True)
    if approval.public_token is None:
        return
    if not hand_over(request, publicToken=approval.public_token):
        # Nobody can ever exchange it: what is left of it is taken back.
        with suppress(UserError):
            account.connections.revoke(request.connection_id)
        raise DeviceError("nobody_listens", "The app did not take the approval. It was taken back; start again in the app.")
    _tell(account.api, request, "HANDOFF")


def _decline(account: Account, request: LinkRequest) -> None:
    _tell(account.api, request, "EXIT")
    if not request.update:
        hand_over(request, error="exited")


def _tell(api: RelayApi, request: LinkRequest, event: str) -> None:
    with suppress(RelayError):
        api.call("POST", "/v1/link/session/events", {"name": event}, bearer=request.link_token)


def _redirect_origin(request: LinkRequest) -> str | None:
    parts = urlsplit(request.redirect["uri"]) if request.redirect else None
    return f"{parts.scheme}://{parts.netloc}" if parts else "A web page"


def _value(request: LinkRequest) -> dict[str, Any]:
    return {
        "linkSessionId": request.id,
        "app": {"name": request.app_name, "clientId": request.client_id, "websiteUrl": request.website, "verified": request.verified},
        "requestedProviders": list(request.requested),
        "budgetSuggestionCents": request.budget_suggestion_cents,
        "limits": request.limits,
        "update": request.update,
        "expiresAt": request.expires_at,
    }
