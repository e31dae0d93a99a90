"""Proofs hold for one key, origin, email, challenge and set of new values, and for nothing beside them."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relay.crypto import device, proofs
from relay.crypto.aead import KEY_BYTES
from relay.crypto.encoding import b64u_encode
from relay.crypto.errors import BadEncoding, BadProof
from relay.crypto.kdf import default_kdf

SEED = bytes(range(KEY_BYTES))
KEY = device.public_key_of(SEED)
OTHER_KEY = device.public_key_of(bytes(KEY_BYTES))
ORIGIN, EMAIL, CHALLENGE = "https://relay.example", "ada@example.com", b64u_encode(b"c" * 32)
NEW = proofs.NewLogin(OTHER_KEY, default_kdf(bytes(16)), "wrapped")
NEW_RECOVERY = proofs.NewRecovery(KEY, "recovery")
LOGIN_PROOF = device.sign_login(SEED, ORIGIN, EMAIL, CHALLENGE)


def test_proof_for_any_of_the_relays_own_origins_is_accepted() -> None:
    proofs.verify_login_proof(KEY, ("http://localhost:8000", ORIGIN), EMAIL, CHALLENGE, LOGIN_PROOF)


@pytest.mark.parametrize("origins", [(), ("http://localhost:8000",), "https://relay.example:8443", "https://evil.example"])
def test_proof_for_another_origin_is_refused(origins: proofs.Origin) -> None:
    with pytest.raises(BadProof):
        proofs.verify_login_proof(KEY, origins, EMAIL, CHALLENGE, LOGIN_PROOF)


@given(st.integers(0, 511))
def test_proof_with_one_bit_flipped_is_refused(bit: int) -> None:
    altered = bytearray(LOGIN_PROOF)
    altered[bit // 8] ^= 1 << bit % 8
    with pytest.raises(BadProof):
        proofs.verify_login_proof(KEY, ORIGIN, EMAIL, CHALLENGE, bytes(altered))


@pytest.mark.parametrize("proof", [b"", LOGIN_PROOF[:-1], LOGIN_PROOF + b"\0"], ids=len)
def test_proof_of_another_length_is_malformed(proof: bytes) -> None:
    with pytest.raises(BadEncoding):
        proofs.verify_login_proof(KEY, ORIGIN, EMAIL, CHALLENGE, proof)


@pytest.mark.parametrize("challenge", ["", "pay 100 to mallory", b64u_encode(bytes(31)), CHALLENGE + "=", CHALLENGE + "\n"])
def test_nothing_but_a_challenge_is_signed_or_verified(challenge: str) -> None:
    for attempt in (
        lambda: device.sign_login(SEED, ORIGIN, EMAIL, challenge),
        lambda: device.sign_recover_read(SEED, ORIGIN, EMAIL, challenge),
        lambda: device.sign_delete(SEED, ORIGIN, EMAIL, challenge),
        lambda: device.sign_password(SEED, ORIGIN, EMAIL, challenge, new=NEW),
        lambda: device.sign_recover(SEED, ORIGIN, EMAIL, challenge, new=NEW, new_recovery=NEW_RECOVERY),
        lambda: proofs.verify_login_proof(KEY, ORIGIN, EMAIL, challenge, LOGIN_PROOF),
    ):
        with pytest.raises(BadEncoding):
            attempt()


@pytest.mark.parametrize("part", ["https://relay.example\0ada@example.com", "\ud800"], ids=ascii)
def test_parts_that_could_say_two_things_are_not_signed(part: str) -> None:
    with pytest.raises(BadEncoding):
        device.sign_register(SEED, part, EMAIL)
    with pytest.raises(BadEncoding):
        device.sign_register(SEED, ORIGIN, part)


ALTERED_LOGIN: dict[str, proofs.NewLogin] = {
    "login key": replace(NEW, login_public_key=KEY),
    "salt": replace(NEW, kdf=default_kdf(b"\1" * 16)),
    "memory": replace(NEW, kdf=replace(NEW.kdf, memory_kib=19_456)),
    "iterations": replace(NEW, kdf=replace(NEW.kdf, iterations=2)),
    "wrapped vault key": replace(NEW, wrapped_vault_key="another"),
}
ALTERED_RECOVERY: dict[str, proofs.NewRecovery] = {
    "recovery key": replace(NEW_RECOVERY, public_key=OTHER_KEY),
    "recovery vault key": replace(NEW_RECOVERY, vault_key="another"),
}


@pytest.mark.parametrize("altered", ALTERED_LOGIN)
def test_change_of_password_covers_each_new_value(altered: str) -> None:
    proof = device.sign_password(SEED, ORIGIN, EMAIL, CHALLENGE, new=NEW)
    proofs.verify_password_proof(KEY, ORIGIN, EMAIL, CHALLENGE, proof, new=NEW)
    with pytest.raises(BadProof):
        proofs.verify_password_proof(KEY, ORIGIN, EMAIL, CHALLENGE, proof, new=ALTERED_LOGIN[altered])


@pytest.mark.parametrize("altered", [*ALTERED_LOGIN, *ALTERED_RECOVERY])
def test_recovery_covers_each_new_value(altered: str) -> None:
    proof = device.sign_recover(SEED, ORIGIN, EMAIL, CHALLENGE, new=NEW, new_recovery=NEW_RECOVERY)
    said = (KEY, ORIGIN, EMAIL, CHALLENGE, proof)
    proofs.verify_recover_proof(*said, new=NEW, new_recovery=NEW_RECOVERY)
    with pytest.raises(BadProof):
        proofs.verify_recover_proof(*said, new=ALTERED_LOGIN.get(altered, NEW), new_recovery=ALTERED_RECOVERY.get(altered, NEW_RECOVERY))


SMALL = bytes(32)
REFUSALS: dict[str, Callable[[], object]] = {
    "registered": lambda: proofs.check_public_key(SMALL),
    "new login key": lambda: device.sign_password(SEED, ORIGIN, EMAIL, CHALLENGE, new=replace(NEW, login_public_key=SMALL)),
    "new recovery key": lambda: device.sign_recover(
        SEED, ORIGIN, EMAIL, CHALLENGE, new=NEW, new_recovery=replace(NEW_RECOVERY, public_key=SMALL)
    ),
}


@pytest.mark.parametrize("place", REFUSALS)
def test_small_order_key_is_refused_in_every_place(place: str) -> None:
    with pytest.raises(BadProof):
        REFUSALS[place]()


@pytest.mark.parametrize("length", [0, 31, 33])
def test_keys_of_another_length_are_malformed(length: int) -> None:
    with pytest.raises(BadEncoding):
        proofs.check_public_key(bytes(length))
    with pytest.raises(BadEncoding):
        device.public_key_of(bytes(length))


def test_key_that_is_no_point_verifies_nothing() -> None:
    with pytest.raises(BadProof):
        proofs.verify_login_proof(b"\x02" + bytes(31), ORIGIN, EMAIL, CHALLENGE, LOGIN_PROOF)
