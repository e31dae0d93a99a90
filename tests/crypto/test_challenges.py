"""Challenges are the relay's own, for one email, for two minutes; unknown emails get a salt all the same."""

import hashlib
import hmac

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relay.crypto.challenges import CHALLENGE_LIFETIME_MS, check_challenge, make_challenge, prelogin_salt
from relay.crypto.encoding import b64u_decode, b64u_encode
from relay.crypto.errors import BadEncoding, BadProof

SECRET = b"a server secret of thirty-two by"
EMAIL = "ada@example.com"
NOW_MS = 1_795_500_000_000


def test_challenge_is_made_as_the_protocol_says() -> None:
    challenge = make_challenge(SECRET, EMAIL, NOW_MS)
    raw = b64u_decode(challenge, length=32)
    assert len(challenge) == 43
    assert int.from_bytes(raw[:8], "big") == NOW_MS + 120_000
    message = b"challenge\0" + EMAIL.encode() + b"\0" + b64u_encode(raw[:16]).encode()
    assert raw[16:] == hmac.new(SECRET, message, hashlib.sha256).digest()[:16]


def test_challenges_differ() -> None:
    assert len({make_challenge(SECRET, EMAIL, NOW_MS) for _ in range(50)}) == 50


@pytest.mark.parametrize("later_ms", [0, 1, CHALLENGE_LIFETIME_MS - 1])
def test_challenge_is_valid_for_two_minutes(later_ms: int) -> None:
    challenge = make_challenge(SECRET, EMAIL, NOW_MS)
    assert check_challenge(SECRET, EMAIL, challenge, NOW_MS + later_ms) == NOW_MS + CHALLENGE_LIFETIME_MS


def test_challenge_expires_on_the_millisecond() -> None:
    challenge = make_challenge(SECRET, EMAIL, NOW_MS)
    with pytest.raises(BadProof):
        check_challenge(SECRET, EMAIL, challenge, NOW_MS + CHALLENGE_LIFETIME_MS)


@pytest.mark.parametrize(("secret", "email"), [(SECRET, "bob@example.com"), (b"another secret", EMAIL)])
def test_challenge_of_another_email_or_server_is_refused(secret: bytes, email: str) -> None:
    with pytest.raises(BadProof):
        check_challenge(secret, email, make_challenge(SECRET, EMAIL, NOW_MS), NOW_MS)


@given(st.integers(0, 255))
def test_challenge_with_one_bit_flipped_is_refused(bit: int) -> None:
    raw = bytearray(b64u_decode(make_challenge(SECRET, EMAIL, NOW_MS)))
    raw[bit // 8] ^= 1 << bit % 8
    with pytest.raises(BadProof):
        check_challenge(SECRET, EMAIL, b64u_encode(bytes(raw)), NOW_MS)


@pytest.mark.parametrize("challenge", ["", "A" * 42, "A" * 44, "A" * 42 + "B", "A" * 43 + "="])
def test_malformed_challenge_is_refused(challenge: str) -> None:
    with pytest.raises(BadEncoding):
        check_challenge(SECRET, EMAIL, challenge, NOW_MS)


def test_unknown_email_gets_one_salt_of_its_own() -> None:
    expected = hmac.new(SECRET, b"prelogin\0" + EMAIL.encode(), hashlib.sha256).digest()[:16]
    assert prelogin_salt(SECRET, EMAIL) == expected
    assert prelogin_salt(SECRET, "bob@example.com") != expected
    assert prelogin_salt(b"another secret", EMAIL) != expected
