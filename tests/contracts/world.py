"""Who is there when bad requests come in: two people, two apps, and one of everything that can be asked for."""

from __future__ import annotations

import base64
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from accounts.authentication import COOKIE
from accounts.models import UserSession
from accounts.services import challenges, sessions
from linkflow.limits import Terms
from linkflow.models import Connection
from linkflow.services import authorize, connections, exchange, sandbox
from linkflow.services import sessions as link_sessions
from linkflow.services.sessions import OpenedSession
from relay.crypto.device import vault
from relay.crypto.encoding import b64u_decode
from tests.factories import (
    ORIGIN,
    SANDBOX_KEY,
    Approval,
    Linked,
    Person,
    Product,
    give_kit,
    make_app,
    make_approval,
    make_connection,
    make_person,
)
from vault import services as keys
from webhooks.services import deliveries, endpoints

OPENAI_KEY = "sk-" + "proj-example-0123456789"
BOTH = {"sandbox": SANDBOX_KEY, "openai": OPENAI_KEY}


@dataclass
class World:
    """Ada owns keys and connections, Bob the app she uses; Mallory has everything but the right, and an app of her own."""

    ada: Person
    bob: Person
    mallory: Person
    chat: Product
    other: Product
    linked: Linked
    revoked: Linked
    page: sessions.Opened
    second_device: UserSession
    asking: OpenedSession
    approval: Approval
    approved: Approval
    lapsed: OpenedSession
    lapsed_approval: Approval
    kit: bytes
    event_id: str
    sandbox_id: str

    def headers_of(self, caller: str) -> dict[str, str]:
        """The credential headers of one of the callers, elevation included where there is one."""
        people = {"ada": self.ada, "bob": self.bob, "mallory": self.mallory}
        apps = {"app": self.chat, "other": self.other}
        bearers = {"link": self.asking.link_token, "lapsed": self.lapsed.link_token, "grant": self.linked.access_token}
        if caller in people:
            return {"Authorization": f"Bearer {people[caller].token}", "X-1Relay-Elevation": people[caller].elevation}
        if caller in apps:
            pair = f"{apps[caller].app.client_id}:{apps[caller].secret}"
            return {"Authorization": f"Basic {base64.b64encode(pair.encode()).decode()}"}
        if caller == "page":
            return self._page_headers()
        return {"Authorization": f"Bearer {bearers[caller]}"} if caller in bearers else {}

    def _page_headers(self) -> dict[str, str]:
        return {
            "Cookie": f"{COOKIE}={self.page.token}",
            "X-CSRF-Token": sessions.csrf_token(self.page.session),
            "X-1Relay-User": self.ada.user.pk,
            "X-1Relay-Elevation": self.page.elevation,
            "Sec-Fetch-Site": "same-origin",
            "Origin": ORIGIN,
        }

    def challenge(self) -> str:
        """A fresh challenge for Ada."""
        return challenges.issue(self.ada.user.email, datetime.now(UTC))[0]


def make_world() -> World:
    """Build it by the real services."""
    now = datetime.now(UTC)
    ada, bob, mallory = make_person(), make_person(), make_person()
    chat = make_app(bob.user, redirect_uris=["https://chat.example/back"], webhook_url="https://chat.example/hook")
    endpoints.rotate_secret(chat.app, immediately=False, now=now)
    keys.put_key(
        ada.user, "openai", vault.seal_vault_item(ada.vault_key, "openai", {"apiKey": OPENAI_KEY, "label": "work"}), {}, frozenset(), now
    )
    revoked = make_connection(ada, chat)
    connections.revoke(ada.user, revoked.connection.pk, now)
    asking, approval = ask(ada, chat, now)
    _, approved = ask(ada, chat, now)
    approve(ada, approved, now)
    lapsed, lapsed_approval = ask(ada, chat, now - timedelta(hours=1))
    approve(ada, lapsed_approval, now - timedelta(hours=1))
    return World(
        ada=ada,
        bob=bob,
        mallory=mallory,
        chat=chat,
        other=make_app(mallory.user),
        linked=make_connection(ada, chat, keys=BOTH),
        revoked=revoked,
        page=sessions.open_session(ada.user, UserSession.COOKIE, "tests", now),
        second_device=sessions.open_session(ada.user, UserSession.BEARER, secrets.token_hex(4), now).session,
        asking=asking,
        approval=approval,
        approved=approved,
        lapsed=lapsed,
        lapsed_approval=lapsed_approval,
        kit=give_kit(ada),
        event_id=deliveries.send_test(chat.app, now).pk,
        sandbox_id=sandbox_connection(chat, now),
    )


def sandbox_connection(product: Product, now: datetime) -> str:
    """The id of an active connection of the app's test user."""
    made = sandbox.link(product.app, "visitor-1", sandbox.outcome_named("works"), Terms(500), now)
    return exchange.exchange(product.app, made.public_token, "visitor-1", now).connection.pk


def ask(person: Person, product: Product, now: datetime) -> tuple[OpenedSession, Approval]:
    """An open link session of the app, and what the person's browser would send to approve it."""
    asked: dict[str, Any] = {"requested_providers": ["sandbox", "openai"], "client_user_id": "visitor-1"}
    opened = link_sessions.open_session(product.app, asked, now)
    approval = make_approval(person, opened.link_token, opened.session.connection_id, product.app.client_id, {"sandbox": SANDBOX_KEY}, 500)
    return opened, approval


def approve(person: Person, approval: Approval, now: datetime) -> Connection:
    """The pending connection that the approval makes."""
    given = authorize.Approval(
        public_token_hash=b64u_decode(approval.body["publicTokenHash"]),
        granted_key=approval.body["grantedKey"],
        owner_grant=approval.body["ownerGrant"],
        sealed_keys={seal["provider"]: seal["sealedKey"] for seal in approval.body["sealedKeys"]},
        terms=Terms(approval.body["budgetCents"]),
    )
    return authorize.authorize(person.user, approval.body["linkToken"], given, now)
