"""People, apps and connections for tests, made by the real cryptography (but for the slow Argon2id)."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from django.test import Client

from accounts.models import App, User, UserSession
from accounts.services import apps, sessions
from linkflow.limits import Terms
from linkflow.models import Connection
from linkflow.services import authorize, exchange
from linkflow.services import sessions as link_sessions
from relay.core.ids import mint_id
from relay.crypto import tokens
from relay.crypto.device import connections as device
from relay.crypto.device import signing, vault
from relay.crypto.encoding import b64u_encode
from relay.crypto.kdf import new_kdf

ORIGIN = "http://localhost:8000"
SANDBOX_KEY = "sandbox-key-" + "works"


@dataclass
class Person:
    """A user with their device's keys and a signed-in bearer session."""

    user: User
    login_seed: bytes
    vault_key: bytes
    token: str
    elevation: str
    session: UserSession
    client: Client = field(default_factory=Client)

    def call(self, method: str, path: str, body: Any = None, *, elevated: bool = False, **headers: Any) -> Any:
        """A JSON call with this person's bearer token; answers Django's response."""
        given = {"Authorization": f"Bearer {self.token}", **headers}
        if elevated:
            given["X-1Relay-Elevation"] = self.elevation
        return call(method, path, body, **given)

    def login_proof(self, challenge: str) -> str:
        """A fresh proof over a challenge, as b64u text."""
        return b64u_encode(signing.sign_login(self.login_seed, ORIGIN, self.user.email, challenge))


@dataclass
class Product:
    """An app with its client secret."""

    app: App
    secret: str

    def call(self, method: str, path: str, body: Any = None, **headers: Any) -> Any:
        """A JSON call with the app's client id and secret."""
        import base64

        pair = base64.b64encode(f"{self.app.client_id}:{self.secret}".encode()).decode()
        return call(method, path, body, Authorization=f"Basic {pair}", **headers)


@dataclass
class Linked:
    """An active connection with everything its parties hold."""

    connection: Connection
    connection_key: bytes
    access_token: str
    public_token: str


def call(method: str, path: str, body: Any = None, **headers: Any) -> Any:
    """A JSON call without a credential."""
    options: dict[str, Any] = {"headers": headers}
    if body is not None:
        import json

        options |= {
            "data": body if isinstance(body, (bytes, str)) else json.dumps(body),
            "content_type": "application/json",
        }
    return getattr(Client(), method.lower())(path, **options)


def make_person(email: str | None = None, now: datetime | None = None) -> Person:
    """A registered user, signed in with a bearer token and elevated."""
    seed, vault_key = secrets.token_bytes(32), vault.new_vault_key()
    now = now or datetime.now(UTC)
    user = User.objects.create(
        id=mint_id("usr"),
        email=email or f"{secrets.token_hex(6)}@example.com",
        kdf=new_kdf().as_json(),
        login_public_key=signing.public_key_of(seed),
        wrapped_vault_key=vault.wrap_vault_key(secrets.token_bytes(32), vault_key),
        created_at=now,
    )
    opened = sessions.open_session(user, UserSession.BEARER, "tests", now)
    return Person(user, seed, vault_key, opened.token, opened.elevation, opened.session)


def give_kit(person: Person) -> bytes:
    """A recovery kit of the person's, put in place; answers the recovery key in it."""
    key = vault.new_recovery_key()
    person.user.recovery_public_key = signing.public_key_of(vault.recovery_seed_of(key))
    person.user.recovery_vault_key = vault.wrap_for_recovery(key, person.vault_key)
    person.user.save(update_fields=["recovery_public_key", "recovery_vault_key"])
    return key


def make_app(owner: User, **over: Any) -> Product:
    """An app of `owner` at http://127.0.0.1:9000."""
    fields = {"name": "Chat", "allowed_origins": ["http://127.0.0.1:9000"], **over}
    made = apps.register_app(owner, fields, datetime.now(UTC))
    return Product(made.app, made.client_secret)


def make_png(width: int, height: int, *extra: tuple[bytes, bytes]) -> bytes:
    """A grey picture of so many pixels; `extra` chunks stand before its data."""
    import zlib

    header = width.to_bytes(4, "big") + height.to_bytes(4, "big") + bytes([8, 0, 0, 0, 0])
    chunks = [(b"IHDR", header), *extra, (b"IDAT", zlib.compress((b"\0" + b"\x80" * width) * height)), (b"IEND", b"")]
    written = [len(data).to_bytes(4, "big") + kind + data + zlib.crc32(kind + data).to_bytes(4, "big") for kind, data in chunks]
    return b"\x89PNG\r\n\x1a\n" + b"".join(written)


@dataclass
class Approval:
    """What a device makes when its person approves."""

    body: dict[str, Any]
    connection_key: bytes
    public_token: str


def make_approval(person: Person, link_token: str, connection_id: str, client_id: str, keys: dict[str, str], budget_cents: int) -> Approval:
    """The body of POST /v1/link/authorize for these provider keys, as a browser makes it."""
    connection_key, public_token = device.new_connection_key(), tokens.mint_token(tokens.PUBLIC_TOKEN)
    grant = device.OwnerGrant(connection_key, client_id, tuple(keys))
    body = {
        "linkToken": link_token,
        "publicTokenHash": b64u_encode(tokens.digest_token(public_token)),
        "grantedKey": device.seal_granted_key(public_token, connection_id, connection_key),
        "ownerGrant": device.seal_owner_grant(person.vault_key, connection_id, grant),
        "sealedKeys": [
            {"provider": name, "sealedKey": device.seal_key(connection_key, connection_id, name, key)} for name, key in keys.items()
        ],
        "budgetCents": budget_cents,
    }
    return Approval(body, connection_key, public_token)


def make_connection(
    person: Person | None = None,
    product: Product | None = None,
    *,
    keys: dict[str, str] | None = None,
    budget_cents: int = 1000,
    now: datetime | None = None,
    **terms: Any,
) -> Linked:
    """An active connection, made by the real services: link session, approval, exchange."""
    person = person or make_person()
    product = product or make_app(make_person().user)
    keys = keys or {"sandbox": SANDBOX_KEY}
    now = now or datetime.now(UTC)
    opened = link_sessions.open_session(product.app, {"requested_providers": list(keys)}, now)
    session = opened.session
    approval = make_approval(person, opened.link_token, session.connection_id, product.app.client_id, keys, budget_cents)
    authorize.authorize(
        person.user,
        opened.link_token,
        authorize.Approval(
            public_token_hash=tokens.digest_token(approval.public_token),
            granted_key=approval.body["grantedKey"],
            owner_grant=approval.body["ownerGrant"],
            sealed_keys={seal["provider"]: seal["sealedKey"] for seal in approval.body["sealedKeys"]},
            terms=Terms(budget_cents, **terms),
        ),
        now,
    )
    done = exchange.exchange(product.app, approval.public_token, "", now + timedelta(milliseconds=1))
    return Linked(done.connection, approval.connection_key, done.access_token, approval.public_token)
