"""Every blob of spec/vectors.json: it opens, is sealed to the same bytes under its nonce, and opens nowhere else."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from relay.crypto import connection_keys, device
from relay.crypto.encoding import b64u_decode
from tests.crypto.vectors import (
    CONNECTION,
    CONNECTION_KEY,
    LOGIN_SEED,
    RECOVERY,
    RECOVERY_KEY,
    SESSION,
    SESSION_KEY,
    VAULT,
    VAULT_KEY,
    VECTORS,
    WRAP_KEY,
    error_named,
)

CON = CONNECTION["connectionId"]
OWNER = json.loads(CONNECTION["ownerPlaintext"])
GRANT = device.OwnerGrant(CONNECTION_KEY, OWNER["clientId"], tuple(OWNER["providers"]))
ITEM = json.loads(VAULT["plaintext"])


@dataclass(frozen=True)
class Blob:
    """One blob of the vectors: its text, what is inside, and how both come from each other."""

    text: str
    inside: object
    seal: Callable[[], str]
    open: Callable[[str], object]


BLOBS = {
    "wrappedVaultKey": Blob(
        VAULT["wrappedVaultKey"],
        VAULT_KEY,
        lambda: device.wrap_vault_key(WRAP_KEY, VAULT_KEY),
        lambda text: device.open_vault_key(WRAP_KEY, text),
    ),
    "vaultItem": Blob(
        VAULT["vaultItem"],
        ITEM,
        lambda: device.seal_vault_item(VAULT_KEY, VAULT["provider"], ITEM),
        lambda text: device.open_vault_item(VAULT_KEY, VAULT["provider"], text),
    ),
    "recoveryVaultKey": Blob(
        RECOVERY["recoveryVaultKey"],
        VAULT_KEY,
        lambda: device.wrap_for_recovery(RECOVERY_KEY, VAULT_KEY),
        lambda text: device.open_recovery_vault_key(RECOVERY_KEY, text),
    ),
    "sessionVault": Blob(
        SESSION["sessionVault"],
        (VAULT_KEY, LOGIN_SEED),
        lambda: device.seal_session_vault(SESSION_KEY, VAULT_KEY, LOGIN_SEED),
        lambda text: device.open_session_vault(SESSION_KEY, text),
    ),
    "sealedKey": Blob(
        CONNECTION["sealedKey"],
        CONNECTION["apiKey"],
        lambda: device.seal_key(CONNECTION_KEY, CON, CONNECTION["provider"], CONNECTION["apiKey"]),
        lambda text: connection_keys.open_sealed_key(CONNECTION_KEY, CON, CONNECTION["provider"], text),
    ),
    "ownerGrant": Blob(
        CONNECTION["ownerGrant"],
        GRANT,
        lambda: device.seal_owner_grant(VAULT_KEY, CON, GRANT),
        lambda text: device.open_owner_grant(VAULT_KEY, CON, text),
    ),
    "grantedKey": Blob(
        CONNECTION["grantedKey"],
        CONNECTION_KEY,
        lambda: device.seal_granted_key(CONNECTION["publicToken"], CON, CONNECTION_KEY),
        lambda text: connection_keys.open_granted_key(CONNECTION["publicToken"], CON, text),
    ),
    "heldKey": Blob(
        CONNECTION["heldKey"],
        CONNECTION_KEY,
        lambda: connection_keys.seal_held_key(CONNECTION["accessToken"], CON, CONNECTION_KEY),
        lambda text: connection_keys.open_held_key(CONNECTION["accessToken"], CON, text),
    ),
}
OPEN_ELSEWHERE: dict[str, Callable[[dict[str, Any]], object]] = {
    "wrappedVaultKey": lambda entry: device.open_vault_key(WRAP_KEY, entry["blob"]),
    "vaultItem": lambda entry: device.open_vault_item(VAULT_KEY, entry["provider"], entry["blob"]),
    "sealedKey": lambda entry: connection_keys.open_sealed_key(CONNECTION_KEY, entry["connectionId"], entry["provider"], entry["blob"]),
    "ownerGrant": lambda entry: device.open_owner_grant(VAULT_KEY, entry["connectionId"], entry["blob"]),
    "grantedKey": lambda entry: connection_keys.open_granted_key(entry["token"], entry["connectionId"], entry["blob"]),
    "heldKey": lambda entry: connection_keys.open_held_key(entry["token"], entry["connectionId"], entry["blob"]),
}


@pytest.mark.parametrize("name", BLOBS)
def test_blob_opens(name: str) -> None:
    blob = BLOBS[name]
    assert blob.open(blob.text) == blob.inside


@pytest.mark.parametrize("name", BLOBS)
def test_blob_is_sealed_to_the_same_bytes_under_its_nonce(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    blob = BLOBS[name]
    nonce = b64u_decode(blob.text)[:12]
    monkeypatch.setattr("secrets.token_bytes", lambda size: nonce[:size])
    assert blob.seal() == blob.text


@pytest.mark.parametrize("name", BLOBS)
def test_nonces_are_random(name: str) -> None:
    blob = BLOBS[name]
    texts = [blob.seal() for _ in range(20)]
    assert len({text[:16] for text in texts}) == len(texts)
    assert all(blob.open(text) == blob.inside for text in texts)


@pytest.mark.parametrize("entry", VECTORS["mustNotOpen"], ids=lambda entry: entry["why"])
def test_blob_must_not_open(entry: dict[str, Any]) -> None:
    with pytest.raises(error_named(entry["expect"])):
        OPEN_ELSEWHERE[entry["kind"]](entry)


@pytest.mark.parametrize("name", BLOBS)
@pytest.mark.parametrize("other", BLOBS)
def test_blob_does_not_open_as_another(name: str, other: str) -> None:
    if name == other:
        assert BLOBS[name].open(BLOBS[other].text) == BLOBS[name].inside
        return
    with pytest.raises(error_named("CannotOpen")):
        BLOBS[name].open(BLOBS[other].text)


def test_item_refused_for_its_text_opens_once_the_text_is_mended() -> None:
    """The malformed entries are refused for their form alone: what they say is a valid item."""
    malformed = {entry["why"]: entry["blob"] for entry in VECTORS["mustNotOpen"]}
    item = BLOBS["vaultItem"]
    assert item.open(malformed["a valid item, padded"].rstrip("="))
    assert item.open(malformed["a valid item with a line break inside"].replace("\n", "")) == item.inside
    standard = malformed["a valid item in the standard alphabet"]
    assert item.open(standard.replace("+", "-").replace("/", "_")) == item.inside
