"""An account and a connection made in the browser are opened by Python, and the other way round."""

import secrets
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Page

from relay.crypto import connection_keys, device, proofs, tokens
from relay.crypto.encoding import b64u_decode, b64u_encode, read_recovery_key, write_recovery_key
from relay.crypto.kdf import check_kdf, new_kdf
from tests.e2e.core_bundles import build, open_bundle

pytestmark = pytest.mark.e2e


@pytest.fixture(scope="module")
def interop_page() -> Iterator[tuple[Page, list[str]]]:
    """A page that makes and opens."""
    build()
    with open_bundle("interop") as opened:
        yield opened


def given() -> dict[str, str]:
    """What both sides start from; fresh, so that nothing can have been written down beforehand."""
    return {
        "email": "ada@example.com",
        "origin": "https://relay.example",
        "password": "corréct hoŕse ①battery " + secrets.token_hex(4),
        "challenge": b64u_encode(secrets.token_bytes(32)),
        "provider": "sandbox",
        "apiKey": "sandbox-key-" + secrets.token_hex(8),
        "label": "wörk 😀",
        "connectionId": "con_" + secrets.token_hex(11),
        "clientId": "1r_cid_24ugZQoLiW9lI2t8SEU2cR",
    }


def test_what_the_browser_makes_python_opens(interop_page: tuple[Page, list[str]]) -> None:
    page, complaints = interop_page
    made = page.evaluate("(given) => window.makeAll(given)", given())
    check_account(made)
    check_connection(made)
    assert complaints == []


def check_account(made: dict[str, Any]) -> None:
    """Open the account as another device of the same user, and verify its proofs as the server."""
    keys = device.derive_keys(made["password"], made["email"], check_kdf(made["kdf"]))
    public_key = b64u_decode(made["loginPublicKey"])
    assert device.public_key_of(keys.login_seed) == public_key
    proofs.verify_register_proof(public_key, made["origin"], made["email"], b64u_decode(made["registerProof"]))
    proofs.verify_login_proof(public_key, made["origin"], made["email"], made["challenge"], b64u_decode(made["loginProof"]))
    vault_key = device.open_vault_key(keys.wrap_key, made["wrappedVaultKey"])
    assert vault_key == b64u_decode(made["vaultKey"])
    assert device.open_vault_item(vault_key, made["provider"], made["vaultItem"]) == {"apiKey": made["apiKey"], "label": made["label"]}
    assert device.open_recovery_vault_key(read_recovery_key(made["recoveryKey"]), made["recoveryVaultKey"]) == vault_key
    assert device.open_session_vault(b64u_decode(made["sessionKey"]), made["sessionVault"]) == (vault_key, keys.login_seed)


def check_connection(made: dict[str, Any]) -> None:
    """Go from the public token to the provider key as the server does."""
    connection_id, connection_key = made["connectionId"], b64u_decode(made["connectionKey"])
    grant = device.open_owner_grant(b64u_decode(made["vaultKey"]), connection_id, made["ownerGrant"])
    assert (grant.connection_key, grant.client_id, grant.providers) == (connection_key, made["clientId"], (made["provider"],))
    assert tokens.digest_token(made["publicToken"]) == b64u_decode(made["publicTokenHash"])
    assert connection_keys.open_granted_key(made["publicToken"], connection_id, made["grantedKey"]) == connection_key
    held = connection_keys.open_held_key(made["accessToken"], connection_id, made["heldKey"])
    assert connection_keys.open_sealed_key(held, connection_id, made["provider"], made["sealedKey"]) == made["apiKey"]


def test_what_python_makes_the_browser_opens(interop_page: tuple[Page, list[str]]) -> None:
    page, complaints = interop_page
    made = make_all(given())
    found = page.evaluate("(made) => window.openAll(made)", made)
    assert found == {
        "loginPublicKey": made["loginPublicKey"],
        "item": {"apiKey": made["apiKey"], "label": made["label"]},
        "vaultKeys": [made["vaultKey"]] * 3,
        "loginSeedKept": True,
        "connectionKeys": [made["connectionKey"]] * 3,
        "grant": {"clientId": made["clientId"], "providers": [made["provider"]]},
        "apiKey": made["apiKey"],
        "publicTokenHash": made["publicTokenHash"],
    }
    assert complaints == []


def make_all(start: dict[str, str]) -> dict[str, Any]:
    """Make the same as `makeAll` in clients/core/tests/browser/interop.ts."""
    kdf = new_kdf()
    keys = device.derive_keys(start["password"], start["email"], kdf)
    vault_key, recovery_key, session_key = device.new_vault_key(), device.new_recovery_key(), secrets.token_bytes(32)
    item = {"apiKey": start["apiKey"], "label": start["label"]}
    return {
        **start,
        "kdf": kdf.as_json(),
        "loginPublicKey": b64u_encode(device.public_key_of(keys.login_seed)),
        "registerProof": b64u_encode(device.sign_register(keys.login_seed, start["origin"], start["email"])),
        "loginProof": b64u_encode(device.sign_login(keys.login_seed, start["origin"], start["email"], start["challenge"])),
        "vaultKey": b64u_encode(vault_key),
        "wrappedVaultKey": device.wrap_vault_key(keys.wrap_key, vault_key),
        "vaultItem": device.seal_vault_item(vault_key, start["provider"], item),
        "recoveryKey": write_recovery_key(recovery_key),
        "recoveryVaultKey": device.wrap_for_recovery(recovery_key, vault_key),
        "sessionKey": b64u_encode(session_key),
        "sessionVault": device.seal_session_vault(session_key, vault_key, keys.login_seed),
        **make_connection(start, vault_key),
    }


def make_connection(start: dict[str, str], vault_key: bytes) -> dict[str, str]:
    """Make a connection and both of its tokens' blobs."""
    connection_id, provider = start["connectionId"], start["provider"]
    connection_key = device.new_connection_key()
    public_token, access_token = tokens.mint_token("1r_pt_"), tokens.mint_token("1r_at_")
    grant = device.OwnerGrant(connection_key=connection_key, client_id=start["clientId"], providers=(provider,))
    return {
        "connectionKey": b64u_encode(connection_key),
        "sealedKey": device.seal_key(connection_key, connection_id, provider, start["apiKey"]),
        "ownerGrant": device.seal_owner_grant(vault_key, connection_id, grant),
        "publicToken": public_token,
        "publicTokenHash": b64u_encode(tokens.digest_token(public_token)),
        "grantedKey": device.seal_granted_key(public_token, connection_id, connection_key),
        "accessToken": access_token,
        "heldKey": device.seal_held_key(access_token, connection_id, connection_key),
    }
