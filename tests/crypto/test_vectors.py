"""Every entry of spec/vectors.json about tokens, emails, passwords and proofs; blobs are in test_vectors_blobs.py."""

from collections.abc import Callable
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from relay.crypto import device, proofs, tokens
from relay.crypto.device import passwords
from relay.crypto.encoding import b64u_decode, b64u_encode, normalise_email, read_recovery_key, write_recovery_key
from relay.crypto.errors import BadEncoding, BadProof, CryptoError
from relay.crypto.kdf import check_kdf
from relay.crypto.session_keys import derive_session_key
from tests.crypto.vectors import (
    LOGIN_PUBLIC_KEY,
    LOGIN_SEED,
    PASSWORD,
    PROOFS,
    RECOVERY,
    RECOVERY_KEY,
    SESSION,
    VECTORS,
    error_named,
)

COVERED_HERE = {
    "tokens", "badTokens", "emails", "password", "kdfRefused", "kdfAccepted", "passwordsRefused",
    "proofs", "badProofs", "refusedPublicKeys", "recovery", "session",
}  # fmt: skip
COVERED_AS_BLOBS = {"vault", "recovery", "session", "connection", "mustNotOpen"}

SAID = (PROOFS["origin"], PROOFS["email"], PROOFS["challenge"])
NEW = proofs.NewLogin(b64u_decode(PROOFS["newLoginPublicKey"]), check_kdf(PROOFS["newKdf"]), PROOFS["newWrappedVaultKey"])
NEW_RECOVERY = proofs.NewRecovery(b64u_decode(PROOFS["newRecoveryPublicKey"]), PROOFS["newRecoveryVaultKey"])
RECOVERY_SEED = device.recovery_seed_of(RECOVERY_KEY)
RECOVERY_PUBLIC_KEY = b64u_decode(RECOVERY["recoveryPublicKey"])

SIGN: dict[str, Callable[[], bytes]] = {
    "registerProof": lambda: device.sign_register(LOGIN_SEED, *SAID[:2]),
    "loginProof": lambda: device.sign_login(LOGIN_SEED, *SAID),
    "passwordProof": lambda: device.sign_password(LOGIN_SEED, *SAID, new=NEW),
    "recoverReadProof": lambda: device.sign_recover_read(RECOVERY_SEED, *SAID),
    "recoverProof": lambda: device.sign_recover(RECOVERY_SEED, *SAID, new=NEW, new_recovery=NEW_RECOVERY),
    "deleteProof": lambda: device.sign_delete(LOGIN_SEED, *SAID),
}
Verify = Callable[[bytes, bytes], None]
"""(public key, proof)"""
VERIFY: dict[str, Verify] = {
    "registerProof": lambda key, proof: proofs.verify_register_proof(key, *SAID[:2], proof),
    "loginProof": lambda key, proof: proofs.verify_login_proof(key, *SAID, proof),
    "passwordProof": lambda key, proof: proofs.verify_password_proof(key, *SAID, proof, new=NEW),
    "recoverReadProof": lambda key, proof: proofs.verify_recover_read_proof(key, *SAID, proof),
    "recoverProof": lambda key, proof: proofs.verify_recover_proof(key, *SAID, proof, new=NEW, new_recovery=NEW_RECOVERY),
    "deleteProof": lambda key, proof: proofs.verify_delete_proof(key, *SAID, proof),
}


def public_key_for(kind: str) -> bytes:
    """Answer the key whose seed signs this kind of proof."""
    return RECOVERY_PUBLIC_KEY if kind.startswith("recover") else LOGIN_PUBLIC_KEY


def test_no_kind_of_vector_is_left_out() -> None:
    assert set(VECTORS) - {"note"} == COVERED_HERE | COVERED_AS_BLOBS


@pytest.mark.parametrize("entry", VECTORS["tokens"], ids=lambda entry: entry["prefix"])
def test_token_is_written_checked_and_digested(entry: dict[str, str]) -> None:
    assert tokens.write_token(entry["prefix"], b64u_decode(entry["random"])) == entry["token"]
    assert tokens.check_token(entry["token"], entry["prefix"]) == entry["token"]
    assert b64u_encode(tokens.digest_token(entry["token"])) == entry["sha256"]


@pytest.mark.parametrize("entry", VECTORS["badTokens"], ids=lambda entry: repr(entry["token"]))
def test_bad_token_is_refused(entry: dict[str, str]) -> None:
    with pytest.raises(error_named(entry["expect"])):
        tokens.check_token(entry["token"])


@pytest.mark.parametrize("entry", VECTORS["emails"], ids=lambda entry: ascii(entry["given"]))
def test_email_is_normalised_or_refused(entry: dict[str, str | None]) -> None:
    if entry["email"] is None:
        with pytest.raises(BadEncoding):
            normalise_email(entry["given"])
    else:
        assert normalise_email(entry["given"]) == entry["email"]


