"""Bodies that each route takes, as a device or an app would make them in the world."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable
from typing import Any

from django.conf import settings

from relay.core.ids import mint_id
from relay.crypto import tokens
from relay.crypto.connection_keys import seal_held_key
from relay.crypto.device import connections as device
from relay.crypto.device import signing, vault
from relay.crypto.email_tokens import make_email_token
from relay.crypto.encoding import b64u_decode, b64u_encode
from relay.crypto.kdf import new_kdf
from relay.crypto.proofs import NewLogin, NewRecovery
from tests.contracts.world import OPENAI_KEY, World
from tests.factories import ORIGIN, SANDBOX_KEY, make_png

Sample = Callable[[World], dict[str, Any]]
MESSAGES = [{"role": "user", "content": "Hello"}]


def prelogin(world: World) -> dict[str, Any]:
    """Ada's email."""
    return {"email": world.ada.user.email}


def register(world: World) -> dict[str, Any]:
    """Somebody new."""
    seed, email = secrets.token_bytes(32), f"{secrets.token_hex(6)}@example.com"
    return {
        "email": email,
        "kdf": new_kdf().as_json(),
        "loginPublicKey": b64u_encode(signing.public_key_of(seed)),
        "registerProof": b64u_encode(signing.sign_register(seed, ORIGIN, email)),
        "wrappedVaultKey": vault.wrap_vault_key(secrets.token_bytes(32), vault.new_vault_key()),
    }


def login(world: World) -> dict[str, Any]:
    """Ada's proof over a fresh challenge."""
    return {"email": world.ada.user.email, **unlock(world)}


def unlock(world: World) -> dict[str, Any]:
    """The same, of somebody known."""
    challenge = world.challenge()
    return {"challenge": challenge, "loginProof": world.ada.login_proof(challenge)}


def password(world: World) -> dict[str, Any]:
    """Ada's change to another password."""
    seed, challenge, email = secrets.token_bytes(32), world.challenge(), world.ada.user.email
    new = NewLogin(signing.public_key_of(seed), new_kdf(), vault.wrap_vault_key(secrets.token_bytes(32), world.ada.vault_key))
    proof = signing.sign_password(world.ada.login_seed, ORIGIN, email, challenge, new=new)
    return {"challenge": challenge, "passwordProof": b64u_encode(proof), **_new_login(seed, email, new)}


def _new_login(seed: bytes, email: str, new: NewLogin) -> dict[str, Any]:
    return {
        "kdf": new.kdf.as_json(),
        "loginPublicKey": b64u_encode(new.login_public_key),
        "registerProof": b64u_encode(signing.sign_register(seed, ORIGIN, email)),
        "wrappedVaultKey": new.wrapped_vault_key,
    }


def recovery(world: World) -> dict[str, Any]:
    """A kit of Ada's."""
    key = vault.new_recovery_key()
    return {
        "recoveryPublicKey": b64u_encode(signing.public_key_of(vault.recovery_seed_of(key))),
        "recoveryVaultKey": vault.wrap_for_recovery(key, world.ada.vault_key),
    }


def recover_read(world: World) -> dict[str, Any]:
    """Ada's proof by her kit."""
    challenge, email = world.challenge(), world.ada.user.email
    proof = signing.sign_recover_read(vault.recovery_seed_of(world.kit), ORIGIN, email, challenge)
    return {"email": email, "challenge": challenge, "recoverReadProof": b64u_encode(proof)}


def recover(world: World) -> dict[str, Any]:
    """Ada's way back in: another password, another kit."""
    seed, challenge, email, again = secrets.token_bytes(32), world.challenge(), world.ada.user.email, recovery(world)
    new = NewLogin(signing.public_key_of(seed), new_kdf(), vault.wrap_vault_key(secrets.token_bytes(32), world.ada.vault_key))
    kit = NewRecovery(b64u_decode(again["recoveryPublicKey"]), again["recoveryVaultKey"])
    proof = signing.sign_recover(vault.recovery_seed_of(world.kit), ORIGIN, email, challenge, new=new, new_recovery=kit)
    return {"email": email, "challenge": challenge, "recoverProof": b64u_encode(proof), **_new_login(seed, email, new), **again}


def auto_lock(world: World) -> dict[str, Any]:
    """Five minutes."""
    return {"minutes": 5}


def delete_account(world: World) -> dict[str, Any]:
    """Ada's farewell."""
    challenge = world.challenge()
    proof = signing.sign_delete(world.ada.login_seed, ORIGIN, world.ada.user.email, challenge)
    return {"challenge": challenge, "deleteProof": b64u_encode(proof)}


def verify_email(world: World) -> dict[str, Any]:
    """The token of the link that Ada is mailed."""
    secret = settings.RELAY_SERVER_SECRET.reveal()
    return {"token": make_email_token(secret, world.ada.user.pk, world.ada.user.email, int(time.time()))}


def new_app(world: World) -> dict[str, Any]:
    """Every member an app can have."""
    return {
        "name": "Notes",
        "websiteUrl": "https://notes.example",
        "allowedOrigins": ["https://notes.example"],
        "redirectUris": ["https://notes.example/back"],
        "webhookUrl": "https://notes.example/hook",
        "testMode": False,
    }


