"""Every entry of spec/vectors.json that a device has a part in, by the Python package's own code.

Not its part: opening what the server opens (grantedKey, heldKey, sealedKey), verifying proofs, and the browser's sessionVault.
"""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from typing import Any

import pytest

from onerelay.user.crypto import connections, encoding, labels, passwords, proofs, tokens, vault
from onerelay.user.crypto.aead import open_blob
from onerelay.user.crypto.encoding import b64u_decode, b64u_encode
from onerelay.user.crypto.errors import BadEncoding, BadToken, CannotOpen, CryptoError
from onerelay.user.crypto.kdf import check_kdf, new_kdf
from tests.crypto.vectors import (
    CONNECTION,
    CONNECTION_KEY,
    LOGIN_SEED,
    PASSWORD,
    PROOFS,
    RECOVERY,
    RECOVERY_KEY,
    SPEC,
    VAULT,
    VAULT_KEY,
    VECTORS,
    WRAP_KEY,
)

ROOT = SPEC.parent
SERVERS_PART = {"sealedKey", "grantedKey", "heldKey"}
CON = CONNECTION["connectionId"]
OWNER = json.loads(CONNECTION["ownerPlaintext"])
GRANT = connections.OwnerGrant(CONNECTION_KEY, OWNER["clientId"], tuple(OWNER["providers"]))
ITEM = json.loads(VAULT["plaintext"])
SAID = (PROOFS["origin"], PROOFS["email"], PROOFS["challenge"])
NEW = proofs.NewLogin(check_kdf(PROOFS["newKdf"]), PROOFS["newLoginPublicKey"], PROOFS["newWrappedVaultKey"])
NEXT_KIT = proofs.NewRecovery(PROOFS["newRecoveryPublicKey"], PROOFS["newRecoveryVaultKey"])
RECOVERY_SEED = vault.recovery_seed_of(RECOVERY_KEY)

ERRORS: dict[str, type[CryptoError]] = {"BadEncoding": BadEncoding, "BadToken": BadToken, "CannotOpen": CannotOpen}
SIGN: dict[str, Callable[[], str]] = {
    "registerProof": lambda: proofs.sign_register(LOGIN_SEED, *SAID[:2]),
    "loginProof": lambda: proofs.sign_login(LOGIN_SEED, *SAID),
    "passwordProof": lambda: proofs.sign_password(LOGIN_SEED, *SAID, NEW),
    "recoverReadProof": lambda: proofs.sign_recover_read(RECOVERY_SEED, *SAID),
    "recoverProof": lambda: proofs.sign_recover(RECOVERY_SEED, *SAID, NEW, NEXT_KIT),
    "deleteProof": lambda: proofs.sign_delete(LOGIN_SEED, *SAID),
}
SEAL: dict[str, tuple[str, Callable[[], str]]] = {
    "wrappedVaultKey": (VAULT["wrappedVaultKey"], lambda: vault.wrap_vault_key(WRAP_KEY, VAULT_KEY)),
    "vaultItem": (VAULT["vaultItem"], lambda: vault.seal_vault_item(VAULT_KEY, VAULT["provider"], ITEM)),
    "recoveryVaultKey": (RECOVERY["recoveryVaultKey"], lambda: vault.wrap_for_recovery(RECOVERY_KEY, VAULT_KEY)),
    "sealedKey": (
        CONNECTION["sealedKey"],
        lambda: connections.seal_key(CONNECTION_KEY, CON, CONNECTION["provider"], CONNECTION["apiKey"]),
    ),
    "ownerGrant": (CONNECTION["ownerGrant"], lambda: connections.seal_owner_grant(VAULT_KEY, CON, GRANT)),
    "grantedKey": (CONNECTION["grantedKey"], lambda: connections.seal_granted_key(CONNECTION["publicToken"], CON, CONNECTION_KEY)),
    "heldKey": (CONNECTION["heldKey"], lambda: connections.seal_held_key(CONNECTION["accessToken"], CON, CONNECTION_KEY)),
}
OPEN: dict[str, tuple[object, Callable[[str], object]]] = {
    "wrappedVaultKey": (VAULT_KEY, lambda text: vault.open_vault_key(WRAP_KEY, text)),
    "vaultItem": (ITEM, lambda text: vault.open_vault_item(VAULT_KEY, VAULT["provider"], text)),
    "recoveryVaultKey": (VAULT_KEY, lambda text: vault.open_recovery_vault_key(RECOVERY_KEY, text)),
    "ownerGrant": (GRANT, lambda text: connections.open_owner_grant(VAULT_KEY, CON, text)),
}
OPEN_ELSEWHERE: dict[str, Callable[[dict[str, Any]], object]] = {
    "wrappedVaultKey": lambda entry: vault.open_vault_key(WRAP_KEY, entry["blob"]),
    "vaultItem": lambda entry: vault.open_vault_item(VAULT_KEY, entry["provider"], entry["blob"]),
    "ownerGrant": lambda entry: connections.open_owner_grant(VAULT_KEY, entry["connectionId"], entry["blob"]),
}


def test_no_kind_of_vector_is_left_out() -> None:
    here = {"tokens", "badTokens", "emails", "password", "kdfRefused", "kdfAccepted", "passwordsRefused", "proofs", "vault"}
    here |= {"recovery", "connection", "mustNotOpen"}
    assert set(VECTORS) - {"note"} - here == {"badProofs", "refusedPublicKeys", "session"}  # the server's and the browser's