def test_password_becomes_the_two_keys() -> None:
    kdf, email = check_kdf(PASSWORD["kdf"], for_new_password=True), PASSWORD["email"]
    assert passwords.normalise_password(PASSWORD["password"]) == PASSWORD["nfkc"]
    assert b64u_encode(passwords.argon_salt(email, kdf.salt)) == PASSWORD["argonSalt"]
    assert b64u_encode(passwords.derive_master_key(PASSWORD["password"], email, kdf)) == PASSWORD["masterKey"]
    keys = device.derive_keys(PASSWORD["password"], email, kdf)
    assert b64u_encode(keys.login_seed) == PASSWORD["loginSeed"]
    assert b64u_encode(keys.wrap_key) == PASSWORD["wrapKey"]
    assert b64u_encode(device.public_key_of(keys.login_seed)) == PASSWORD["loginPublicKey"]


@pytest.mark.parametrize("entry", VECTORS["kdfRefused"], ids=str)
def test_kdf_out_of_bounds_is_refused(entry: dict[str, Any]) -> None:
    with pytest.raises(BadEncoding):
        check_kdf(entry)


@pytest.mark.parametrize("entry", [*VECTORS["kdfAccepted"], PASSWORD["kdf"], PROOFS["newKdf"]], ids=str)
def test_kdf_within_bounds_is_read_and_written_back(entry: dict[str, Any]) -> None:
    assert check_kdf(entry).as_json() == entry


def test_kdf_text_is_the_vectors() -> None:
    assert "\0".join(NEW.kdf.text_parts()) == PROOFS["newKdfText"].replace("␀", "\0")


@pytest.mark.parametrize("password", VECTORS["passwordsRefused"], ids=ascii)
def test_new_password_is_refused(password: str) -> None:
    with pytest.raises(BadEncoding):
        device.check_new_password(password, frozenset())


@pytest.mark.parametrize("kind", SIGN)
def test_proof_is_signed_as_in_the_vectors_and_verifies(kind: str) -> None:
    proof = SIGN[kind]()
    assert b64u_encode(proof) == PROOFS[kind]
    VERIFY[kind](public_key_for(kind), proof)


@pytest.mark.parametrize("kind", VERIFY)
@pytest.mark.parametrize("other", VERIFY)
def test_proof_of_one_kind_is_not_one_of_another(kind: str, other: str) -> None:
    if kind == other:
        VERIFY[kind](public_key_for(kind), b64u_decode(PROOFS[other]))
        return
    with pytest.raises(BadProof):
        VERIFY[kind](public_key_for(kind), b64u_decode(PROOFS[other]))


def test_new_login_key_proves_itself() -> None:
    proofs.verify_register_proof(NEW.login_public_key, *SAID[:2], b64u_decode(PROOFS["newRegisterProof"]))


@pytest.mark.parametrize("entry", VECTORS["badProofs"], ids=lambda entry: entry["why"])
def test_bad_proof_is_refused(entry: dict[str, str]) -> None:
    assert entry["kind"] == "loginProof"
    with pytest.raises(error_named(entry["expect"])):
        proofs.verify_login_proof(
            b64u_decode(entry["publicKey"]),
            entry["origin"],
            entry["email"],
            entry["challenge"],
            b64u_decode(entry["proof"]),
        )


def test_refused_public_keys_are_those_of_the_vectors() -> None:
    assert set(VECTORS["refusedPublicKeys"]) == proofs.REFUSED_PUBLIC_KEYS


@pytest.mark.parametrize("public_key", VECTORS["refusedPublicKeys"])
@pytest.mark.parametrize("kind", VERIFY)
def test_small_order_public_key_is_refused_whatever_was_signed(kind: str, public_key: str) -> None:
    with pytest.raises(BadProof):
        VERIFY[kind](b64u_decode(public_key), b64u_decode(PROOFS[kind]))


def test_forgery_that_the_library_accepts_is_refused() -> None:
    identity = bytes([1]) + bytes(31)
    forged = identity + bytes(32)
    Ed25519PublicKey.from_public_bytes(identity).verify(forged, b"whatever is asked")
    with pytest.raises(BadProof):
        proofs.verify_login_proof(identity, *SAID, forged)


def test_recovery_key_is_written_for_people() -> None:
    assert write_recovery_key(RECOVERY_KEY) == RECOVERY["display"]
    assert b64u_encode(device.public_key_of(RECOVERY_SEED)) == RECOVERY["recoveryPublicKey"]


@pytest.mark.parametrize("typed", [RECOVERY["display"], *RECOVERY["readsAs"]])
def test_recovery_key_is_read_as_typed(typed: str) -> None:
    assert read_recovery_key(typed) == RECOVERY_KEY


@pytest.mark.parametrize("typed", RECOVERY["refused"])
def test_wrong_recovery_key_is_refused(typed: str) -> None:
    with pytest.raises(BadEncoding):
        read_recovery_key(typed)


def test_session_key_is_the_vectors() -> None:
    session_secret = b64u_decode(SESSION["sessionSecret"])
    assert b64u_encode(derive_session_key(SESSION["token"], session_secret)) == SESSION["sessionKey"]


@pytest.mark.parametrize("error", ["BadEncoding", "BadToken", "BadProof", "CannotOpen"])
def test_each_failure_is_final_and_named(error: str) -> None:
    assert error_named(error).__bases__ == (CryptoError,)
    assert error_named(error).__name__ == error