def logo(world: World) -> dict[str, Any]:
    """A grey square."""
    return {"png": b64u_encode(make_png(64, 64))}


def origin(world: World) -> dict[str, Any]:
    """The app's own, on this machine: answered without a request."""
    return {"origin": world.chat.app.allowed_origins[0]}


def rotate(world: World) -> dict[str, Any]:
    """The old secret ends at once."""
    return {"immediately": True}


def put_key(world: World) -> dict[str, Any]:
    """Ada's OpenAI key replaced, with the one re-seal that takes."""
    connection_id = world.linked.connection.pk
    seal = device.seal_key(world.linked.connection_key, connection_id, "openai", OPENAI_KEY)
    return {
        "provider": "openai",
        "ciphertext": vault.seal_vault_item(world.ada.vault_key, "openai", {"apiKey": OPENAI_KEY, "label": "work"}),
        "sealedKeys": [{"connectionId": connection_id, "sealedKey": seal}],
        "dropConnections": [],
    }


def label(world: World) -> dict[str, Any]:
    """Ada's OpenAI key under another label."""
    item = world.ada.user.vault_items.get(provider="openai")
    sealed = vault.seal_vault_item(world.ada.vault_key, "openai", {"apiKey": OPENAI_KEY, "label": "play"})
    return {"ciphertext": sealed, "previousCiphertext": item.ciphertext}


LIMITS = {
    "dailyCents": 5,
    "requestsPerMinute": 5,
    "concurrency": 2,
    "models": ["sandbox-small"],
    "expiresAt": "2099-01-01T00:00:00Z",
    "allowUnpriced": True,
}


def link_session(world: World) -> dict[str, Any]:
    """Every member a link session can have, but update mode."""
    return {
        "requestedProviders": ["sandbox"],
        "budgetSuggestionCents": 500,
        "limits": LIMITS,
        "clientUserId": "visitor-1",
        "redirectUri": "https://chat.example/back",
        "responseMode": "query",
        "state": "s",
    }


def sandbox_link(world: World) -> dict[str, Any]:
    """Every member of a sandbox link."""
    return {"requestedProviders": ["sandbox"], "clientUserId": "visitor-1", "budgetCents": 500, "limits": LIMITS, "outcome": "works"}


def sandbox_fire(world: World) -> dict[str, Any]:
    """An event of the app's sandbox connection."""
    return {"connectionId": world.sandbox_id, "type": "budget.exhausted"}


def event(world: World) -> dict[str, Any]:
    """An event of the Link pages."""
    return {"name": "OPEN", "exitStatus": "not_started"}


def authorize(world: World) -> dict[str, Any]:
    """Ada's approval of the open session."""
    return {**world.approval.body, "limits": LIMITS}


def exchange(world: World) -> dict[str, Any]:
    """The public token of what Ada approved."""
    return {"publicToken": world.approved.public_token, "clientUserId": "visitor-1"}


def personal(world: World) -> dict[str, Any]:
    """A connection for Ada's own tools."""
    connection_id, key, access_token = mint_id("con"), device.new_connection_key(), tokens.mint_token(tokens.ACCESS_TOKEN)
    grant = device.OwnerGrant(key, "personal", ("sandbox",))
    return {
        "id": connection_id,
        "name": "My laptop",
        "accessTokenHash": b64u_encode(tokens.digest_token(access_token)),
        "heldKey": seal_held_key(access_token, connection_id, key),
        "ownerGrant": device.seal_owner_grant(world.ada.vault_key, connection_id, grant),
        "sealedKeys": [{"provider": "sandbox", "sealedKey": device.seal_key(key, connection_id, "sandbox", SANDBOX_KEY)}],
        "budgetCents": 200,
        "limits": LIMITS,
        "trial": False,
    }


def change(world: World) -> dict[str, Any]:
    """Every member of a change to Ada's connection."""
    linked = world.linked
    grant = device.OwnerGrant(linked.connection_key, world.chat.app.client_id, ("openai",))
    return {
        "budgetCents": 2000,
        "limits": LIMITS,
        "status": "paused",
        "sealedKeys": [
            {"provider": "openai", "sealedKey": device.seal_key(linked.connection_key, linked.connection.pk, "openai", OPENAI_KEY)}
        ],
        "ownerGrant": device.seal_owner_grant(world.ada.vault_key, linked.connection.pk, grant),
        "removeProviders": ["sandbox"],
    }


def cap(world: World) -> dict[str, Any]:
    """Ten dollars over all connections."""
    return {"budgetCents": 1000}


def chat(world: World) -> dict[str, Any]:
    """The relay's own chat door."""
    return {"provider": "sandbox", "model": "sandbox-small", "messages": MESSAGES}


def openai_chat(world: World) -> dict[str, Any]:
    """The OpenAI-compatible door."""
    return {"model": "sandbox/sandbox-small", "messages": MESSAGES}


def sandbox_chat(world: World) -> dict[str, Any]:
    """The sandbox's own call."""
    return {"model": "sandbox-small", "messages": MESSAGES}