def test_tokens_and_emails() -> None:
    for entry in VECTORS["tokens"]:
        assert tokens.write_token(entry["prefix"], b64u_decode(entry["random"])) == entry["token"]
        assert tokens.check_token(entry["token"], entry["prefix"]) == entry["token"]
        assert tokens.digest_token(entry["token"]) == entry["sha256"]
        with pytest.raises(BadToken):
            tokens.check_token(entry["token"], "1r_xx_")
    for entry in VECTORS["badTokens"]:
        with pytest.raises(ERRORS[entry["expect"]]):
            tokens.check_token(entry["token"])
    for entry in VECTORS["emails"]:
        if entry["email"] is not None:
            assert encoding.normalise_email(entry["given"]) == entry["email"]
            continue
        with pytest.raises(BadEncoding):
            encoding.normalise_email(entry["given"])


def test_password_becomes_the_two_keys() -> None:
    kdf, email = check_kdf(PASSWORD["kdf"]), PASSWORD["email"]
    assert passwords.normalise_password(PASSWORD["password"]) == PASSWORD["nfkc"]
    assert b64u_encode(passwords.argon_salt(email, kdf.salt)) == PASSWORD["argonSalt"]
    assert b64u_encode(passwords.derive_master_key(PASSWORD["password"], email, kdf)) == PASSWORD["masterKey"]
    keys = passwords.derive_keys(PASSWORD["password"], email, kdf)
    assert b64u_encode(keys.login_seed) == PASSWORD["loginSeed"]
    assert b64u_encode(keys.wrap_key) == PASSWORD["wrapKey"]
    assert proofs.public_key_of(keys.login_seed) == PASSWORD["loginPublicKey"]


def test_kdf_parameters_and_new_passwords() -> None:
    for entry in VECTORS["kdfRefused"]:
        with pytest.raises(BadEncoding):
            check_kdf(entry)
    for entry in [*VECTORS["kdfAccepted"], PASSWORD["kdf"], PROOFS["newKdf"]]:
        assert check_kdf(entry).as_json() == entry
    assert "\0".join(NEW.kdf.text_parts()) == PROOFS["newKdfText"].replace("␀", "\0")
    for password in VECTORS["passwordsRefused"]:
        assert passwords.refusal_of(password) is not None
    assert passwords.refusal_of("password1234") == "too_common"
    assert passwords.refusal_of("PassWord1234") == "too_common"
    assert passwords.refusal_of("\ud800 is no character") == "not_text"
    assert passwords.refusal_of("quite unguessable today") is None
    stronger = check_kdf({**PASSWORD["kdf"], "memoryKib": 131_072, "iterations": 4})
    assert (new_kdf(stronger).memory_kib, new_kdf(stronger).iterations) == (131_072, 4)
    assert (new_kdf().memory_kib, new_kdf().iterations) == (65_536, 3)


@pytest.mark.parametrize("kind", SIGN)
def test_proof_is_signed_as_in_the_vectors(kind: str) -> None:
    assert SIGN[kind]() == PROOFS[kind]


def test_only_challenges_are_signed() -> None:
    for challenge in ("", "x" * 43, PROOFS["challenge"] + "A", PROOFS["challenge"] + "="):
        with pytest.raises(BadEncoding):
            proofs.sign_login(LOGIN_SEED, *SAID[:2], challenge)


def test_recovery_key_is_written_and_read() -> None:
    assert vault.write_recovery_key(RECOVERY_KEY) == RECOVERY["display"]
    assert proofs.public_key_of(RECOVERY_SEED) == RECOVERY["recoveryPublicKey"]
    for typed in [RECOVERY["display"], *RECOVERY["readsAs"]]:
        assert vault.read_recovery_key(typed) == RECOVERY_KEY
    for typed in RECOVERY["refused"]:
        with pytest.raises(BadEncoding):
            vault.read_recovery_key(typed)


@pytest.mark.parametrize("name", SEAL)
def test_blob_is_sealed_to_the_same_bytes_under_its_nonce(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    text, seal = SEAL[name]
    with monkeypatch.context() as fixed:
        fixed.setattr("secrets.token_bytes", lambda size: b64u_decode(text)[:size])
        assert seal() == text
    assert len({seal()[:16] for _ in range(20)}) == 20


@pytest.mark.parametrize("name", OPEN)
def test_blob_opens_and_no_other_does(name: str) -> None:
    inside, open_it = OPEN[name]
    assert open_it(SEAL[name][0]) == inside
    for other in set(SEAL) - {name}:
        with pytest.raises(CannotOpen):
            open_it(SEAL[other][0])


@pytest.mark.parametrize("entry", VECTORS["mustNotOpen"], ids=lambda entry: entry["why"])
def test_blob_must_not_open(entry: dict[str, Any]) -> None:
    if entry["kind"] in SERVERS_PART:
        return
    with pytest.raises(ERRORS[entry["expect"]]):
        OPEN_ELSEWHERE[entry["kind"]](entry)


def test_refusals_keep_no_secret() -> None:
    aad = encoding.join_parts(labels.VAULT_KEY)
    for refused in (lambda: open_blob(VAULT_KEY, aad, VAULT["vaultItem"]), lambda: encoding.check_provider_key("sk-\rsecret")):
        with pytest.raises(CryptoError) as caught:
            refused()
        assert caught.value.__cause__ is None
        assert caught.value.__context__ is None
        assert "secret" not in str(caught.value)
    assert CONNECTION["connectionId"] not in repr(GRANT)
    assert "connection_key" not in repr(GRANT)


def test_common_passwords_are_the_browsers() -> None:
    script = 'import("./clients/core/common-passwords.mjs").then((m) => process.stdout.write(m.fingerprints()))'
    written = subprocess.run(["node", "-e", script], cwd=ROOT, capture_output=True, check=True, text=True).stdout
    kept = (ROOT / "clients/python-sdk/src/onerelay/user/crypto/common_passwords.bin").read_bytes()
    standard = b64u_encode(kept).replace("-", "+").replace("_", "/")
    assert written.rstrip("=") == standard
